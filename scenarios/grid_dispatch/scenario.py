"""Grid dispatch: node agents negotiate an optimal dispatch and vote on it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents import Agent, Population, Stages
from blackboard import BadInput, Decided, View

from ..base import Scenario, Scene, Setup, Yardstick
from .case import Case
from .day import Day, count_rows
from .deliberation import Deliberation
from .dispatcher import Dispatcher
from .disturbance import conduct_of, trip_round, tripped
from .market import Market
from .negotiation import Negotiation
from .nodes import NodeAgent, NodeCohort, node_agents
from .opf import InfeasibleDemand
from .options import GridOptions
from .planners import Critics, Planner
from .results import Results
from .scene import frame_of, scene_of
from .sources import load_case

type Floats = NDArray[np.float64]

DEFAULT_CASE = "ieee118"


class GridDispatch(Scenario):
    """Nodes bid, planners project, critics object, nodes vote.

    See docs/scenarios/grid_dispatch.md.
    """

    name = "grid-dispatch"
    agents_from = "the case"
    summary = "node agents of a power grid negotiate an optimal dispatch and vote on it"
    Options = GridOptions
    kinds: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "offer": ("output_mw", "price"),
        "open_offer": ("price",),
        "bid": ("output_mw",),
        "objection": ("flow_mw", "limit_mw"),
        "limit": ("side", "limit_mw"),
    }
    changeable = ("regret_percent", "certificate_percent", "interval_rounds")
    default_rounds = 80

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
        self.talks = Deliberation(self.negotiation, options, self.conduct, self.random)
        self.results = Results()
        self.results.open_interval(self.market, self.interval)
        self.trip_round = trip_round(options)
        self.tripped_in: int | None = None
        """The interval in which the largest unit has tripped."""
        self.is_impasse = False

    @classmethod
    def input_files(cls, options: GridOptions) -> Mapping[str, Path]:
        """Return the case file and the series, where they are a user's own."""
        case, series = options.case or "", options.series or ""
        own = {"case": case if case.endswith(".m") else "", "series": series}
        return {name: Path(value) for name, value in own.items() if value}

    @classmethod
    def resolve(cls, options: GridOptions, asked: int | None) -> tuple[GridOptions, int]:
        """Return the options with their case named, and its number of nodes."""
        if options.case is None:
            named = DEFAULT_CASE if asked is None else f"synthetic:{asked}"
            options = options.model_copy(update={"case": named})
        rows = count_rows(Path(options.series)) if options.series else 1
        intervals = options.intervals or rows
        offers = intervals > 1 if options.open_offers is None else options.open_offers
        options = options.model_copy(update={"intervals": intervals, "open_offers": offers})
        nodes = len(_case(options, 0).bus_ids)
        if asked is not None and asked != nodes:
            raise BadInput(
                f"--agents {asked} with case={options.case}, which has {nodes} nodes: leave one "
                f"of them away, or take case=synthetic:{asked}"
            )
        return options, nodes

    def change(self, options: Any) -> None:
        """Take other options from the next round on, the talks included."""
        super().change(options)
        self.talks.options = self.negotiation.options = options

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
            members = self.cohort = NodeCohort(model, self.nodes, self.seats, curves, self.conduct)
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
        if board.round == self.trip_round:
            self._trip()
        decided = yield from self.talks.round(board)
        if decided is None:
            self.is_impasse = True
            return
        is_accepted = decided.outcome == "accepted"
        self.results.close_round(self.talks, decided)
        self.talks.step(board)
        if is_accepted or self.negotiation.round >= self.options.interval_rounds:
            self._close_interval(is_accepted)

    def is_done(self) -> bool:
        """Say whether every interval is settled, or the objections contradict each other."""
        return self.is_impasse or self.interval >= self.options.intervals

    def state(self) -> dict[str, Any]:
        """Return how far the negotiation is; case, network and markets the options give."""
        return {
            "interval": self.interval,
            "is_impasse": self.is_impasse,
            "tripped_in": self.tripped_in,
            "negotiation": self.negotiation.state(),
            "talks": self.talks.state(),
            "results": self.results.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from there; nodes are told their curves, and no optimum is solved again."""
        self.interval, self.is_impasse = state["interval"], state["is_impasse"]
        self.tripped_in = state["tripped_in"]
        markets = self._markets([part["output"] for part in state["results"]["intervals"]])
        self.market = markets[-1]
        self.negotiation.restore(state["negotiation"], self.market)
        self.talks.restore(state["talks"])
        self.results.restore(state["results"], markets)
        if self.setup.structure != "solo":
            self._tell_nodes()

    def row(self) -> Mapping[str, float | int | str | None]:
        """Return the round's prices, certificate and objections."""
        return self.results.row

    def metrics(self) -> Mapping[str, float | int | None]:
        """Return what the negotiation cost and how good its plan is."""
        return self.results.metrics()

    def yardstick(self) -> Yardstick:
        """Hold the accepted plans against the central DC optimum."""
        alone = self.setup.structure == "solo"
        return self.results.yardstick(None if alone else self._assumes())

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return units, buses and lines per interval, in the case's ids, MW and $/h."""
        return self.results.tables()

    def voters_with_choice(self) -> int | None:
        """Return how many nodes have a choice: all of the electorate."""
        return 1 if self.setup.structure == "solo" else len(self.seats)

    def scene(self) -> Scene | None:
        """Return the network as it is drawn."""
        if self.setup.structure == "solo":
            return None
        return scene_of(self.case, self.seats.astype(np.int64), self.day.intervals)

    def frame(self) -> Mapping[str, Any]:
        """Return prices, outputs, votes and loadings as of this round."""
        return {} if self.setup.structure == "solo" else frame_of(self)

    def conduct_curves(self, market: Market) -> Any:
        """Return the curves that the nodes declare: a liar's are 1.5 times its cost."""
        if not self.conduct.liars.any():
            return market.curves
        return market.curves.scaled(np.where(self.conduct.liars, 1.5, 1.0))

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
        try:
            self.results.open_interval(self.market, self.interval)
        except InfeasibleDemand as error:
            raise InfeasibleDemand(f"interval {self.interval + 1}: {error}") from error
        return True

    def _trip(self) -> None:
        """Take the largest unit out: its node knows, and the change of limits is published."""
        case, unit = tripped(self.case)
        before = self.market.curves
        self.case, self.tripped_in = case, self.interval
        self.day = self.day.with_case(case)
        self.market = self.day.market(self.interval, None)
        self._tell_nodes()
        curves = self.market.curves
        moved = (curves.low != before.low) | (curves.high != before.high)
        self.negotiation.change(self.market, moved, curves.low, curves.high)
        self.results.open_interval(self.market, self.interval)
        self.results.tripped_unit = int(case.units.ids[unit])

    def _markets(self, outputs: Sequence[Floats | None]) -> list[Market]:
        """Return the market of each interval up to now, by its outputs; trip where it tripped."""
        markets: list[Market] = []
        for interval, previous in enumerate([None, *outputs[:-1]]):
            is_tripped = interval == self.tripped_in
            if is_tripped:
                self.case, _ = tripped(self.case)
                self.day = self.day.with_case(self.case)
            markets.append(self.day.market(interval, None if is_tripped else previous))
        return markets

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


def _case(options: GridOptions, seed: int) -> Case:
    """Load the case that the options name."""
    spec = options.case or DEFAULT_CASE
    convention = options.convention or ("pglib" if spec.startswith("pglib:") else "matpower")
    return _load(spec, convention, seed if spec.startswith("synthetic:") else 0)


@lru_cache(maxsize=4)
def _load(spec: str, convention: str, seed: int) -> Case:
    return load_case(spec, convention=convention, seed=seed)
