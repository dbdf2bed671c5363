"""What each layer of the board is worth: the same planted team with layers switched off.

In 100 tasks with known answers a voice is right in 60 % of them and states something false in
30 % of its entries; asked to look again, it corrects itself and is right from then on. All of this
is planted: the table says whether the board brings out what the plant allows, not what a real
model would gain. Run `python -m benchmarks layers [--json]`.
"""

import json
import math
import sys
import tempfile
from typing import Any

from .table import print_table
from .teams import questions, team_run

TASKS, AGENTS = 100, 8
PLANT = "planted/accuracy=0.6,correlation=0.2,contradictions=0.3,corrects={corrects}"
LAYERS = ("task,reasoning,coordination", "task,reasoning", "task", "none")


def measure(layers: str, corrects: float) -> dict[str, Any]:
    """Return how good votes and decisions were, and what they cost."""
    given = {"agents": AGENTS, "tasks": questions(TASKS), "attempts": 1, "layers": layers}
    with tempfile.TemporaryDirectory() as folder:
        result = team_run(folder, model=PLANT.format(corrects=corrects), **given)
    summary = result.summary
    metrics, tokens = summary["metrics"], summary["tokens"]
    return {
        "layers": layers,
        "corrects": corrects,
        **{f"{name}": metrics.get(name) for name in metrics},
        "calls per task": tokens["calls"] / TASKS,
        "input tokens per task": tokens["input"] / TASKS,
        "output tokens per task": tokens["output"] / TASKS,
    }


def main(argv: list[str]) -> None:
    """Print a table, or JSON with --json."""
    rows = [measure(layers, corrects) for corrects in (1.0, 0.0) for layers in LAYERS]
    print(json.dumps(rows, indent=1)) if "--json" in argv else print_table(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
