"""Whole negotiations on the board beside the central LP, in the same run.

Run `python -m benchmarks grid [CASE ...] [--json]`. A negotiation's time is from its first round
to its last, board, log and digest included; loading the case, the server's start and the tables
at the end are not in it, as loading and building are not in the LP's.
"""

import json
import secrets
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from agents import Stage
from blackboard import Board, ClosedStage, EventLog
from blackboard.server import EmbeddedServer
from scenarios.grid_dispatch import GridDispatch
from scenarios.grid_dispatch.opf import solve_dc_opf
from swarmboard.config import make_config
from swarmboard.model import SwarmModel
from swarmboard.runner import Plan, prepare

from .central_lp import solve_in_angles

CASES = ("pglib:118_ieee", "pglib:1354_pegase", "pglib:2869_pegase", "synthetic:1024")
REPEATS = 15
STAGES = ("offer", "bid", "plan", "check", "vote")


class Timed(SwarmModel):
    """A model that notes how long each kind of stage takes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        super().__init__(*args, **options)

    def _run(self, stage: Stage) -> ClosedStage:
        began = time.perf_counter()
        closed = super()._run(stage)
        self.spent[stage.name] += time.perf_counter() - began
        return closed


def measure(case: str) -> dict[str, Any]:
    """Negotiate a case several times on one server, each time beside the central problem."""
    runs: list[tuple[Timed, float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer.start(Path(folder)) as server:
        for _ in range(REPEATS + 1):
            model, spent = _negotiate(case, server.url)
            world: GridDispatch = model.world  # type: ignore[assignment]
            plain = solve_in_angles(world.case)[1]
            ours = solve_dc_opf(world.case, world.market.network).wall_s
            runs.append((model, spent, plain, ours))
    runs = runs[1:]  # the first warms caches up, ours and the solver's
    yardstick, rounds = world.yardstick(), model.leader.round
    by_stage = {
        name: 1000 * statistics.median(run[0].spent[name] for run in runs) / rounds
        for name in STAGES
    }
    return {
        "case": case,
        "voters": len(world.seats),
        "rounds": rounds,
        "gap_percent": yardstick.gap_percent,
        "certificate_percent": yardstick.certificate_percent,
        "ms_per_round": by_stage,
        "negotiation_ms": 1000 * statistics.median(run[1] for run in runs),
        "board_ms": 1000 * statistics.median(run[0].timing.board_s for run in runs),
        "lp_ms": 1000 * statistics.median(run[2] for run in runs),
        "of_lp": statistics.median(run[1] / run[2] for run in runs),
        "yardstick_ms": 1000 * statistics.median(run[3] for run in runs),
        "of_yardstick": statistics.median(run[1] / run[3] for run in runs),
    }


def main(argv: list[str]) -> None:
    """Print the table, or JSON with --json."""
    cases = [name for name in argv if not name.startswith("--")] or list(CASES)
    rows = [measure(case) for case in cases]
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
        return
    print(
        "| case | voters | rounds | gap % | certificate % | bid | plan | check | vote | whole, ms "
        "| of it board | LP in angles, ms | ratio | our yardstick, ms | ratio |"
    )
    print("|---" * 15 + "|")
    for row in rows:
        stages = " | ".join(f"{row['ms_per_round'][name]:.2f}" for name in STAGES[1:])
        whole = row["negotiation_ms"]
        print(
            f"| {row['case']} | {row['voters']:,} | {row['rounds']} | {row['gap_percent']:.4f} "
            f"| {row['certificate_percent']:.3f} | {stages} | {whole:.1f} | {row['board_ms']:.1f} "
            f"| {row['lp_ms']:.1f} | {row['of_lp']:.2f} "
            f"| {row['yardstick_ms']:.1f} | {row['of_yardstick']:.2f} |"
        )


def _negotiate(case: str, url: str) -> tuple[Timed, float]:
    """Run one negotiation and return its model and the wall seconds of its rounds."""
    plan: Plan = prepare(make_config({"scenario": "grid-dispatch", "options": {"case": case}}))
    name = f"bench-{secrets.token_hex(4)}"
    with (
        tempfile.TemporaryDirectory() as folder,
        EventLog(Path(folder) / "events.log") as log,
        Board.open(url, run=name, kinds=plan.world.kinds) as board,
    ):
        leader = board.lead(log=log)
        model = Timed(plan.world, plan.structure, leader)
        began = time.perf_counter()
        while leader.round < plan.rounds and not plan.world.is_done():
            model.run_for(1)
        spent = time.perf_counter() - began
        leader.finish("done")
    return model, spent
