"""Named bars: a tally, reasons, queues."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import traitlets

from ..moment import Moment, RunFacts
from .colouring import item_of_option
from .joining import joined
from .view import CanvasView, Table
from .words import choice_name, empty_words, sealed_words, vote_words

MOST_BARS = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar."""

    name: str
    value: float
    threshold: float | None = None
    """Where a mark stands that says what is needed, or allowed."""
    colour: str = "approve"
    """A name in the palette."""
    shape: str = "disc"


class BarsView(CanvasView):
    """Bars with their values, units and thresholds; the smallest share one where there are many.

    The view grows with the number of bars.
    """

    _esm = joined("stack.js")

    unit = traitlets.Unicode("").tag(sync=True)
    names: Any = traitlets.List().tag(sync=True)
    """Name, colour and shape of each bar."""
    values = traitlets.Bytes(b"").tag(sync=True)
    """float32, one per bar."""
    thresholds = traitlets.Bytes(b"").tag(sync=True)
    """float32, NaN where there is none."""
    threshold_word = traitlets.Unicode("needed").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**{"height_px": 90, **traits})
        self._bars: tuple[Bar, ...] = ()

    def show(self, facts: RunFacts, moment: Moment) -> None:
        """Draw how the vote stands: each option, abstentions, and who has not voted."""
        vote = moment.vote
        if vote is None:
            self.draw((), unit="votes", label="No vote yet.", notice=empty_words(moment))
            return
        if vote.is_sealed:
            missing = max(0, vote.agents.size - vote.cast)
            sealed = [Bar("voted, sealed", vote.cast, colour="second", shape="square")]
            bars = [*sealed, Bar("not yet", missing, colour="none", shape="dot")]
            said = sealed_words(vote)
            self.draw(bars, unit="seats", label=f"Tally: {said}.")
            return
        needed = None
        if vote.threshold_percent is not None:
            needed = float(-(-vote.threshold_percent * vote.eligible // 100))
        bars = []
        for index, option in enumerate(vote.options):
            _, colour, shape = item_of_option(vote, index)
            threshold = None if option == "reject" else needed
            bars.append(Bar(option, float(vote.weights.get(option, 0)), threshold, colour, shape))
        abstain, none = choice_name(vote, 254), choice_name(vote, 255)
        rest = vote.eligible - sum(vote.weights.values()) - vote.abstained
        bars.append(Bar(abstain, float(vote.abstained), None, "abstain", "ring"))
        bars.append(Bar(none, float(max(0, rest)), None, "none", "dot"))
        self.draw(bars, unit="votes", label=f"Tally: {vote_words(vote)}.")

    def draw(
        self,
        bars: Sequence[Bar],
        *,
        unit: str,
        label: str,
        notice: str = "",
        threshold_word: str = "needed",
    ) -> None:
        """Draw any bars.

        Args:
            bars: from the top.
            unit: of all values.
            label: the numbers in words.
            notice: what to say where there are no bars.
            threshold_word: what a threshold is: needed, allowed.
        """
        self._bars = tuple(bars)
        shown = _fewer(self._bars)
        height_px = max(self.height_px, 26 + 30 * len(shown))
        marks = [np.nan if bar.threshold is None else bar.threshold for bar in shown]
        self._publish(
            height_px=height_px,
            unit=unit,
            names=[[bar.name, bar.colour, bar.shape] for bar in shown],
            values=np.array([bar.value for bar in shown], "<f4").tobytes(),
            thresholds=np.array(marks, "<f4").tobytes(),
            threshold_word=threshold_word,
            label=label[:300],
            notice=notice or ("" if shown else "There is nothing to count yet."),
        )

    def table(self) -> Table:
        """Return a row for each bar, also for those that share one on the canvas."""
        unit = f" ({self.unit})" if self.unit else ""
        rows = tuple((bar.name, bar.value, bar.threshold) for bar in self._bars)
        return Table(("name", f"value{unit}", f"threshold{unit}"), rows)


def _fewer(bars: tuple[Bar, ...]) -> tuple[Bar, ...]:
    """Keep the largest, in their order, and put the others into one."""
    if len(bars) <= MOST_BARS:
        return bars
    kept = set(sorted(range(len(bars)), key=lambda i: -bars[i].value)[: MOST_BARS - 1])
    rest = [bar for i, bar in enumerate(bars) if i not in kept]
    others = Bar(f"{len(rest):,} others", sum(bar.value for bar in rest), None, "faint", "plus")
    return (*(bars[i] for i in sorted(kept)), others)
