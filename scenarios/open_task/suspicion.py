"""Entries that command their readers: found by their wording, judged by what they do to readers."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from agents import Randomness, text_of
from blackboard import BoardEntry

PANEL = 5
"""Agents that vote on trial, with the suspects and without them."""
LEAST_FLIPS = 0.5
"""The share of trial votes that has to differ for the suspects to be hidden."""
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

    A task's entries are looked at in each of its rounds, and many agents say the same.
    """
    return _COMMAND.search(text) is not None


class Suspicion:
    """Which entries were tested, and which are hidden from readers since.

    Wording alone hides nothing: a suspect is hidden when readers vote otherwise because of it.
    """

    def __init__(self, random: Randomness) -> None:
        self._random = random
        self.tested: set[str] = set()
        self.hidden: set[str] = set()
        self.flips: list[tuple[str, int, int]] = []
        """Of each test: the first suspect, trial votes that differed, and all of them."""

    def suspects(self, entries: Sequence[BoardEntry]) -> list[str]:
        """Return the entries that read like orders and have not been tested."""
        return [
            entry.id
            for entry in entries
            if entry.id not in self.tested and entry.kind != "trial" and commands(text_of(entry))
        ]

    def panel(self, entries: Sequence[BoardEntry], suspects: Collection[str], of: int) -> set[int]:
        """Draw who votes on trial: not the authors of the suspects, where there are others."""
        authors = {entry.agent for entry in entries if entry.id in suspects}
        others = [agent for agent in range(of) if agent not in authors] or list(range(of))
        where = min(suspects, key=_place)
        round, stage, *_ = _place(where)
        shuffled = self._random.everyone("panel", round=round, stage=stage).permutation(len(others))
        return {others[int(place)] for place in shuffled[:PANEL]}

    def judge(self, trials: Sequence[BoardEntry], suspects: Collection[str]) -> None:
        """Hide the suspects if half of those who voted twice on trial voted otherwise.

        Args:
            trials: Trial votes, those with the suspects before those without.
            suspects: The entries that were tested.
        """
        self.tested |= set(suspects)
        votes: dict[int, list[str]] = {}
        for trial in trials:
            votes.setdefault(trial.agent, []).append(str(trial.payload.get("vote")))
        pairs = [pair for pair in votes.values() if len(pair) == 2]
        flips = sum(first != second for first, second in pairs)
        self.flips.append((min(suspects, key=_place), flips, len(pairs)))
        if pairs and flips >= LEAST_FLIPS * len(pairs):
            self.hidden |= set(suspects)

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
        self.flips = [(str(name), int(flips), int(of)) for name, flips, of in state["flips"]]


def _place(name: str) -> tuple[int, ...]:
    return tuple(map(int, name.split(".")))
