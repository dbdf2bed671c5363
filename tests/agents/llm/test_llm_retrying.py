import asyncio
from datetime import UTC, datetime

import pytest

from agents.llm.calls import ModelError, Prompt, Reply, Request
from agents.llm.failures import model_error, reason_of, retry_after_s
from agents.llm.retrying import LONGEST_PAUSE_S, Retrying, pause_s

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BUSY = ModelError("busy", status=429, is_transient=True)


class Flaky:
    """Fails with each of the errors, then answers."""

    def __init__(self, *errors: ModelError) -> None:
        self.errors = list(errors)
        self.attempts = 0

    async def complete(self, request: Request) -> Reply:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        return Reply("fine")


class Pauses(list[float]):
    """A sleep that returns at once and keeps what was asked of it."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def request(agent: int = 0) -> Request:
    prompt = Prompt(rules="", board="", own="")
    return Request(agent=agent, role="r", round=1, stage=1, prompt=prompt)


def test_a_passing_failure_is_retried_with_growing_pauses() -> None:
    model, pauses = Flaky(BUSY, BUSY, BUSY), Pauses()

    reply = asyncio.run(Retrying(model, 3, sleep=pauses).complete(request()))

    assert reply.text == "fine"
    assert model.attempts == 4
    assert 0.25 <= pauses[0] <= 0.5 <= pauses[1] <= 1.0 <= pauses[2] <= 2.0


def test_retries_are_bounded_and_the_last_failure_says_how_many() -> None:
    late = ModelError("too slow", cause="late", status=408, is_transient=True)
    model, pauses = Flaky(BUSY, BUSY, late, BUSY), Pauses()

    with pytest.raises(ModelError, match=r"^too slow \(3 attempts\)$") as caught:
        asyncio.run(Retrying(model, 2, sleep=pauses).complete(request()))

    assert (model.attempts, len(pauses)) == (3, 2)
    assert (caught.value.cause, caught.value.status) == ("late", 408)


def test_without_retries_there_is_one_attempt() -> None:
    model, pauses = Flaky(BUSY), Pauses()

    with pytest.raises(ModelError, match=r"\(1 attempt\)$"):
        asyncio.run(Retrying(model, 0, sleep=pauses).complete(request()))

    assert (model.attempts, pauses) == (1, [])


def test_a_failure_that_will_not_pass_is_raised_as_it_is() -> None:
    refused = ModelError("no such model", status=404)
    first, later = Flaky(refused), Flaky(BUSY, refused)

    with pytest.raises(ModelError) as at_once:
        asyncio.run(Retrying(first, 3, sleep=Pauses()).complete(request()))
    with pytest.raises(ModelError, match=r"no such model \(2 attempts\)"):
        asyncio.run(Retrying(later, 3, sleep=Pauses()).complete(request()))

    assert at_once.value is refused
    assert (first.attempts, later.attempts) == (1, 2)


def after(seconds: float) -> ModelError:
    return ModelError("busy", status=429, is_transient=True, retry_after_s=seconds)


def test_a_wait_that_the_provider_names_is_kept() -> None:
    pauses = Pauses()

    asyncio.run(Retrying(Flaky(after(7), after(30)), 3, sleep=pauses).complete(request()))

    assert 7 < pauses[0] < 8
    assert pauses[1] == LONGEST_PAUSE_S


@pytest.mark.parametrize(
    ("errors", "attempts"), [([after(1200)], 1), ([BUSY, after(1200)], 2)], ids=["first", "later"]
)
def test_a_provider_that_names_a_longer_wait_is_not_asked_again(
    errors: list[ModelError], attempts: int
) -> None:
    model = Flaky(*errors)

    with pytest.raises(ModelError, match=rf"busy; it asks to wait 1,200 s \({attempts} attempt"):
        asyncio.run(Retrying(model, 5, sleep=Pauses()).complete(request()))

    assert model.attempts == attempts


def test_jitter_belongs_to_the_request_and_the_attempt() -> None:
    burst = [pause_s(request(agent), 1) for agent in range(1000)]

    assert burst == [pause_s(request(agent), 1) for agent in range(1000)]
    assert len(set(burst)) == 1000
    assert sum(burst) / 1000 == pytest.approx(0.375, abs=0.01)
    assert pause_s(request(), 10) == LONGEST_PAUSE_S


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Fri, 20 Nov 2026 12:00:09 GMT", 9.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("", None),
    ],
)
def test_a_provider_names_its_wait_in_seconds_or_as_a_date(
    text: str, seconds: float | None
) -> None:
    assert retry_after_s({"retry-after": text}, now=NOW) == seconds


class Raised(Exception):
    """An exception as litellm's are."""

    def __init__(self, text: str, status: int | None) -> None:
        self.status_code = status
        self.litellm_response_headers = {"Date": "today"} if status else None
        super().__init__(text)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("litellm.BadRequestError: OpenAIException - no such\n thing", "no such thing"),
        ('litellm.APIError: XException - {"error": {"message": "m", "code": 1}}', "m"),
        ("Incorrect API key provided: sk-12345678.", "Incorrect API key provided: ***"),
        ("header Bearer abc.def", "header ***"),
        ("it was the custom word", "it was the *** word"),
        ("no host:9 ssl:<object object at 0x7f85a0> [refused]", "no host:9 [refused]"),
        ("no host:9 ssl:default [refused]", "no host:9 [refused]"),
        ("lost <Session> of Client object at 0x7f85a0", "lost of Client"),
    ],
)
def test_a_reason_is_the_providers_own_words_without_keys(said: str, reason: str) -> None:
    assert reason_of(Raised(said, 400), ["custom"]) == reason


def test_a_long_reason_is_cut() -> None:
    error = model_error("openai/x", Raised("word " * 1000, 400), now=NOW)

    assert len(str(error)) < 200
    assert str(error).startswith("openai/x answered 400: word word")


def test_an_error_without_a_status_is_not_asked_again() -> None:
    error = model_error("openai/x", Raised("a bare one", None), now=NOW)

    assert (error.is_transient, error.status) == (False, None)
    assert str(error) == "openai/x could not be asked: a bare one"
