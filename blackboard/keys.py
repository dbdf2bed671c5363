"""Every key on the server, built here and nowhere else (docs/keyspace.md lists them).

All keys of a run share the hash tag `{sb:<run>}`, so that a cluster keeps them in one slot.
"""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Keys:
    """The keys of one run."""

    run: str

    @cached_property
    def tag(self) -> str:
        """What every key of the run begins with."""
        return f"{{sb:{self.run}}}"

    @cached_property
    def meta(self) -> str:
        """Hash: rev, epoch, round, stage, status, agents, each writer's last answer."""
        return f"{self.tag}:meta"

    @cached_property
    def events(self) -> str:
        """Stream: one entry a write, its id `<rev>-0`."""
        return f"{self.tag}:ev"

    @cached_property
    def fields(self) -> str:
        """Hash: revision of each shared field."""
        return f"{self.tag}:fields"

    @cached_property
    def lease(self) -> str:
        """String: the runner that leads the run; expires with its lease."""
        return f"{self.tag}:lease"

    @cached_property
    def display(self) -> str:
        """Hash: what the scenario publishes to be drawn, latest wins."""
        return f"{self.tag}:display"

    @cached_property
    def checkpoint(self) -> str:
        """String: a revision and the board's state as of it, for readers who come later."""
        return f"{self.tag}:checkpoint"

    def blob(self, writer: str, seq: int) -> str:
        """String: the records of one write that are too large to travel through Lua."""
        return f"{self.tag}:b:{writer}:{seq}"

    def proposal(self, proposal: str) -> str:
        """String: the round in which the proposal opened, while it is open."""
        return f"{self.tag}:p:{proposal}"

    def voted(self, proposal: str, round: int) -> str:
        """Bitmap by agent index: who cast a ballot in this voting round."""
        return f"{self.tag}:v:{proposal}:{round}"

    @cached_property
    def scratch(self) -> str:
        """Bitmap that lives only inside one commit."""
        return f"{self.tag}:scratch"
