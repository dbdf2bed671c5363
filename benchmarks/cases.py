"""Every PGLib case beside what the library publishes.

Run `python -m benchmarks cases [--most BUSES] [--json]`. Needs the extra `grid-data`. Runs are on
`memory://`: the same digests, without a server.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from scenarios.grid_dispatch.pglib_cases import pglib_names, published_dc_optimum
from swarmboard import run

from .table import print_table

MOST_BUSES = 3_000


def main(argv: list[str]) -> None:
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
    print_table(rows)


def dispatch(**options: Any) -> dict[str, Any]:
    """Run grid dispatch on `memory://` and return its summary."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        return run("grid-dispatch", board="memory://", out=out, **options).summary


def _case(case: str) -> dict[str, Any]:
    summary = dispatch(case=case)
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


def _buses(name: str) -> int:
    return int("".join(c if c.isdigit() else " " for c in name).split()[0])
