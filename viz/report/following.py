"""The consensus views of a run that grows in this very process: for pages of other makers."""

from pathlib import Path
from typing import Any

import ipywidgets

from ..canvas import BarsView, CurveView, FieldView
from ..feed import PastRun


class FollowedConsensus:
    """The agents, the approval and the tally of a run, as of the last `look`.

    Args:
        run: A directory with an event log, which may grow.
        height_px: Of the agents.
    """

    def __init__(self, run: Path, *, height_px: int = 360) -> None:
        self._past = PastRun(run)
        self._field = FieldView(height_px=height_px)
        self._curve = CurveView(height_px=200)
        self._bars = BarsView(height_px=150)
        self._told = -1
        self.widget: Any = ipywidgets.VBox([self._field, self._curve, self._bars])
        """What to show."""

    def look(self) -> int:
        """Draw what the log has got since, and return the round that is shown; 0 for none."""
        self._past.catch_up()
        facts = self._past.facts
        for moment in self._past.moments_since(self._told):
            self._curve.show(facts, moment)
            self._told = moment.number
        latest = self._past.latest
        if latest is None:
            return 0
        self._field.show(facts, latest)
        self._bars.show(facts, latest)
        for view, title in (
            (self._field, "Agents"),
            (self._curve, "Approval"),
            (self._bars, "Tally"),
        ):
            view.call(run=self._past.path.name, title=title, facts=facts, moment=latest)
        return latest.number

    def close(self) -> None:
        """Let go of the run."""
        self._past.close()
