"""What a stub server answers, fault by fault; it knows no thread, process or port."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from agents import Model, ModelError, PlantedModel, Request, request_of
from blackboard import BadInput

from .chat import Answer, parts, texts_of, whole
from .embeddings import as_base64, embedding
from .faults import (
    FAULTS,
    FLAKY,
    PREFIX,
    REFUSALS,
    SLOW,
    SPOILT,
    Misfortune,
    Refusal,
    fault_of,
    spoil,
)
from .prefixes import CHARS_PER_TOKEN, PrefixCache, tokens

type Latency = float | Callable[[Request], float]
"""Seconds before an answer: always the same, or by what is asked."""

_MOST_BYTES = 64 * 2**20
_HTML = "<!doctype html><title>Gateway</title><p>Something went wrong on our side.</p>"
_DOWN = REFUSALS["503"]


@dataclass(frozen=True, slots=True)
class Terms:
    """How a stub server behaves."""

    model: Model
    latency_s: Latency
    misfortune: Misfortune
    outage: tuple[int, int] | None
    slow_s: float
    retry_after_s: float
    keep_prompts: int


class Counters(msgspec.Struct):
    """What a stub server has seen since it began, or since it was last reset."""

    calls: int = 0
    calls_by_model: dict[str, int] = {}
    failed: int = 0
    """Calls answered with a fault that the stub made itself."""
    in_flight: int = 0
    most_in_flight: int = 0
    prompts: list[str] = []


class Endpoint:
    """An OpenAI-compatible endpoint: chat completions, embeddings and a list of models."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self.counters = Counters()
        self.fail_all = False
        self.errors: list[Exception] = []
        """What the answering model raised and no provider could have said."""
        self._prompts: deque[str] = deque(maxlen=terms.keep_prompts)
        self._caches: defaultdict[str, PrefixCache] = defaultdict(PrefixCache)
        self._flaky: Counter[str] = Counter()
        self._planted: dict[str, Model] = {}
        self._closing: asyncio.Event | None = None

    def app(self) -> web.Application:
        """Return the web application; call it on the loop that serves it."""
        self._closing = asyncio.Event()
        app = web.Application(client_max_size=_MOST_BYTES)
        app.add_routes(
            [
                web.post("/v1/chat/completions", self._chat),
                web.post("/v1/embeddings", self._embeddings),
                web.get("/v1/models", self._models),
                web.get("/_counters", self._show_counters),
                web.post("/_control", self._control),
            ]
        )
        return app

    def close(self) -> None:
        """Let go of the calls that hang; on the loop that serves."""
        if self._closing:
            self._closing.set()

    def seen(self, *, with_prompts: bool) -> Counters:
        """Return the counters as they are now."""
        prompts = list(self._prompts) if with_prompts else []
        return msgspec.structs.replace(
            self.counters, calls_by_model=dict(self.counters.calls_by_model), prompts=prompts
        )

    def reset(self) -> None:
        """Count from nothing again, with empty caches; calls in flight stay counted."""
        flying = self.counters.in_flight
        self.counters = Counters(in_flight=flying, most_in_flight=flying)
        self._prompts.clear()
        self._caches.clear()
        self._flaky.clear()

    async def _chat(self, http: web.Request) -> web.StreamResponse:
        try:
            body = msgspec.json.decode(await http.read(), type=dict[str, Any])
            rules, text = texts_of(body)
        except (ValueError, msgspec.DecodeError) as error:
            return _refused(Refusal(400, "invalid_request_error", "invalid_request", str(error)))
        name = str(body.get("model", ""))
        number = self._begin(name, f"{rules}\n{text}")
        try:
            return await self._answer(http, body, number, (rules, text))
        finally:
            self.counters.in_flight -= 1

    def _begin(self, model: str, prompt: str) -> int:
        counters = self.counters
        counters.calls += 1
        counters.calls_by_model[model] = counters.calls_by_model.get(model, 0) + 1
        counters.in_flight += 1
        counters.most_in_flight = max(counters.most_in_flight, counters.in_flight)
        self._prompts.append(prompt)
        return counters.calls

    async def _answer(
        self, http: web.Request, body: dict[str, Any], number: int, texts: tuple[str, str]
    ) -> web.StreamResponse:
        name = str(body.get("model", ""))
        fault = self._fault(name, number, "\n".join(texts))
        cache, prompt = self._caches[name], "".join(texts)
        cached = cache.cached_tokens(prompt)
        request = request_of(
            *texts,
            model=name,
            max_tokens=int(body.get("max_tokens") or body.get("max_completion_tokens") or 10**6),
            temperature=float(body.get("temperature") or 0.0),
        )
        latency = self._terms.latency_s
        wait_s = latency(request) if callable(latency) else latency
        await asyncio.sleep(wait_s + (self._terms.slow_s if fault == SLOW else 0.0))
        if fault and fault not in (*SPOILT, SLOW):
            self.counters.failed += 1
            return await self._fail(http, fault)
        try:
            reply = await self._model(name).complete(request)
        except (BadInput, ModelError) as error:
            status = getattr(error, "status", None) or (404 if isinstance(error, BadInput) else 500)
            return _refused(Refusal(status, "invalid_request_error", "model_error", str(error)))
        except Exception as error:
            self.errors.append(error)
            return _refused(Refusal(400, "server_error", "stub_error", str(error)))
        cache.add(prompt)
        answer = _answer(number, request, reply.text, fault, cached)
        return await _sent(http, body, answer)

    def _fault(self, model: str, number: int, prompt: str) -> str | None:
        """Return what goes wrong with a call; an outage comes before all else."""
        after, count = self._terms.outage or (0, 0)
        if self.fail_all or after < number <= after + count:
            return "503"
        fault = fault_of(model) or self._terms.misfortune.draw(prompt)
        if fault == FLAKY:
            self._flaky[model] += 1
            return "503" if self._flaky[model] % 2 else None
        return fault

    async def _fail(self, http: web.Request, fault: str) -> web.StreamResponse:
        if fault == "hang" and self._closing:
            await self._closing.wait()
        if fault == "reset" and http.transport:
            http.transport.abort()
        if fault == "html":
            return web.Response(text=_HTML, content_type="text/html")
        if fault == "nochoices":
            answer = whole(Answer(0, "", "", "stop", 1, 0, 0))
            return web.json_response({**answer, "choices": []})
        more = {"Retry-After": f"{self._terms.retry_after_s:g}"} if fault == "429-after" else {}
        return _refused(REFUSALS.get(fault, _DOWN), more)

    def _model(self, name: str) -> Model:
        """Return who answers under a name; planted models are made as they are asked for.

        Raises:
            BadInput: the name of a planted model holds something unknown.
        """
        if not name.startswith("planted"):
            return self._terms.model
        if name not in self._planted:
            self._planted[name] = PlantedModel.named(name)
        return self._planted[name]

    async def _embeddings(self, http: web.Request) -> web.Response:
        body = await http.json()
        texts: Sequence[str] = body["input"]
        texts = [texts] if isinstance(texts, str) else texts
        is_packed = body.get("encoding_format") == "base64"
        rows = []
        for index, text in enumerate(texts):
            vector: Any = embedding(str(text))
            vector = as_base64(vector) if is_packed else vector
            rows.append({"object": "embedding", "index": index, "embedding": vector})
        used = sum(tokens(len(str(text))) for text in texts)
        usage = {"prompt_tokens": used, "total_tokens": used}
        model = body.get("model", "")
        return web.json_response({"object": "list", "data": rows, "model": model, "usage": usage})

    async def _models(self, http: web.Request) -> web.Response:
        names = ["planted", *(f"{PREFIX}{fault}" for fault in FAULTS)]
        rows = [{"id": name, "object": "model", "created": 0, "owned_by": "stub"} for name in names]
        return web.json_response({"object": "list", "data": rows})

    async def _show_counters(self, http: web.Request) -> web.Response:
        seen = self.seen(with_prompts="prompts" in http.query)
        return web.Response(body=msgspec.json.encode(seen), content_type="application/json")

    async def _control(self, http: web.Request) -> web.Response:
        body = await http.json()
        if "fail_all" in body:
            self.fail_all = bool(body["fail_all"])
        if body.get("reset"):
            self.reset()
        return web.json_response({"fail_all": self.fail_all})


def _answer(number: int, request: Request, text: str, fault: str | None, cached: int) -> Answer:
    """Return a reply as it is sent: spoilt if planted so, cut at the request's most tokens."""
    if fault in SPOILT:
        text = spoil(str(fault), text)
    is_cut = fault == "truncated" or tokens(len(text)) > request.max_tokens
    text = text[: request.max_tokens * CHARS_PER_TOKEN]
    return Answer(
        number=number,
        model=request.model,
        text=text,
        finish="length" if is_cut else "stop",
        prompt_tokens=tokens(request.prompt.size),
        cached_tokens=cached,
        completion_tokens=tokens(len(text)),
    )


async def _sent(http: web.Request, body: dict[str, Any], answer: Answer) -> web.StreamResponse:
    if not body.get("stream"):
        return web.Response(
            body=msgspec.json.encode(whole(answer)), content_type="application/json"
        )
    options = body.get("stream_options") or {}
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(http)
    for part in parts(answer, with_usage=bool(options.get("include_usage"))):
        await response.write(part)
    await response.write_eof()
    return response


def _refused(refusal: Refusal, headers: dict[str, str] | None = None) -> web.Response:
    error = {"message": refusal.message, "type": refusal.type, "param": None, "code": refusal.code}
    return web.json_response({"error": error}, status=refusal.status, headers=headers)
