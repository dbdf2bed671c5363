"""What a server says it is, and whether it can keep a board."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .errors import ServerTooOld, ServerUnavailable


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server says it is."""

    kind: str
    """`valkey` or `redis`."""
    version: str


class Client(Protocol):
    """The part of `redis.Redis` that the check needs."""

    @property
    def connection_pool(self) -> Any:
        """Where the client gets its connections."""

    def info(self, section: str) -> Any:
        """Ask `INFO`."""

    def function_stats(self) -> Any:
        """Ask `FUNCTION STATS`, which fails where there are no Functions."""


def check_server(client: Client) -> ServerInfo:
    """Refuse a server that cannot keep a board, before anything is written to it.

    Raises:
        ServerTooOld: It is older than Redis 7.0 or has no Functions.
        ServerUnavailable: It cannot be reached or refuses this user; names the URL, no password.
    """
    from redis import exceptions  # the embedded server needs no redis-py to start

    server = identify({})
    try:
        server = identify(client.info("server"))
        if not is_new_enough(server.version):
            raise ServerTooOld(server.kind, server.version)
        client.function_stats()
    except (exceptions.AuthenticationError, exceptions.NoPermissionError) as error:
        raise ServerUnavailable(
            f"the server at {_safe_url(client)} refuses this user ({error}); "
            "put a user and password in the URL that may call INFO and FUNCTION"
        ) from error
    except exceptions.RedisError as error:
        if "unknown" in str(error).lower() and isinstance(error, exceptions.ResponseError):
            raise ServerTooOld(server.kind, server.version) from error
        raise ServerUnavailable(
            f"no server to use at {_safe_url(client)} ({str(error).rstrip('.')}); "
            "start one there, or use `--board memory://`"
        ) from error
    return server


def identify(info: Mapping[str, object]) -> ServerInfo:
    """Read what a server says of itself in `INFO server`."""
    # Valkey calls itself Redis 7.2.4 in redis_version, for old clients.
    if "valkey_version" in info:
        return ServerInfo("valkey", str(info["valkey_version"]))
    return ServerInfo("redis", str(info.get("redis_version", "of no known version")))


def is_new_enough(version: str) -> bool:
    """Say whether a server of this version can have Functions."""
    major = re.match(r"\d+", version)
    return major is not None and int(major[0]) >= 7


def _safe_url(client: Client) -> str:
    pool = client.connection_pool
    facts: Mapping[str, Any] = pool.connection_kwargs
    if "path" in facts:
        return f"unix://{facts['path']}"
    scheme = "rediss" if "SSL" in pool.connection_class.__name__ else "redis"
    host = facts.get("host", "localhost")
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{facts.get('port', 6379)}"
