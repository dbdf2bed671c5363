"""Views of the board that later stages do not change: what a reader held on to has shown."""

import copy
from collections import deque
from collections.abc import Mapping
from typing import Any

from .open_proposal import OpenProposal
from .replica import Replica
from .view import View


def keep_view(view: View) -> View:
    """Return the same view, as of now for good.

    Records never change, so that only what holds them is copied: its cost grows with the open
    proposals, claims and fields, not with the columns on the board.
    """
    return View(_copy(view._replica), stage_name=view.stage_name, brief=view.brief, due=view.due)


def view_state(view: View) -> dict[str, Any]:
    """Return a view as plain values, so far as its brief is plain."""
    board = view._replica.state()
    terms = {"stage_name": view.stage_name, "brief": dict(view.brief), "due": tuple(view.due)}
    return {**terms, "board": board}


def restore_view(state: Mapping[str, Any]) -> View:
    """Return the view that `view_state` was given."""
    replica = Replica()
    replica.restore(state["board"])
    terms = {name: state[name] for name in ("stage_name", "brief", "due")}
    return View(replica, **terms)


def _copy(replica: Replica) -> Replica:
    kept = copy.copy(replica)
    for name, value in vars(replica).items():
        if isinstance(value, dict | list | deque):
            setattr(kept, name, value.copy())
    kept.open = {name: _copy_proposal(proposal) for name, proposal in replica.open.items()}
    kept._rounds.clear()
    kept._rounds.extend((round, records.copy()) for round, records in replica._rounds)
    kept._folds = {}  # bound to the other replica; nothing is folded into the past
    return kept


def _copy_proposal(proposal: OpenProposal) -> OpenProposal:
    kept = copy.copy(proposal)
    if kept.panel:
        kept.panel = copy.copy(kept.panel)
        kept.panel.members, kept.panel.roles = [*kept.panel.members], [*kept.panel.roles]
    kept.box = copy.copy(proposal.box)  # a box replaces its arrays, it never writes into them
    return kept
