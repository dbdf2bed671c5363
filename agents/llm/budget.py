"""What models may cost: reserved before a call, settled after it, refused where a cap is met.

A call takes from the pots of all caps that it falls under, or from none.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .calls import Model, ModelError, Prompt, Purpose, Reply, Request, Usage
from .ledger import Call
from .pots import PER_USD, Pot, refusal_of
from .pricing import Prices, cost_usd
from .settings import BudgetConfig, Cap

_NO_CAP = Cap()
_CHAT_TOKENS = 16
"""What the form of a chat adds to the tokens of its messages."""


@dataclass(slots=True)
class Reservation:
    """What a call may take at most, until it is settled or released."""

    pots: tuple[tuple[Pot, int], ...]
    is_open: bool = True


class Budget:
    """The caps of a run: as a whole, by tier, role, agent and class.

    One event loop reserves and settles; any thread may look.
    """

    def __init__(self, config: BudgetConfig) -> None:
        self.config = config
        self._pots: dict[tuple[str, int | None], tuple[Pot, ...]] = {}
        self._common: dict[tuple[str, str, Purpose], tuple[Pot, ...]] = {}
        self._run = self._pair("budget", config)

    @property
    def spent(self) -> tuple[int, float]:
        """Tokens and USD that were settled."""
        tokens, money = self._run
        return tokens.spent, money.spent / PER_USD

    @property
    def left(self) -> tuple[int | None, float | None]:
        """Tokens and USD that the run may yet reserve; None where there is no cap."""
        tokens, money = (
            None if pot.cap is None else max(0, pot.cap - pot.spent - pot.held) for pot in self._run
        )
        return tokens, None if money is None else money / PER_USD

    def reserve(self, request: Request, tokens: int, usd: float) -> Reservation:
        """Take what a call may cost at most out of every pot that it falls under.

        Raises:
            BudgetExceeded: one of them has too little left; nothing was taken.
        """
        wanted = (tokens, math.ceil(usd * PER_USD))
        return self._take(self._takes(request, wanted))

    async def reserved(self, request: Request, tokens: int, usd: float) -> Reservation:
        """Reserve as soon as calls in flight have given back what they did not need.

        Who waits for the same pot comes in the order of asking.

        Raises:
            BudgetExceeded: even if they cost nothing there would be too little.
        """
        wanted = (tokens, math.ceil(usd * PER_USD))
        pots = self._takes(request, wanted)
        awaited: Pot | None = None
        while (refused := refusal_of(pots)) and not refused[1].is_final:
            pot = refused[0]
            if awaited and awaited is not pot:
                awaited.wake_next()
            await pot.turn(is_first=pot is awaited)
            awaited = pot
        try:
            return self._take(pots)
        finally:
            if awaited:
                awaited.wake_next()

    def settle(self, reservation: Reservation, tokens: int, usd: float) -> None:
        """Put what a call did cost in place of what it might have.

        A provider may bill more than was foreseen, see `tokens_at_most`; that is counted too.
        """
        self._close(reservation, (tokens, round(usd * PER_USD)))

    def release(self, reservation: Reservation) -> None:
        """Give back all that was reserved for a call that cost nothing, unless it was settled."""
        self._close(reservation, (0, 0))

    def resume(self, calls: Iterable[Call]) -> None:
        """Count what was spent before the run was interrupted."""
        for call in calls:
            amounts = (call.input + call.output, round(call.cost_usd * PER_USD))
            for pot, amount in self._takes(call, amounts):
                pot.spent += amount

    def _close(self, reservation: Reservation, spent: tuple[int, int]) -> None:
        if not reservation.is_open:
            return
        reservation.is_open = False
        for pot, held in reservation.pots:
            pot.held -= held
            pot.spent += spent[pot.is_money]
            pot.wake_next()

    def _take(self, pots: tuple[tuple[Pot, int], ...]) -> Reservation:
        if refused := refusal_of(pots):
            _, refusal = refused
            raise refusal
        for pot, amount in pots:
            pot.held += amount
        return Reservation(pots)

    def _takes(self, call: Request | Call, amounts: tuple[int, int]) -> tuple[tuple[Pot, int], ...]:
        """Return the pots that a call falls under, each with what it takes from there."""
        kind = (call.tier, call.role, call.purpose)
        pots = self._common.get(kind)
        if pots is None:
            pots = self._common[kind] = self._common_pots(*kind)
        if self.config.agent != _NO_CAP:
            pots = (*pots, *self._pair("budget.agent", self.config.agent, agent=call.agent))
        return tuple((pot, amounts[pot.is_money]) for pot in pots)

    def _common_pots(self, tier: str, role: str, purpose: Purpose) -> tuple[Pot, ...]:
        """Return the pots of a kind of call, whichever agent makes it."""
        config = self.config
        pots = self._run
        if tier in config.tiers:
            pots += self._pair(f"budget.tiers.{tier}", config.tiers[tier])
        if role in config.roles:
            pots += self._pair(f"budget.roles.{role}", config.roles[role])
        if purpose in config.classes:
            pots += self._pair(f"budget.classes.{purpose}", config.classes[purpose])
        return pots

    def _pair(self, name: str, cap: Cap, *, agent: int | None = None) -> tuple[Pot, ...]:
        """Return the pots of a cap, in tokens and in money."""
        if (name, agent) not in self._pots:
            money = None if cap.usd is None else round(cap.usd * PER_USD)
            self._pots[name, agent] = (
                Pot(f"{name}.tokens", cap.tokens, is_money=False),
                Pot(f"{name}.usd", money, is_money=True),
            )
        return self._pots[name, agent]


def tokens_at_most(request: Request) -> tuple[int, int]:
    """Return the most input and output tokens that a call is expected to be billed for.

    Input is taken as a token for every two bytes, twice the usual count of English: only texts
    that are mostly digits or rare characters need more. Output ends at `max_tokens`.
    """
    return math.ceil(_size_bytes(request.prompt) / 2) + _CHAT_TOKENS, request.max_tokens


def _size_bytes(prompt: Prompt) -> int:
    return sum(
        len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
        for text in (prompt.rules, prompt.board, prompt.own)
    )


class Budgeted:
    """A model whose every attempt is paid for out of a budget.

    It stands inside retries, so that each attempt that reaches a provider counts. Requests that
    start in agent order reserve in agent order.

    Args:
        inner: The model that is asked.
        budget: What the attempts are paid from.
        prices: What the model costs.
        failed: Told of an attempt that gave no reply but was billed: the request, its usage, USD.
    """

    def __init__(
        self,
        inner: Model,
        budget: Budget,
        prices: Prices,
        *,
        failed: Callable[[Request, Usage, float], None] | None = None,
    ) -> None:
        self.inner, self.budget, self.prices = inner, budget, prices
        self._failed = failed

    async def complete(self, request: Request) -> Reply:
        """Answer one request if every cap it falls under has enough left for it.

        Raises:
            BudgetExceeded: one has not; nobody was asked.
            ModelError: the model within gave no answer; what it was billed for is paid.
        """
        input, output = tokens_at_most(request)
        dearest = max(self.prices.input, self.prices.cached)
        usd = (input * dearest + output * self.prices.output) / 1e6
        reservation = await self.budget.reserved(request, input + output, usd)
        try:
            reply = await self.inner.complete(request)
            if not reply.is_recorded:
                self._pay(reservation, reply.usage, reply.cost_usd)
        except ModelError as error:
            if error.usage is not None:
                cost = cost_usd(error.usage, self.prices)
                self._pay(reservation, error.usage, cost)
                if self._failed:
                    self._failed(request, error.usage, cost)
            raise
        finally:
            self.budget.release(reservation)
        return reply

    def _pay(self, reservation: Reservation, usage: Usage, usd: float) -> None:
        self.budget.settle(reservation, usage.input + usage.output, usd)
