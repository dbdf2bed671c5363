"""Models behind litellm: the only file that knows it, and loads it when it is first needed."""

import asyncio
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from .calls import ModelError, Prompt, Reply, Request, Usage
from .failures import model_error
from .guarding import sound_usage
from .pricing import Prices
from .settings import TierConfig
from .wording import messages

_MOST_CONNECTIONS = 4096
"""The largest concurrency that a tier may have."""
_KEYLESS = {"hosted_vllm", "litellm_proxy", "llamafile", "lm_studio", "ollama", "ollama_chat"}
_SERVED_ANYWHERE = {
    "ai21": None,
    "custom_openai": None,
    "hosted_vllm": "HOSTED_VLLM_API_BASE",
    "litellm_proxy": "LITELLM_PROXY_API_BASE",
    "lm_studio": "LM_STUDIO_API_BASE",
    "xinference": None,
}
"""Providers without a host of their own, and where else litellm looks for one (measured): left
without, it sends their prompts to OpenAI's."""
_OWN_CREDENTIALS = {"bedrock", "bedrock_converse", "sagemaker", "sagemaker_chat", "vertex_ai"}
"""Providers that find credentials in profiles, roles and metadata servers, too."""
_ENVIRONMENT = {
    # Its import would look up prices and headers over the network, with retries,
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    # and put the contents of a .env file into this process.
    "LITELLM_MODE": "PRODUCTION",
    # Its own limit of 500 connections per host would count as a model's time to answer.
    "AIOHTTP_CONNECTOR_LIMIT": str(_MOST_CONNECTIONS),
    "AIOHTTP_CONNECTOR_LIMIT_PER_HOST": str(_MOST_CONNECTIONS),
}
"""What litellm reads when it is imported; whatever the user has set stays."""
_SHORTEST_SECRET = 6
"""Shorter values of keys are placeholders and may be parts of words."""
_CLAUDE_HOSTS = {"azure_ai", "bedrock", "bedrock_converse", "openrouter", "vertex_ai"}


class LitellmModel:
    """One tier's model, asked through litellm: one attempt per request, no cache, no callbacks.

    All calls and `aclose` belong on one event loop, the one that owns the HTTP connections.
    """

    def __init__(self, tier: TierConfig) -> None:
        self._tier = tier
        self._prepared: _Prepared | None = None

    async def complete(self, request: Request) -> Reply:
        """Answer one request.

        Raises:
            ModelError: there is no answer; its message is one line without keys.
        """
        if self._prepared is None:
            self._prepared = _Prepared(self._tier)
        prepared, tier, litellm = self._prepared, self._tier, load_litellm()
        said = prepared.messages(request.prompt)
        _uses_connections(self)
        clock = asyncio.get_running_loop().time
        began_s = clock()
        try:
            # litellm passes its timeout on as one per read, which a slow trickle never reaches.
            async with asyncio.timeout(tier.timeout_s):
                with without_bookkeeping():
                    response = await litellm.acompletion(
                        messages=said,
                        max_tokens=request.max_tokens,
                        temperature=request.temperature,
                        **prepared.options,
                    )
        except TimeoutError:
            raise ModelError(
                f"{tier.model} did not answer within {tier.timeout_s:g} s",
                cause="late",
                is_transient=True,
            ) from None
        except Exception as error:
            # Providers' adapters raise some fifty classes, bare ones among them; an agent whose
            # call failed has to abstain, whichever it was.
            raise model_error(
                tier.model, error, now=datetime.now(UTC), secrets=prepared.secrets
            ) from None
        return _reply(tier.model, said, response, latency_s=clock() - began_s)

    async def aclose(self) -> None:
        """Let go of this loop's HTTP connections; the last one to do so closes them."""
        await _let_go_of_connections(self)


class LitellmEmbeddings:
    """A provider's embedding model, asked through litellm: one attempt a call.

    All calls and `aclose` belong on one event loop, as with `LitellmModel`.
    """

    def __init__(self, tier: TierConfig) -> None:
        self._tier = tier

    async def embed(self, texts: Sequence[str]) -> tuple[Sequence[Sequence[float]], int]:
        """Return one vector a text, and the tokens that were billed.

        Raises:
            ModelError: there is no answer, or not one vector a text.
        """
        tier, litellm = self._tier, load_litellm()
        options: dict[str, Any] = {"model": tier.model, "input": list(texts), "max_retries": 0}
        options |= {"api_base": tier.api_base} if tier.api_base else {}
        options |= {"api_key": key} if (key := _key(tier, _split(tier.model)[1])) else {}
        secrets = [value for _, value in _keys() if len(value) >= _SHORTEST_SECRET]
        _uses_connections(self)
        try:
            async with asyncio.timeout(tier.timeout_s):
                with without_bookkeeping():
                    response = await litellm.aembedding(timeout=tier.timeout_s, **options)
        except TimeoutError:
            raise ModelError(
                f"{tier.model} did not answer within {tier.timeout_s:g} s", cause="late"
            ) from None
        except Exception as error:  # of some fifty classes, see above
            raise model_error(tier.model, error, now=datetime.now(UTC), secrets=secrets) from None
        usage = sound_usage(getattr(response.usage, "prompt_tokens", 0), 0, 0)
        rows = [row["embedding"] for row in response.data or ()]
        if len(rows) != len(texts):
            raise ModelError(
                f"{tier.model} returned {len(rows)} vectors for {len(texts)} texts", usage=usage
            )
        return rows, usage.input

    async def aclose(self) -> None:
        """Let go of this loop's HTTP connections; the last one to do so closes them."""
        await _let_go_of_connections(self)


_users: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakSet[Any]] = WeakKeyDictionary()
"""Who has asked on a loop and is not closed: litellm shares a loop's connections among them."""


def _uses_connections(model: LitellmModel | LitellmEmbeddings) -> None:
    _users.setdefault(asyncio.get_running_loop(), WeakSet()).add(model)


async def _let_go_of_connections(model: LitellmModel | LitellmEmbeddings) -> None:
    """Close the connections that were opened on this loop, if no other model uses them."""
    loop = asyncio.get_running_loop()
    users = _users.get(loop)
    if users is None or model not in users:
        return
    users.discard(model)
    if users:
        return
    held = load_litellm().in_memory_llm_clients_cache.cache_dict
    # All are taken before the first is closed: who asks meanwhile opens connections of its own.
    clients = [held.pop(key) for key in list(held) if str(key).endswith(f"-{id(loop)}")]
    for client in clients:
        if (close := getattr(client, "close", None)) is not None:
            await close()


class _Prepared:
    """What is the same in every call of a tier, found out once."""

    def __init__(self, tier: TierConfig) -> None:
        litellm = load_litellm()
        _list_model(tier.model)
        name, provider = _split(tier.model)
        known = litellm.get_supported_openai_params(model=name, custom_llm_provider=provider) or ()
        self.caches_on_request = provider == "anthropic" or (
            provider in _CLAUDE_HOSTS and "claude" in name
        )
        self.secrets = tuple(value for name, value in _keys() if len(value) >= _SHORTEST_SECRET)
        """What no message may repeat."""
        self.options: dict[str, Any] = {
            "model": tier.model,
            "timeout": tier.timeout_s,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
            "no-log": True,
        }
        if tier.api_base:
            self.options["api_base"] = tier.api_base
        if key := _key(tier, provider):
            self.options["api_key"] = key
        if "response_format" in known:
            self.options["response_format"] = {"type": "json_object"}

    def messages(self, prompt: Prompt) -> list[dict[str, Any]]:
        """Return the prompt as messages, with a cache breakpoint where providers want one."""
        if not self.caches_on_request:
            return [dict(message) for message in messages(prompt)]
        rules, board = _block(prompt.rules), _block(prompt.board)
        (board if prompt.board else rules)["cache_control"] = {"type": "ephemeral"}
        shown = [board, _block(prompt.own)] if prompt.board else [_block(prompt.own)]
        return [{"role": "system", "content": [rules]}, {"role": "user", "content": shown}]


def missing_key(tier: TierConfig) -> str | None:
    """Return the environment variable that this model's key is missing from, if it is."""
    if tier.api_key_env:
        return None if os.environ.get(tier.api_key_env) else tier.api_key_env
    _, provider = _split(tier.model)
    if provider in _KEYLESS | _OWN_CREDENTIALS or (provider == "openai" and tier.api_base):
        return None
    found = load_litellm().validate_environment(model=tier.model)
    wanted = [name for name in found["missing_keys"] if name.endswith(("KEY", "TOKEN"))]
    stem = (provider or "").split("_")[0].removesuffix("ai").upper()
    is_set = any(name.startswith(stem) for name, _ in _keys())
    return wanted[-1] if wanted and not is_set else None


def missing_endpoint(tier: TierConfig) -> str | None:
    """Return in one line why it is not known where a model is served, or None where it is."""
    _, provider = _split(tier.model)
    if provider not in _SERVED_ANYWHERE or tier.api_base:
        return None
    variable = _SERVED_ANYWHERE[provider]
    if variable and os.environ.get(variable):
        return None
    other = f", or set {variable}" if variable else ""
    return f"{tier.model} needs an endpoint: --set api_base=http://HOST:8000/v1{other}"


def unknown_model(tier: TierConfig) -> str | None:
    """Return in one line why a model's name names no provider, or None where it does."""
    if _split(tier.model)[1]:
        return None
    return (
        f"{tier.model} names no provider that litellm knows; write it as provider/name, such as "
        "openai/gpt-4o-mini, anthropic/claude-sonnet-4-5, ollama/llama3.1 or hosted_vllm/NAME"
    )


@cache
def listed_prices(model: str) -> Prices:
    """Return a model's prices in litellm's bundled list; unknown ones are zeros.

    The list is read directly: asking for a model's facts asks an ollama server over the network.
    """
    name, provider = _split(model)
    listed = load_litellm().model_cost
    for key in (model, f"{provider}/{name}", name):
        entry = listed.get(key)
        if entry is None or "input_cost_per_token" not in entry:
            continue
        if not str(entry.get("litellm_provider", provider)).startswith(provider or ""):
            continue
        input, cached = entry["input_cost_per_token"], entry.get("cache_read_input_token_cost")
        return Prices(
            1e6 * input,
            1e6 * entry.get("output_cost_per_token", 0.0),
            1e6 * (input if cached is None else cached),
        )
    return Prices(is_known=False)


@cache
def load_litellm() -> Any:
    """Import litellm (seconds, and 160 MB) with its network look-ups and prints turned off."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import litellm

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.disable_hf_tokenizer_download = True
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return litellm


@contextmanager
def without_bookkeeping() -> Iterator[None]:
    """Spare litellm its accounts of each call, which nobody reads; best effort.

    They take 10 to 20 % of a call's CPU. Callbacks that the user's own program gave litellm stay
    in place and are not called for ours.
    """
    try:
        from litellm._internal_context import is_internal_call
    except ImportError:
        yield
        return
    before = is_internal_call.set(True)
    try:
        yield
    finally:
        is_internal_call.reset(before)


@cache
def _list_model(model: str) -> None:
    """Put a model without listed prices on litellm's list, for the length of this process.

    Otherwise litellm searches it in vain through all its rules several times per call, which is
    another 10 to 20 % of its CPU.
    """
    if not listed_prices(model).is_known and (provider := _split(model)[1]):
        free = {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}
        facts = {"litellm_provider": provider, "mode": "chat", "cache_read_input_token_cost": 0.0}
        load_litellm().register_model({model: facts | free})


@cache
def _split(model: str) -> tuple[str, str | None]:
    """Return a model's bare name and its provider, None where litellm knows none."""
    litellm = load_litellm()
    try:
        name, provider, *_ = litellm.get_llm_provider(model=model)
    except litellm.exceptions.BadRequestError:
        return model, None
    return str(name), str(provider)


def _keys() -> list[tuple[str, str]]:
    """Return the environment's keys, by name."""
    ends = ("KEY", "TOKEN", "SECRET")
    return [(name, value) for name, value in os.environ.items() if value and name.endswith(ends)]


def _key(tier: TierConfig, provider: str | None) -> str | None:
    if tier.api_key_env:
        return os.environ.get(tier.api_key_env)
    if provider == "openai" and tier.api_base and not os.environ.get("OPENAI_API_KEY"):
        return "none-needed"
    return None


def _block(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _reply(model: str, said: Sequence[dict[str, Any]], response: Any, *, latency_s: float) -> Reply:
    choice = response.choices[0] if response.choices else None
    text = getattr(getattr(choice, "message", None), "content", None)
    billed = _billed(getattr(response, "usage", None))
    if choice is None or not isinstance(text, str) or not text:
        what = "no choices" if choice is None else "an empty message"
        raise ModelError(
            f"{model} answered 200 with {what}",
            cause="invalid",
            status=200,
            is_transient=True,
            usage=billed,
        )
    return Reply(
        text=text,
        model=str(response.model or model),
        usage=billed or _counted(model, said, text),
        finish=str(choice.finish_reason or "stop"),
        latency_s=latency_s,
    )


def _billed(said: Any) -> Usage | None:
    """Return the tokens billed, or None where the provider does not say."""
    details = getattr(said, "prompt_tokens_details", None)
    usage = sound_usage(
        getattr(said, "prompt_tokens", 0),
        getattr(said, "completion_tokens", 0),
        getattr(details, "cached_tokens", 0),
    )
    return usage if usage.input else None


def _counted(model: str, said: Sequence[dict[str, Any]], text: str) -> Usage:
    litellm = load_litellm()
    return Usage(
        litellm.token_counter(model=model, messages=list(said)),
        litellm.token_counter(model=model, text=text),
    )
