"""Grid dispatch: node agents negotiate an optimal dispatch and vote on it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents import Agent, Population, Stage, Stages
from blackboard import BadInput, ClosedStage, Decided, Gate, OpenProposal, Proposal, View

from ..base import Scenario, Scene, Setup, Yardstick
from .case import Case
from .day import Day
from .disturbance import conduct_of, trip_round, tripped
from .dispatcher import Dispatcher
from .market import Market
from .negotiation import Certificate, Negotiation, read_plan
from .nodes import NodeAgent, NodeCohort, as_lists, node_agents
from .options import GridOptions
from .planners import Critics, Planner
from .results import Results
from .scene import frame_of, scene_of
from .sources import load_case

type Floats = NDArray[np.float64]

DEFAULT_CASE = "ieee118"
MOST_PAIRS = 60
"""How often planning and checking alternate within a round."""
SILENT_FROM = 3


class GridDispatch(Scenario):
    """Nodes bid, planners project, critics object, nodes vote; see docs/grid_dispatch.md."""

    name = "grid-dispatch"
    summary = "node agents of a power grid negotiate an optimal dispatch and vote on it"
    Options = GridOptions
    kinds = {
        "offer": ("output_mw", "price"),
        "open_offer": ("price",),
        "bid": ("output_mw",),
        "objection": ("flow_mw", "limit_mw"),
        "limit": ("side", "limit_mw"),
    }
    default_rounds = 80
    impact_unit = "MW"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        options: GridOptions = self.options
        self.case = _case(options, setup.seed)
        self.day = Day(self.case, options)
        self.interval = 0
        self.market = self.day.market(0, None)
        self.nodes = len(self.case.bus_ids)
        self.seats = self.market.curves.nodes.astype(np.uint32)
        if not self.seats.size:
            raise BadInput(f"case {self.case.name}: no unit in service can change its output")
        self.conduct = conduct_of(options, len(self.seats), self.random)
        self.negotiation = Negotiation(self.market, options)
        self.results = Results()
        self.results.open_interval(self.market, self.interval)
        self.trip = trip_round(options)
        self.certificate: Certificate | None = None
        self.planner = 0
        self.is_impasse = False

    @classmethod
    def resolve(cls, options: GridOptions, asked: int | None) -> tuple[GridOptions, int]:
        """Return the options with their case named, and its number of nodes."""
        if options.case is None:
            named = DEFAULT_CASE if asked is None else f"synthetic:{asked}"
            options = options.model_copy(update={"case": named})
        nodes = len(_case(options, 0).bus_ids)
        if asked is not None and asked != nodes:
            raise BadInput(
                f"--agents {asked} with case={options.case}, which has {nodes} nodes: leave one "
                f"of them away, or take case=synthetic:{asked}"
            )
        return options, nodes

    def round_limit(self) -> int:
        """Return the rounds that all intervals together may take."""
        return int(self.options.interval_rounds * self.options.intervals)

    def populate(self, model: Any) -> Sequence[Population]:
        """Create nodes, planners and critics; alone, one dispatcher who is told all costs."""
        if self.setup.structure == "solo":
            self.dispatcher = Dispatcher(model, self)
            return [Population("dispatcher", [self.dispatcher])]
        curves = self.conduct_curves(self.market)
        names = [f"bus {bus}" for bus in self.case.bus_ids.tolist()]
        self.cohort: NodeCohort | None = None
        members: NodeCohort | list[Agent]
        if self.options.population == "cohort":
            members = self.cohort = NodeCohort(
                model, self.nodes, self.seats, curves, self.conduct
            )
        else:
            members = self.objects = node_agents(
                model, self.nodes, self.seats.tolist(), curves, self.conduct
            )
        planners = [Planner(model, number) for number in range(self.options.planners)]
        return [
            Population("node", members, names=names, votes=False),
            Population("planner", planners, votes=False),
            Population("critic", Critics(model, self.market), votes=False),
        ]

    def stages(self, board: View) -> Stages:
        """Negotiate for one round; alone, dispatch one interval."""
        if self.setup.structure == "solo":
            yield from self.dispatcher.stages(board)
            return
        if self.trip and board.round == self.trip:
            self._trip()
        negotiation = self.negotiation
        if negotiation.opening is None:
            yield self._nodes_act("offer", shares=negotiation.shares, open_offers=self.options.open_offers)
            offers = board.rows("offer")
            if offers is None or len(offers.agents) != len(self.seats):
                raise RuntimeError("a node with a choice made no opening offer")
            negotiation.take_offers(offers, board.rows("open_offer"))
        yield self._bid(board)
        broken = negotiation.take_bids(_of_this_stage(board, "bid"), self.seats)
        removed = self.seats[broken] if self.options.quarantine else self.seats[:0]
        plan_id = yield from self._plan_and_check(board, removed)
        if plan_id is None:
            self.is_impasse = True
            return
        closed = yield self._vote(board, plan_id)
        self._take_vote(board, closed)

    def is_done(self) -> bool:
        """Say whether every interval is settled, or the objections contradict each other."""
        return self.is_impasse or self.interval >= self.options.intervals

    def row(self) -> Mapping[str, float | int | str | None]:
        """Return the round's prices, certificate and objections."""
        return self.results.row

    def metrics(self) -> Mapping[str, float | int | None]:
        """Return what the negotiation cost and how good its plan is."""
        return self.results.metrics()

    def yardstick(self) -> Yardstick:
        """Hold the accepted plans against the central DC optimum."""
        return self.results.yardstick(self._assumes())

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return units, buses and lines per interval, in the case's ids, MW and $/h."""
        return self.results.tables()

    def voters_with_choice(self) -> int | None:
        """Return how many nodes have a choice: all of the electorate."""
        return 1 if self.setup.structure == "solo" else len(self.seats)

    def scene(self) -> Scene | None:
        """Return the network as it is drawn."""
        return None if self.setup.structure == "solo" else scene_of(self.case)

    def frame(self) -> Mapping[str, Any]:
        """Return prices, outputs, votes and loadings as of this round."""
        return {} if self.setup.structure == "solo" else frame_of(self)

    def conduct_curves(self, market: Market) -> Any:
        """Return the curves that the nodes declare: a liar's are 1.5 times its cost."""
        if not self.conduct.liars.any():
            return market.curves
        return market.curves.scaled(np.where(self.conduct.liars, 1.5, 1.0))

    def _nodes_act(self, name: str, **brief: Any) -> Stage:
        """Return a stage of the nodes; plain-Python agents are briefed in plain lists."""
        is_cohort = self.options.population == "cohort"
        return Stage(name, ("node",), brief=brief if is_cohort else as_lists(brief))

    def _bid(self, board: View) -> Stage:
        negotiation = self.negotiation
        noise = np.zeros(len(self.seats))
        if self.conduct.byzantine.any():
            noise = self.random.everyone("byzantine bid", round=board.round).random(len(noise))
        return self._nodes_act(
            "bid",
            target=negotiation.target,
            price=negotiation.price,
            stiffness=negotiation.stiffness,
            noise=noise,
            muted=self._muted(board),
        )

    def _muted(self, board: View) -> NDArray[np.bool_]:
        """Return which nodes with a choice do not speak: fallen silent, or quarantined."""
        is_silent = self.conduct.silent & (board.round >= SILENT_FROM)
        return is_silent | self.negotiation.quarantined

    def _plan_and_check(self, board: View, removed: NDArray[np.uint32]) -> Any:
        """Alternate planning and checking until no objection is left; return the plan's id."""
        negotiation = self.negotiation
        gone = {"quarantined": removed} if removed.size else {}
        for pair in range(1, MOST_PAIRS + 1):
            brief = {"planner": self.planner, "negotiation": negotiation}
            yield Stage("plan", ("planner",), brief=brief, removed=gone)
            gone = {}
            entry = board.last("plan")
            if entry is None or not entry.id.startswith(f"{board.round}.{board.stage}."):
                if board.last("impasse") is not None:
                    return None
                self._next_planner()
                continue
            moved = bool(entry.payload["moved"])
            negotiation.take_plan(read_plan(entry.payload), moved=moved)
            yield self._check(moved)
            self.results.pairs = pair
            if _entries_here(board, "fault"):
                self._next_planner()
                continue
            objections = _of_this_stage(board, "objection")
            self.standing = 0 if objections is None else len(objections.agents)
            if objections is None:
                return entry.id
            first = self.nodes + self.options.planners
            negotiation.take_objections(objections.agents.astype(np.int64) - first)
        return entry.id

    def _check(self, moved: bool) -> Stage:
        flow = self.negotiation.market.flows(self.negotiation.on_table.output)
        standing = np.zeros(len(flow), bool)
        standing[self.negotiation.cut_lines] = True
        brief = {
            "flow": flow,
            "lines": self.case.lines,
            "standing": standing,
            "planner": self.planner,
            "negotiation": self.negotiation,
            "moved": moved,
        }
        return Stage("check", ("critic", "planner"), brief=brief)

    def _next_planner(self) -> None:
        """Fail over to the next planner; the last one's turn ends the run."""
        self.planner += 1
        self.results.failovers += 1
        if self.planner >= self.options.planners:
            raise RuntimeError(
                f"all {self.options.planners} planners failed; run again with more planners="
            )

    def _vote(self, board: View, plan_id: str) -> Stage:
        negotiation = self.negotiation
        plan = negotiation.on_table
        self.certificate = negotiation.certify()
        impact = float(np.abs(plan.output).sum())
        proposal = Proposal(
            electorate=self.seats, weights=self._weights(), id=plan_id, impact=impact
        )
        brief = {
            "plan": plan_id,
            "output": plan.output,
            "node_price": plan.node_price,
            "offer_price": negotiation.offer_price,
            "stake_floor": 0.001 * abs(plan.energy_price) * negotiation.capacity,
            "regret_percent": self.options.regret_percent,
            "muted": self._muted(board),
        }
        is_cohort = self.options.population == "cohort"
        return Stage(
            "vote",
            ("node",),
            (proposal,),
            votes=True,
            brief=brief if is_cohort else as_lists(brief),
            gate=self._gate(board),
        )

    def _weights(self) -> NDArray[np.int64] | None:
        """Return one vote a node, or integer kW of published capacity."""
        if self.options.weight == "node":
            return None
        curves = self.market.curves
        size = np.maximum(np.abs(curves.low), np.abs(curves.high))
        return np.maximum(np.rint(1000 * size), 1).astype(np.int64)

    def _gate(self, board: View) -> Gate:
        """Return what has to hold besides the vote: no objection, no broken limit, certified."""
        certificate, limit = self.certificate, self.options.certificate_percent

        def gate(_: OpenProposal) -> str | None:
            if self.standing:
                return f"{self.standing} line objections stand"
            if _entries_here(board, "safety"):
                return "a safety objection stands"
            if _of_this_stage(board, "limit") is not None:
                return "the plan breaks a node's own limit"
            if limit is None or certificate is None:
                return None
            if certificate.is_void:
                return "certificate void: a node broke the supply law"
            if certificate.percent is None or certificate.percent > limit:
                found = "nothing yet" if certificate.percent is None else f"{certificate.percent:.3g} %"
                return f"certificate {found}, needed {limit:g} %"
            return None

        return gate

    def _take_vote(self, board: View, closed: ClosedStage) -> None:
        """Fold the vote: revealed limits, the decision, and the step to the next round."""
        negotiation = self.negotiation
        decided = board.decisions[-1]
        low = np.full(len(self.seats), -np.inf)
        high = np.full(len(self.seats), np.inf)
        if (limits := _of_this_stage(board, "limit")) is not None:
            at = np.searchsorted(self.seats, limits.agents)
            values, up = limits.columns["limit_mw"], limits.columns["side"] > 0
            high[at[up]], low[at[~up]] = values[up], values[~up]
        is_accepted = decided.outcome == "accepted"
        self._read_ballots(closed)
        self.approval_percent = 100 * decided.weights["approve"] / decided.eligible
        self.results.close_round(negotiation, decided, self.certificate, regret=self.regret)
        negotiation.take_limits(low, high)
        negotiation.end_round()
        if is_accepted or negotiation.round >= self.options.interval_rounds:
            self._close_interval(is_accepted)

    def _read_ballots(self, closed: ClosedStage) -> None:
        """Note votes (1 approve, 0 reject, -1 none) and the sum of the posted regrets."""
        self.votes = np.full(len(self.seats), -1.0)
        self.regret = 0.0
        for ballots in closed.ballots:
            cast = np.frombuffer(ballots.choices, np.uint8)
            self.votes = np.where(cast <= 1, 1.0 - cast, self.votes)
            self.regret += float(np.nansum(np.frombuffer(ballots.numbers, "<f8")))

    def settle_alone(self, output: Floats, price: Floats, decided: Decided) -> None:
        """Take the single dispatcher's plan for the interval."""
        interval = self.results.intervals[-1]
        interval.output, interval.bus_price, interval.rounds = output, price, 1
        self.results.settle(is_accepted=decided.outcome == "accepted")
        self._next_interval(output)

    def _close_interval(self, is_accepted: bool) -> None:
        plan, before = self.negotiation.plan, self.market.curves
        assert plan is not None
        self.results.settle(is_accepted=is_accepted)
        if self._next_interval(plan.output):
            self._tell_nodes()
            curves = self.market.curves
            moved = (curves.low != before.low) | (curves.high != before.high)
            self.negotiation.begin_interval(self.market, moved, *self.day.nameplate)

    def _next_interval(self, output: Floats) -> bool:
        """Go to the next interval from these outputs; False after the last one."""
        self.interval += 1
        if self.interval >= self.options.intervals:
            return False
        self.market = self.day.market(self.interval, output)
        self.results.open_interval(self.market, self.interval)
        return True

    def _trip(self) -> None:
        """Take the largest unit out: its node knows, and the change of limits is published."""
        case, unit = tripped(self.case)
        before = self.market.curves
        self.case, self.trip = case, None
        self.day = self.day.with_case(case)
        self.market = self.day.market(self.interval, None)
        self._tell_nodes()
        curves = self.market.curves
        moved = (curves.low != before.low) | (curves.high != before.high)
        self.negotiation.change(self.market, moved, curves.low, curves.high)
        self.results.open_interval(self.market, self.interval)
        self.results.tripped_unit = unit

    def _tell_nodes(self) -> None:
        """Give each node its own new curve and limits, and nobody else."""
        curves = self.conduct_curves(self.market)
        if self.cohort is not None:
            self.cohort.curves = curves
            return
        for agent in self.objects:
            if isinstance(agent, NodeAgent):
                agent.curve = curves.curve(agent.seat)

    def _assumes(self) -> str:
        held = int((self.negotiation.held & ~self.negotiation.quarantined).sum())
        floor, cap = self.negotiation.price_limits
        parts = [f"declared costs of {floor:g} to {cap:g} $/MWh"]
        if held:
            parts.append(f"{held} silent nodes where they stand")
        if self.negotiation.quarantined.any():
            parts.append(f"{int(self.negotiation.quarantined.sum())} quarantined nodes held")
        return ", ".join(parts)


def _of_this_stage(board: View, kind: str) -> Any:
    """Return the rows of a kind that were posted in the stage that has just closed, or None."""
    rows = board.rows(kind)
    is_here = rows is not None and (rows.round, rows.stage) == (board.round, board.stage)
    return rows if is_here else None


def _entries_here(board: View, kind: str) -> bool:
    """Say whether an entry of a kind was posted in the stage that has just closed."""
    entry = board.last(kind)
    return entry is not None and entry.id.startswith(f"{board.round}.{board.stage}.")


def _case(options: GridOptions, seed: int) -> Case:
    """Load the case that the options name."""
    spec = options.case or DEFAULT_CASE
    convention = options.convention or ("pglib" if spec.startswith("pglib:") else "matpower")
    return _load(spec, convention, seed if spec.startswith("synthetic:") else 0)


@lru_cache(maxsize=4)
def _load(spec: str, convention: str, seed: int) -> Case:
    return load_case(spec, convention=convention, seed=seed)
