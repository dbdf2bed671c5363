"""What goes wrong on purpose, over many seeds: who is accepted, and what it costs.

Run `python -m benchmarks disturbances [--json]`. Needs the extra `grid-data`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from scenarios.grid_dispatch.opf import InfeasibleDemand

from .cases import dispatch
from .table import print_table

SEEDS = 20
DISTURBED = ("pglib:118_ieee", "pglib:300_ieee", "synthetic:1024")
DISTURBANCES: dict[str, dict[str, Any]] = {
    "none": {},
    "byzantine 10 %": {"byzantine": 0.1},
    "byzantine 10 %, no quarantine": {"byzantine": 0.1, "quarantine": False},
    "bluffers 10 %": {"bluffers": 0.1},
    "liars 10 %": {"liars": 0.1},
    "silent 10 %": {"silent": 0.1},
    "silent 25 %": {"silent": 0.25},
    "largest unit trips": {"trip": "largest@3"},
}


def main(argv: list[str]) -> None:
    """Negotiate under each disturbance with many seeds."""
    rows = [
        _disturbed(case, label, options)
        for case in DISTURBED
        for label, options in DISTURBANCES.items()
    ]
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
        return
    print_table(rows)


def _disturbed(case: str, label: str, options: dict[str, Any]) -> dict[str, Any]:
    runs = list(_seeded(case, options, range(SEEDS)))
    accepted = [s for s in runs if s["consensus"]["accepted"]]
    gaps = [s["yardstick"]["gap_percent"] for s in accepted]
    held = [s["metrics"]["gap_given_held_percent"] for s in accepted]
    bounds = [s["yardstick"]["certificate_percent"] for s in accepted]
    return {
        "case": case,
        "disturbance": label,
        "accepted of": f"{len(accepted)} of {len(runs)}",
        "rounds median": float(np.median([s["rounds"] for s in runs])),
        "gap % median": float(np.median(gaps)) if gaps else None,
        "gap % most": max(gaps, default=None),
        "gap given held % most": max((h for h in held if h is not None), default=None),
        "certificate % most": max((b for b in bounds if b is not None), default=None),
        "quarantined most": max(s["metrics"]["quarantined"] for s in runs),
    }


def _seeded(case: str, options: dict[str, Any], seeds: Sequence[int]) -> Iterator[dict[str, Any]]:
    for seed in seeds:
        try:
            yield dispatch(case=case, seed=seed, **options)
        except InfeasibleDemand as error:  # a trip can leave more demand than lines carry
            print(f"{case}, seed {seed}: {error}", file=sys.stderr)
