"""What a planted model hears: it has nothing but the text of a prompt, as a provider has.

Beside the lines of `wording` it looks for these in an agent's own part:

- `CORRECTION [1.2.3.0] you say of 'cost of north': ...`: its own entry, which others contradict.
- `You corrected: 1.2.3.0, 2.2.3.0`: entries of its own that it took back when it was asked to.
- `ANCHOR ...`: it is told to come back to the task.
- `CONFLICT ...`: what it drafted contradicts another part of a reply.
- `seat 0: agent 7, role planner`: one line for each agent that a single reply has to speak for.

On the board it looks for `REQUEST [1.2.3.0] ...`, which others ask for, and where staff answers
customers for the sections REPLY, REJECTED and LOOKUPS; among the rules for TOOLS. Where the
board's part is empty, the board is what stands in the own part between its first line and its last
blank line.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from ..calls import Prompt, Request
from ..wording import Header, Shown, header_line, read_entries, read_header, read_task, read_votes

STRANGER = Header("agent", 0, None, "user", 1, "answer")
"""Who is taken to ask where a prompt does not say it."""

_CORRECTION = re.compile(
    r"^(?:- )?CORRECTION \[?(\d[\d.]*\d)\]?(?:[^\"'\n]*?\b(?:of|about) ([\"'])(.*?)\2)?",
    re.MULTILINE,
)
_ENTRY_ID = re.compile(r"\d[\d.]*\d")
_CORRECTED = re.compile(r"^You corrected: (.+)$", re.MULTILINE)
_ANCHOR = re.compile(r"^ANCHOR\b", re.MULTILINE)
_REQUEST = re.compile(r"^(?:- )?REQUEST \[(\d[\d.]*\d)\]", re.MULTILINE | re.IGNORECASE)
_CONTRIBUTIONS = re.compile(r"^CONTRIBUTIONS\n(.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
_TOOLS = re.compile(r"^TOOLS\n((?:- .*(?:\n|\Z))+)", re.MULTILINE)
_TOOL = re.compile(r"^- (\w+)", re.MULTILINE)
_CONFLICT = re.compile(r"^CONFLICT\b", re.MULTILINE)
_SEAT = re.compile(r"^(?:- )?seat \d+: agent (\d+), role ([^,\n]+)$", re.MULTILINE)
_OWN_MARK = "YOU\n"
_REPAIR = re.compile(r"\n*Your last reply was refused: .*\Z", re.DOTALL)
_BAIT = re.compile(
    r"\bignore\b[^.;]*\binstructions?\b.*?\bvote(?:\s+for)?\s+[\"']?([^\s\"',.;!]+)",
    re.IGNORECASE | re.DOTALL,
)


class Correction(NamedTuple):
    """A line that asks an agent to correct an entry of its own."""

    entry: str
    about: str
    """The subject of the contradiction; empty where the line does not say it."""


class Board(NamedTuple):
    """What the board section of a prompt says."""

    task: str
    options: tuple[str, ...]
    entries: tuple[Shown, ...]
    contributions: tuple[Shown, ...]
    """The entries in the section of that name; all of them where there is none."""
    requests: tuple[str, ...]
    """Ids of what others ask for."""
    bait: str
    """The vote that an instruction found in an entry asks for; empty where there is none."""
    reply: tuple[Shown, ...] = ()
    """The parts of a reply to a customer."""
    rejected: int = 0
    """How many parts of rejected replies are shown."""
    has_lookups: bool = False
    """Whether something was looked up."""


class Heard(NamedTuple):
    """All that a planted model makes of a prompt."""

    header: Header
    board: Board
    votes: tuple[str, ...]
    corrections: tuple[Correction, ...]
    corrected: tuple[str, ...]
    seats: tuple[Header, ...]
    """Who a single reply speaks for; empty where it speaks for one agent."""
    is_anchored: bool
    """Whether it is told to come back to the task."""
    tools: frozenset[str] = frozenset()
    """The names of the tools that it may call."""
    is_in_conflict: bool = False
    """Whether what it drafted contradicts another part of a reply."""

    @property
    def who(self) -> tuple[str, int]:
        """Kind and number of the voice: the voices of a role are its own."""
        kind = self.header.kind
        return kind if kind == "agent" else f"{self.header.role} {kind}", self.header.number


def hear(prompt: Prompt, *, seats: int = 1) -> Heard:
    """Read a prompt; `seats` helps only where it does not list them itself."""
    try:
        header = read_header(prompt.own)
    except ValueError:
        header = STRANGER
    board = _read_board(prompt.board or _board_within(prompt.own))
    if not board.task:
        board = board._replace(task=prompt.own.strip())
    return Heard(
        header,
        board,
        read_votes(prompt.own),
        tuple(Correction(entry, about) for entry, _, about in _CORRECTION.findall(prompt.own)),
        tuple(_ENTRY_ID.findall(" ".join(_CORRECTED.findall(prompt.own)))),
        _read_seats(prompt.own, header, seats),
        bool(_ANCHOR.search(prompt.own)),
        _read_tools(prompt.rules),
        bool(_CONFLICT.search(prompt.own)),
    )


def prompt_of(rules: str, text: str) -> Prompt:
    """Take a chat message apart again into what all share and the agent's own part."""
    try:
        start = text.index(header_line(read_header(text)))
    except ValueError:
        return Prompt(rules, "", text)
    start -= len(_OWN_MARK) if text[:start].endswith(_OWN_MARK) else 0
    return Prompt(rules, text[:start], text[start:])


def request_of(
    rules: str, text: str, *, model: str = "", max_tokens: int = 700, temperature: float = 0.7
) -> Request:
    """Return the request that a chat message was made from, as far as its text tells."""
    prompt = prompt_of(rules, text)
    heard = hear(prompt)
    header = heard.header
    return Request(
        agent=header.number,
        role=header.role,
        round=header.round,
        stage=0,
        prompt=prompt,
        model=model,
        max_tokens=max_tokens,
        temperature=temperature,
        options=tuple(vote for vote in heard.votes if vote != "abstain"),
        visible=frozenset(entry.id for entry in heard.board.entries),
        seats=len(heard.seats) or 1,
    )


def _board_within(own: str) -> str:
    """Return the board that an own part holds; empty where it holds none."""
    board, found, _ = _REPAIR.sub("", own).rpartition("\n\n")
    return f"{board}\n\n" if found else ""


def _read_seats(own: str, header: Header, seats: int) -> tuple[Header, ...]:
    listed = [(int(number), role.strip()) for number, role in _SEAT.findall(own)]
    if not listed and header.stage == "chorus":
        listed = [(number, header.role) for number in range(max(header.of or 1, seats))]
    return tuple(header._replace(number=number, role=role, of=None) for number, role in listed)


@lru_cache(maxsize=64)
def _read_board(text: str) -> Board:
    task, options = read_task(text)
    entries = tuple(read_entries(text))
    baits = (_BAIT.search(entry.text) for entry in entries)
    bait = next((found.group(1) for found in baits if found), "")
    section = _CONTRIBUTIONS.search(text)
    contributions = tuple(read_entries(section.group(1))) if section else entries
    return Board(
        *(task, options, entries, contributions, tuple(_REQUEST.findall(text)), bait),
        reply=tuple(read_entries(_section(text, "REPLY"))),
        rejected=len(read_entries(_section(text, "REJECTED"))),
        has_lookups=bool(_section(text, "LOOKUPS")),
    )


def _section(text: str, name: str) -> str:
    """Return the lines of a section of the board; empty where there is none."""
    found = re.search(rf"^{name}\n(.*?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


@lru_cache(maxsize=8)
def _read_tools(rules: str) -> frozenset[str]:
    found = _TOOLS.search(rules)
    return frozenset(_TOOL.findall(found.group(1))) if found else frozenset()
