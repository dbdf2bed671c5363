"""A worker's commit beside the server's own limit, and beside the naive ways to write the same.

Timed is one stage: every agent posts six numbers and casts a ballot with a numeric reason. The
limit sends the same bytes as three plain commands (SET, XADD, SET), encoded beforehand, over a
bare socket, and reads the replies with hiredis. Beside it stands what the commit does on the
server as plain commands too: the same, and the look-ups and the note of the writer's answer.
Run `python -m benchmarks board [--json]`.
"""

import json
import random
import secrets
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import hiredis
import numpy as np
import redis

from blackboard.bitmaps import bitmap
from blackboard.keys import Keys
from blackboard.records import OUTCOME, Ballots, Posts, encode, frame, u4
from blackboard.redis_store import RedisStore
from blackboard.server import EmbeddedServer
from blackboard.store import Commit, Turn

REPEATS = {1_024: 400, 10_240: 200, 102_400: 60}
"""Timed repetitions by number of agents."""
NAIVE_OPERATIONS = 2_000
"""So many of the naive forms' operations are timed; their time grows with the number."""
WARM_UP = 5
PROPOSAL = "1.1.0.0"


class Case:
    """One size on one connection: ours and the limit, with the same bytes."""

    def __init__(self, url: str, agents: int) -> None:
        self._store = RedisStore(url, f"bench-{secrets.token_hex(4)}")
        self._plain = redis.Redis.from_url(url)
        self._keys, self._agents = Keys(self._store.run), agents
        everyone = np.arange(agents, dtype=np.uint32)
        self._bits = bitmap(everyone)
        columns = {name: np.random.default_rng(1).random(agents).tobytes() for name in "abcdef"}
        posts = Posts(OUTCOME, 1, 1, "bid", "task", u4(everyone), b"", columns)
        numbers = np.random.default_rng(2).random(agents).tobytes()
        ballots = Ballots(OUTCOME, 1, 1, PROPOSAL, bytes(agents), numbers=numbers)
        self._body = frame([encode(posts), encode(ballots)])
        self._socket, self._reader = _open_socket(url), hiredis.Reader()
        self._buffer = bytearray(1 << 16)
        self._pack_limit()
        self._store.lease("bench", ttl_ms=3_600_000)
        self._seq = 0
        self._next_round()

    @property
    def size(self) -> int:
        """Bytes of a stage's body."""
        return len(self._body)

    def commit(self) -> float:
        """Return the seconds of one commit."""
        self._seq += 1
        votes = ((PROPOSAL, self._bits),)
        act = Commit("worker", self._seq, 1, self._seq, 1, self._body, votes)
        began = time.perf_counter()
        self._store.submit(act)
        took = time.perf_counter() - began
        self._plain.delete(self._keys.blob("worker", self._seq))
        self._next_round()
        return took

    def limit(self) -> float:
        """Return the seconds of the same bytes as plain commands."""
        return self._exchange(self._limit, 3)

    def operations(self) -> float:
        """Return the seconds of all that the commit does, as plain commands."""
        return self._exchange(self._operations, 7)

    def _exchange(self, packed: bytes, replies: int) -> float:
        began = time.perf_counter()
        self._socket.sendall(packed)
        for _ in range(replies):
            while (reply := self._reader.gets()) is False:
                size = self._socket.recv_into(self._buffer)
                self._reader.feed(self._buffer, 0, size)  # type: ignore[arg-type]
            if isinstance(reply, Exception):
                raise reply
        took = time.perf_counter() - began
        self._plain.delete(*self._limit_keys)
        return took

    def naive(self, *, is_pipelined: bool) -> float:
        """Return the seconds of one command per post and per ballot, scaled to all agents."""
        client: Any = self._plain.pipeline(transaction=False) if is_pipelined else self._plain
        stream, votes = f"{self._keys.tag}:naive", f"{self._keys.tag}:votes"
        timed = min(self._agents, NAIVE_OPERATIONS // 2)
        began = time.perf_counter()
        for agent in range(timed):
            client.xadd(stream, {"agent": agent, **dict.fromkeys("abcdef", 0.25)})
            client.hsetnx(votes, str(agent), "approve 0.25")
        if is_pipelined:
            client.execute()
        took = time.perf_counter() - began
        self._plain.delete(stream, votes)
        return took * self._agents / timed

    def close(self) -> None:
        """Delete what was written and let go of all connections."""
        for key in self._plain.scan_iter(f"{self._keys.tag}*", count=10_000):
            self._plain.delete(key)
        self._socket.close()
        self._plain.close()
        self._store.close()

    def _next_round(self) -> None:
        """Begin a round with an empty ballot box."""
        self._store.submit(
            Turn(
                "leader",
                self._seq + 1,
                1,
                None,
                self._seq + 1,
                1,
                "running",
                self._agents,
                b"",
                (PROPOSAL,),
                forget=((PROPOSAL, self._seq),),
            )
        )

    def _pack_limit(self) -> None:
        blob, stream, bits = (f"{self._keys.tag}:limit-{name}" for name in ("b", "ev", "v"))
        meta = f"{self._keys.tag}:limit-meta"
        self._limit_keys = (blob, stream, bits)
        body: tuple[Any, ...] = ("SET", blob, self._body)
        event = ("XADD", stream, "*", "h", "1 0 1 1 1 worker", "d", "")
        votes = ("SET", bits, self._bits)
        looks = (
            ("HMGET", meta, "rev", "epoch", "round", "stage", "w:worker"),
            ("EXISTS", blob, meta),
            ("EXISTS", bits),
        )
        note = ("HSET", meta, "rev", 1, "w:worker", "1:1")
        self._limit = b"".join(map(hiredis.pack_command, (body, event, votes)))
        self._operations = b"".join(map(hiredis.pack_command, (body, *looks, votes, event, note)))


def measure(url: str, agents: int, *, repeats: int) -> dict[str, float]:
    """Return medians in microseconds of all forms, taken in turns, and ours over the limit."""
    case = Case(url, agents)
    forms = {"commit": case.commit, "limit": case.limit, "operations": case.operations}
    samples: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(repeats + WARM_UP):
        for name in random.sample(sorted(forms), len(forms)):
            samples[name].append(forms[name]())
    naive = {
        name: min(case.naive(is_pipelined=is_pipelined) for _ in range(2))
        for name, is_pipelined in (("one_by_one", False), ("pipelined", True))
    }
    size = case.size
    case.close()
    median = {name: statistics.median(taken[WARM_UP:]) for name, taken in samples.items()}
    return {
        "agents": agents,
        "body_bytes": size,
        **{f"{name}_us": 1e6 * seconds for name, seconds in median.items()},
        "of_limit_percent": 100 * median["limit"] / median["commit"],
        "of_operations_percent": 100 * median["operations"] / median["commit"],
        "pipelined_us": 1e6 * naive["pipelined"],
        "one_by_one_us": 1e6 * naive["one_by_one"],
    }


def main(argv: list[str]) -> None:
    """Measure every size over both transports, with and without the append-only file."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for aof in ("off", "everysec"):
            with _server(Path(folder) / aof if aof == "everysec" else None) as urls:
                for transport, url in urls.items():
                    for agents, repeats in REPEATS.items():
                        row = measure(url, agents, repeats=repeats)
                        rows.append({"transport": transport, "aof": aof, **row})
                        if "--json" not in argv:
                            _print(rows)
    if "--json" in argv:
        print(json.dumps(rows))


@contextmanager
def _server(data_dir: Path | None) -> Iterator[dict[str, str]]:
    """Start the bundled server and let it listen on TCP as well."""
    with EmbeddedServer.start(data_dir) as server:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with redis.Redis.from_url(server.url) as client:
            client.config_set("port", port)
        yield {"unix": server.url, "tcp": f"redis://127.0.0.1:{port}"}


def _open_socket(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        opened = socket.socket(socket.AF_UNIX)
        opened.connect(unquote(parts.path))
        return opened
    opened = socket.create_connection((parts.hostname, parts.port))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def _print(rows: list[dict[str, Any]]) -> None:
    """Print the last row, under a head where it is the first."""
    if len(rows) == 1:
        print(
            "| transport | AOF | agents | commit | limit | of it | same operations | of them ",
            end="",
        )
        print("| pipelined | one by one |")
        print("|---|---|---|---|---|---|---|---|---|---|")
    row = rows[-1]
    commit, limit, operations, pipelined, one_by_one = (
        _time(row[f"{name}_us"])
        for name in ("commit", "limit", "operations", "pipelined", "one_by_one")
    )
    shares = [f"{row[f'of_{name}_percent']:.0f} %" for name in ("limit", "operations")]
    cells = [row["transport"], row["aof"], f"{row['agents']:,}", commit, limit, shares[0]]
    cells += [operations, shares[1], pipelined, one_by_one]
    print("| " + " | ".join(cells) + " |", flush=True)


def _time(microseconds: float) -> str:
    return (
        f"{microseconds / 1000:,.2f} ms" if microseconds < 1e6 else f"{microseconds / 1e6:,.1f} s"
    )
