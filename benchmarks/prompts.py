"""How long prompts get as a team grows: everybody visible on one board, each in its own words.

Teams of 10 to 1,000 work on one open task on a planted model, one attempt. Beside the swarm stands
`separate`, where each agent carries a transcript of what all others said. From 10 to 1,000 agents
the longest prompt is to grow at most 2 x. Run `python -m benchmarks prompts [--json]`.
"""

import json
import sys
import tempfile
from typing import Any

from agents import PlantedModel

from .table import print_table
from .teams import Kept, team_run

SIZES, SEPARATE_SIZES = (10, 30, 100, 300, 1_000), (10, 30, 100)
TASK = "Plan how the town moves its library to the old mill within a year, at what cost."
PLANT = {"accuracy": 0.8, "contradictions": 0.05, "volunteers": 0.2}


def sizes(agents: int, structure: str = "swarm") -> dict[str, float]:
    """Return the mean and the longest prompt of one attempt, in characters."""
    kept = Kept(PlantedModel(**PLANT), is_distinct=True)
    with tempfile.TemporaryDirectory() as folder:
        terms = {"agents": agents, "structure": structure, "task": TASK, "attempts": 1}
        team_run(folder, {"default": kept}, **terms)
    lengths = [request.prompt.size for request in kept.requests]
    longest = max(kept.requests, key=lambda request: request.prompt.size)
    return {
        "mean": sum(lengths) / len(lengths),
        "longest": float(longest.prompt.size),
        "entries": float(len(longest.visible)),
        "input": sum(lengths) / 4,
    }


def main(argv: list[str]) -> None:
    """Print a table, or JSON with --json."""
    rows: list[dict[str, Any]] = []
    first: dict[str, float] = {}
    for agents in SIZES:
        swarm = sizes(agents)
        separate = sizes(agents, "separate") if agents in SEPARATE_SIZES else None
        first = first or swarm
        rows.append(
            {
                "agents": agents,
                "mean prompt, characters": round(swarm["mean"]),
                "longest": round(swarm["longest"]),
                "entries in it": round(swarm["entries"]),
                "mean over that of 10": f"{swarm['mean'] / first['mean']:.2f} x",
                "longest over that of 10": f"{swarm['longest'] / first['longest']:.2f} x",
                "separate, mean": separate and round(separate["mean"]),
                "separate, longest": separate and round(separate["longest"]),
                "separate over swarm": separate and f"{separate['mean'] / swarm['mean']:.1f} x",
            }
        )
    print(json.dumps(rows, indent=1)) if "--json" in argv else print_table(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
