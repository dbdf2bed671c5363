"""What the framework costs beside the models: CPU per decision.

First through litellm, with 1,024 agents, distinct prompts, a stub server in a process of its own
that takes 2 s per answer, and at most 256 calls in flight. Beside each whole run the same prompts
are sent by `litellm.acompletion` in a plain loop with the same limit: as a program would call it,
and with the settings with which we call it. A decision is to cost at most 0.3 ms more.

Then with models in this process: what is left is the framework alone, of which the model's own
time is taken off. Run `python -m benchmarks models [REPEATS] [--json]`.
"""

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from agents import PlantedModel, Request
from agents.llm.litellm_model import load_litellm, without_bookkeeping
from agents.llm.wording import messages
from swarmboard.testing import stub_server

from .table import print_table
from .teams import Kept, cpu_s, team_run

AGENTS, LIMIT, LATENCY_S = 1_024, 256, 2.0
PLANT = "planted/accuracy=0.9"
REPEATS = 3
SETTINGS: dict[str, Any] = {
    "num_retries": 0,
    "max_retries": 0,
    "drop_params": True,
    "no-log": True,
    "response_format": {"type": "json_object"},
}
"""With which we call litellm."""
_TEAM = {"team": f"planner:{AGENTS}"}

type Call = Callable[[Request], Awaitable[Any]]


def through_litellm(provider: str, repeats: int) -> dict[str, Any]:
    """Return CPU per call of whole runs and of litellm alone, medians, and what the stub saw."""
    with (
        tempfile.TemporaryDirectory() as folder,
        stub_server(model=PLANT, latency_s=LATENCY_S, in_process=False, keep_prompts=0) as stub,
    ):
        kept = Kept(PlantedModel.named(PLANT))
        team_run(folder, {"default": kept}, **_TEAM)
        model = f"{provider}/stub"
        endpoint = {"model": model, "api_base": stub.url, "api_key": "none-needed"}
        team_run(folder, agents=4, model=model, api_base=stub.url)
        _direct(kept.by_stage()[:1], _plain(endpoint), most=4)
        stub.reset()
        rows = []
        for _ in range(repeats):
            plain = _direct(kept.by_stage(), _plain(endpoint))
            tuned = _direct(kept.by_stage(), _tuned(endpoint))
            before, began = stub.calls, cpu_s()
            options = {"model": model, "api_base": stub.url, "concurrency": LIMIT}
            summary = team_run(folder, **_TEAM, **options).summary
            ours = 1000 * (cpu_s() - began) / (stub.calls - before)
            failed = sum(summary["abstentions"].values())
            rows.append((plain, tuned, ours, ours - plain, ours - tuned, failed))
        most, refused = stub.most_in_flight, stub.failed
    columns = [statistics.median(column) for column in zip(*rows, strict=True)]
    return {
        "provider": provider,
        "most in flight": most,
        "errors": refused + sum(row[-1] for row in rows),
        "litellm as it is, ms": columns[0],
        "with our settings, ms": columns[1],
        "a decision, ms": columns[2],
        "over litellm as it is, ms": columns[3],
        "over our settings, ms": columns[4],
    }


def in_process(case: str, repeats: int, **options: Any) -> list[dict[str, Any]]:
    """Return CPU per decision of runs without any network, and of their replays; the least."""
    live, own, again = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(repeats):
            kept = Kept(PlantedModel.named(PLANT))
            began = cpu_s()
            result = team_run(folder, {"default": kept}, **_TEAM, **options)
            live.append(cpu_s() - began)
            own.append(_answering(kept.requests))
            began = cpu_s()
            replayed = {"recording": "replay", "recorded": str(result.path)}
            repeated = team_run(folder, **_TEAM, **options, **replayed)
            again.append(cpu_s() - began)
            assert repeated.summary["digest"] == result.summary["digest"]
            assert repeated.summary["tokens"]["calls"] == 0
    summary = result.summary
    decisions = AGENTS * len(kept.by_stage())
    whole, planted, replay = (1000 * min(times) / decisions for times in (live, own, again))
    common = {"calls": summary["tokens"]["calls"], "decisions": decisions}
    voters = summary["consensus"]["effective_voters"]
    return [
        {"case": case, **common, "effective voters": voters, "whole, ms": whole}
        | {"the planted model, ms": planted, "framework, ms": whole - planted},
        {"case": f"{case}, replayed", **common, "calls": 0, "effective voters": voters}
        | {"whole, ms": replay, "the planted model, ms": 0.0, "framework, ms": replay},
    ]


def main(argv: list[str]) -> None:
    """Print both tables, or JSON with --json."""
    repeats = next((int(word) for word in argv if word.isdigit()), REPEATS)
    team_run(tempfile.mkdtemp(), agents=8)
    alone = [
        *in_process("distinct prompts", repeats),
        *in_process("8 archetypes", repeats, archetypes=8),
    ]
    beside = [through_litellm(provider, repeats) for provider in ("openai", "hosted_vllm")]
    if "--json" in argv:
        print(json.dumps({"beside litellm": beside, "alone": alone}, indent=1))
        return
    print_table(beside)
    print()
    print_table(alone)


def _plain(endpoint: dict[str, Any]) -> Call:
    litellm = load_litellm()

    async def call(request: Request) -> Any:
        said = [dict(message) for message in messages(request.prompt)]
        return await litellm.acompletion(
            messages=said,
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            num_retries=0,
            max_retries=0,
            timeout=60.0,
            **endpoint,
        )

    return call


def _tuned(endpoint: dict[str, Any]) -> Call:
    litellm = load_litellm()

    async def call(request: Request) -> Any:
        said = [dict(message) for message in messages(request.prompt)]
        with without_bookkeeping():
            return await litellm.acompletion(
                messages=said,
                max_tokens=request.max_tokens,
                temperature=request.temperature,
                timeout=60.0,
                **SETTINGS,
                **endpoint,
            )

    return call


def _direct(stages: Sequence[Sequence[Request]], call: Call, *, most: int | None = None) -> float:
    """Return the CPU milliseconds per call of sending stages of requests."""
    requests = [stage[:most] for stage in stages]
    began = cpu_s()
    asyncio.run(_send(requests, call))
    return 1000 * (cpu_s() - began) / sum(map(len, requests))


async def _send(stages: Sequence[Sequence[Request]], call: Call) -> None:
    places = asyncio.Semaphore(LIMIT)

    async def send(request: Request) -> None:
        async with places:
            response = await call(request)
            assert response.choices[0].message.content

    for stage in stages:
        await asyncio.gather(*map(send, stage))
    for client in list(load_litellm().in_memory_llm_clients_cache.cache_dict.values()):
        if close := getattr(client, "close", None):
            await close()
    load_litellm().in_memory_llm_clients_cache.cache_dict.clear()


def _answering(requests: Sequence[Request]) -> float:
    """Return the CPU seconds that a planted model takes for its answers."""

    async def answer() -> None:
        model = PlantedModel.named(PLANT)
        for request in requests:
            await model.complete(request)

    began = cpu_s()
    asyncio.run(answer())
    return cpu_s() - began


if __name__ == "__main__":
    main(sys.argv[1:])
