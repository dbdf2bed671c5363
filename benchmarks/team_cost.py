"""What four agents on one board cost beside one agent, four with separate contexts, and a chorus.

The same tasks with choices, the same planted model, through litellm and a stub server that
simulates a prefix cache as providers have it: in steps of 128 tokens, from 1,024 on. Input is
counted in tokens at full price, of which a cached one is a tenth. Four agents on one board are to
cost at most 3 x one, and at most half of four separate ones. Once with the task in one sentence,
where a prompt of the team reaches 1,024 tokens late or never, and once with two pages of it.
Run `python -m benchmarks team_cost [--json]`.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from swarmboard.testing import stub_server

from .table import print_table
from .teams import CACHED_PRICE, full_price_tokens, questions, team_run

TASKS, AGENTS, PERCENT = 20, 4, 60
PLANT = "planted/accuracy=0.8,correlation=0.2,contradictions=0.1"
PAGE = (
    "The plant needs cooling water at all seasons, a road for lorries of 40 tonnes, and a line of "
    "110 kV. Neighbours accept 45 dB at night. The ground has to carry 250 kPa without piles. "
    "Land may cost at most 90 per square metre, and the permit has to be had within two years. "
)
FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("one agent", {"structure": "solo"}),
    ("one board", {}),
    ("one board, 2 archetypes", {"archetypes": 2}),
    ("separate", {"structure": "separate"}),
    ("chorus", {"structure": "chorus"}),
)


def measure(folder: str | Path, url: str, text: str, terms: dict[str, Any]) -> dict[str, Any]:
    """Return the tokens and the accuracy of one form of a team."""
    tier = {"model": "hosted_vllm/stub", "api_base": url, "concurrency": 8}
    price = {"usd_per_million_input": 1.0, "usd_per_million_output": 4.0}
    tiers = {"default": tier | price | {"usd_per_million_cached": CACHED_PRICE}}
    team = {"agents": AGENTS, "threshold": PERCENT, "attempts": 1}
    given = team | {"tasks": questions(TASKS, text=text), "tiers": tiers}
    summary = team_run(folder, **(given | terms)).summary
    tokens, metrics = summary["tokens"], summary["metrics"]
    return {
        "calls": tokens["calls"] / TASKS,
        "input": tokens["input"] / TASKS,
        "cached": tokens["cached"] / TASKS,
        "full price": full_price_tokens(tokens) / TASKS,
        "output": tokens["output"] / TASKS,
        "USD": tokens["cost_usd"] / TASKS,
        "correct": metrics["correct"],
    }


def main(argv: list[str]) -> None:
    """Print a table, or JSON with --json."""
    rows: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        stub_server(model=PLANT, in_process=False) as stub,
    ):
        for length, text in (("a sentence", ""), ("two pages", PAGE * 16)):
            one: dict[str, Any] = {}
            for form, terms in FORMS:
                stub.reset()
                row = measure(folder, stub.url, text, terms)
                one = one or row
                over = f"{row['full price'] / one['full price']:.2f} x"
                rows.append({"task": length, "form": form, **row, "over one agent": over})
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        for name in ("input", "cached", "full price", "output"):
            row[name] = f"{row[name]:,.0f}"
        row["USD"] = f"{row['USD']:.5f}"
    print_table(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
