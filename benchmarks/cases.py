"""Every PGLib case beside what the library publishes, and disturbances over many seeds.

Run `python -m benchmarks cases [--most BUSES] [--json]` or `python -m benchmarks disturbances`.
Needs the extra `grid-data`. Runs are on `memory://`: the same digests, without a server.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.grid_dispatch.opf import InfeasibleDemand
from scenarios.grid_dispatch.pglib_cases import pglib_names, published_dc_optimum
from swarmboard import run

MOST_BUSES = 3_000
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


def cases(argv: list[str]) -> None:
    """Negotiate every typical PGLib case up to a size."""
    most = int(argv[argv.index("--most") + 1]) if "--most" in argv else MOST_BUSES
    rows = []
    for name in sorted(pglib_names(), key=_buses):
        if "__" not in name and _buses(name) <= most:
            rows.append(_case(f"pglib:{name}"))
            print(".", end="", file=sys.stderr, flush=True)
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
        return
    _print(rows)


def disturbances(argv: list[str]) -> None:
    """Negotiate under each disturbance with many seeds."""
    rows = [
        _disturbed(case, label, options)
        for case in DISTURBED
        for label, options in DISTURBANCES.items()
    ]
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
        return
    _print(rows)


def _case(case: str) -> dict[str, Any]:
    summary = _summary(case=case)
    yardstick, metrics = summary["yardstick"], summary["metrics"]
    published = published_dc_optimum(case.removeprefix("pglib:"))
    return {
        "case": case,
        "voters": summary["consensus"]["eligible_agents"],
        "rounds": summary["rounds"],
        "accepted": summary["consensus"]["accepted"],
        "approval %": summary["consensus"]["approval_percent"],
        "gap %": yardstick["gap_percent"],
        "certificate %": yardstick["certificate_percent"],
        "highest loading %": metrics["loading_max_percent"],
        "imbalance MW": metrics["imbalance_max_mw"],
        "yardstick off by": abs(yardstick["value"] / published - 1),
    }


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
            yield _summary(case=case, seed=seed, **options)
        except InfeasibleDemand as error:  # a trip can leave more demand than lines carry
            print(f"{case}, seed {seed}: {error}", file=sys.stderr)


def _summary(**options: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        return run("grid-dispatch", board="memory://", out=out, **options).summary


def _buses(name: str) -> int:
    return int("".join(c if c.isdigit() else " " for c in name).split()[0])


def _print(rows: list[dict[str, Any]]) -> None:
    print("| " + " | ".join(rows[0]) + " |")
    print("|---" * len(rows[0]) + "|")
    for row in rows:
        print("| " + " | ".join(_cell(value) for value in row.values()) + " |")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
