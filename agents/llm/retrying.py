"""Asking again after failures that may pass: bounded, with growing pauses, in one place only."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from .calls import Model, ModelError, Reply, Request

LONGEST_PAUSE_S = 30.0
FIRST_PAUSE_S = 0.5

type Sleep = Callable[[float], Awaitable[None]]


class Retrying:
    """Asks at most `retries` times more where a failure is transient."""

    def __init__(self, inner: Model, retries: int, *, sleep: Sleep = asyncio.sleep) -> None:
        self._inner, self._retries, self._sleep = inner, retries, sleep

    async def complete(self, request: Request) -> Reply:
        """Answer one request.

        Raises:
            ModelError: the last failure; its message says how many attempts were made.
        """
        try:
            return await self._inner.complete(request)
        except ModelError as error:
            if not error.is_transient:
                raise
            first = error
        return await self._again(request, first)

    async def _again(self, request: Request, first: ModelError) -> Reply:
        attempts = 0

        async def attempt() -> Reply:
            nonlocal attempts
            attempts += 1
            if attempts == 1:
                raise first
            return await self._inner.complete(request)

        def pause_before_next(state: RetryCallState) -> float:
            failure = state.outcome.exception() if state.outcome else None
            wanted_s = failure.retry_after_s if isinstance(failure, ModelError) else None
            return pause_s(request, state.attempt_number, retry_after_s=wanted_s)

        retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=stop_after_attempt(self._retries + 1),
            wait=pause_before_next,
            retry=retry_if_exception(_may_pass),
            reraise=True,
        )
        try:
            return await retrying(attempt)
        except ModelError as error:
            raise _with_attempts(error, attempts) from error


def pause_s(request: Request, attempt: int, *, retry_after_s: float | None = None) -> float:
    """Return the pause after a failed attempt (counted from 1), at most 30 s.

    It doubles with each attempt. The jitter, up to half of it, belongs to the request and not to
    who asks first, and keeps a burst of refused calls from coming back as a burst. A provider
    that names a wait gets at least that; one that names more than 30 s is not asked again at all.
    """
    growing_s = FIRST_PAUSE_S * 2.0 ** (attempt - 1)
    jittered_s = growing_s * (0.5 + 0.5 * _share(request, attempt))
    return min(jittered_s + (retry_after_s or 0.0), LONGEST_PAUSE_S)


def _share(request: Request, attempt: int) -> float:
    address = (request.agent, request.round, request.stage, request.turn, request.sample, attempt)
    hashed = hashlib.sha256(" ".join(map(str, address)).encode()).digest()
    return int.from_bytes(hashed[:8], "big") / 2.0**64


def _may_pass(error: BaseException) -> bool:
    """Say whether another attempt may help, and that soon enough."""
    return isinstance(error, ModelError) and error.is_transient and not _waits_too_long(error)


def _waits_too_long(error: ModelError) -> bool:
    return error.retry_after_s is not None and error.retry_after_s > LONGEST_PAUSE_S


def _with_attempts(error: ModelError, attempts: int) -> ModelError:
    wait = f"; it asks to wait {error.retry_after_s:,.0f} s" if _waits_too_long(error) else ""
    return ModelError(
        f"{error}{wait} ({attempts} attempt{'s' if attempts > 1 else ''})",
        cause=error.cause,
        status=error.status,
        is_transient=error.is_transient,
        retry_after_s=error.retry_after_s,
    )
