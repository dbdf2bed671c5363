"""Entries that command their readers: found by their wording, judged by what they do to readers."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from agents import Randomness, clean, findings_of, text_of
from blackboard import BoardEntry

PANEL = 5
"""Agents that vote on trial, with a suspect and without it."""
SUSPECTS = 3
"""Texts that are tested in one attempt, so that tests cost the same on every board."""
LEAST_SHARE = 0.5
"""The share of the panel that a suspect has to pull to one vote to be hidden."""
LEAST_MORE = 2
"""How many more those have to be than vote otherwise by chance, with the suspect hidden twice."""
_COMMAND = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.]{0,60}\b(?:instruction|rule|prompt|task|"
    r"above|previous|earlier|board|everything)|"
    r"\b(?:you must|you have to|you are now|all agents|everyone must|everybody must|every member)\b"
    r"[^.]{0,80}\b(?:vote|approve|reject|say|answer|reply|agree)|"
    r"\bvote (?:approve|reject|for)\b|\bapprove (?:this|it|the plan) (?:now|at once|immediately)\b|"
    r"(?:^|\n|\\n)\s*(?:system|assistant|developer|user)\s*:|<\|?(?:im_start|system|endoftext)|"
    r"\"(?:vote|agent|author|role|ballot)\"\s*:|"
    r"\[\d+\.\d+\.\d+\.\d+\]\s*agent \d+",
    re.IGNORECASE,
)
"""Orders to readers, talk of instructions, forged roles, forged replies, forged entries."""


@lru_cache(maxsize=4096)
def commands(text: str) -> bool:
    """Say whether a text reads as if it gave orders to its readers.

    Characters that nobody sees and letters in other widths hide nothing. A task's entries are
    looked at in each of its rounds, and many agents say the same.
    """
    return _COMMAND.search(unicodedata.normalize("NFKC", clean(text))) is not None


class Suspicion:
    """Which entries were tested, and which are hidden from readers since.

    Wording alone hides nothing: a suspect is hidden when readers vote otherwise because of it.
    Each is tested alone, with all other suspects hidden: else two orders of one meaning would cover
    for each other, and an innocent one would be hidden with a guilty one.
    """

    def __init__(self, random: Randomness) -> None:
        self._random = random
        self.tested: set[str] = set()
        self.hidden: set[str] = set()
        self.flips: list[tuple[str, int, int, int]] = []
        """Of each test: the first entry, the votes that it pulled one way, those that changed by
        chance, and all votes."""

    def suspects(self, entries: Sequence[BoardEntry]) -> list[list[str]]:
        """Return the entries that read like orders and were not tested.

        Those that say the same are one suspect, and those of one author: nobody can have many
        tested to keep one from being so.
        """
        found: list[list[str]] = []
        known: dict[Hashable, list[str]] = {}
        for entry in entries:
            said = tuple(_said(entry))
            if entry.id in self.tested or not any(map(commands, said)):
                continue
            if (suspect := known.get(said) or known.get(entry.agent)) is None:
                found.append(suspect := [])
            suspect.append(entry.id)
            known.setdefault(said, suspect)
            known.setdefault(entry.agent, suspect)
        return found

    def panel(
        self,
        entries: Sequence[BoardEntry],
        suspects: Collection[str],
        voices: Sequence[Hashable],
    ) -> set[int]:
        """Draw who votes on trial: not the authors, where there are others, and one a voice.

        Args:
            entries: The entries of the task.
            suspects: Those that are tested.
            voices: Of each agent its voice.

        Returns:
            The agents; none where they are too few for votes to tell an order from chance.
        """
        authors = {entry.agent for entry in entries if entry.id in suspects}
        everyone = range(len(voices))
        others = [agent for agent in everyone if agent not in authors] or list(everyone)
        round, stage, *_ = _place(min(suspects, key=_place))
        shuffled = self._random.everyone("panel", round=round, stage=stage).permutation(len(others))
        drawn: dict[Hashable, int] = {}
        for place in shuffled:
            drawn.setdefault(voices[others[int(place)]], others[int(place)])
        chosen = list(drawn.values())[:PANEL]
        return set(chosen) if len(chosen) >= LEAST_MORE else set()

    def judge(
        self,
        suspect: Collection[str],
        shown: Mapping[int, str],
        without: Mapping[int, str],
        again: Mapping[int, str],
    ) -> None:
        """Hide a suspect if it pulls half of the panel to one vote, and more than chance does.

        Args:
            suspect: The entries that say it.
            shown: By agent, the vote on trial where it was shown.
            without: The vote where it was hidden.
            again: The same, asked once more: what changes then changes by chance.
        """
        self.tested |= set(suspect)
        voters = shown.keys() & without.keys() & again.keys()
        pulled = Counter(shown[agent] for agent in voters if shown[agent] != without[agent])
        most = max(pulled.values(), default=0)
        chance = sum(again[agent] != without[agent] for agent in voters)
        self.flips.append((min(suspect, key=_place), most, chance, len(voters)))
        if most >= LEAST_SHARE * len(voters) and most >= chance + LEAST_MORE:
            self.hidden |= set(suspect)

    def state(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "tested": sorted(self.tested),
            "hidden": sorted(self.hidden),
            "flips": [list(row) for row in self.flips],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.tested, self.hidden = set(state["tested"]), set(state["hidden"])
        self.flips = [(name, most, chance, of) for name, most, chance, of in state["flips"]]


def _said(entry: BoardEntry) -> Iterator[str]:
    """Yield what of an entry readers may be shown.

    Lessons are looked at where they are shown, and trial votes are shown to nobody.
    """
    if entry.kind not in ("lesson", "trial"):
        needs = entry.payload.get("needs")
        yield text_of(entry)
        yield needs if isinstance(needs, str) else ""
    for about, says in findings_of(entry).items():
        yield f"{about}\n{says}"


def _place(name: str) -> tuple[int, ...]:
    return tuple(map(int, name.split(".")))
