"""What a model object may do to a run: give a sound reply, or be one call without an answer."""

import asyncio
import math

from msgspec.structs import replace

from blackboard import SwarmboardError

from .calls import Model, ModelError, Reply, Request, Usage
from .failures import reason_of

MOST_TOKENS = 2**31
"""No call is billed for more; larger counts are a provider's mistake."""


class Guarded:
    """Turns whatever the model within raises into the one error that callers know.

    Errors of Swarmboard's own and failed assertions pass as they are: they are meant to end a run.
    """

    def __init__(self, inner: Model) -> None:
        self._inner = inner

    async def complete(self, request: Request) -> Reply:
        """Answer one request with a reply that can be kept.

        Raises:
            ModelError: there is no answer; its message names the type of what was raised.
        """
        try:
            return _sound(await self._inner.complete(request))
        except (SwarmboardError, AssertionError):
            raise
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            raise _failed(request, error) from error
        except Exception as error:
            raise _failed(request, error) from error


def is_cancelled() -> bool:
    """Say whether the running task is to end, and nobody merely raised CancelledError in it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def storable(text: str) -> str:
    """Return a text that files and logs take: half a surrogate pair becomes a question mark."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def named(error: BaseException) -> str:
    """Return an error's type and, where it has any, its words."""
    try:
        said = str(error)
    except Exception:  # an error's own words may fail as well
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def sound_usage(input: object, output: object, cached: object) -> Usage:
    """Return counts as somebody else gave them, each at least 0 and at most 2**31."""
    all_input = _count(input)
    return Usage(all_input, _count(output), min(_count(cached), all_input))


def _sound(reply: Reply) -> Reply:
    if not isinstance(reply, Reply):
        raise TypeError(f"it returned a {type(reply).__name__} instead of a Reply")
    usage = reply.usage
    return replace(
        reply,
        text=storable(reply.text),
        model=storable(reply.model),
        finish=storable(reply.finish),
        usage=sound_usage(usage.input, usage.output, usage.cached),
    )


def _failed(request: Request, error: BaseException) -> ModelError:
    reason = reason_of(error)
    what = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    return ModelError(f"{request.model or 'the model'} could not be asked: {what}")


def _count(said: object) -> int:
    if not isinstance(said, int | float) or math.isnan(said):
        return 0
    return int(min(max(said, 0), MOST_TOKENS))
