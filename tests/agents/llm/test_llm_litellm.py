"""Calls through litellm against a stub server in a thread; nothing leaves this machine."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from agents.llm.calls import ModelError, Prompt, Request, Usage
from agents.llm.litellm_model import (
    LitellmModel,
    listed_prices,
    load_litellm,
    missing_key,
    unknown_model,
)
from agents.llm.loop import EventLoopThread
from agents.llm.settings import TierConfig

PROMPT = Prompt(rules="Reply with JSON.", board="TASK\nchoose\n\n", own="agent 3")
USAGE = {
    "prompt_tokens": 900,
    "completion_tokens": 20,
    "total_tokens": 920,
    "prompt_tokens_details": {"cached_tokens": 512},
}
COUNTS: dict[str, dict[str, Any]] = {
    "negative": {"prompt_tokens": -900, "completion_tokens": -20},
    "huge": {"prompt_tokens": 10**20},
    "more-cached": {"prompt_tokens": 100},
}
CROWD = 256


class Stub:
    """A chat completion server that does what the model's name says, and counts."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.port = 0
        self.ends = asyncio.Event()
        self.crowd = 0
        self.is_full = asyncio.Event()
        self.is_asked, self.goes_on = asyncio.Event(), asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self.ends.set()
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        name = body["model"]
        if name.startswith("status-"):
            said = {"error": {"message": "refused sk-abcdef123456 for a\nreason", "type": "t"}}
            return web.json_response(
                said, status=int(name[7:10]), headers={"Retry-After": name[11:] or "7"}
            )
        if name == "html":
            return web.Response(text="<html>busy</html>", content_type="text/html")
        if name == "reset":
            assert request.transport is not None
            request.transport.abort()
        if name == "crowd":
            self.crowd += 1
            if self.crowd == CROWD:
                self.is_full.set()
            await self.is_full.wait()
        if name == "slow":
            self.is_asked.set()
            await self.goes_on.wait()
        if name == "go-on":
            self.goes_on.set()
        if name == "hang":
            await self.ends.wait()
        return web.json_response(completion(name))


def completion(name: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": None if name == "silent" else '{"reasoning": "r"}'}
    finish = "length" if name == "cut" else "stop"
    choices = [] if name == "no-choices" else [{"index": 0, "message": message}]
    for choice in choices:
        choice["finish_reason"] = finish
    usage = {} if name == "no-usage" else {"usage": USAGE | COUNTS.get(name, {})}
    said = {"id": "x", "object": "chat.completion", "created": 1, "model": name}
    return said | {"choices": choices} | usage


@pytest.fixture(scope="module")
def server() -> Iterator[Stub]:
    loop, stub = EventLoopThread(), Stub()
    loop.wait(loop.run(stub.start()))
    yield stub
    loop.wait(loop.run(stub.stop()))
    loop.close()


@pytest.fixture(scope="module")
def loop() -> Iterator[EventLoopThread]:
    loop = EventLoopThread()
    yield loop
    loop.wait(loop.run(LitellmModel(TierConfig(model="openai/x")).aclose()))
    loop.close()


@pytest.fixture
def ask(server: Stub, loop: EventLoopThread) -> Iterator[Callable[..., Any]]:
    asked: list[LitellmModel] = []

    def ask(model: str, **tier: Any) -> Any:
        here = {"model": model, "api_base": server.url, "timeout_s": 20}
        config = TierConfig.model_validate(here | tier)
        asked.append(LitellmModel(config))
        return loop.wait(loop.run(asked[-1].complete(request())))

    yield ask
    for model in asked:
        loop.wait(loop.run(model.aclose()))


def request() -> Request:
    return Request(agent=3, role="planner", round=1, stage=1, prompt=PROMPT)


def failure(ask: Callable[..., Any], model: str, **tier: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        ask(model, **tier)
    assert "\n" not in str(caught.value)
    assert "sk-abc" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
def test_a_reply_carries_text_model_usage_and_reason_to_stop(
    provider: str, ask: Callable[..., Any]
) -> None:
    reply = ask(f"{provider}/cut")

    assert (reply.text, reply.finish) == ('{"reasoning": "r"}', "length")
    assert reply.usage == Usage(input=900, output=20, cached=512)
    assert "cut" in reply.model
    assert reply.latency_s > 0


def test_what_is_sent_is_the_prompt_in_order_and_its_limits(
    server: Stub, ask: Callable[..., Any]
) -> None:
    ask("hosted_vllm/plain")

    body = server.bodies[-1]
    assert body["messages"] == [
        {"role": "system", "content": PROMPT.rules},
        {"role": "user", "content": PROMPT.board + PROMPT.own},
    ]
    assert (body["max_tokens"], body["temperature"]) == (700, 0.7)
    assert body["response_format"] == {"type": "json_object"}


def test_an_own_endpoint_needs_no_key(
    server: Stub, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    ask("openai/plain")

    assert server.headers[-1]["Authorization"] == "Bearer none-needed"


def test_a_key_comes_from_the_named_variable(
    server: Stub, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_KEY", "of-the-team")

    ask("openai/plain", api_key_env="TEAM_KEY")

    assert server.headers[-1]["Authorization"] == "Bearer of-the-team"


def test_tokens_are_counted_where_a_provider_does_not_say(ask: Callable[..., Any]) -> None:
    usage = ask("hosted_vllm/no-usage").usage

    assert 10 < usage.input < 60
    assert 3 < usage.output < 20


def test_counts_that_cannot_be_are_put_right(ask: Callable[..., Any]) -> None:
    negative = ask("hosted_vllm/negative").usage

    assert 10 < negative.input < 60
    assert ask("hosted_vllm/huge").usage.input == 2**31
    assert ask("hosted_vllm/more-cached").usage == Usage(100, 20, 100)


@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 429, 500, 503, 529])
def test_a_status_decides_whether_another_attempt_may_help(
    provider: str, status: int, server: Stub, ask: Callable[..., Any]
) -> None:
    before = len(server.bodies)

    error = failure(ask, f"{provider}/status-{status}")

    assert len(server.bodies) == before + 1
    assert error.status == status
    assert error.is_transient == (status in (408, 409, 429) or status >= 500)
    assert error.cause == ("late" if status == 408 else "error")
    assert error.retry_after_s == 7
    assert f"{provider}/status-{status}" in str(error)
    assert str(status) in str(error)


@pytest.mark.parametrize("name", ["no-choices", "silent"])
def test_an_answer_without_content_is_invalid_and_may_pass(
    name: str, ask: Callable[..., Any]
) -> None:
    error = failure(ask, f"openai/{name}")

    assert (error.cause, error.status, error.is_transient) == ("invalid", 200, True)
    assert error.usage == Usage(900, 20, 512)


@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
@pytest.mark.parametrize("name", ["reset", "html"])
def test_a_broken_answer_may_pass(provider: str, name: str, ask: Callable[..., Any]) -> None:
    error = failure(ask, f"{provider}/{name}")

    assert error.is_transient
    assert error.cause in ("error", "invalid")


@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
def test_a_server_that_is_not_there_may_come_back(provider: str, ask: Callable[..., Any]) -> None:
    error = failure(ask, f"{provider}/any", api_base="http://127.0.0.1:9/v1")

    assert (error.cause, error.status, error.is_transient) == ("error", None, True)
    assert "could not be reached" in str(error)


@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
def test_a_server_that_hangs_is_late(provider: str, ask: Callable[..., Any]) -> None:
    error = failure(ask, f"{provider}/hang", timeout_s=0.3)

    assert (error.cause, error.is_transient) == ("late", True)


def test_a_key_of_the_environment_is_never_repeated(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODD_KEY", "refused")

    error = failure(ask, "hosted_vllm/status-400")

    assert "refused" not in str(error)


@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
def test_as_many_calls_are_in_flight_as_the_tier_allows(
    provider: str, server: Stub, loop: EventLoopThread
) -> None:
    server.crowd = 0
    server.is_full.clear()
    tier = TierConfig(model=f"{provider}/crowd", api_base=server.url, timeout_s=30)
    model = LitellmModel(tier)

    async def ask() -> None:
        await asyncio.gather(*[model.complete(request()) for _ in range(CROWD)])
        await model.aclose()

    loop.wait(loop.run(ask()))

    assert server.crowd == CROWD


def test_connections_are_reused_over_rounds_and_closed_at_the_end(
    server: Stub, loop: EventLoopThread
) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("counts file descriptors in /proc")
    models = [
        LitellmModel(TierConfig(model=f"{provider}/plain", api_base=server.url))
        for provider in ("openai", "hosted_vllm")
    ]

    async def one_round() -> None:
        await asyncio.gather(*[model.complete(request()) for model in models for _ in range(3)])

    before = connections_to(server.port)
    loop.wait(loop.run(one_round()))
    opened = connections_to(server.port)
    for _ in range(199):
        loop.wait(loop.run(one_round()))
    after_all = connections_to(server.port)
    for model in models:
        loop.wait(loop.run(model.aclose()))
    closed = connections_to(server.port)

    assert after_all <= opened
    assert (before, closed) == (0, 0)


@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
def test_a_model_that_closes_leaves_the_calls_of_others_alone(
    provider: str, server: Stub, loop: EventLoopThread
) -> None:
    def model(name: str) -> LitellmModel:
        tier = TierConfig(model=f"{provider}/{name}", api_base=server.url, timeout_s=20)
        return LitellmModel(tier)

    one, other, third = model("plain"), model("slow"), model("go-on")
    server.is_asked.clear()
    server.goes_on.clear()

    async def run() -> str:
        in_flight = asyncio.ensure_future(other.complete(request()))
        await one.complete(request())
        while not server.is_asked.is_set():
            await asyncio.sleep(0.001)
        await one.aclose()
        await third.complete(request())
        reply = await in_flight
        await third.aclose()
        await other.aclose()
        return reply.text

    assert loop.wait(loop.run(run())) == '{"reasoning": "r"}'
    assert connections_to(server.port) == 0


def connections_to(port: int) -> int:
    """This process's own ends of connections; the server's end closes when it notices."""
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(int(link.name))) as end:
            found += end.family == socket.AF_INET and end.getpeername()[1] == port
    return found


AT_EXIT = """
import sys
from agents.llm.calls import Prompt, Request
from agents.llm.litellm_model import LitellmModel
from agents.llm.loop import shared_loop
from agents.llm.settings import TierConfig
prompt = Prompt(rules="r", board="b", own="o")
request = Request(agent=0, role="r", round=1, stage=1, prompt=prompt)
loop = shared_loop()
for model in ("openai/plain", "hosted_vllm/plain"):
    tier = LitellmModel(TierConfig(model=model, api_base=sys.argv[1]))
    print(loop.wait(loop.run(tier.complete(request))).usage.input)
    if sys.argv[2] == "closing":
        loop.wait(loop.run(tier.aclose()))
"""


@pytest.mark.parametrize("manner", ["closing", "leaving"])
def test_a_process_ends_without_a_word(manner: str, server: Stub) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error:unclosed", "-c", AT_EXIT, server.url, manner],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"},
    )

    assert (done.stdout.split(), done.stderr, done.returncode) == (["900", "900"], "", 0)


def test_a_model_that_caches_on_request_is_told_where(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, Any]] = []

    async def answer(**options: Any) -> Any:
        said.extend(options["messages"])
        return load_litellm().ModelResponse(**completion("claude"))

    monkeypatch.setattr(load_litellm(), "acompletion", answer)
    tier = TierConfig(model="anthropic/claude-sonnet-4-5")

    asyncio.run(LitellmModel(tier).complete(request()))

    rules, user = said
    assert rules["content"] == [{"type": "text", "text": PROMPT.rules}]
    assert user["content"] == [
        {"type": "text", "text": PROMPT.board, "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": PROMPT.own},
    ]


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai/gpt-4o", "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-flash", "GEMINI_API_KEY"),
        ("groq/llama-3.1-8b-instant", "GROQ_API_KEY"),
        ("ollama/llama3.1", None),
        ("hosted_vllm/any", None),
        ("bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0", None),
    ],
)
def test_a_missing_key_is_named(
    model: str, variable: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.endswith(("KEY", "TOKEN"))]:
        monkeypatch.delenv(name)

    missing = missing_key(TierConfig(model=model))

    assert missing == variable


def test_a_key_that_is_there_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOGETHER_API_KEY", "there")
    monkeypatch.setenv("TEAM_KEY", "there")
    monkeypatch.delenv("OTHER_KEY", raising=False)

    assert missing_key(TierConfig(model="together_ai/meta/x")) is None
    assert missing_key(TierConfig(model="openai/x", api_key_env="TEAM_KEY")) is None
    assert missing_key(TierConfig(model="openai/x", api_key_env="OTHER_KEY")) == "OTHER_KEY"
    assert missing_key(TierConfig(model="openai/x", api_base="http://127.0.0.1:1")) is None


def test_a_name_without_a_provider_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    reason = unknown_model(TierConfig(model="nonsense/foo"))

    assert reason is not None
    assert "nonsense/foo" in reason
    assert unknown_model(TierConfig(model="hosted_vllm/foo")) is None
    assert capsys.readouterr() == ("", "")


def test_listed_prices_are_per_million_tokens() -> None:
    listed, unlisted = listed_prices("openai/gpt-4o"), listed_prices("hosted_vllm/foo")

    assert (listed.input, listed.output, listed.is_known) == (2.5, 10.0, True)
    assert listed.cached < listed.input
    assert (unlisted.input, unlisted.output, unlisted.is_known) == (0.0, 0.0, False)


def test_importing_the_gateway_does_not_import_litellm() -> None:
    code = (
        "import sys, agents.llm.litellm_model, agents.llm.pricing; print('litellm' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
