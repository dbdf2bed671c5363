"""The words of planted voices: near the task, until they drift."""

from collections.abc import Mapping, Sequence

from ..replies import CONTRIBUTION, REASONING, SHORT
from .chance import pick, share, shares
from .hearing import Heard
from .plant import Plant

# fmt: off
_ELSEWHERE = (
    "harbour", "violin", "marble", "lantern", "glacier", "saffron", "puppet", "orchard",
    "meadow", "trumpet", "canyon", "velvet", "pepper", "anchor", "feather", "mosaic", "thunder",
    "caramel", "walrus", "bonfire", "cobalt", "juniper", "ribbon", "compass", "pebble",
    "sonata", "turnip", "pyramid", "raccoon", "silk", "tulip", "volcano", "windmill", "yoghurt",
    "zeppelin", "acorn", "ballad", "cactus", "dolphin", "ember",
)
# fmt: on
"""Words that no task is likely to hold."""


class Speech:
    """The texts of all voices of one planted model."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    def is_drifting(self, number: int, round: int, *, kind: str = "agent") -> bool:
        """Say whether a voice has left the task in a round."""
        plant = self._plant
        if not plant.drift_from or round < plant.drift_from:
            return False
        return share(plant.seed, "drifts", kind, number) < plant.drifters

    def exchanged(
        self, number: int, round: int, *, kind: str = "agent", is_anchored: bool = False
    ) -> float:
        """Return the share of words that a voice exchanges for others in a round."""
        plant, rate = self._plant, self._plant.noise
        heeds = is_anchored and share(plant.seed, "heeds", kind, number) < plant.heeds
        if self.is_drifting(number, round, kind=kind) and not heeds:
            rate += plant.drift_rate * (round - plant.drift_from + 1)
        return min(1.0, rate)

    def goal(self, heard: Heard) -> str:
        """Return a voice's restatement of the task."""
        return fit(self._drifted("goal", heard.board.task.split()[:20], heard), SHORT)

    def contribution(self, heard: Heard, findings: Mapping[str, str]) -> str:
        """Return a voice's contribution: words of the task, and something of its own."""
        about = ", ".join(f"{about} {says}" for about, says in findings.items())
        words = [*heard.board.task.split()[:24], "with", *about.split()]
        return fit(self._drifted("contribution", words, heard), CONTRIBUTION)

    def _drifted(self, what: str, words: Sequence[str], heard: Heard) -> str:
        (kind, number), round = heard.who, heard.header.round
        where = (self._plant.seed, what, kind, number, round)
        rate = self.exchanged(number, round, kind=kind, is_anchored=heard.is_anchored)
        drawn = shares(len(words), *where)
        return " ".join(
            pick(_ELSEWHERE, "instead", *where, place) if drawn[place] < rate else word
            for place, word in enumerate(words)
        )


def reasoning(believed: str, findings: Mapping[str, str], *, more: str = "") -> str:
    """Return how a voice says that it thinks."""
    because = " and ".join(f"the {about} is {says}" for about, says in findings.items())
    lead = f"I hold {believed[:SHORT]} to be right" if believed else "I see it like this"
    return fit(f"{lead}, because {because}. {more}".strip(), REASONING)


def fit(text: str, longest: int) -> str:
    """Cut a text at a word so that it is no longer than allowed."""
    if len(text) <= longest:
        return text
    return text[: longest + 1].rpartition(" ")[0][:longest] or text[:longest]
