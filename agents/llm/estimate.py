"""What a run with models may cost, said before anything is spent."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .calls import Purpose
from .pricing import Prices

CHARS_PER_TOKEN = 4.0
"""OpenAI's rule of thumb for English text; other languages and figures take more tokens."""
RATIO_PERCENT = 15
"""By how much the rule may be off for English prompts."""

LIKELY_CALLS, LIKELY_PROMPT, LIKELY_REPLY = 0.1, 0.1, 0.08
"""Where from the least to the most the likely lies, of calls that may not be needed, and of the
lengths of a prompt and a reply. Fitted to runs of planted models, which mostly decide at the first
attempt and reply shortly; real ones may well take more."""


@dataclass(frozen=True, slots=True)
class PlannedCalls:
    """Calls of one role in one stage of every round; stages of one name run side by side."""

    stage: str
    role: str
    count: int
    """Calls, repairs aside."""
    prompt_chars_low: int
    prompt_chars_high: int
    output_low: int
    """Tokens of a short reply."""
    output_high: int
    """Tokens of the longest, usually `max_tokens`."""
    purpose: Purpose = "work"
    tier: str = "default"
    complexity: float = 0.0
    """How hard its questions look (0-1), where that chooses the tier."""
    count_low: int | None = None
    """The fewest, where some may not be needed: corrections, or escalations to another tier."""
    shared_share: float = 0.0
    """The part (0-1) of the prompt that a provider may have in its cache."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What an estimate rests on besides the plan."""

    rounds: int
    """The limit; the earliest end is after the first round. 0 stands for a run without any."""
    concurrency: Mapping[str, int]
    """Calls in flight at a time, by tier."""
    prices: Mapping[str, Prices]
    """By tier."""
    latency_s: tuple[float, float] = (1.0, 20.0)
    """What one call takes."""
    extra_percent: float = 25.0
    """Calls more than planned at most: refused replies asked for again, and retries."""


class Range(NamedTuple):
    """The least, something between, and the most."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calls, tokens, USD and minutes of a run.

    Low is the earliest possible end with the shortest prompts and replies; high is the round
    limit with the longest, and with repairs. Likely is what runs of planted models come to.
    """

    calls: Range
    tokens: Range
    usd: Range
    minutes: Range
    assumed: Assumed
    unpriced: tuple[str, ...] = ()
    """Tiers whose price nobody knows; they are counted as free."""

    def text(self) -> str:
        """Return the estimate for people, with what it assumes."""
        assumed = self.assumed
        fast, slow = assumed.latency_s
        rounds = "1 round" if assumed.rounds == 1 else f"{assumed.rounds} rounds"
        length = f"{rounds} at most" if assumed.rounds else "the whole run"
        lines = [
            f"{length}: {_span(self.calls, _count)} calls, "
            f"{_span(self.tokens, _count)} tokens, {_span(self.usd, _decimal)} USD, "
            f"{_span(self.minutes, _decimal)} minutes",
            f"likely {_count(self.calls.likely)} calls, {_count(self.tokens.likely)} tokens, "
            f"{_decimal(self.usd.likely)} USD, {_decimal(self.minutes.likely)} minutes, if it goes "
            "as with planted models",
            f"assuming {CHARS_PER_TOKEN:g} characters per token (give or take {RATIO_PERCENT} %, "
            f"English), {fast:g} to {slow:g} s per call, and up to "
            f"{assumed.extra_percent:g} % more calls for repairs and retries",
        ]
        if self.unpriced:
            lines.append(
                f"no price is known for {', '.join(self.unpriced)}, counted as free: set "
                "usd_per_million_input and usd_per_million_output of the tier"
            )
        return "\n".join(lines)


def estimate(planned: Iterable[PlannedCalls], assumed: Assumed) -> Estimate:
    """Say what a run may cost.

    Args:
        planned: What is asked in one round.
        assumed: Rounds, prices, concurrency, latency and repairs.
    """
    plan = list(planned)
    more = 1 + assumed.extra_percent / 100
    middle = (1 + assumed.rounds) / 2
    free = Prices(0.0, 0.0, 0.0)
    prices = {name: assumed.prices.get(name, free) for name in {one.tier for one in plan}}
    tokens = [_tokens(one) for one in plan]
    usd = [_usd(one, counted, prices[one.tier]) for one, counted in zip(plan, tokens, strict=True)]
    counts = [_counts(one) for one in plan]

    def whole(amounts: Sequence[Range]) -> Range:
        """Sum over a round, then over as few, a middle number of, and all rounds."""
        low, likely, high = (
            math.fsum(count[i] * amount[i] for count, amount in zip(counts, amounts, strict=True))
            for i in range(3)
        )
        return Range(low, likely * middle, high * assumed.rounds * more)

    calls = whole([Range(1, 1, 1)] * len(plan))
    return Estimate(
        calls=Range(calls.low, round(calls.likely), math.ceil(calls.high)),
        tokens=whole([Range(*map(sum, zip(*counted, strict=True))) for counted in tokens]),
        usd=whole(usd),
        minutes=_minutes(plan, assumed),
        assumed=assumed,
        unpriced=tuple(sorted(name for name, known in prices.items() if not known.is_known)),
    )


def _counts(one: PlannedCalls) -> Range:
    low = one.count if one.count_low is None else one.count_low
    return Range(low, _between(low, one.count, LIKELY_CALLS), one.count)


def _tokens(one: PlannedCalls) -> tuple[Range, Range]:
    """Return input and output tokens of one call."""
    low = one.prompt_chars_low / CHARS_PER_TOKEN
    high = one.prompt_chars_high / CHARS_PER_TOKEN
    off = RATIO_PERCENT / 100
    return (
        Range(
            math.floor(low * (1 - off)),
            _between(low, high, LIKELY_PROMPT),
            math.ceil(high * (1 + off)),
        ),
        Range(
            one.output_low,
            _between(one.output_low, one.output_high, LIKELY_REPLY),
            one.output_high,
        ),
    )


def _between(low: float, high: float, share: float) -> float:
    return low + share * (high - low)


def _usd(one: PlannedCalls, tokens: tuple[Range, Range], prices: Prices) -> Range:
    """Return what one call costs; at best the provider has all in its cache that can be there."""
    inputs, outputs = tokens
    saved = one.shared_share * max(0.0, prices.input - prices.cached)
    per_input = (prices.input - saved, prices.input - saved / 2, max(prices.input, prices.cached))
    low, likely, high = (
        (input * price + output * prices.output) / 1e6
        for input, output, price in zip(inputs, outputs, per_input, strict=True)
    )
    return Range(low, likely, high)


def _minutes(plan: Sequence[PlannedCalls], assumed: Assumed) -> Range:
    """Return how long it takes: in each stage, wave after wave of what a tier has in flight."""
    fast, slow = assumed.latency_s
    more = 1 + assumed.extra_percent / 100
    low = _waves(plan, assumed, lambda one: _counts(one).low, max)
    likely = _between(low, _waves(plan, assumed, lambda one: one.count, max), LIKELY_CALLS)
    high = _waves(plan, assumed, lambda one: one.count * more, sum)
    stages = len({one.stage for one in plan})
    again = stages if assumed.extra_percent else 0
    return Range(
        low * fast / 60,
        likely * math.sqrt(fast * slow) * (1 + assumed.rounds) / 2 / 60,
        (high + again) * slow * assumed.rounds / 60,
    )


def _waves(
    plan: Sequence[PlannedCalls],
    assumed: Assumed,
    count: Callable[[PlannedCalls], float],
    combined: Callable[[Iterable[int]], int],
) -> int:
    """Sum waves over stages; the tiers of a stage work side by side (max) or in turn (sum)."""
    asked: dict[str, dict[str, float]] = {}
    for one in plan:
        tiers = asked.setdefault(one.stage, {})
        tiers[one.tier] = tiers.get(one.tier, 0.0) + count(one)
    return sum(
        combined([math.ceil(n / assumed.concurrency.get(tier, 1)) for tier, n in tiers.items()])
        for tiers in asked.values()
    )


def _span(amount: Range, shown: Callable[[float], str]) -> str:
    low, high = shown(amount.low), shown(amount.high)
    return low if low == high else f"{low} to {high}"


def _count(amount: float) -> str:
    """Return a count with three digits or so: 940, 41k, 3.52M."""
    if amount < 999.5:
        return f"{amount:.0f}"
    unit, name = (1e6, "M") if amount >= 999_500 else (1e3, "k")
    scaled = amount / unit
    digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return (
        f"{scaled:,.{digits}f}".rstrip("0").rstrip(".") + name if digits else f"{scaled:,.0f}{name}"
    )


def _decimal(amount: float) -> str:
    if 0 < amount < 0.0001:
        return "less than 0.0001"
    return f"{amount:,.0f}" if amount >= 99.5 else f"{amount:.2g}"
