"""Planners, who know physics and no cost, and critics, who own the lines."""

from typing import Any

import numpy as np

from agents import Cohort, RuleAgent
from blackboard import Post, PostBlock, View

from .market import Market
from .negotiation import Negotiation, plan_payload, read_plan
from .rounds import worst_overloads

RESIDUAL = 1e-4
"""The largest residual (MW, or share of price and balance) that another planner lets pass: far
above the solver's rounding (2e-6 was seen after 60 rounds of random bids), far below any harm."""


class Planner(RuleAgent):
    """Posts the nearest plan that meets every objection; the others check it and stand by."""

    def __init__(self, model: Any, number: int) -> None:
        super().__init__(model)
        self.number = number

    def state(self) -> None:
        """Return nothing: all that a planner knows is in the brief."""

    def plan(self, view: View) -> Post | None:
        """Plan, if it is this planner's turn."""
        if view.brief["planner"] != self.number:
            return None
        negotiation: Negotiation = view.brief["negotiation"]
        plan, moved = negotiation.propose(negotiation.table or negotiation.plan)
        if plan is None:
            return Post("impasse", {"reason": "the standing objections contradict each other"})
        return Post("plan", plan_payload(plan, moved))

    def check(self, view: View) -> Post | None:
        """Check the residuals of another planner's plan."""
        if view.brief["planner"] == self.number or view.brief["moved"]:
            return None
        negotiation: Negotiation = view.brief["negotiation"]
        entry = view.last("plan")
        if entry is None:
            return None
        found = negotiation.projection().residuals(read_plan(entry.payload), negotiation.wish())
        if found.within(RESIDUAL):
            return None
        return Post("fault", {"plan": entry.id}, reasons=(f"residuals {found}",))


class Critics(Cohort):
    """One critic a line: it checks the flow against the rating and objects to an overload."""

    def __init__(self, model: Any, market: Market) -> None:
        super().__init__(model, len(market.case.lines))

    def check(self, view: View) -> PostBlock | None:
        """Object to the worst overloads that no objection stands against yet."""
        flow, lines = view.brief["flow"], view.brief["lines"]
        worst = worst_overloads(flow, lines.low_mw, lines.high_mw, view.brief["standing"])
        worst = np.sort(worst)
        if not worst.size:
            return None
        over = flow[worst] > lines.high_mw[worst]
        limit = np.where(over, lines.high_mw[worst], lines.low_mw[worst])
        columns = {"flow_mw": flow[worst], "limit_mw": limit}
        return PostBlock("objection", columns, self.indices[worst])
