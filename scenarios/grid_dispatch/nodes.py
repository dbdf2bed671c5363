"""Node agents: each knows its own cost curve and limits, and nothing of the others'.

As one cohort or as objects, bit for bit the same bids and votes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import Agent, Cohort, RuleAgent
from blackboard import NO_BALLOT, Post, PostBlock, View, Vote, VoteBlock

from .curves import Curve, Curves
from .rounds import vote_tolerance

type Floats = NDArray[np.float64]
type Mask = NDArray[np.bool_]

LIMIT_SLACK = 1e-7
"""A plan within this share of a limit (or MW) respects it."""
APPROVE, REJECT = 0, 1


@dataclass(frozen=True, eq=False, slots=True)
class Conduct:
    """Who departs from honest play: masks over the nodes with a choice."""

    silent: Mask
    byzantine: Mask
    bluffers: Mask
    liars: Mask

    @property
    def blind(self) -> Mask:
        """Who approves whatever is proposed, with regret 0."""
        return self.byzantine | self.bluffers


class NodeCohort(Cohort):
    """All nodes at once; those without a choice (`seats` leaves them out) only watch."""

    def __init__(
        self, model: Any, nodes: int, seats: NDArray[np.uint32], curves: Curves, conduct: Conduct
    ) -> None:
        super().__init__(model, nodes)
        self.seats, self.curves, self.conduct = seats, curves, conduct

    def state(self) -> None:
        """Return nothing: the world tells the nodes their curves, and the brief all else."""

    def offer(self, view: View) -> list[PostBlock]:
        """Offer a share of the demand at its marginal cost."""
        shares = np.where(self.conduct.bluffers, self.curves.high, view.brief["shares"])
        output, price = self.curves.offer(shares)
        blocks = [PostBlock("offer", {"output_mw": output, "price": price}, self.seats)]
        if view.brief["open_offers"]:
            floors = self.curves.prices[:, 0]
            blocks.append(
                PostBlock("open_offer", {"price": np.ascontiguousarray(floors)}, self.seats)
            )
        return blocks

    def bid(self, view: View) -> PostBlock | None:
        """Answer the target, or the opening price, with the best own output."""
        brief, conduct = view.brief, self.conduct
        if brief["target"] is None:
            x = self.curves.respond_to_price(brief["price"])
        else:
            x = self.curves.respond(brief["stiffness"], brief["target"])
        x = np.where(conduct.bluffers, self.curves.high, x)
        noise = self.curves.low + brief["noise"] * (self.curves.high - self.curves.low)
        x = np.where(conduct.byzantine, noise, x)
        speaks = ~brief["muted"]
        return PostBlock("bid", {"output_mw": x[speaks]}, self.seats[speaks])

    def vote(self, view: View) -> list[PostBlock | VoteBlock]:
        """Approve a plan that regrets little, and reveal a limit that it would break."""
        brief = view.brief
        z, price = brief["output"], brief["node_price"]
        slack = LIMIT_SLACK * np.maximum(1.0, np.abs(z))
        over, under = z > self.curves.high + slack, z < self.curves.low - slack
        regret = self.curves.regret(z, price)
        tolerance = vote_tolerance(
            z, price, brief["offer_price"], brief["stake_floor"], percent=brief["regret_percent"]
        )
        is_blind, speaks = self.conduct.blind, ~brief["muted"]
        fits = ~(over | under) & (regret <= tolerance)
        choices = np.where(is_blind | fits, APPROVE, REJECT).astype(np.uint8)
        choices[~speaks] = NO_BALLOT
        reasons = np.where(is_blind, 0.0, regret)
        votes = VoteBlock(choices, brief["plan"], self.seats, reasons=reasons)
        shown = (over | under) & speaks & ~is_blind
        if not shown.any():
            return [votes]
        limit = np.where(over, self.curves.high, self.curves.low)
        side = np.where(over, 1.0, -1.0)
        columns = {"side": side[shown], "limit_mw": limit[shown]}
        return [votes, PostBlock("limit", columns, self.seats[shown])]


class NodeAgent(RuleAgent):
    """One node with a choice: plain floats, the same decisions as its seat in the cohort."""

    def __init__(self, model: Any, seat: int, curve: Curve, conduct: Conduct) -> None:
        super().__init__(model)
        self.seat, self.curve = seat, curve
        self.is_bluffer = bool(conduct.bluffers[seat])
        self.is_byzantine = bool(conduct.byzantine[seat])

    def state(self) -> None:
        """Return nothing: the world tells a node its curve, and the brief all else."""

    def offer(self, view: View) -> Post | list[Post]:
        """Offer a share of the demand at its marginal cost."""
        brief, curve = view.brief, self.curve
        share = curve.high if self.is_bluffer else brief["shares"][self.seat]
        output, price = curve.offer(share)
        offer = Post("offer", {"output_mw": output, "price": price})
        if brief["open_offers"]:
            return [offer, Post("open_offer", {"price": curve.prices[0]})]
        return offer

    def bid(self, view: View) -> Post | None:
        """Answer the target, or the opening price, with the best own output."""
        brief, curve, seat = view.brief, self.curve, self.seat
        if brief["muted"][seat]:
            return None
        if self.is_byzantine:
            x = curve.low + brief["noise"][seat] * (curve.high - curve.low)
        elif self.is_bluffer:
            x = curve.high
        elif brief["target"] is None:
            x = curve.respond_to_price(brief["price"][seat])
        else:
            x = curve.respond(brief["stiffness"][seat], brief["target"][seat])
        return Post("bid", {"output_mw": x})

    def vote(self, view: View) -> Vote | list[Vote | Post] | None:
        """Approve a plan that regrets little, and reveal a limit that it would break."""
        brief, curve, seat = view.brief, self.curve, self.seat
        if brief["muted"][seat]:
            return None
        if self.is_byzantine or self.is_bluffer:
            return Vote("approve", brief["plan"], reason=0.0)
        z, price = brief["output"][seat], brief["node_price"][seat]
        slack = LIMIT_SLACK * max(1.0, abs(z))
        regret = curve.regret(z, price)
        is_over, is_under = z > curve.high + slack, z < curve.low - slack
        if is_over or is_under:
            side, limit = (1.0, curve.high) if is_over else (-1.0, curve.low)
            shown = Post("limit", {"side": side, "limit_mw": limit})
            return [Vote("reject", brief["plan"], reason=regret), shown]
        tolerance = vote_tolerance(
            z,
            price,
            brief["offer_price"][seat],
            brief["stake_floor"][seat],
            percent=brief["regret_percent"],
        )
        choice = "approve" if regret <= tolerance else "reject"
        return Vote(choice, brief["plan"], reason=regret)


class Observer(Agent):
    """A node without a choice: it has no vote, and may raise a safety objection."""

    def act(self, view: View) -> None:
        """Watch."""


def as_lists(brief: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a brief's arrays into lists, which plain-Python agents index three times faster."""
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in brief.items()}


def node_agents(
    model: Any, nodes: int, seats: Sequence[int], curves: Curves, conduct: Conduct
) -> list[Agent]:
    """Return one agent a node, in bus order."""
    seat_of = {index: seat for seat, index in enumerate(seats)}
    return [
        NodeAgent(model, seat_of[node], curves.curve(seat_of[node]), conduct)
        if node in seat_of
        else Observer(model)
        for node in range(nodes)
    ]
