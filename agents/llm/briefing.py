"""What a stage asks of its members: the same board for all, and each one's own short part."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .calls import Prompt, Purpose, Request
from .digest import Digest, text_of
from .wording import RULES, Header, header_line, quoted

type Context = Literal["board", "transcript"]


@dataclass(frozen=True, slots=True)
class Voice:
    """One of a few opinions of a role, shared by many agents (an archetype)."""

    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, as its prompt says it."""

    agent: int
    role: str
    voice: Voice | None = None
    last: tuple[int, int] | None = None
    """The round and stage in which it was last asked."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """What the members of one stage are asked, made once for all of them."""

    stage: str
    instruction: str
    digest: Digest
    purpose: Purpose = "work"
    votes: tuple[str, ...] = ()
    """What a vote may say; empty where none is due."""
    asked: Collection[int] | None = None
    """The only agents that are asked; None asks all of the stage's roles."""
    own: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """Lines for single agents."""
    cites: Mapping[int, Collection[str]] = field(default_factory=dict)
    """Entries that only these agents are shown, in their own lines."""
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Lines for all agents of a role."""
    seats: Sequence[tuple[int, str]] = ()
    """Whom one reply speaks for, agent and role; empty where everybody speaks for itself."""
    context: Context = "board"
    """`transcript` gives each agent a context of its own, which shares nothing with others'."""
    complexity: float = 0.0
    max_tokens: int = 700
    temperature: float = 0.7

    def request(self, who: Identity, at: tuple[int, int]) -> Request:
        """Return the question of one member."""
        digest = self.digest
        prompt = self._prompt(who, at)
        cited = self.cites.get(who.agent)
        return Request(
            agent=who.agent,
            role=who.role,
            round=at[0],
            stage=at[1],
            prompt=prompt,
            purpose=self.purpose,
            max_tokens=self.max_tokens * max(1, len(self.seats)),
            temperature=self.temperature,
            sample=0 if who.voice or self.seats else -1,
            complexity=self.complexity,
            seen=self._seen(who, prompt),
            options=self.votes,
            visible=digest.visible.union(cited or (), self._said_id(who)),
            seats=max(1, len(self.seats)),
        )

    def _said(self, who: Identity) -> tuple[str, ...]:
        """Return the last thing that an agent said, where the board as shown leaves it out."""
        entry = self.digest.left_out.get(who.agent)
        if entry is None or who.voice:
            return ()
        return (f"You said [{entry.id}]: {quoted(text_of(entry))}",)

    def _said_id(self, who: Identity) -> tuple[str, ...]:
        entry = self.digest.left_out.get(who.agent)
        return (entry.id,) if entry is not None and not who.voice else ()

    def _seen(self, who: Identity, prompt: Prompt) -> float:
        """Return the share of a prompt that its reader, or the board, had when it was last asked.

        The rules are the same in every prompt; nobody is shown them for the first time twice.
        """
        if who.last is None:
            return 0.0
        return min(1.0, (len(prompt.rules) + self.digest.known(who.last)) / prompt.size)

    def _prompt(self, who: Identity, at: tuple[int, int]) -> Prompt:
        if self.seats:
            return Prompt(RULES, self.digest.text, self._for_all(at))
        voice = who.voice
        header = Header(
            "voice" if voice else "agent",
            voice.number if voice else who.agent,
            voice.of if voice else None,
            who.role,
            at[0],
            self.stage,
        )
        lines = (
            header_line(header),
            *self._said(who),
            *self.roles.get(who.role, ()),
            *self.own.get(who.agent, ()),
            self.instruction,
            *((f"Votes: {' | '.join(self.votes)}",) if self.votes else ()),
        )
        own = "\n".join(lines)
        if self.context == "board":
            return Prompt(RULES, self.digest.text, f"YOU\n{own}")
        return Prompt(RULES, "", f"YOU\n{lines[0]}\n\n{self.digest.text}{own}")

    def _for_all(self, at: tuple[int, int]) -> str:
        """Return the part of one reply that speaks for everybody."""
        header = Header("agent", self.seats[0][0], None, "chorus", at[0], "chorus")
        asked = [
            f"seat {number}: agent {agent}, role {role}"
            for number, (agent, role) in enumerate(self.seats)
        ]
        lines = (
            header_line(header),
            "You speak for all members of the team, one after the other, each by its role:",
            *asked,
            self.instruction,
            *((f"Votes: {' | '.join(self.votes)}",) if self.votes else ()),
            f'Reply with {{"decisions": [...]}}, one object of the form above for each of the '
            f"{len(self.seats)} seats, in that order.",
        )
        return "YOU\n" + "\n".join(lines)
