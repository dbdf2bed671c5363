"""The single agent: told all costs, it solves the central problem and decides alone."""

from typing import TYPE_CHECKING, Any

import numpy as np

from agents import RuleAgent, Stage, Stages
from blackboard import Post, Proposal, View, Vote

from .opf import solve_dc_opf

if TYPE_CHECKING:
    from .scenario import GridDispatch


class Dispatcher(RuleAgent):
    """Plans with every cost in hand: the structure `solo`."""

    def __init__(self, model: Any, scenario: "GridDispatch") -> None:
        super().__init__(model)
        self._scenario = scenario

    def state(self) -> None:
        """Return nothing: all that the dispatcher knows is the world's."""

    def plan(self, view: View) -> Post:
        """Post the central optimum of the interval."""
        market = self._scenario.market
        optimum = solve_dc_opf(market.node_case(), market.network)
        output = optimum.unit_mw[: len(market.curves)]
        return Post("plan", {"output_mw": output, "node_price": optimum.bus_price})

    def vote(self, view: View) -> Vote:
        """Approve the own plan."""
        return Vote("approve")

    def stages(self, board: View) -> Stages:
        """Plan and decide one interval."""
        yield Stage("plan", ("dispatcher",))
        entry = board.last("plan")
        if entry is None:
            raise RuntimeError("the dispatcher posted no plan")
        proposal = Proposal(electorate=[self.index], id=entry.id)
        yield Stage("vote", ("dispatcher",), (proposal,), votes=True)
        scenario = self._scenario
        output = np.asarray(entry.payload["output_mw"])
        scenario.settle_alone(output, np.asarray(entry.payload["node_price"]), board.decisions[-1])
