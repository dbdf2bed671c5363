import asyncio
import logging
import sys
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from agents.llm.calls import ModelError, Prompt, Reply, Request, Usage
from agents.llm.tracing import Traced, otel_hook
from blackboard import BadInput

REPLY = Reply("{}", model="m-2024", usage=Usage(900, 20, 512), cost_usd=0.25)
ASKED = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "aws.bedrock",
    "gen_ai.request.model": "m",
    "gen_ai.request.max_tokens": 700,
    "gen_ai.request.temperature": 0.7,
    "gen_ai.output.type": "json",
    "swarmboard.agent": 3,
    "swarmboard.role": "planner",
    "swarmboard.round": 2,
    "swarmboard.stage": 1,
    "swarmboard.turn": 0,
    "swarmboard.purpose": "work",
    "swarmboard.tier": "fast",
}


class Fixed:
    """Answers always the same, or fails always the same."""

    def __init__(self, reply: Reply | BaseException = REPLY) -> None:
        self.reply = reply

    async def complete(self, request: Request) -> Reply:
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply


def request(model: str = "bedrock/m") -> Request:
    prompt = Prompt(rules="", board="", own="")
    whom: dict[str, Any] = {"agent": 3, "role": "planner", "round": 2, "stage": 1}
    return Request(**whom, prompt=prompt, tier="fast", model=model)


def test_a_hook_hears_of_a_call_as_it_begins_and_ends() -> None:
    heard: list[tuple[str, dict[str, Any]]] = []

    traced = Traced(Fixed(), [lambda event, attributes: heard.append((event, dict(attributes)))])
    asyncio.run(traced.complete(request()))

    answered = {
        "gen_ai.response.model": "m-2024",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 900,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 512,
        "swarmboard.cost_usd": 0.25,
        "swarmboard.is_recorded": False,
    }
    assert heard == [("call-begins", ASKED), ("call-ends", ASKED | answered)]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ModelError("busy", status=429), "429"),
        (ModelError("slow", cause="late"), "late"),
        (asyncio.CancelledError(), "CancelledError"),
    ],
)
def test_a_hook_hears_of_a_failure_and_its_kind(error: BaseException, kind: str) -> None:
    heard: list[tuple[str, Any]] = []

    def hook(event: str, attributes: Mapping[str, Any]) -> None:
        heard.append((event, attributes.get("error.type")))

    with pytest.raises(type(error)):
        asyncio.run(Traced(Fixed(error), [hook]).complete(request()))

    assert heard == [("call-begins", None), ("call-failed", kind)]


def test_a_hook_that_raises_is_logged_once_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[str] = []

    def broken(event: str, attributes: Mapping[str, Any]) -> None:
        raise RuntimeError("the collector is gone")

    traced = Traced(Fixed(), [broken, lambda event, attributes: heard.append(event)])
    with caplog.at_level(logging.WARNING):
        replies = [asyncio.run(traced.complete(request())) for _ in range(2)]

    assert replies == [REPLY, REPLY]
    assert heard == ["call-begins", "call-ends"] * 2
    assert len(caplog.records) == 1


def test_a_model_without_a_provider_in_its_name_is_traced_too() -> None:
    heard: list[tuple[str, str]] = []

    def hook(event: str, attributes: Mapping[str, Any]) -> None:
        named = (attributes["gen_ai.provider.name"], attributes["gen_ai.request.model"])
        heard.append(named)

    asyncio.run(Traced(Fixed(), [hook]).complete(request("m")))

    assert heard == [("unknown", "m")] * 2


class FakeTrace(ModuleType):
    """As much of `opentelemetry.trace` as is used, which keeps its spans."""

    SpanKind = SimpleNamespace(CLIENT="client")
    StatusCode = SimpleNamespace(ERROR="error")

    def __init__(self) -> None:
        super().__init__("opentelemetry.trace")
        self.spans: list[FakeSpan] = []

    def get_tracer(self, name: str) -> "FakeTrace":
        return self

    def start_span(self, name: str, kind: str, attributes: Mapping[str, Any]) -> "FakeSpan":
        self.spans.append(FakeSpan(name, dict(attributes)))
        return self.spans[-1]

    @staticmethod
    def Status(code: str, message: str) -> str:  # noqa: N802
        return f"{code}: {message}"


class FakeSpan:
    """A span that must not be written to once it has ended."""

    def __init__(self, name: str, attributes: dict[str, Any]) -> None:
        self.name, self.attributes = name, attributes
        self.status, self.is_ended = "", False

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        assert not self.is_ended
        self.attributes.update(attributes)

    def set_status(self, status: str) -> None:
        assert not self.is_ended
        self.status = status

    def end(self) -> None:
        assert not self.is_ended
        self.is_ended = True


@pytest.fixture
def trace(monkeypatch: pytest.MonkeyPatch) -> FakeTrace:
    trace = FakeTrace()
    monkeypatch.setitem(sys.modules, "opentelemetry", ModuleType("opentelemetry"))
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", trace)
    return trace


def test_calls_at_the_same_time_become_spans_of_their_own(trace: FakeTrace) -> None:
    class Echo:
        async def complete(self, request: Request) -> Reply:
            await asyncio.sleep(0)
            return Reply("", model=request.model)

    async def ask() -> None:
        traced = Traced(Echo(), [otel_hook()])
        await asyncio.gather(*[traced.complete(request(f"openai/{n}")) for n in range(4)])

    asyncio.run(ask())

    assert [span.name for span in trace.spans] == ["chat 0", "chat 1", "chat 2", "chat 3"]
    answered = [span.attributes["gen_ai.response.model"] for span in trace.spans]
    assert answered == ["openai/0", "openai/1", "openai/2", "openai/3"]
    assert all(span.is_ended for span in trace.spans)


def test_a_failed_call_is_a_span_with_an_error(trace: FakeTrace) -> None:
    traced = Traced(Fixed(ModelError("busy", status=429)), [otel_hook()])

    with pytest.raises(ModelError):
        asyncio.run(traced.complete(request()))

    [span] = trace.spans
    assert (span.status, span.is_ended) == ("error: busy", True)
    assert span.attributes["error.type"] == "429"


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)

    with pytest.raises(BadInput, match=r"swarmboard\[otel\]"):
        otel_hook()
