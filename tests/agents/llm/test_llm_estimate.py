from dataclasses import replace

import pytest

from agents.llm.estimate import Assumed, PlannedCalls, Range, estimate
from agents.llm.pricing import Prices

PLAN = PlannedCalls("answer", "member", 8, 4000, 8000, 50, 700, tier="fast")
ASSUMED = Assumed(
    rounds=3, concurrency={"fast": 4}, prices={"fast": Prices(1.0, 4.0, 0.1)}, latency_s=(1, 20)
)


def test_low_is_one_round_and_high_the_limit_with_repairs() -> None:
    said = estimate([PLAN], ASSUMED)

    assert said.calls == Range(8, 16, 30)
    assert said.tokens.low == 8 * (850 + 50)
    assert said.tokens.high == pytest.approx(30 * (2300 + 700))


def test_usd_follow_the_price_of_input_and_output() -> None:
    said = estimate([PLAN], ASSUMED)

    assert said.usd.low == pytest.approx(8 * (850 * 1 + 50 * 4) / 1e6)
    assert said.usd.high == pytest.approx(30 * (2300 * 1 + 700 * 4) / 1e6)


def test_what_may_be_cached_makes_the_low_end_cheaper_and_not_the_high_end() -> None:
    shared = estimate([replace(PLAN, shared_share=0.5)], ASSUMED)
    alone = estimate([PLAN], ASSUMED)

    assert shared.usd.low == pytest.approx(8 * (850 * 0.55 + 50 * 4) / 1e6)
    assert shared.usd.high == alone.usd.high


def test_minutes_come_from_waves_of_calls_in_flight() -> None:
    said = estimate([PLAN], ASSUMED)

    assert said.minutes.low == pytest.approx(2 * 1 / 60)
    assert said.minutes.high == pytest.approx((3 + 1) * 20 * 3 / 60)


def test_calls_that_may_not_be_needed_are_left_out_of_the_low_end() -> None:
    corrections = replace(PLAN, stage="correct", count=4, count_low=0)

    said = estimate([PLAN, corrections], ASSUMED)

    assert said.calls.low == 8
    assert said.calls.high == 45


def test_low_is_never_above_likely_nor_likely_above_high() -> None:
    one_round = replace(ASSUMED, rounds=1, extra_percent=0.0)

    said = estimate([replace(PLAN, prompt_chars_high=4000, output_high=50)], one_round)

    assert all(
        amount.low <= amount.likely <= amount.high
        for amount in (said.calls, said.tokens, said.usd, said.minutes)
    )


def test_an_estimate_reads_as_a_sentence_with_what_it_assumes() -> None:
    lines = estimate([PLAN], ASSUMED).text().splitlines()

    assert lines == [
        "3 rounds at most: 8 to 30 calls, 7.2k to 90k tokens, 0.0084 to 0.15 USD, "
        "0.033 to 4 minutes",
        "likely 16 calls, 19.2k tokens, 0.024 USD, 0.3 minutes, if it goes as with planted models",
        "assuming 4 characters per token (give or take 15 %, English), 1 to 20 s per call, and up "
        "to 25 % more calls for repairs and retries",
    ]


def test_a_tier_without_a_known_price_is_named() -> None:
    unknown = replace(ASSUMED, prices={"fast": Prices(0, 0, 0, is_known=False)})

    text = estimate([PLAN], unknown).text()

    assert "no price is known for fast, counted as free: set usd_per_million_input" in text
