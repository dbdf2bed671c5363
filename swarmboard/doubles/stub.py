"""A running stub server as tests see it, in this process or in one of its own."""

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import msgspec

from .endpoint import Counters, Endpoint

_TIMEOUT_S = 10.0


class Stub(ABC):
    """A running stub server: its address and what it has seen."""

    def __init__(self, url: str) -> None:
        self.url = url
        """What clients use as `api_base`; ends in `/v1`."""

    @property
    def calls(self) -> int:
        """Chat completions asked for, failed ones included."""
        return self._counters().calls

    @property
    def calls_by_model(self) -> dict[str, int]:
        """Chat completions by the model's name."""
        return self._counters().calls_by_model

    @property
    def failed(self) -> int:
        """Calls that the stub left without a reply on purpose."""
        return self._counters().failed

    @property
    def in_flight(self) -> int:
        """Chat completions being answered now."""
        return self._counters().in_flight

    @property
    def most_in_flight(self) -> int:
        """The most that were being answered at a time."""
        return self._counters().most_in_flight

    @property
    def prompts(self) -> list[str]:
        """The latest prompts' text: rules, board and the agent's own part."""
        return self._counters(with_prompts=True).prompts

    @property
    @abstractmethod
    def fail_all(self) -> bool:
        """Whether every call fails now."""

    @fail_all.setter
    @abstractmethod
    def fail_all(self, value: bool) -> None: ...

    @abstractmethod
    def reset(self) -> None:
        """Count from nothing again, with empty caches."""

    @abstractmethod
    def _counters(self, *, with_prompts: bool = False) -> Counters: ...


class LocalStub(Stub):
    """A stub server in a thread of this process."""

    def __init__(self, url: str, endpoint: Endpoint) -> None:
        super().__init__(url)
        self._endpoint = endpoint

    @property
    def fail_all(self) -> bool:
        """Whether every call fails now."""
        return self._endpoint.fail_all

    @fail_all.setter
    def fail_all(self, value: bool) -> None:
        self._endpoint.fail_all = value

    def reset(self) -> None:
        """Count from nothing again, with empty caches."""
        self._endpoint.reset()

    def _counters(self, *, with_prompts: bool = False) -> Counters:
        return self._endpoint.seen(with_prompts=with_prompts)


class RemoteStub(Stub):
    """A stub server in a process of its own, which ends with this one."""

    @classmethod
    @contextmanager
    def started(cls, words: Sequence[str]) -> Iterator[Self]:
        """Start one with a command line's words, and end it.

        Raises:
            RuntimeError: it did not start; its own words are on stderr.
        """
        command = [sys.executable, "-m", "swarmboard.doubles.stub_server", *words]
        with subprocess.Popen(
            [*command, "--until-input-ends"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError(f"the stub server did not start: {' '.join(command)}")
            try:
                yield cls(url)
            finally:
                process.stdin.close()
                try:
                    process.wait(_TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    process.kill()

    @property
    def fail_all(self) -> bool:
        """Whether every call fails now."""
        told = json.loads(self._post({}))
        return bool(told["fail_all"])

    @fail_all.setter
    def fail_all(self, value: bool) -> None:
        self._post({"fail_all": value})

    def reset(self) -> None:
        """Count from nothing again, with empty caches."""
        self._post({"reset": True})

    def _counters(self, *, with_prompts: bool = False) -> Counters:
        query = "?prompts=1" if with_prompts else ""
        with urlopen(f"{self._root}/_counters{query}", timeout=_TIMEOUT_S) as reply:
            return msgspec.json.decode(reply.read(), type=Counters)

    @property
    def _root(self) -> str:
        return self.url.removesuffix("/v1")

    def _post(self, body: dict[str, bool]) -> bytes:
        request = HttpRequest(
            f"{self._root}/_control",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=_TIMEOUT_S) as reply:
            return bytes(reply.read())
