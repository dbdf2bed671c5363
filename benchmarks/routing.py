"""What routing saves: a fast and a strong model beside the strong one alone.

200 tasks with known answers, of which three in ten are hard; four of five hard ones also look hard
(they are long), and so does one easy one in ten. Both models are planted. The fast one costs a
twentieth, is as good on easy tasks, and knows by its confidence where it is not. Run
`python -m benchmarks routing [--json]`.
"""

import json
import math
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from typing import Any

from agents import PlantedModel
from agents.llm.routing import complexity_of

from .table import print_table
from .teams import CHOICES, team_run

TASKS, AGENTS, PERCENT = 200, 4, 60
HARD, LOOKS_HARD, EASY_LOOKS_HARD = 0.3, 0.8, 0.1
_PLANT = f"planted/accuracy=0.95,correlation=0.2,hard={HARD}"
FAST = {
    "model": f"{_PLANT},hard_accuracy=0.5,seed=7",
    "usd_per_million_input": 0.15,
    "usd_per_million_output": 0.6,
}
STRONG = {
    "model": f"{_PLANT},hard_accuracy=0.92,seed=7",
    "usd_per_million_input": 3.0,
    "usd_per_million_output": 12.0,
}
BOTH = {"fast": FAST, "strong": STRONG}
FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("strong, team", {"tiers": {"default": STRONG}}),
    ("strong, one agent first", {"tiers": {"default": STRONG}, "route": "auto"}),
    ("fast, team", {"tiers": {"default": FAST}}),
    ("fast and strong, team", {"tiers": BOTH}),
    ("fast and strong, one agent first", {"tiers": BOTH, "route": "auto"}),
)
_LONG = (
    "Compare the sites step by step: each has to carry at least 250 kPa, unless piles are cheaper "
    "than 90 per metre; estimate why the trade-offs between water, road and noise depend on the "
    "season, and plan for at most two years. Which site is best for plant number {number}, and why?"
)
_SHORT = "Which site is best for plant number {number}?"


def tasks() -> list[dict[str, Any]]:
    """Return tasks whose difficulty their text shows in most cases."""
    drawn = _texts()
    found = [next(drawn[kind]) for kind in _kinds()]
    model = PlantedModel.named(STRONG["model"])
    return [
        {"task": text, "choices": list(CHOICES), "answer": model.truth(text, CHOICES)}
        for text in found
    ]


def measure(terms: dict[str, Any]) -> dict[str, Any]:
    """Return what one form of a team costs and how often it is right."""
    given = {"agents": AGENTS, "threshold": PERCENT, "tasks": tasks(), "attempts": 1}
    with tempfile.TemporaryDirectory() as folder:
        summary = team_run(folder, **given, **terms).summary
    tokens, correct = summary["tokens"], summary["metrics"]["correct"]
    return {
        "calls per task": tokens["calls"] / TASKS,
        "USD per 1,000 tasks": 1000 * tokens["cost_usd"] / TASKS,
        "correct, %": 100 * correct,
        "standard error": 100 * math.sqrt(correct * (1 - correct) / TASKS),
    }


def main(argv: list[str]) -> None:
    """Print a table, or JSON with --json."""
    rows: list[dict[str, Any]] = []
    for form, terms in FORMS:
        row = measure(terms)
        cost = rows[0]["USD per 1,000 tasks"] if rows else row["USD per 1,000 tasks"]
        saving = f"{100 * (1 - row['USD per 1,000 tasks'] / cost):.0f} %"
        rows.append({"form": form, **row, "saving": saving})
    print(json.dumps(rows, indent=1)) if "--json" in argv else print_table(rows)


def _kinds() -> list[tuple[bool, bool]]:
    """Return of each task whether it is hard and whether it looks so, mixed."""
    hard = round(TASKS * HARD)
    kinds = [(True, place < LOOKS_HARD * hard) for place in range(hard)]
    easy = TASKS - hard
    kinds += [(False, place < EASY_LOOKS_HARD * easy) for place in range(easy)]
    return [kinds[7 * place % TASKS] for place in range(TASKS)]


def _texts() -> dict[tuple[bool, bool], Iterator[str]]:
    """Return texts by whether they are hard and whether they look so."""
    model = PlantedModel.named(STRONG["model"])

    def drawn(is_hard: bool, looks_hard: bool) -> Iterator[str]:
        for number in count():
            text = (_LONG if looks_hard else _SHORT).format(number=number)
            assert (complexity_of(text) > 0.6) is looks_hard, complexity_of(text)
            if model.is_hard(text) is is_hard:
                yield text

    return {(hard, looks): drawn(hard, looks) for hard in (True, False) for looks in (True, False)}


if __name__ == "__main__":
    main(sys.argv[1:])
