"""Pots: one cap in one unit each, what was spent of it, and who waits for it.

Money is counted in whole millionths of a millionth of a dollar, so that what was settled sums
exactly to what was spent.
"""

import asyncio
from collections import deque
from collections.abc import Iterable

from .calls import ModelError

PER_USD = 10**12


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


class Pot:
    """One cap in one unit, what was spent of it, and what calls in flight may yet take."""

    __slots__ = ("cap", "held", "is_money", "name", "spent", "waiting")

    def __init__(self, name: str, cap: int | None, *, is_money: bool) -> None:
        self.name, self.cap, self.is_money = name, cap, is_money
        self.spent = self.held = 0
        self.waiting: deque[asyncio.Future[None]] | None = None

    def refusal(self, wanted: int) -> BudgetExceeded | None:
        """Return why so much cannot be taken just now; None where it can."""
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
        return amount / PER_USD if self.is_money else amount

    def wake_next(self) -> None:
        """Let the first who waits for this pot look again."""
        while self.waiting:
            settled = self.waiting.popleft()
            if not settled.done():
                settled.set_result(None)
                return

    async def turn(self, *, is_first: bool) -> None:
        """Wait until it is one's turn to look again."""
        settled = asyncio.get_running_loop().create_future()
        if self.waiting is None:
            self.waiting = deque()
        if is_first:
            self.waiting.appendleft(settled)
        else:
            self.waiting.append(settled)
        try:
            await settled
        except asyncio.CancelledError:
            if not settled.cancelled():
                self.wake_next()
            raise


def refusal_of(pots: Iterable[tuple[Pot, int]]) -> tuple[Pot, BudgetExceeded] | None:
    """Return a pot that has too little left; rather one where waiting would not help."""
    refused = [(pot, refusal) for pot, amount in pots if (refusal := pot.refusal(amount))]
    return min(refused, key=lambda one: not one[1].is_final) if refused else None
