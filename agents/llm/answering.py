"""Answering one question: read, repair once, ask a stronger model once, or abstain by cause."""

from collections.abc import Mapping

from msgspec.structs import replace

from .calls import Model, ModelError, Outcome, Reply, Request
from .ledger import Ledger
from .replies import BadReply, Readable, confidence_of, read_reply, repair_text
from .routing import stronger
from .settings import TeamConfig


class Answering:
    """Turns a question into its outcome: a checked answer, or the cause of an abstention.

    Args:
        models: The stack of each tier.
        team: The tiers and when to go from one to another.
        ledger: Learns what each call cost and whether its answer was of use.
    """

    def __init__(self, models: Mapping[str, Model], team: TeamConfig, ledger: Ledger) -> None:
        self._models, self._team, self._ledger = models, team, ledger

    async def answer(self, request: Request) -> Outcome:
        """Return what finally comes of a question.

        A reply that is not what was asked for is sent back once, with the field that is wrong. An
        answer of the fast tier that is unsure, or that failed, is asked for once from the strong.
        """
        first = await self._attempt(request)
        higher = stronger(request.tier, self._team)
        if higher is None or not self._is_doubtful(first):
            self._book(first, is_waste=first.read is None)
            return first.outcome
        # Before the other is asked, lest a kill lose it.
        booked = self._book(first, is_waste=True)
        tier = self._team.tiers[higher]
        harder = replace(
            request,
            tier=higher,
            model=tier.model,
            endpoint=tier.api_base or "",
            turn=request.turn + 2,
        )
        second = await self._attempt(harder)
        self._book(second, is_waste=second.read is None)
        if second.read is not None or first.read is None:
            return second.outcome
        if booked is not None and first.used:
            self._ledger.was_of_use(*first.used, attempt=booked)
        return first.outcome

    def _is_doubtful(self, attempt: "_Attempt") -> bool:
        if attempt.read is None:
            return attempt.outcome.cause != "budget"
        return confidence_of(attempt.read) < self._team.routing.escalate_below

    async def _attempt(self, request: Request) -> "_Attempt":
        """Ask one tier, and have a refused reply repaired once."""
        model = self._models[request.tier]
        attempt = _Attempt()
        asked = request
        for turn in range(2):
            try:
                reply = await model.complete(asked)
            except ModelError as error:
                attempt.outcome = Outcome("", error.cause, str(error))
                break
            try:
                attempt.read = read_reply(reply.text, asked)
            except BadReply as error:
                self._ledger.add(asked, reply, is_waste=True)  # at once, lest a kill lose it
                attempt.outcome = Outcome("", "invalid", f"reply refused twice: {error}")
                asked = _repaired(request, error, turn)
                continue
            attempt.used = (asked, reply)
            attempt.outcome = Outcome(attempt.read.model_dump_json(exclude_defaults=True))
            break
        return attempt

    def _book(self, attempt: "_Attempt", *, is_waste: bool) -> int | None:
        return self._ledger.add(*attempt.used, is_waste=is_waste) if attempt.used else None


class _Attempt:
    """What asking one tier came to."""

    def __init__(self) -> None:
        self.outcome = Outcome("", "error", "nobody was asked")
        self.read: Readable | None = None
        self.used: tuple[Request, Reply] | None = None


def _repaired(request: Request, error: BadReply, turn: int) -> Request:
    """Return the question with what was wrong, never with the text that was."""
    own = f"{request.prompt.own}\n\n{repair_text(error)}"
    prompt = replace(request.prompt, own=own)
    return replace(request, prompt=prompt, turn=request.turn + turn + 1, seen=1.0)
