"""The views of a run, moment by moment: what each of them needs, as plain values."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..canvas import BarsView, CanvasView, CurveView, FieldView, FlowsView, title_of, unit_of
from ..canvas.static_page import plain_state
from ..feed import PastRun
from ..moment import Moment, RunFacts
from ..pages.figures import Figure
from ..pages.judging import key_figures, outcomes_of
from .charts import Charts

FLOWS = 12
"""Voting rounds whose flows are drawn."""
MOVING = {
    "field": ("legend", "votes", "values", "strains", "tally", "label", "notice"),
    "curve": ("axes", "needed", "label", "notice"),
    "bars": (
        *("height_px", "unit", "names", "values", "thresholds", "threshold_word"),
        *("label", "notice"),
    ),
    "flows": ("items", "numbers", "unit", "flows", "seats_per_step", "label", "notice"),
}
"""What a moment changes, by view."""


class Scenes:
    """Draws the moments of a run one after another and keeps what was sent to the browser.

    Args:
        run: All of whose log has been read.
        digest: Of the run, for its key figures; None where it has not ended.
    """

    def __init__(self, run: PastRun, digest: str | None) -> None:
        self._run, self._digest = run, digest
        self.facts: RunFacts = run.facts
        self.views: dict[str, CanvasView] = {
            "field": FieldView(height_px=470),
            "curve": CurveView(height_px=230),
            "bars": BarsView(height_px=150),
            "flows": FlowsView(height_px=250),
        }
        last = run.moment(2**62)
        self.charts = Charts(run)
        self.views |= self.charts.views
        self.modes = self._modes(last)
        self._load_curve(last)
        self._field.show(self.facts, last, mode=self.modes[0])

    @property
    def _field(self) -> FieldView:
        view = self.views["field"]
        assert isinstance(view, FieldView)
        return view

    def still(self) -> dict[str, dict[str, Any]]:
        """Return what does not change, by view, with one moment's values for all else."""
        return {name: plain_state(view) for name, view in self.views.items()}

    def numbers(self) -> NDArray[np.int64]:
        """Return the rounds or instants there are."""
        return self._run.numbers

    def scene(self, number: int) -> dict[str, Any]:
        """Return all that a moment changes."""
        facts, moment = self.facts, self._run.moment(number)
        fields: dict[str, Any] = {}
        for mode in self.modes:
            self._field.show(facts, moment, mode=mode)
            fields[mode] = plain_state(self._field, MOVING["field"])
        for name in ("curve", "bars"):
            self.views[name].show(facts, moment)
        flows = self.views["flows"]
        assert isinstance(flows, FlowsView)
        flows.load(facts, self._run.moments_to(moment.number, FLOWS))
        others = {
            name: plain_state(self.views[name], MOVING[name]) for name in MOVING if name != "field"
        }
        return {
            "number": moment.number,
            "now_s": moment.now_s,
            "field": fields,
            **others,
            **self.charts.scene(moment),
            "flows_text": flows.text,
            "figures": [list(figure) for figure in self.figures(moment)],
            "series": [_known(value) for value in moment.series.values()],
            "series_names": list(moment.series),
            "counts": dict(moment.counts),
        }

    def called(self) -> dict[str, tuple[str, str]]:
        """Return title and unit of the numbers; an empty title for one that is not shown."""
        scene = self.facts.scene
        units, titles = (scene.series, scene.titles) if scene else ({}, {})
        names = dict.fromkeys((*units, *self._run.moment(2**62).series))
        return {
            name: ("", "")
            if titles.get(name) == ""
            else (title_of(name, titles, units), unit_of(name, units))
            for name in names
        }

    def figures(self, moment: Moment) -> list[Figure]:
        """Return the key figures of a moment."""
        return key_figures(self.facts, moment, moment.status, self._digest)

    def _modes(self, last: Moment) -> tuple[str, ...]:
        """Return what agents are coloured by: all that says more than the vote does."""
        modes = ["vote"]
        vote = last.vote
        if vote is not None and vote.confidence.size:
            modes.append("confidence")
        if vote is not None and set(vote.options) != {"approve", "reject"}:
            modes.append("faction")
        own = [name for name in self._field.modes(self.facts) if name in last.frame]
        return (*modes, *(name for name in own if name not in modes))

    def _load_curve(self, last: Moment) -> None:
        curve, view = self._run.curve(), self.views["curve"]
        assert isinstance(view, CurveView)
        view.load(
            self.facts,
            last,
            numbers=curve.number,
            approval_percent=curve.approval_percent,
            cast_percent=curve.cast_percent,
            entropy_bits=curve.entropy_bits,
            outcomes=outcomes_of(self._run.moments_since(-1)),
            now_s=curve.now_s,
            made=(curve.decisions, curve.accepted),
        )


def _known(value: float) -> float | None:
    """Return a number with six digits; None where it is none, as JSON has no NaN."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
