"""What optional stopping does to coverage: `python benchmarks/stopping.py [STUDIES]`.

Simulates points that get replicates until `ci95` of their mean is narrow enough, with the sizes
and intervals of `swarmboard.studies.adaptive`, on made-up values of a known mean. No run is
carried out.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swarmboard.studies.adaptive.courses import next_size
from swarmboard.studies.adaptive.intervals import interval_of
from swarmboard.studies.adaptive.replicating import is_narrow
from swarmboard.studies.adaptive.responses import sample_of
from swarmboard.studies.adaptive_config import GROWTH, LOOKS_TIMES, parse_until

type Draw = Callable[[np.random.Generator, int], NDArray[Any]]


def covered(draw: Draw, truth: float, width: str, *, first: int, seed: int) -> bool:
    """Say whether the interval at which a point stops holds the truth."""
    (asked,) = parse_until(f"ci95 of x < {width}")
    most = LOOKS_TIMES * first
    rows = [{"status": "done", "x": x} for x in draw(np.random.default_rng(seed), most).tolist()]
    size = first
    while True:
        end = interval_of(sample_of(rows[:size], "x"), asked.confidence)
        assert end
        if is_narrow(end, asked) or size >= most:
            return end.low <= truth <= end.high
        size = next_size(size, GROWTH, most)


def main() -> None:
    """Print the share of intervals that hold the truth."""
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    cases: list[tuple[str, Draw, float, str]] = [
        ("normal, sd 25 % of the mean", lambda g, n: g.normal(1, 0.25, n), 1, "5 %"),
        ("exponential", lambda g, n: g.exponential(1, n), 1, "20 %"),
        ("zeros and ones, share of 0.3", lambda g, n: 1 * (g.random(n) < 0.3), 0.3, "10 points"),
        ("zeros and ones, share of 0.9", lambda g, n: 1 * (g.random(n) < 0.9), 0.9, "10 %"),
        ("2, and 3 in a run of ten", lambda g, n: 2.0 + (g.random(n) < 0.1), 2.1, "5 %"),
    ]
    for name, draw, truth, width in cases:
        told = []
        for first in (3, 5, 10, 20):
            held = sum(
                covered(draw, truth, width, first=first, seed=seed) for seed in range(points)
            )
            told.append(f"{100 * held / points:.1f} % from {first}")
        print(f"{name}, < {width}: {', '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
