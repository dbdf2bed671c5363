"""What optional stopping does to coverage: `python benchmarks/stopping.py [STUDIES]`.

Simulates points that get replicates until `ci95` of their mean is narrow enough, with the sizes
and intervals of `swarmboard.studies.adaptive`, on made-up values of a known mean. No run is
carried out.
"""

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from swarmboard.studies.adaptive.courses import next_size
from swarmboard.studies.adaptive.intervals import Sample, interval_of
from swarmboard.studies.adaptive_config import GROWTH, LOOKS_TIMES

CONFIDENCE = 95.0

type Draw = Callable[[np.random.Generator, int], NDArray[np.floating]]


def covered(draw: Draw, truth: float, width: float, *, first: int, share: bool, seed: int) -> bool:
    """Say whether the interval at which a point stops holds the truth."""
    most = LOOKS_TIMES * first
    values = draw(np.random.default_rng(seed), most)
    size = first
    while True:
        end = interval_of(Sample(values[:size].tolist(), is_share=share), CONFIDENCE)
        assert end
        wanted = width if share else width * abs(end.value)
        if end.half_width < wanted or size >= most:
            return end.low <= truth <= end.high
        size = next_size(size, GROWTH, most)


def main() -> None:
    """Print the share of intervals that hold the truth."""
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    cases: list[tuple[str, Draw, float, float, bool]] = [
        ("normal, sd 25 % of the mean, < 5 %", lambda g, n: g.normal(1, 0.25, n), 1, 0.05, False),
        ("exponential, < 20 %", lambda g, n: g.exponential(1, n), 1, 0.2, False),
        ("share of 0.3, < 10 points", lambda g, n: 1.0 * (g.random(n) < 0.3), 0.3, 0.1, True),
    ]
    for name, draw, truth, width, share in cases:
        told = []
        for first in (5, 10, 20):
            held = sum(
                covered(draw, truth, width, first=first, share=share, seed=seed)
                for seed in range(points)
            )
            told.append(f"{100 * held / points:.1f} % from {first}")
        print(f"{name}: {', '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
