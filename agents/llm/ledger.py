"""Token accounting: what each call to a provider cost, and what it was for.

Every billed token is in exactly one of six classes, so that the classes sum to the bill:
`cached` (input that the provider had in its cache), `reconstruction` (other input that the agent
had been shown before), `waste` (what is not cached of a call of no use), and else `work`,
`coordination` or `verification`, as the call's purpose says.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from .calls import Reply, Request, Usage
from .pricing import Prices
from .recording import Recording
from .recording_tables import select_from

CLASSES = ("work", "coordination", "reconstruction", "verification", "waste", "cached")
type Dimension = Literal["agent", "role", "round", "tier", "model"]
_SUMS = "COUNT(*), " + ", ".join(
    f"TOTAL({name})" if name == "cost_usd" else f"SUM({name})"
    for name in ("input", "output", *CLASSES, "cost_usd")
)
_NAMES = ("calls", "input", "output", *CLASSES, "cost_usd")
_OWN = "FROM calls WHERE NOT is_inherited"
_COSTS = f"""
SELECT CASE WHEN is_waste THEN 'waste' ELSE purpose END, TOTAL(cost_cached_usd),
  TOTAL(cost_reconstruction_usd), TOTAL(cost_usd - cost_cached_usd - cost_reconstruction_usd)
{_OWN} GROUP BY 1"""


class Split(msgspec.Struct, frozen=True, gc=False):
    """The tokens of one call by class."""

    work: int = 0
    coordination: int = 0
    reconstruction: int = 0
    verification: int = 0
    waste: int = 0
    cached: int = 0


class Call(msgspec.Struct, frozen=True, gc=False):
    """One call that was billed."""

    round: int
    stage: int
    agent: int
    turn: int
    attempt: int
    """Counts the calls for the same question of the same turn, from 0."""
    role: str
    tier: str
    model: str
    purpose: Literal["work", "coordination", "reconstruction", "verification"]
    input: int
    output: int
    cached: int
    work: int
    coordination: int
    reconstruction: int
    verification: int
    waste: int
    cost_usd: float
    cost_cached_usd: float
    cost_reconstruction_usd: float
    is_waste: bool
    is_inherited: bool = False
    """Whether it was paid for by the run that this one is a fork of."""


def split(request: Request, usage: Usage, *, is_waste: bool) -> Split:
    """Say what the tokens of a call were for; the classes sum to input and output exactly.

    A provider's cache holds the beginning of a prompt, which is what the agent was shown before.
    As much of that as the cache did not hold, by characters, is reconstruction.
    """
    cached = min(usage.cached, usage.input)
    fresh = usage.input - cached
    if is_waste:
        return Split(waste=fresh + usage.output, cached=cached)
    again = min(fresh, max(0, round(request.seen * usage.input) - cached))
    rest = fresh - again + usage.output
    match request.purpose:
        case "work":
            return Split(work=rest, reconstruction=again, cached=cached)
        case "coordination":
            return Split(coordination=rest, reconstruction=again, cached=cached)
        case "verification":
            return Split(verification=rest, reconstruction=again, cached=cached)
        case "reconstruction":
            return Split(reconstruction=rest + again, cached=cached)


class Accounts:
    """Reads what a run's calls cost. What a fork inherited from its parent is not its own cost."""

    def __init__(self, select: Callable[[str], list[tuple[Any, ...]]]) -> None:
        self._select = select

    def summary(self) -> dict[str, Any]:
        """Return the block `tokens` of a run's summary."""
        ((calls, input, output, *rest),) = self._select(f"SELECT {_SUMS} {_OWN}")
        *classes, cost_usd = rest
        tokens = dict(zip(CLASSES, (count or 0 for count in classes), strict=True))
        return {
            **tokens,
            "calls": calls,
            "cost_usd": cost_usd,
            "input": input or 0,
            "output": output or 0,
            "cost_by_class": self.cost_by_class(),
        }

    def cost_by_class(self) -> dict[str, float]:
        """Return USD by class: each call's cost in proportion to its tokens, weighted by price."""
        costs = dict.fromkeys(CLASSES, 0.0)
        for name, cached, reconstruction, rest in self._select(_COSTS):
            costs[name] += rest
            costs["cached"] += cached
            costs["reconstruction"] += reconstruction
        return costs

    def by(self, dimension: Dimension) -> list[dict[str, Any]]:
        """Return calls, tokens by class and USD of each agent, role, round, tier or model."""
        return self._table((dimension,))

    def rows(self) -> list[dict[str, Any]]:
        """Return the same for each round, stage, role, tier and model, in this order."""
        return self._table(("round", "stage", "role", "tier", "model"))

    def calls(self) -> list[Call]:
        """Return every call, the oldest round first."""
        return [
            Call(*row[:-2], *map(bool, row[-2:]))
            for row in self._select(f"SELECT * {_OWN} ORDER BY round, stage, agent, turn, attempt")
        ]

    def _table(self, columns: tuple[str, ...]) -> list[dict[str, Any]]:
        names = ", ".join(columns)
        rows = self._select(f"SELECT {names}, {_SUMS} {_OWN} GROUP BY {names} ORDER BY {names}")
        return [dict(zip((*columns, *_NAMES), row, strict=True)) for row in rows]


class Ledger(Accounts):
    """Books each call of a run in its recording, where a run that goes on finds it again.

    Args:
        recording: Where it is kept.
        prices: What each tier costs, to share a call's cost among its classes; where a tier is
            missing, all its tokens weigh the same. Tiers may be added later.
    """

    def __init__(self, recording: Recording, prices: Mapping[str, Prices] | None = None) -> None:
        super().__init__(recording.select)
        self.prices = dict(prices or {})
        self._recording = recording
        self._recalled = 0
        self._stage: tuple[int, int] | None = None
        self._attempts: dict[tuple[int, int], int] = {}

    @staticmethod
    def read(path: Path) -> Accounts:
        """Return the accounts of a run that is over: of its directory, or its `llm.sqlite`.

        Raises:
            BadInput: there is no such file, or it cannot be read.
        """
        return Accounts(lambda sql: select_from(path, sql))

    def add(self, request: Request, reply: Reply, *, is_waste: bool = False) -> int | None:
        """Book the call that brought a reply, as far as it is known whether the reply was of use.

        Returns:
            The attempt under which it is booked; None where this reply was not billed.
        """
        if reply.is_recorded:
            self._recalled += 1
        if reply.is_recorded or reply.is_shared:
            return None
        attempt = self._attempt(request)
        self._book_reply(request, reply, attempt=attempt, is_waste=is_waste)
        return attempt

    def was_of_use(self, request: Request, reply: Reply, *, attempt: int) -> None:
        """Book a call that was taken for waste again, as what it was for."""
        self._book_reply(request, reply, attempt=attempt, is_waste=False)

    def add_failed(self, request: Request, usage: Usage, cost_usd: float) -> None:
        """Book a call that brought no reply but was billed."""
        attempt = self._attempt(request)
        self._book(request, usage, cost_usd, attempt=attempt, is_waste=True)

    @property
    def recorded_calls(self) -> int:
        """How many questions a recording answered so far in this process."""
        return self._recalled

    def recalled(self, count: int) -> None:
        """Count questions that a recording answered."""
        self._recalled += count

    def summary(self) -> dict[str, Any]:
        """Return the block `tokens` of the run's summary."""
        return {**super().summary(), "recorded_calls": self._recalled}

    def _book_reply(self, request: Request, reply: Reply, *, attempt: int, is_waste: bool) -> None:
        usage, cost, model = reply.usage, reply.cost_usd, reply.model
        self._book(request, usage, cost, attempt=attempt, is_waste=is_waste, model=model)

    def _book(
        self,
        request: Request,
        usage: Usage,
        cost_usd: float,
        *,
        attempt: int,
        is_waste: bool,
        model: str = "",
    ) -> None:
        parts = split(request, usage, is_waste=is_waste)
        cost_cached, cost_again = self._shares(request, usage, parts, is_waste=is_waste)
        call = Call(
            *(request.round, request.stage, request.agent, request.turn),
            attempt=attempt,
            role=request.role,
            tier=request.tier,
            model=request.model or model,
            purpose=request.purpose,
            input=usage.input,
            output=usage.output,
            cached=parts.cached,
            work=parts.work,
            coordination=parts.coordination,
            reconstruction=parts.reconstruction,
            verification=parts.verification,
            waste=parts.waste,
            cost_usd=cost_usd,
            cost_cached_usd=cost_usd * cost_cached,
            cost_reconstruction_usd=cost_usd * cost_again,
            is_waste=is_waste,
        )
        self._recording.keep_call(msgspec.structs.astuple(call))

    def _shares(
        self, request: Request, usage: Usage, parts: Split, *, is_waste: bool
    ) -> tuple[float, float]:
        """Return which share of a call's cost its cached and its repeated input have."""
        prices = self.prices.get(request.tier)
        input, output, cached = (
            (prices.input, prices.output, prices.cached) if prices else (1.0, 1.0, 1.0)
        )
        again = 0 if is_waste or request.purpose == "reconstruction" else parts.reconstruction
        fresh = usage.input - parts.cached
        total = parts.cached * cached + fresh * input + usage.output * output
        return (parts.cached * cached / total, again * input / total) if total else (0.0, 0.0)

    def _attempt(self, request: Request) -> int:
        """Return how many calls there were for the same question of the same turn."""
        stage = (request.round, request.stage)
        if self._stage != stage:
            rows = self._recording.written(
                "SELECT agent, turn, MAX(attempt) + 1 FROM calls WHERE round = ? AND stage = ? "
                "GROUP BY agent, turn",
                *stage,
            )
            self._attempts = {(agent, turn): after for agent, turn, after in rows}
            self._stage = stage
        place = (request.agent, request.turn)
        attempt = self._attempts.get(place, 0)
        self._attempts[place] = attempt + 1
        return attempt
