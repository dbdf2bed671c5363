"""What calls cost: a tier's own prices, or litellm's bundled list."""

from msgspec import Struct, structs

from .calls import Model, Reply, Request, Usage
from .settings import TierConfig


class Prices(Struct, frozen=True, gc=False):
    """Prices in USD per million tokens."""

    input: float = 0.0
    output: float = 0.0
    cached: float = 0.0
    """Input tokens that the provider had in its cache."""
    is_known: bool = True
    """False where nobody names a price: the zeros mean that it is not known."""


def prices_of(tier: TierConfig) -> Prices:
    """Return a tier's prices: its own numbers, then litellm's list, then zeros.

    Where nobody names a price for cached tokens, they cost what all input costs.
    """
    input, output = tier.usd_per_million_input, tier.usd_per_million_output
    cached = tier.usd_per_million_cached
    if input is not None and output is not None:
        return Prices(input, output, input if cached is None else cached)
    from .litellm_model import listed_prices

    listed = listed_prices(tier.model)
    if cached is None:
        cached = listed.cached if input is None else input
    return Prices(
        listed.input if input is None else input,
        listed.output if output is None else output,
        cached,
        listed.is_known,
    )


def cost_usd(usage: Usage, prices: Prices) -> float:
    """Return what a reply cost."""
    fresh = usage.input - usage.cached
    spent = fresh * prices.input + usage.cached * prices.cached + usage.output * prices.output
    return spent / 1e6


class Priced:
    """Puts the cost on each reply."""

    def __init__(self, inner: Model, prices: Prices) -> None:
        self._inner, self.prices = inner, prices

    async def complete(self, request: Request) -> Reply:
        """Answer one request, and say what that cost; recorded replies cost nothing again."""
        reply = await self._inner.complete(request)
        if reply.is_recorded:
            return reply
        return structs.replace(reply, cost_usd=cost_usd(reply.usage, self.prices))
