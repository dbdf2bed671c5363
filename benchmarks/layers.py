"""What each layer of the board is worth: the same planted team with layers switched off.

In 100 tasks with known answers a voice is right in 60 % of them and states something false in
30 % of its entries; asked to look again, it corrects itself and is right from then on. All of this
is planted: the table says whether the board brings out what the plant allows, not what a real
model would gain. Run `python -m benchmarks layers [--json]`.
"""

import json
import sys
import tempfile
from typing import Any

from .table import print_table
from .teams import questions, team_run

TASKS, AGENTS = 100, 8
PLANT = "planted/accuracy=0.6,correlation=0.2,contradictions=0.3,corrects={corrects}"
PERCENT = 60
FORMS = (
    ("task,reasoning,coordination", 1.0),
    ("task,reasoning,coordination", 0.0),
    ("task,reasoning", 1.0),
    ("task", 1.0),
    ("none", 1.0),
)
"""Layers, and the chance that an author corrects itself when asked."""


def measure(layers: str, corrects: float) -> dict[str, Any]:
    """Return how good votes and decisions were, and what they cost."""
    given = {"agents": AGENTS, "threshold": PERCENT, "tasks": questions(TASKS), "attempts": 1}
    with tempfile.TemporaryDirectory() as folder:
        options = {"model": PLANT.format(corrects=corrects), "layers": layers}
        summary = team_run(folder, **given, **options).summary
    metrics, tokens = summary["metrics"], summary["tokens"]
    return {
        "layers": layers,
        "corrects": corrects,
        "votes right, %": 100 * metrics["vote_accuracy"],
        "correct, %": 100 * metrics["correct"],
        "wrong, %": 100 * metrics["wrong"],
        "undecided, %": 100 * metrics["deadlock"],
        "conflicts found": metrics["conflicts_found"],
        "corrections asked": metrics["corrections_asked"],
        "taken back": metrics["corrections_retracted"],
        "calls per task": tokens["calls"] / TASKS,
        "input per task": round(tokens["input"] / TASKS),
        "output per task": round(tokens["output"] / TASKS),
    }


def main(argv: list[str]) -> None:
    """Print a table, or JSON with --json."""
    rows = [measure(layers, corrects) for layers, corrects in FORMS]
    print(json.dumps(rows, indent=1)) if "--json" in argv else print_table(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
