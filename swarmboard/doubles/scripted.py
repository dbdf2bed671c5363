"""A model that says what it was told to, and nothing after that."""

from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from agents import Decision, Reply, Request, read_header

type Line = str | Reply | Decision | Exception
"""A reply's text, a whole reply, a decision that becomes one, or an error to raise."""


class ScriptEnded(AssertionError):
    """Raised when a scripted model is asked more than its script holds."""


class ScriptedModel:
    """Gives the replies of a script in the order in which it is asked.

    Many agents of a stage are asked at once. A script `by` who asks is independent of their
    order: its keys are `(agent, stage)`, such as `(3, "vote")`.
    """

    def __init__(
        self,
        replies: Iterable[Line] = (),
        *,
        by: Mapping[tuple[int, str], Sequence[Line]] | None = None,
    ) -> None:
        """Take a script: either `replies` in order, or replies `by` agent and stage.

        Raises:
            ValueError: both forms are given.
        """
        self.requests: list[Request] = []
        """All that was asked, in order."""
        if by is not None and (replies := list(replies)):
            raise ValueError(f"give replies or by, not both; replies has {len(replies)}")
        self._in_order = by is None
        self._left: dict[Hashable, deque[Line]]
        if by is None:
            self._left = {None: deque(replies)}
        else:
            self._left = {key: deque(lines) for key, lines in by.items()}

    async def complete(self, request: Request) -> Reply:
        """Return the script's next reply.

        Raises:
            ScriptEnded: the script has no further reply for this request.
        """
        self.requests.append(request)
        key = None if self._in_order else _who_asks(request)
        lines = self._left.get(key)
        if not lines:
            raise ScriptEnded(self._ended(request, key))
        line = lines.popleft()
        if isinstance(line, Exception):
            raise line
        if isinstance(line, Decision):
            line = line.model_dump_json(exclude_defaults=True)
        return line if isinstance(line, Reply) else Reply(line, model=request.model or "scripted")

    def assert_finished(self) -> None:
        """Check that everything was said.

        Raises:
            AssertionError: names what is left.
        """
        left = {key: len(lines) for key, lines in self._left.items() if lines}
        named = left.get(None) or ", ".join(f"{n} of {key}" for key, n in left.items())
        if left:
            raise AssertionError(f"the script has replies that nobody asked for: {named}")

    def _ended(self, request: Request, key: Any) -> str:
        who = f"agent {request.agent} ({request.role}), round {request.round}"
        if key is None:
            return f"the script ended: request {len(self.requests)} is one too many, of {who}"
        known = ", ".join(map(str, self._left)) or "none"
        return f"the script has no further reply for {key}, asked for by {who}; it has {known}"


def _who_asks(request: Request) -> tuple[int, str]:
    header = read_header(request.prompt.own)
    return header.number, header.stage
