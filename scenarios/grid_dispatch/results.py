"""What a dispatch came to: the yardstick of each interval, its tables, and the round's row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blackboard import Decided

from ..base import Yardstick
from .accounting import balance_residual_mw, line_loading_percent, unit_costs
from .deliberation import Deliberation
from .market import Market
from .negotiation import Negotiation
from .opf import Optimum, solve_dc_opf
from .recall import values_of

type Floats = NDArray[np.float64]


_PLAIN = ("pairs", "failovers", "quarantined", "cuts", "regret", "tripped_unit")
_INTERVAL = ("number", "rounds", "is_accepted", "output", "bus_price", "bound", "held")


@dataclass(slots=True, eq=False)
class Interval:
    """One dispatch interval, from its opening to its plan."""

    number: int
    market: Market
    optimum: Optimum
    rounds: int = 0
    is_accepted: bool = False
    output: Floats | None = None
    """(nodes with a choice,) MW of the last plan voted on."""
    bus_price: Floats | None = None
    """(buses,) negotiated $/MWh: the energy price plus congestion."""
    bound: float | None = None
    """$/h: the public certificate of that plan."""
    held: NDArray[np.bool_] | None = None
    """(nodes with a choice,) who stood still under that plan: silent or quarantined."""

    @property
    def unit_mw(self) -> Floats:
        """(units,) MW of the plan."""
        assert self.output is not None
        return self.market.unit_outputs(self.output)

    @property
    def cost(self) -> float:
        """The plan's true cost in $/h."""
        assert self.output is not None
        return self.market.cost(self.output)


class Results:
    """Collects intervals; knows the central optimum, which the negotiation never sees."""

    def __init__(self) -> None:
        self.intervals: list[Interval] = []
        self.row: dict[str, Any] = {}
        self.pairs = 0
        self.failovers = 0
        self.quarantined = 0
        self.cuts = 0
        self.regret = 0.0
        self.tripped_unit: int | None = None

    def state(self) -> dict[str, Any]:
        """Return the figures, and the intervals with their optima; markets the options give."""
        intervals = [
            {name: getattr(interval, name) for name in _INTERVAL}
            | {"optimum": values_of(interval.optimum)}
            for interval in self.intervals
        ]
        row = dict(self.row)
        return {name: getattr(self, name) for name in _PLAIN} | {"row": row, "intervals": intervals}

    def restore(self, state: Mapping[str, Any], markets: Sequence[Market]) -> None:
        """Take over a state, with the market of each interval; nothing is solved again."""
        for name in _PLAIN:
            setattr(self, name, state[name])
        self.row = dict(state["row"])
        self.intervals = [
            Interval(market=market, **part | {"optimum": Optimum(*part["optimum"])})
            for market, part in zip(markets, state["intervals"], strict=True)
        ]

    def open_interval(self, market: Market, number: int) -> None:
        """Solve the interval's central problem.

        Raises:
            InfeasibleDemand: no dispatch exists.
        """
        optimum = solve_dc_opf(market.node_case(), market.network)
        interval = Interval(number, market, optimum)
        if self.intervals and self.intervals[-1].number == number:
            interval.rounds = self.intervals[-1].rounds
            self.intervals[-1] = interval
        else:
            self.intervals.append(interval)

    def close_round(self, talks: Deliberation, decided: Decided) -> None:
        """Note what a round came to."""
        negotiation, certificate = talks.negotiation, talks.certificate
        interval, plan = self.intervals[-1], negotiation.on_table
        interval.rounds += 1
        interval.output = plan.output
        interval.bus_price = bus_prices(negotiation)
        interval.bound = certificate.bound if certificate and not certificate.is_void else None
        interval.held = negotiation.held.copy()
        self.regret = talks.regret
        self.pairs += talks.pairs
        self.failovers = talks.planner
        self.cuts = len(negotiation.cut_lines)
        self.quarantined = int(negotiation.quarantined.sum())
        self.row = {
            "interval": interval.number + 1,
            "energy_price": plan.energy_price,
            "regret_per_h": talks.regret,
            "certificate_per_h": interval.bound,
            "certificate_of_revealed_percent": certificate.percent if certificate else None,
            "plan_check_pairs": talks.pairs,
            "cuts": self.cuts,
            "quarantined": self.quarantined,
            "gate": decided.gate,
        }

    def settle(self, *, is_accepted: bool) -> None:
        """End the interval."""
        self.intervals[-1].is_accepted = is_accepted

    def metrics(self) -> dict[str, float | int | None]:
        """Return the run's figures; costs are per hour, averaged over intervals."""
        settled = [i for i in self.intervals if i.output is not None]
        if not settled:
            return {"intervals_accepted": 0}
        rounds = [i.rounds for i in settled]
        gaps = [100 * (i.cost - i.optimum.cost) / i.optimum.cost for i in settled]
        worst = [_physics(i) for i in settled]
        return {
            "intervals_accepted": sum(i.is_accepted for i in settled),
            "rounds_median": float(np.median(rounds)),
            "rounds_max": max(rounds),
            "last_plan_gap_percent": gaps[-1],
            "gap_max_percent": max(gaps),
            "gap_given_held_percent": _gap_given_held(settled[-1]),
            "regret_per_h": self.regret,
            "loading_max_percent": max(loading for loading, _ in worst),
            "imbalance_max_mw": max(imbalance for _, imbalance in worst),
            "cuts": self.cuts,
            "plan_check_pairs": self.pairs,
            "quarantined": self.quarantined,
            "failovers": self.failovers,
            "tripped_unit": self.tripped_unit,
        }

    def yardstick(self, assumes: str | None) -> Yardstick:
        """Hold the accepted plans against the central optimum: $/h, averaged over intervals."""
        accepted = [i for i in self.intervals if i.is_accepted]
        value = float(np.mean([i.optimum.cost for i in accepted or self.intervals]))
        if not accepted:
            return Yardstick("dc-opf", value, None, evidence="exact")
        ours = float(np.mean([i.cost for i in accepted]))
        bounds = [i.bound for i in accepted]
        certified = None
        if None not in bounds:
            certified = 100 * float(np.mean([b for b in bounds if b is not None])) / value
        gap = round(100 * (ours - value) / value, 9) + 0.0  # no -0.0
        return Yardstick("dc-opf", value, ours, gap, certified, assumes, evidence="exact")

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return units, buses, lines and intervals, and the cost curves they rest on."""
        settled = [i for i in self.intervals if i.output is not None]
        if not settled:
            return {}
        return {
            "units": _stack([_units(i) for i in settled]),
            "buses": _stack([_buses(i) for i in settled]),
            "lines": _stack([_lines(i) for i in settled]),
            "intervals": _stack([_summary(i) for i in settled]),
            "cost_curves": _curves(settled[0]),
        }


def bus_prices(negotiation: Negotiation) -> Floats:
    """Return the negotiated price at every bus in $/MWh, those without a choice included."""
    plan, market = negotiation.on_table, negotiation.market
    lines = np.array(negotiation.cut_lines, np.int64)[: len(plan.congestion)]
    prices: Floats = plan.energy_price + plan.congestion @ market.network.rows(lines)
    return prices


def _physics(interval: Interval) -> tuple[float, float]:
    """Return the highest line loading in percent and the largest imbalance at a bus in MW."""
    case = interval.market.case
    assert interval.output is not None
    flows = interval.market.flows(interval.output)
    imbalance = balance_residual_mw(case, interval.unit_mw, flows)
    loading = line_loading_percent(case, flows)
    return float(loading.max(initial=0.0)), float(np.abs(imbalance).max())


def _gap_given_held(interval: Interval) -> float | None:
    """Return the gap to the best plan that leaves held nodes where they stood; None without any."""
    if interval.held is None or not interval.held.any() or interval.output is None:
        return None
    curves, held, output = interval.market.curves, interval.held, interval.output
    stood = np.minimum(np.maximum(output, curves.low), curves.high)
    low, high = np.where(held, stood, curves.low), np.where(held, stood, curves.high)
    best = solve_dc_opf(interval.market.limited(low, high).node_case(), interval.market.network)
    return 100 * (interval.cost - best.cost) / best.cost


def _units(interval: Interval) -> dict[str, Any]:
    case, unit_mw = interval.market.case, interval.unit_mw
    units = case.units
    return {
        "interval": np.full(len(units), interval.number + 1),
        "unit": units.ids,
        "bus": case.bus_ids[units.bus],
        "kind": np.array(units.kind),
        "output_mw": unit_mw,
        "low_mw": units.low_mw,
        "high_mw": units.high_mw,
        "cost_per_h": unit_costs(case, unit_mw),
    }


def _buses(interval: Interval) -> dict[str, Any]:
    case = interval.market.case
    buses = len(case.bus_ids)
    supply = np.bincount(case.units.bus, weights=interval.unit_mw, minlength=buses)
    return {
        "interval": np.full(buses, interval.number + 1),
        "bus": case.bus_ids,
        "node": np.arange(buses),
        "load_mw": case.load_mw,
        "supply_mw": supply,
        "injection_mw": supply - case.load_mw,
        "price_per_mwh": interval.bus_price,
        "optimal_price_per_mwh": interval.optimum.bus_price,
        "has_choice": case.has_choice,
    }


def _lines(interval: Interval) -> dict[str, Any]:
    case, lines = interval.market.case, interval.market.case.lines
    assert interval.output is not None
    flows = interval.market.flows(interval.output)
    return {
        "interval": np.full(len(lines), interval.number + 1),
        "line": lines.ids,
        "from_bus": case.bus_ids[lines.start],
        "to_bus": case.bus_ids[lines.end],
        "susceptance_mw_per_rad": lines.susceptance,
        "shift_mw": lines.shift_mw,
        "flow_mw": flows,
        "low_mw": lines.low_mw,
        "high_mw": lines.high_mw,
        "loading_percent": line_loading_percent(case, flows),
    }


def _summary(interval: Interval) -> dict[str, Any]:
    cost, best = interval.cost, interval.optimum.cost
    return {
        "interval": [interval.number + 1],
        "accepted": [interval.is_accepted],
        "rounds": [interval.rounds],
        "cost_per_h": [cost],
        "optimum_per_h": [best],
        "gap_percent": [100 * (cost - best) / best],
        "certificate_per_h": [interval.bound],
    }


def _curves(interval: Interval) -> dict[str, Any]:
    """Return the units' marginal costs as the points of polylines."""
    units = interval.market.case.units
    sizes = [len(outputs) for outputs, _ in units.marginal]
    return {
        "unit": np.repeat(units.ids, sizes),
        "cost_at_low_per_h": np.repeat(units.cost_at_low, sizes),
        "output_mw": np.concatenate([outputs for outputs, _ in units.marginal]),
        "price_per_mwh": np.concatenate([prices for _, prices in units.marginal]),
    }


def _stack(parts: list[dict[str, Any]]) -> dict[str, Any]:
    if isinstance(next(iter(parts[0].values())), list):
        return {name: [value for part in parts for value in part[name]] for name in parts[0]}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
