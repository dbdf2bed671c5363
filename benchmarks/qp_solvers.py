"""Compare quadratic-program solvers on the planners' projection.

    python -m benchmarks.qp_solvers [CASE ...] [--cuts N ...] [--repeats N]

Each problem is the projection of realistic wishes with N cuts that the wishes violate and a plan
exists for. "cold" knows nothing; "warm" follows a solved problem whose wishes moved by 1 %.
`error` is the largest distance in MW to the chosen solver's cold answer, over all problems solved
("DAQP whole" is thus the check on what the chosen one sets aside); `balance` is relative. `failed`
counts, of the problems tried, those without an answer or with one that misses balance, cuts or
limits by more than 1e-3 MW; after a cold failure there is no warm problem to try. Times include
each library's set-up, because the cuts change from call to call. Tolerances are asked to be tight.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import daqp
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from scenarios.grid_dispatch.curves import Curves
from scenarios.grid_dispatch.least_distance import Guess, Nearest, Problem, nearest
from scenarios.grid_dispatch.network import Network
from scenarios.grid_dispatch.rounds import demand_shares, open_market
from scenarios.grid_dispatch.sources import load_case

type Floats = NDArray[np.float64]
type Answer = tuple[Floats, Any] | None
"""z, and whatever the solver wants to see again when it starts warm."""
type Solver = Callable[[Problem, Any], Answer]

_CASES = ("ieee118", "ieee300", "pglib:1354_pegase", "synthetic:1024")
_BIG = 1e20


@dataclass(slots=True)
class Score:
    """What one solver did on one kind of problem."""

    cold_ms: list[float]
    warm_ms: list[float]
    error: float = 0.0
    balance: float = 0.0
    failed: int = 0
    tried: int = 0


def problems(spec: str, cuts: int, repeats: int) -> Iterator[tuple[Problem, Problem]]:
    """Yield pairs of a problem and its slightly moved successor, the same for every solver."""
    case = load_case(spec)
    network, curves = Network(case), Curves.from_case(case)
    others = np.ones(len(case.units), dtype=bool)
    others[curves.unit_index] = False
    fixed = case.injections(case.units.low_mw * others)
    demand = float(-fixed.sum())
    offer, price = curves.offer(demand_shares(curves.low, curves.high, demand))
    opening = open_market(price, curves.high - curves.low)
    lines = np.argsort(-np.abs(network.flows(fixed + _spread(case, curves, offer))), kind="stable")
    lines = np.sort(lines[:cuts])
    rows = network.rows(lines)[:, curves.nodes]
    for repeat in range(repeats):
        noise = np.random.default_rng([repeat, cuts]).normal(size=(3, len(curves)))
        bids = curves.respond(opening.stiffness, offer + opening.energy_price / opening.stiffness)
        wish = bids + 0.1 * (curves.high - curves.low) * noise[0]
        free = Problem(
            opening.stiffness, wish, demand, rows[:0], np.zeros(0), np.zeros(0),
            curves.low, curves.high,
        )  # fmt: skip
        near, other = nearest(free, None), nearest(replace(free, wish=offer + 0.0 * wish), None)
        assert near is not None
        assert other is not None
        here, there = rows @ near.z, rows @ (0.5 * near.z + 0.5 * other.z)
        first = replace(
            free,
            rows=rows,
            cut_low=np.where(here < there, there, -np.inf),
            cut_high=np.where(here < there, np.inf, there),
        )
        yield first, replace(first, wish=wish + 0.01 * (curves.high - curves.low) * noise[1])


def _spread(case: Any, curves: Curves, z: Floats) -> Floats:
    injection = np.zeros(len(case.bus_ids))
    injection[curves.nodes] = z
    return injection


def swarmboard(p: Problem, start: Nearest | None) -> Answer:
    """Solve with the chosen solver: DAQP on what the last plan leaves open, the rest checked."""
    found = nearest(p, None if start is None else Guess(start.bounds, start.cuts))
    return None if found is None else (found.z, found)


def daqp_whole(p: Problem, start: Floats | None) -> Answer:
    """Solve with DAQP on the whole problem, scaled to an identity Hessian."""
    nodes, root = len(p.wish), np.sqrt(p.weight)
    matrix, low, high = _rows(p)
    drawn = matrix @ p.wish
    sense = np.zeros(nodes + len(low), dtype=np.int32)
    if start is not None:
        sense[start > 0], sense[start < 0] = 1, 3
    sense[nodes] = 5
    y, _, flag, info = daqp.solve(
        np.eye(nodes),
        np.zeros(nodes),
        matrix / root,
        np.minimum(np.concatenate([root * (p.high - p.wish), high - drawn]), 1e30),
        np.maximum(np.concatenate([root * (p.low - p.wish), low - drawn]), -1e30),
        sense,
        primal_tol=1e-9,
        iter_limit=50_000,
    )
    return (p.wish + y / root, np.asarray(info["lam"])) if flag > 0 else None


def newton(p: Problem, start: Floats | None) -> Answer:
    """Solve the dual by a semismooth Newton method (primal-dual active sets), unguarded."""
    matrix, low, high = _rows(p)
    y = np.zeros(len(low)) if start is None else start
    side = -np.sign(y)
    side[0] = 1.0
    for _ in range(50):
        active = np.flatnonzero(side)
        z = p.wish + (y @ matrix) / p.weight
        free = (z > p.low) & (z < p.high)
        kept = np.where(free, p.wish, np.clip(z, p.low, p.high))
        part = matrix[active][:, free]
        wanted = np.where(side > 0, high, low)[active] - matrix[active] @ kept
        try:
            step = np.linalg.solve((part / p.weight[free]) @ part.T, wanted)
        except np.linalg.LinAlgError:
            return None
        y = np.zeros(len(low))
        y[active] = step
        z = np.clip(p.wish + (y @ matrix) / p.weight, p.low, p.high)
        flow = matrix @ z
        room = 1e-8 * np.maximum(1.0, np.abs(flow))
        beyond = (flow > high + room).astype(float) - (flow < low - room)
        next_side = np.where(beyond != 0, beyond, np.where(side * y < 0, side, 0.0))
        next_side[0] = 1.0
        on_limit = np.abs(flow - np.where(side > 0, high, low))[active] < 10 * room[active]
        if (next_side == side).all() and on_limit.all():
            return z, y
        side = next_side
    return None


def osqp_solver(p: Problem, start: tuple[Floats, Floats] | None) -> Answer:
    """Solve with OSQP, polished, with the iteration-based (not timed) step-size adaptation."""
    import osqp

    matrix, low, high = _rows(p)
    model = osqp.OSQP()
    model.setup(
        sparse.csc_matrix(sparse.diags_array(p.weight)),
        -p.weight * p.wish,
        sparse.csc_matrix(sparse.vstack([sparse.csr_matrix(matrix), sparse.eye(len(p.wish))])),
        np.concatenate([low, p.low]),
        np.concatenate([high, p.high]),
        eps_abs=1e-6,
        eps_rel=1e-8,
        max_iter=20_000,
        polishing=True,
        adaptive_rho_interval=50,
        verbose=False,
    )
    if start is not None:
        model.warm_start(x=start[0], y=start[1])
    done = model.solve(raise_error=False)
    return (done.x, (done.x, done.y)) if done.info.status == "solved" else None


def clarabel_solver(p: Problem, _: object) -> Answer:
    """Solve with Clarabel (interior point, no warm start)."""
    import clarabel

    matrix, low, high = _rows(p)
    eye = sparse.eye_array(len(p.wish), format="csr")
    rows = sparse.vstack([sparse.csr_matrix(matrix), eye], format="csr")
    least, most = np.concatenate([low, p.low]), np.concatenate([high, p.high])
    above = np.flatnonzero((most < _BIG) & (least < most))
    below = np.flatnonzero((least > -_BIG) & (least < most))
    equal = np.flatnonzero(least == most)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_feas = settings.tol_gap_abs = settings.tol_gap_rel = 1e-10
    done = clarabel.DefaultSolver(
        sparse.diags_array(p.weight).tocsc(),
        -p.weight * p.wish,
        sparse.vstack([rows[equal], rows[above], -rows[below]], format="csc"),
        np.concatenate([most[equal], most[above], -least[below]]),
        [clarabel.ZeroConeT(len(equal)), clarabel.NonnegativeConeT(len(above) + len(below))],
        settings,
    ).solve()
    return (np.array(done.x), None) if str(done.status) == "Solved" else None


def piqp_solver(p: Problem, _: object) -> Answer:
    """Solve with PIQP (proximal interior point, no warm start)."""
    import piqp

    matrix, low, high = _rows(p)
    model = piqp.SparseSolver()
    model.settings.eps_abs, model.settings.eps_rel = 1e-9, 1e-10
    model.setup(
        sparse.diags_array(p.weight).tocsc(),
        -p.weight * p.wish,
        sparse.csc_matrix(matrix[:1]),
        high[:1],
        sparse.csc_matrix(matrix[1:]),
        np.maximum(low[1:], -1e30),
        np.minimum(high[1:], 1e30),
        p.low,
        p.high,
    )
    status = model.solve()
    return (np.array(model.result.x), None) if status == piqp.PIQP_SOLVED else None


def highs_solver(p: Problem, _: object) -> Answer:
    """Solve with HiGHS's active-set QP solver."""
    import highspy

    matrix, low, high = _rows(p)
    rows = sparse.csc_matrix(matrix)
    nodes = len(p.wish)
    model = highspy.HighsModel()
    lp, hessian = model.lp_, model.hessian_
    lp.num_col_, lp.num_row_ = nodes, len(low)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = -p.weight * p.wish, p.low, p.high
    lp.row_lower_, lp.row_upper_ = low, high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = rows.indptr, rows.indices
    lp.a_matrix_.value_ = rows.data
    hessian.dim_, hessian.format_ = nodes, highspy.HessianFormat.kTriangular
    hessian.start_, hessian.index_ = np.arange(nodes + 1), np.arange(nodes)
    hessian.value_ = p.weight
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", 20.0)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.setOptionValue("dual_feasibility_tolerance", 1e-9)
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(solver.getSolution().col_value), None


SOLVERS: dict[str, Solver] = {
    "swarmboard": swarmboard,
    "DAQP whole": daqp_whole,
    "Newton, unguarded": newton,
    "PIQP": piqp_solver,
    "Clarabel": clarabel_solver,
    "OSQP": osqp_solver,
    "HiGHS QP": highs_solver,
}


def measure(solver: Solver, pairs: list[tuple[Problem, Problem]]) -> Score:
    """Run one solver cold and warm over all pairs."""
    score = Score([], [])
    for first, second in pairs:
        start = None
        for problem, times in ((first, score.cold_ms), (second, score.warm_ms)):
            score.tried += 1
            best = float("inf")
            for _ in range(2):
                began = time.perf_counter()
                answer = solver(problem, start)
                best = min(best, 1e3 * (time.perf_counter() - began))
            times.append(best)
            if answer is None or not _check(score, problem, answer[0]):
                score.failed += 1
                break
            start = answer[1]
    return score


def _check(score: Score, p: Problem, z: Floats) -> bool:
    truth = nearest(p, None)
    assert truth is not None
    flow = p.rows @ z
    missed = max(
        abs(float(z.sum()) - p.demand),
        float(np.maximum(p.cut_low - flow, flow - p.cut_high).max(initial=0.0)),
        float(np.maximum(p.low - z, z - p.high).max(initial=0.0)),
    )
    score.error = max(score.error, float(np.abs(z - truth.z).max()))
    score.balance = max(score.balance, abs(float(z.sum()) - p.demand) / float(np.abs(z).sum()))
    return missed <= 1e-3


def _rows(p: Problem) -> tuple[Floats, Floats, Floats]:
    """Return the balance and the cuts as one matrix with limits."""
    matrix = np.concatenate([np.ones((1, len(p.wish))), p.rows])
    return (
        matrix,
        np.concatenate([[p.demand], p.cut_low]),
        np.concatenate([[p.demand], p.cut_high]),
    )


def main(argv: list[str]) -> None:
    """Print the comparison as a markdown table."""
    parser = argparse.ArgumentParser(prog="qp_solvers", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("cases", nargs="*", default=_CASES)
    parser.add_argument("--cuts", type=int, nargs="*", default=[0, 20, 100])
    parser.add_argument("--repeats", type=int, default=5)
    wanted = parser.parse_args(argv)
    print("| case | nodes | cuts | solver | cold ms | warm ms | error MW | balance | failed |")
    print("|---|---|---|---|---|---|---|---|---|")
    for spec in wanted.cases:
        for cuts in wanted.cuts:
            pairs = list(problems(spec, cuts, wanted.repeats))
            for name, solver in SOLVERS.items():
                score = measure(solver, pairs)
                print(
                    f"| {spec} | {len(pairs[0][0].wish)} | {len(pairs[0][0].cut_low)} | {name} "
                    f"| {statistics.median(score.cold_ms):.2f} | {_median(score.warm_ms)} "
                    f"| {score.error:.0e} | {score.balance:.0e} "
                    f"| {score.failed}/{score.tried} |",
                    flush=True,
                )


def _median(times: list[float]) -> str:
    return f"{statistics.median(times):.2f}" if times else "-"


if __name__ == "__main__":
    main(sys.argv[1:])
