"""What models may cost: reserved before a call, settled after it, refused where a cap is met.

Each cap is a pot of its own, in tokens and in USD. A call takes from all pots that it falls
under, or from none. Amounts of money are counted in whole millionths of a millionth of a dollar,
so that what was settled sums exactly to what was spent.
"""

import asyncio
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .calls import Model, ModelError, Prompt, Reply, Request, Usage
from .ledger import Call
from .pricing import Prices, cost_usd
from .settings import BudgetConfig, Cap

_PER_USD = 10**12
_CHAT_TOKENS = 16
"""What the form of a chat adds to the tokens of its messages."""


class BudgetExceeded(ModelError):
    """Raised before a call that could cost more than one of the caps has left."""

    def __init__(
        self, cap: str, *, wanted: float, left: float, of: float, is_final: bool = True
    ) -> None:
        self.cap, self.wanted, self.left, self.of = cap, wanted, left, of
        self.is_final = is_final
        """False where calls in flight may yet give back what this one needs."""
        super().__init__(
            f"{cap}: a call may take {_amount(wanted)} and {_amount(left)} of {_amount(of)} are "
            f"left; raise {cap} to go on",
            cause="budget",
        )


def _amount(amount: float) -> str:
    return f"{amount:,}" if isinstance(amount, int) else f"{amount:,.6g}"


class _Pot:
    """One cap in one unit, what was spent of it, and what calls in flight may yet take."""

    __slots__ = ("cap", "held", "is_money", "name", "spent")

    def __init__(self, name: str, cap: int | None, *, is_money: bool) -> None:
        self.name, self.cap, self.is_money = name, cap, is_money
        self.spent = self.held = 0

    def refusal(self, wanted: int) -> BudgetExceeded | None:
        if self.cap is None or self.spent + self.held + wanted <= self.cap:
            return None
        left = max(0, self.cap - self.spent - self.held)
        return BudgetExceeded(
            self.name,
            wanted=self._shown(wanted),
            left=self._shown(left),
            of=self._shown(self.cap),
            is_final=self.spent + wanted > self.cap,
        )

    def _shown(self, amount: int) -> float:
        return amount / _PER_USD if self.is_money else amount


@dataclass(slots=True)
class Reservation:
    """What a call may take at most, until it is settled or released."""

    pots: tuple[tuple[_Pot, int], ...]
    is_open: bool = True


class Budget:
    """The caps of a run: as a whole, by tier, role, agent and class.

    One event loop reserves and settles; any thread may look.
    """

    def __init__(self, config: BudgetConfig) -> None:
        self.config = config
        self._pots: dict[tuple[str, int | None], tuple[_Pot, _Pot]] = {}
        self._run = self._pair("budget", config)
        self._refused: tuple[int, int] | None = None
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def spent(self) -> tuple[int, float]:
        """Tokens and USD that were settled."""
        tokens, money = self._run
        return tokens.spent, money.spent / _PER_USD

    @property
    def left(self) -> tuple[int | None, float | None]:
        """Tokens and USD that the run may yet reserve; None where there is no cap."""
        tokens, money = (
            None if pot.cap is None else max(0, pot.cap - pot.spent - pot.held) for pot in self._run
        )
        return tokens, None if money is None else money / _PER_USD

    @property
    def is_used_up(self) -> bool:
        """Whether the run's cap cannot pay for another call such as the one last refused."""
        if self._refused is None:
            return False
        return any(
            pot.cap is not None and pot.spent + wanted > pot.cap
            for pot, wanted in zip(self._run, self._refused, strict=True)
        )

    def reserve(self, request: Request, tokens: int, usd: float) -> Reservation:
        """Take what a call may cost at most out of every pot that it falls under.

        Raises:
            BudgetExceeded: one of them has too little left; nothing was taken.
        """
        wanted = (tokens, math.ceil(usd * _PER_USD))
        pots = self._takes(request, wanted)
        refusals = [refusal for pot, amount in pots if (refusal := pot.refusal(amount))]
        if refusals:
            worst = min(refusals, key=lambda refusal: not refusal.is_final)
            self._refused = wanted if worst.is_final else None
            raise worst
        self._refused = None
        for pot, amount in pots:
            pot.held += amount
        return Reservation(pots)

    async def reserved(self, request: Request, tokens: int, usd: float) -> Reservation:
        """Reserve as soon as calls in flight have given back what they did not need.

        Raises:
            BudgetExceeded: even if they cost nothing there would be too little.
        """
        while True:
            try:
                return self.reserve(request, tokens, usd)
            except BudgetExceeded as refusal:
                if refusal.is_final:
                    raise
            settled = asyncio.get_running_loop().create_future()
            self._waiting.append(settled)
            await settled

    def settle(self, reservation: Reservation, tokens: int, usd: float) -> None:
        """Put what a call did cost in place of what it might have.

        A provider may bill more than was foreseen, see `tokens_at_most`; that is counted too.
        """
        self._close(reservation, (tokens, round(usd * _PER_USD)))

    def release(self, reservation: Reservation) -> None:
        """Give back all that was reserved for a call that cost nothing, unless it was settled."""
        self._close(reservation, (0, 0))

    def resume(self, calls: Iterable[Call]) -> None:
        """Count what was spent before the run was interrupted."""
        for call in calls:
            amounts = (call.input + call.output, round(call.cost_usd * _PER_USD))
            for pot, amount in self._takes(call, amounts):
                pot.spent += amount

    def _close(self, reservation: Reservation, spent: tuple[int, int]) -> None:
        if not reservation.is_open:
            return
        reservation.is_open = False
        for pot, held in reservation.pots:
            pot.held -= held
            pot.spent += spent[pot.is_money]
        waiting, self._waiting = self._waiting, []
        for settled in waiting:
            if not settled.done():
                settled.set_result(None)

    def _takes(
        self, call: Request | Call, amounts: tuple[int, int]
    ) -> tuple[tuple[_Pot, int], ...]:
        """Return the pots that a call falls under, each with what it takes from there."""
        config = self.config
        tier, role, purpose = call.tier, call.role, call.purpose
        pairs = [self._run]
        if tier in config.tiers:
            pairs.append(self._pair(f"budget.tiers.{tier}", config.tiers[tier]))
        if role in config.roles:
            pairs.append(self._pair(f"budget.roles.{role}", config.roles[role]))
        if purpose in config.classes:
            pairs.append(self._pair(f"budget.classes.{purpose}", config.classes[purpose]))
        if config.agent != Cap():
            pairs.append(self._pair("budget.agent", config.agent, agent=call.agent))
        return tuple(pot for pair in pairs for pot in zip(pair, amounts, strict=True))

    def _pair(self, name: str, cap: Cap, *, agent: int | None = None) -> tuple[_Pot, _Pot]:
        """Return the pots of a cap, in tokens and in money."""
        if (name, agent) not in self._pots:
            money = None if cap.usd is None else round(cap.usd * _PER_USD)
            self._pots[name, agent] = (
                _Pot(f"{name}.tokens", cap.tokens, is_money=False),
                _Pot(f"{name}.usd", money, is_money=True),
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
