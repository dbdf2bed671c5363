import asyncio
import subprocess
import sys

import pytest

from agents.llm.calls import Prompt, Reply, Request, Usage
from agents.llm.pricing import Priced, Prices, cost_usd, prices_of
from agents.llm.settings import TierConfig


def test_cached_tokens_have_a_price_of_their_own() -> None:
    usage = Usage(input=1_000_000, output=500_000, cached=400_000)

    spent = cost_usd(usage, Prices(input=2.5, output=10.0, cached=1.25))

    assert spent == pytest.approx(0.6 * 2.5 + 0.4 * 1.25 + 0.5 * 10)


def test_a_tiers_own_numbers_come_first() -> None:
    tier = TierConfig(model="openai/gpt-4o", usd_per_million_input=1, usd_per_million_output=2)

    assert prices_of(tier) == Prices(1, 2, 1)


def test_what_a_tier_does_not_say_comes_from_the_list() -> None:
    listed = prices_of(TierConfig(model="openai/gpt-4o"))
    partly = prices_of(TierConfig(model="openai/gpt-4o", usd_per_million_output=3))
    discounted = prices_of(TierConfig(model="openai/gpt-4o", usd_per_million_input=1))

    assert (listed.input, listed.output, listed.is_known) == (2.5, 10, True)
    assert partly == Prices(listed.input, 3, listed.cached)
    assert discounted == Prices(1, listed.output, 1)


def test_an_unknown_price_is_zero_and_says_so() -> None:
    assert prices_of(TierConfig(model="hosted_vllm/mine")) == Prices(is_known=False)


def test_a_reply_is_priced_and_a_recorded_one_is_not_billed_again() -> None:
    class Fixed:
        def __init__(self, reply: Reply) -> None:
            self.reply = reply

        async def complete(self, request: Request) -> Reply:
            return self.reply

    def ask(reply: Reply) -> Reply:
        prompt = Prompt(rules="", board="", own="")
        request = Request(agent=0, role="r", round=1, stage=1, prompt=prompt)
        return asyncio.run(Priced(Fixed(reply), Prices(1.0, 2.0, 0.5)).complete(request))

    usage = Usage(1000, 100, 0)

    assert ask(Reply("text", usage=usage)).cost_usd == pytest.approx(0.0012)
    assert ask(Reply("text", usage=usage, is_recorded=True)).cost_usd == 0


def test_own_prices_need_no_litellm() -> None:
    code = (
        "import sys; from agents.llm.pricing import prices_of; "
        "from agents.llm.settings import TierConfig; "
        "prices_of(TierConfig(model='x/y', usd_per_million_input=1, usd_per_million_output=1)); "
        "print('litellm' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
