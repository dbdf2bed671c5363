"""The stub server speaks as an OpenAI-compatible one does, and fails exactly as told."""

import asyncio
import base64
import json
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import aiohttp
import pytest

from agents import ModelError, PlantedModel, Prompt, Reply, Request, request_of
from agents.llm.replies import BadReply, read_reply
from agents.llm.wording import RULES, messages
from blackboard import BadInput
from swarmboard.doubles.faults import FAULTS
from swarmboard.doubles.stub import Stub
from swarmboard.doubles.stub_server import main
from swarmboard.testing import ScriptedModel, ScriptEnded, stub_server

BOARD = "TASK\nWhere to build the plant?\nOptions: north | south\n\n"


def prompt(agent: int = 3, stage: str = "vote", board: str = BOARD) -> Prompt:
    own = f"YOU\nagent {agent}, role planner, round 1, stage {stage}\nVotes: north | south"
    return Prompt(RULES, board, own)


class Said(NamedTuple):
    """An answer over HTTP."""

    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def content(self) -> str:
        return str(self.json["choices"][0]["message"]["content"])


def ask(
    stub: Stub,
    *prompts: Prompt,
    model: str = "any",
    timeout_s: float = 10.0,
    **more: Any,
) -> list[Said]:
    """Ask all prompts at once."""

    async def one(session: aiohttp.ClientSession, asked: Prompt) -> Said:
        body = {"model": model, "messages": list(messages(asked)), **more}
        async with session.post(f"{stub.url}/chat/completions", json=body) as reply:
            return Said(reply.status, reply.headers, await reply.text())

    async def everybody() -> list[Said]:
        timeout = aiohttp.ClientTimeout(timeout_s)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            return list(await asyncio.gather(*(one(session, asked) for asked in prompts)))

    return asyncio.run(everybody())


def get(stub: Stub, path: str, body: Any = None) -> Any:
    async def once() -> Any:
        async with aiohttp.ClientSession() as session:
            how = session.post(stub.url + path, json=body) if body else session.get(stub.url + path)
            async with how as reply:
                return await reply.json()

    return asyncio.run(once())


@pytest.fixture(scope="module")
def shared_stub() -> Iterator[Stub]:
    with stub_server(slow_s=0.05, retry_after_s=7) as stub:
        yield stub


@pytest.fixture
def stub(shared_stub: Stub) -> Stub:
    shared_stub.reset()
    return shared_stub


def test_a_planted_model_says_the_same_here_and_over_http(stub: Stub) -> None:
    name = "planted/accuracy=0.6,contradictions=0.3,misuse=0.2,seed=3"
    model = PlantedModel.named(name)
    prompts = [
        prompt(agent, stage)
        for agent in range(20)
        for stage in ("reason", "critique", "contribute", "vote", "answer")
    ]

    replies = ask(stub, *prompts, model=name)

    asked = [
        Request(agent=0, role="planner", round=1, stage=1, prompt=one, model=name)
        for one in prompts
    ]
    here = [asyncio.run(model.complete(one)) for one in asked]
    assert [reply.content for reply in replies] == [reply.text for reply in here]
    billed = [reply.json["usage"] for reply in replies]
    assert [(u["prompt_tokens"], u["completion_tokens"]) for u in billed] == [
        (reply.usage.input, reply.usage.output) for reply in here
    ]


def test_counters_are_right_under_fifty_calls_at_once() -> None:
    with stub_server(latency_s=0.2) as stub:
        replies = ask(stub, *map(prompt, range(50)), model="one")
        ask(stub, prompt(), model="two")

        assert [reply.status for reply in replies] == [200] * 50
        assert stub.calls_by_model == {"one": 50, "two": 1}
        assert (stub.calls, stub.most_in_flight, stub.in_flight) == (51, 50, 0)
        assert sorted(stub.prompts[:50]) == sorted(
            f"{RULES}\n{BOARD}{prompt(agent).own}" for agent in range(50)
        )


def test_prompts_are_kept_up_to_a_bound() -> None:
    with stub_server(keep_prompts=3) as stub:
        ask(stub, *map(prompt, range(5)))

        assert (stub.calls, len(stub.prompts)) == (5, 3)


def test_latency_may_depend_on_who_asks() -> None:
    def latency(request: Request) -> float:
        return 60.0 if request.agent == 1 else 0.0

    with stub_server(latency_s=latency) as stub:
        [quick] = ask(stub, prompt(0))
        with pytest.raises(TimeoutError):
            ask(stub, prompt(1), timeout_s=0.1)

        assert quick.status == 200


def test_a_reply_comes_in_parts_if_asked_for(stub: Stub) -> None:
    [whole] = ask(stub, prompt())

    [streamed] = ask(stub, prompt(), stream=True, stream_options={"include_usage": True})

    *events, end = streamed.text.strip().split("\n\n")
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    parts = [c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]]
    assert streamed.headers["Content-Type"] == "text/event-stream"
    assert "".join(parts) == whole.content
    assert end == "data: [DONE]"
    assert [c["choices"][0]["finish_reason"] for c in chunks[-2:-1]] == ["stop"]
    assert chunks[-1]["usage"] == whole.json["usage"]


def test_a_shared_prefix_is_cached_once_it_was_answered(stub: Stub) -> None:
    board = BOARD + "REASONING\n" + "much was said before " * 300 + "\n\n"
    shared = len(RULES) + len(board)

    cold = ask(stub, prompt(1, board=board), prompt(2, board=board), model="m")
    [warm] = ask(stub, prompt(3, board=board), model="m")
    [other] = ask(stub, prompt(3, board=board), model="n")
    [small] = ask(stub, prompt(3), model="m")

    def cached(said: Said) -> int:
        return int(said.json["usage"]["prompt_tokens_details"]["cached_tokens"])

    assert cached(cold[0]) == 0
    assert cached(warm) == shared // 512 * 128
    assert cached(warm) > 1024
    assert (cached(other), cached(small)) == (0, 0)


def test_a_reply_is_cut_where_the_request_says(stub: Stub) -> None:
    [said] = ask(stub, prompt(), max_tokens=10)

    assert said.json["choices"][0]["finish_reason"] == "length"
    assert (len(said.content), said.json["usage"]["completion_tokens"]) == (40, 10)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("429", 429, "rate_limit_exceeded"),
        ("429-after", 429, "rate_limit_exceeded"),
        ("500", 500, "internal_error"),
        ("503", 503, "overloaded"),
        ("401", 401, "invalid_api_key"),
        ("context", 400, "context_length_exceeded"),
    ],
)
def test_a_refusal_has_its_status(stub: Stub, fault: str, status: int, code: str) -> None:
    [said] = ask(stub, prompt(), model=f"fault-{fault}")

    assert (said.status, said.json["error"]["code"]) == (status, code)
    assert said.headers.get("Retry-After") == ("7" if fault == "429-after" else None)
    assert stub.failed == 1


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        *(("badjson", "reply"), ("extra", "mood"), ("wrongtype", "confidence")),
        *(("long", "reasoning"), ("empty", "reply"), ("truncated", "reply")),
    ],
)
def test_a_spoilt_reply_is_refused_for_what_is_wrong(stub: Stub, fault: str, field: str) -> None:
    [said] = ask(stub, prompt(), model=f"fault-{fault}")

    asked = request_of(*(message["content"] for message in messages(prompt())))
    with pytest.raises(BadReply) as refused:
        read_reply(said.content, asked)
    assert (said.status, refused.value.field) == (200, field)
    finish = "length" if fault == "truncated" else "stop"
    assert said.json["choices"][0]["finish_reason"] == finish


def test_a_reply_in_a_code_fence_is_of_use(stub: Stub) -> None:
    [said] = ask(stub, prompt(), model="fault-fenced")

    asked = request_of(*(message["content"] for message in messages(prompt())))
    assert said.content.startswith("```json\n")
    assert read_reply(said.content, asked)


def test_a_hanging_call_ends_with_its_client(stub: Stub) -> None:
    with pytest.raises(TimeoutError):
        ask(stub, prompt(), model="fault-hang", timeout_s=0.1)

    assert ask(stub, prompt())[0].status == 200
    assert stub.in_flight == 0


def test_a_server_ends_while_a_call_hangs() -> None:
    running = ExitStack()
    stub = running.enter_context(stub_server())
    body = {"model": "fault-hang", "messages": list(messages(prompt()))}

    async def hang() -> int:
        async with aiohttp.ClientSession() as session:
            call = asyncio.create_task(session.post(f"{stub.url}/chat/completions", json=body))
            while not stub.in_flight:
                await asyncio.sleep(0)
            await asyncio.to_thread(running.close)
            return (await call).status

    status = asyncio.run(hang())

    assert status == 503


def test_a_connection_is_reset(stub: Stub) -> None:
    with pytest.raises(aiohttp.ClientConnectionError):
        ask(stub, prompt(), model="fault-reset")


def test_other_faults_are_what_they_are_called(stub: Stub) -> None:
    [page] = ask(stub, prompt(), model="fault-html")
    [none] = ask(stub, prompt(), model="fault-nochoices")
    [slow] = ask(stub, prompt(), model="fault-slow")
    flaky = [ask(stub, prompt(), model="fault-flaky")[0].status for _ in range(4)]

    assert page.text.startswith("<!doctype html>")
    assert none.json["choices"] == []
    assert slow.status == 200
    assert flaky == [503, 200, 503, 200]


@pytest.mark.parametrize("rate", [0.0, 0.2, 1.0])
def test_a_share_of_calls_fails_the_same_ones_each_time(rate: float) -> None:
    prompts = list(map(prompt, range(200)))

    def statuses(order: Sequence[Prompt]) -> dict[str, int]:
        with stub_server(fault_rate=rate, seed=4) as stub:
            replies = ask(stub, *order)
        return {one.own: reply.status for one, reply in zip(order, replies, strict=True)}

    first, again = statuses(prompts), statuses(prompts[::-1])

    failed = [status for status in first.values() if status != 200]
    assert first == again
    assert abs(len(failed) - 200 * rate) <= 4.5 * (200 * rate * (1 - rate)) ** 0.5
    assert set(failed) == ({429, 500} if rate else set())


def test_a_failed_call_that_is_repeated_draws_again() -> None:
    with stub_server(fault_rate=0.5, faults=("500",), seed=1) as stub:
        statuses = {ask(stub, prompt())[0].status for _ in range(20)}

    assert statuses == {200, 500}


def test_an_outage_begins_and_ends() -> None:
    with stub_server(outage=(2, 3)) as stub:
        planned = [ask(stub, prompt())[0].status for _ in range(6)]
        stub.fail_all = True
        down = ask(stub, prompt())[0].status
        stub.fail_all = False
        up = ask(stub, prompt())[0].status

    assert planned == [200, 200, 503, 503, 503, 200]
    assert (down, up) == (503, 200)


def test_a_scripted_model_answers_behind_the_server() -> None:
    script = ScriptedModel(["one", Reply("two"), ModelError("no", status=418)])
    with stub_server(model=script) as stub:
        replies = [ask(stub, prompt())[0] for _ in range(3)]

    assert [reply.content for reply in replies[:2]] == ["one", "two"]
    assert replies[2].status == 418
    assert script.requests[0].prompt == prompt()


def test_a_script_that_ran_out_fails_the_test() -> None:
    with pytest.raises(ScriptEnded), stub_server(model=ScriptedModel()) as stub:
        assert ask(stub, prompt())[0].status == 400


def test_vectors_depend_on_the_text_alone(stub: Stub) -> None:
    body = {"model": "e", "input": ["red house", "House red", "blue sea"]}

    first, same, other = (row["embedding"] for row in get(stub, "/embeddings", body)["data"])
    packed = get(stub, "/embeddings", {**body, "encoding_format": "base64"})["data"][0]["embedding"]

    assert first == same != other
    assert sum(value * value for value in first) == pytest.approx(1)
    assert struct.unpack(f"<{len(first)}f", base64.b64decode(packed)) == pytest.approx(first)


def test_models_are_listed(stub: Stub) -> None:
    names = {row["id"] for row in get(stub, "/models")["data"]}

    assert names == {"planted", *(f"fault-{fault}" for fault in FAULTS)}


def test_a_request_of_the_wrong_form_is_refused(stub: Stub) -> None:
    said = get(stub, "/chat/completions", {"model": "m", "messages": "hello"})
    wrong = ask(stub, prompt(), model="planted/acuracy=1")[0]

    assert said["error"]["code"] == "invalid_request"
    assert (wrong.status, "did you mean accuracy" in wrong.text) == (404, True)


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"faults": ("421",)}, "unknown fault '421': did you mean 429"),
        ({"fault_rate": 1.5}, "fault_rate=1.5 is no share of calls: give 0 to 1"),
        ({"fault_rate": 0.5, "faults": ()}, "fault_rate=0.5 without faults: name some of 429"),
        ({"model": "planted/x=1"}, "unknown property 'x'"),
    ],
)
def test_wrong_terms_are_one_line(terms: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told), stub_server(**terms):
        pass


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--faults", "421"], "unknown fault '421'"),
        (["--model", "gpt-9"], "model 'gpt-9' is not planted"),
        (["--outage", "3"], "outage='3': write AFTER,CALLS"),
        (["--port", "70000"], "port=70000: give 1 to 65535"),
    ],
)
def test_a_wrong_command_line_is_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert told in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("terms", [{"model": ScriptedModel()}, {"latency_s": lambda _: 0.0}])
def test_another_process_takes_plain_terms(terms: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="another process"), stub_server(in_process=False, **terms):
        pass


def test_a_server_in_a_process_of_its_own_says_and_counts_the_same(stub: Stub) -> None:
    with stub_server(in_process=False, model="planted/seed=9", outage=(2, 1)) as remote:
        replies = [ask(remote, prompt())[0] for _ in range(3)]
        remote.fail_all = True
        [down] = ask(remote, prompt())

        assert replies[0].content == ask(stub, prompt(), model="planted/seed=9")[0].content
        assert [reply.status for reply in (*replies, down)] == [200, 200, 503, 503]
        assert (remote.calls, remote.failed, remote.fail_all) == (4, 2, True)
        assert (remote.most_in_flight, remote.in_flight) == (1, 0)
        assert len(remote.prompts) == 4
        remote.reset()
        assert (remote.calls, remote.prompts) == (0, [])
