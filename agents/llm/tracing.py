"""Telling outsiders of each call, in the words of the OpenTelemetry conventions for models."""

import importlib
import logging
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from blackboard import BadInput

from .calls import Hook, Model, ModelError, Reply, Request

BEGINS, ENDS, FAILED = "call-begins", "call-ends", "call-failed"
_PROVIDERS = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""Names that the conventions spell differently than litellm does."""
_log = logging.getLogger(__name__)


class Traced:
    """Tells every hook when a call begins, and when it ends or fails.

    An observer must not change what it observes: a hook that raises is logged once, and the call
    goes on.
    """

    def __init__(self, inner: Model, hooks: Sequence[Hook]) -> None:
        self._inner, self._hooks = inner, tuple(hooks)
        self._broken: set[int] = set()

    async def complete(self, request: Request) -> Reply:
        """Answer one request."""
        if not self._hooks:
            return await self._inner.complete(request)
        asked = asked_attributes(request)
        self._tell(BEGINS, asked)
        try:
            reply = await self._inner.complete(request)
        except BaseException as error:
            self._tell(FAILED, asked | failed_attributes(error))
            raise
        self._tell(ENDS, asked | answered_attributes(reply))
        return reply

    def _tell(self, event: str, attributes: dict[str, Any]) -> None:
        for number, hook in enumerate(self._hooks):
            try:
                hook(event, attributes)
            except Exception:
                if number not in self._broken:
                    self._broken.add(number)
                    _log.warning("a tracing hook fails; calls go on without it", exc_info=True)


def asked_attributes(request: Request) -> dict[str, Any]:
    """Return what is known when a call begins."""
    provider, _, name = request.model.partition("/")
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider) if name else "unknown",
        "gen_ai.request.model": name or request.model,
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.request.temperature": request.temperature,
        "gen_ai.output.type": "json",
        "swarmboard.agent": request.agent,
        "swarmboard.role": request.role,
        "swarmboard.round": request.round,
        "swarmboard.stage": request.stage,
        "swarmboard.turn": request.turn,
        "swarmboard.purpose": request.purpose,
        "swarmboard.tier": request.tier,
    }


def answered_attributes(reply: Reply) -> dict[str, Any]:
    """Return what a reply adds."""
    return {
        "gen_ai.response.model": reply.model,
        "gen_ai.response.finish_reasons": [reply.finish],
        "gen_ai.usage.input_tokens": reply.usage.input,
        "gen_ai.usage.output_tokens": reply.usage.output,
        "gen_ai.usage.cache_read.input_tokens": reply.usage.cached,
        "swarmboard.cost_usd": reply.cost_usd,
        "swarmboard.is_recorded": reply.is_recorded,
    }


def failed_attributes(error: BaseException) -> dict[str, Any]:
    """Return what a failure adds: the HTTP status, the cause, or the error's class."""
    if not isinstance(error, ModelError):
        return {"error.type": type(error).__name__}
    kind = str(error.status) if error.status else error.cause
    return {"error.type": kind, "error.message": str(error), "swarmboard.cause": error.cause}


def otel_hook() -> Hook:
    """Return a hook that writes one OpenTelemetry client span per call.

    Where the spans go is for the program to configure, as with every OpenTelemetry library.

    Raises:
        BadInput: OpenTelemetry is not installed.
    """
    try:
        trace: Any = importlib.import_module("opentelemetry.trace")
    except ImportError:
        raise BadInput(
            "tracing to OpenTelemetry needs the extra `otel`: pip install 'swarmboard[otel]'"
        ) from None
    tracer = trace.get_tracer("swarmboard")
    open_span: ContextVar[Any] = ContextVar("open_span", default=None)

    def hook(event: str, attributes: Any) -> None:
        if event == BEGINS:
            name = f"chat {attributes['gen_ai.request.model']}"
            span = tracer.start_span(name, kind=trace.SpanKind.CLIENT, attributes=attributes)
            open_span.set(span)
            return
        span = open_span.get()
        if span is None:
            return
        open_span.set(None)
        span.set_attributes(attributes)
        if event == FAILED:
            message = attributes.get("error.message", attributes["error.type"])
            span.set_status(trace.Status(trace.StatusCode.ERROR, message))
        span.end()

    return hook
