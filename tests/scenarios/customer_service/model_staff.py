"""Models that play staff as a test says, and runs of customer service that they answer in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agents import Reply, Request
from swarmboard.result import Result
from tests.swarmboard.model_runs import stage_of, team_run

type Says = Callable[[Request], dict[str, Any] | Exception]
SHOP = Path(__file__).parent / "tau2" / "shop"


class Staff:
    """Answers by what it is asked for: a draft or a review.

    Args:
        draft: Returns a draft's fields, or an error to raise; by default one for all.
        review: The same for reviews; by default everything is approved.
    """

    def __init__(self, draft: Says | None = None, review: Says | None = None) -> None:
        self._says = {
            "draft": draft or (lambda _: {"reply": "It is on its way."}),
            "review": review or (lambda _: {"vote": "approve"}),
        }
        self.requests: list[Request] = []

    async def complete(self, request: Request) -> Reply:
        self.requests.append(request)
        said = self._says[stage_of(request)](request)
        if isinstance(said, Exception):
            raise said
        return Reply(json.dumps({"reasoning": "because", **said}))

    def asked(self, stage: str) -> list[Request]:
        return [request for request in self.requests if stage_of(request) == stage]

    def boards(self, stage: str) -> list[str]:
        """Return what each prompt of a stage shows of the board, and its own lines."""
        return [r.prompt.board + r.prompt.own for r in self.asked(stage)]


def tickets(path: Path, *rows: str) -> str:
    """Write a file of tickets, each `arrival,skill,text`, and return its path."""
    file = path / "tickets.csv"
    file.write_text("\n".join(["arrival,skill,text", *rows]) + "\n", "utf-8")
    return str(file)


def answered(out: Path, answers: Any = None, /, **terms: Any) -> Result:
    """Run customer service with models, or with the staff that the terms name."""
    terms = {"staff": "models", "agents": 8} | terms
    return team_run(out, answers, scenario="customer-service", **terms)
