"""One round of the swarm: offer, bid, plan and check alternating, vote behind a gate."""

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import Randomness, Stage
from blackboard import ClosedStage, Decided, Gate, OpenProposal, Proposal, Rows, View

from .negotiation import Certificate, Negotiation, read_plan
from .nodes import Conduct, as_lists
from .options import GridOptions
from .recall import made_of, values_of

type Floats = NDArray[np.float64]
type Round[Outcome] = Generator[Stage, ClosedStage, Outcome]

MOST_PAIRS = 60
"""How often planning and checking alternate within a round."""
SILENT_FROM = 3
_PLAIN = ("planner", "standing", "pairs", "votes", "approval_percent", "regret")


class Deliberation:
    """Leads a negotiation's rounds, and folds what the board says of each."""

    def __init__(
        self,
        negotiation: Negotiation,
        options: GridOptions,
        conduct: Conduct,
        random: Randomness,
    ) -> None:
        self.negotiation, self.options, self.conduct = negotiation, options, conduct
        self.seats = negotiation.market.curves.nodes.astype(np.uint32)
        self.planner = 0
        """Whose turn it is to plan; the earlier ones have failed."""
        self.standing = 0
        """Objections against the plan on the table."""
        self.pairs = 0
        """How often this round has planned and checked."""
        self.certificate: Certificate | None = None
        self.votes: Floats = np.full(len(self.seats), -1.0)
        """1 approve, 0 reject, -1 no ballot, per node with a choice."""
        self.approval_percent = 0.0
        self.regret = 0.0
        """$/h: the sum of the regrets posted with the last votes."""
        self._random = random
        market = negotiation.market
        self._first_critic = len(market.case.bus_ids) + options.planners

    def round(self, board: View) -> Round[Decided | None]:
        """Yield a round's stages and return its decision; None when no plan meets all objections.

        Raises:
            RuntimeError: every planner has failed.
        """
        negotiation = self.negotiation
        if negotiation.opening is None:
            yield from self._offer(board)
        yield self._bid(board)
        broken = negotiation.take_bids(_here(board, "bid"), self.seats)
        removed = self.seats[broken] if self.options.quarantine else self.seats[:0]
        plan_id = yield from self._plan_and_check(board, removed)
        if plan_id is None:
            return None
        closed = yield self._vote(board, plan_id)
        return self._take_vote(board, closed)

    def step(self, board: View) -> None:
        """Go on to the next round: limits revealed in the vote, prices, stiffness."""
        low = np.full(len(self.seats), -np.inf)
        high = np.full(len(self.seats), np.inf)
        if (limits := _here(board, "limit")) is not None:
            at = np.searchsorted(self.seats, limits.agents)
            values, is_upper = limits.columns["limit_mw"], limits.columns["side"] > 0
            high[at[is_upper]], low[at[~is_upper]] = values[is_upper], values[~is_upper]
        self.negotiation.take_limits(low, high)
        self.negotiation.end_round()

    def state(self) -> dict[str, Any]:
        """Return whose turn it is, and what the last round came to."""
        certificate = values_of(self.certificate)
        return {name: getattr(self, name) for name in _PLAIN} | {"certificate": certificate}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state; the negotiation is restored by itself."""
        for name in _PLAIN:
            setattr(self, name, state[name])
        self.certificate = made_of(Certificate, state["certificate"])

    def _offer(self, board: View) -> Round[None]:
        shares = self.negotiation.shares
        yield self._ask("offer", shares=shares, open_offers=self.options.open_offers)
        offers = _here(board, "offer")
        if offers is None or len(offers.agents) != len(self.seats):
            raise RuntimeError("a node with a choice made no opening offer")
        self.negotiation.take_offers(offers, _here(board, "open_offer"))

    def _bid(self, board: View) -> Stage:
        negotiation = self.negotiation
        noise = np.zeros(len(self.seats))
        if self.conduct.byzantine.any():
            noise = self._random.everyone("byzantine bid", round=board.round).random(len(noise))
        return self._ask(
            "bid",
            target=negotiation.target,
            price=negotiation.price,
            stiffness=negotiation.stiffness,
            noise=noise,
            muted=self._muted(board),
        )

    def _plan_and_check(self, board: View, removed: NDArray[np.uint32]) -> Round[str | None]:
        """Alternate until no objection is left; return the last plan's id, None at an impasse."""
        negotiation = self.negotiation
        gone = {"quarantined": removed} if removed.size else {}
        plan_id = ""
        for pair in range(1, MOST_PAIRS + 1):
            self.pairs = pair
            brief = {"planner": self.planner, "negotiation": negotiation}
            yield Stage("plan", ("planner",), brief=brief, removed=gone)
            gone = {}
            entry = board.last("plan")
            if entry is None or not _is_here(board, entry.id):
                if _is_posted(board, "impasse"):
                    return None
                self._next_planner()
                continue
            plan_id, moved = entry.id, bool(entry.payload["moved"])
            negotiation.take_plan(read_plan(entry.payload), moved=moved)
            yield self._check(moved)
            if _is_posted(board, "fault"):
                self._next_planner()
                continue
            objections = _here(board, "objection")
            self.standing = 0 if objections is None else len(objections.agents)
            if objections is None:
                return plan_id
            negotiation.take_objections(objections.agents.astype(np.int64) - self._first_critic)
        return plan_id

    def _check(self, moved: bool) -> Stage:
        negotiation = self.negotiation
        lines = negotiation.market.case.lines
        standing = np.zeros(len(lines), bool)
        standing[negotiation.cut_lines] = True
        brief = {
            "flow": negotiation.market.flows(negotiation.on_table.output),
            "lines": lines,
            "standing": standing,
            "planner": self.planner,
            "negotiation": negotiation,
            "moved": moved,
        }
        return Stage("check", ("critic", "planner"), brief=brief)

    def _next_planner(self) -> None:
        """Fail over to the next planner."""
        self.planner += 1
        if self.planner >= self.options.planners:
            raise RuntimeError(
                f"all {self.options.planners} planners failed; run again with more planners="
            )

    def _vote(self, board: View, plan_id: str) -> Stage:
        negotiation = self.negotiation
        plan = negotiation.on_table
        self.certificate = negotiation.certify()
        moved = float(np.abs(plan.output).sum())
        proposal = Proposal(
            electorate=self.seats, weights=self._weights(), id=plan_id, impact=moved
        )
        return self._ask(
            "vote",
            (proposal,),
            gate=self._gate(board),
            plan=plan_id,
            output=plan.output,
            node_price=plan.node_price,
            offer_price=negotiation.offer_price,
            stake_floor=0.001 * abs(plan.energy_price) * negotiation.capacity,
            regret_percent=self.options.regret_percent,
            muted=self._muted(board),
        )

    def _ask(
        self,
        name: str,
        proposals: tuple[Proposal, ...] = (),
        gate: Gate | None = None,
        **brief: Any,
    ) -> Stage:
        """Return a stage of the nodes; plain-Python agents are briefed in plain lists."""
        if self.options.population == "objects":
            brief = as_lists(brief)
        return Stage(name, ("node",), proposals, votes=bool(proposals), brief=brief, gate=gate)

    def _muted(self, board: View) -> NDArray[np.bool_]:
        """Return which nodes with a choice do not speak: fallen silent, or quarantined."""
        is_silent = self.conduct.silent & (board.round >= SILENT_FROM)
        return is_silent | self.negotiation.quarantined

    def _weights(self) -> NDArray[np.int64] | None:
        """Return None for one vote a node, or integer kW of nameplate."""
        if self.options.weight == "node":
            return None
        curves = self.negotiation.market.curves
        size = np.maximum(np.abs(curves.outputs[:, 0]), np.abs(curves.outputs[:, -1]))
        return np.maximum(np.rint(1000 * size), 1).astype(np.int64)

    def _gate(self, board: View) -> Gate:
        """Return what has to hold besides the vote: no objection, no broken limit, certified."""
        certificate, limit = self.certificate, self.options.certificate_percent
        standing = self.standing

        def gate(_: OpenProposal) -> str | None:
            if standing:
                return f"{standing} line objections stand"
            if _is_posted(board, "safety"):
                return "a safety objection stands"
            if _here(board, "limit") is not None:
                return "the plan breaks a node's own limit"
            return None if limit is None else _uncertified(certificate, limit)

        return gate

    def _take_vote(self, board: View, closed: ClosedStage) -> Decided:
        decided = board.decisions[-1]
        self.approval_percent = 100 * decided.weights["approve"] / decided.eligible
        self.votes = np.full(len(self.seats), -1.0)
        self.regret = 0.0
        for ballots in closed.ballots:
            cast = np.frombuffer(ballots.choices, np.uint8)
            self.votes = np.where(cast <= 1, 1.0 - cast, self.votes)
            self.regret += float(np.nansum(np.frombuffer(ballots.numbers, "<f8")))
        return decided


def _uncertified(certificate: Certificate | None, limit: float) -> str | None:
    """Name what is wrong with a certificate, or None where it is good enough."""
    if certificate is None or certificate.is_void:
        return "certificate void: a node broke the supply law"
    if certificate.percent is None:
        return f"certificate without any revealed cost, needed {limit:g} %"
    if certificate.percent > limit:
        return f"certificate {certificate.percent:.3g} %, needed {limit:g} %"
    return None


def _here(board: View, kind: str) -> Rows | None:
    """Return the rows of a kind that were posted in the stage that has just closed."""
    rows = board.rows(kind)
    is_here = rows is not None and (rows.round, rows.stage) == (board.round, board.stage)
    return rows if is_here else None


def _is_here(board: View, entry: str) -> bool:
    return entry.startswith(f"{board.round}.{board.stage}.")


def _is_posted(board: View, kind: str) -> bool:
    """Say whether an entry of a kind was posted in the stage that has just closed."""
    entry = board.last(kind)
    return entry is not None and _is_here(board, entry.id)
