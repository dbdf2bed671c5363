"""Made-up runs to look at the views with."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..moment import NO_CHOICE, ChartFacts, Moment, RunFacts, SceneFacts, Vote
from .words import ABSTAINED

YES_NO = ("approve", "reject")


def facts_of(agents: int, *, has_map: bool = False, is_event_driven: bool = False) -> RunFacts:
    """Return a made-up run; with a map of about 1.7 edges per agent."""
    planners = max(1, agents // 64)
    return RunFacts(
        run_id=f"made-up-{agents}",
        scenario="made-up",
        structure="swarm",
        agents=agents,
        seed=7,
        rule="threshold",
        threshold_percent=80,
        is_event_driven=is_event_driven,
        roles=(("node", 0, agents - planners), ("planner", agents - planners, planners)),
        scene=_scene(agents) if has_map else None,
    )


def vote_of(
    agents: int,
    shares: tuple[float, ...],
    *,
    options: tuple[str, ...] = YES_NO,
    abstaining: float = 0.04,
    is_sealed: bool = False,
    outcome: str | None = None,
    seed: int = 0,
) -> Vote:
    """Return a made-up vote; neighbours in number tend to choose alike.

    Args:
        agents: all of which have a seat.
        shares: of each option; who is left abstains or has not voted.
        options: what there is to choose from.
        abstaining: the share of cast abstentions.
        is_sealed: whether choices are hidden.
        outcome: how it ended; None while it is open.
        seed: of what is made up.
    """
    order = _alike(agents, seed).argsort().argsort() / agents
    edges = np.cumsum([*shares, abstaining])
    codes = np.array([*range(len(options)), ABSTAINED, NO_CHOICE], np.uint8)
    choices = codes[np.minimum(np.digitize(order, edges.round(9)), len(codes) - 1)]
    cast = int((choices != NO_CHOICE).sum())
    counts = {name: int((choices == code).sum()) for code, name in enumerate(options)}
    confidence = (0.35 + 0.65 * np.abs(np.sin(9 * _alike(agents, seed + 1)))).astype(np.float32)
    return Vote(
        proposal=f"{seed}.1.{agents}.0",
        options=options,
        rule="threshold",
        threshold_percent=80,
        agents=np.arange(agents, dtype=np.uint32),
        choices=np.full(agents, NO_CHOICE, np.uint8) if is_sealed else choices,
        confidence=confidence,
        weights=dict.fromkeys(options, 0) if is_sealed else counts,
        abstained=0 if is_sealed else int((choices == ABSTAINED).sum()),
        eligible=agents,
        cast=cast,
        is_sealed=is_sealed,
        outcome=outcome,
    )


def moment_of(
    facts: RunFacts, vote: Vote | None, *, number: int = 1, flips: NDArray[np.int64] | None = None
) -> Moment:
    """Return a made-up moment, with values for a map."""
    frame: dict[str, NDArray[np.float32]] = {}
    if facts.scene is not None:
        across = facts.scene.positions[:, 0]
        wave = np.sin(3 * across + number / 3) + 0.3 * np.cos(7 * facts.scene.positions[:, 1])
        load = np.abs(np.sin(np.arange(len(facts.scene.edges)) * 0.37 + number)) ** 9 * 101
        frame = {"price": (35 + wave).astype(np.float32), "edge:loading": load.astype(np.float32)}
    now_s = 60.0 * number if facts.is_event_driven else None
    status = "done" if vote is not None and vote.outcome else "running"
    return Moment(number, now_s, status, vote, frame=frame, flips=flips)


def charted(blocks: int = 40) -> tuple[RunFacts, Moment]:
    """Return a made-up run with a chart of each kind, `merit`, `queues`, `ends` and `day`."""
    rng = np.random.default_rng(blocks)
    width, offer = rng.uniform(20, 200, blocks), np.exp(rng.normal(3.3, 0.4, blocks))
    place = np.cumsum(width[np.argsort(offer)])[np.argsort(np.argsort(offer))]
    demand = 0.6 * float(width.sum())
    skills = ("billing", "delivery", "returns and complaints")
    ends = {"resolved": "tickets", "failed": "tickets", "escalated": "tickets"}
    fixed = {"range": width.astype(np.float32), "offer": offer.astype(np.float32)}
    units = {"range": "MW", "offer": "$/MWh", "dispatched": "MW"}
    names = tuple(f"unit {k + 1}" for k in range(blocks))
    charts = {
        "merit": ChartFacts("stack", units, names, fixed, ("demand", "price")),
        "queues": ChartFacts("bars", {"until begun": "s", "until closed": "s"}, skills),
        "ends": ChartFacts("parts", ends, skills),
        "day": ChartFacts("course", {"price": "$/MWh", "rounds": ""}, over="interval"),
    }
    series = {"demand": "MW", "price": "$/MWh"}
    none = np.empty((0, 2))
    scene = SceneFacts(
        "charts", none.astype(np.float32), none.astype(np.int64), {}, series, charts=charts
    )
    frame = {
        "merit:dispatched": np.clip(demand - place + width, 0, width),
        "queues:until begun": np.array([0.4, 1.25, 0.0]),
        "queues:until closed": np.array([2.5, 4.0, 0.75]),
        "ends:resolved": np.array([120, 80, 20]),
        "ends:failed": np.array([4, 9, 0]),
        "ends:escalated": np.array([1, 0, 6]),
    }
    facts = replace(facts_of(12), scene=scene)
    packed = {name: values.astype(np.float32) for name, values in frame.items()}
    numbers = {"demand": demand, "price": 31.5, "interval": 2.0, "rounds": 3.0}
    return facts, replace(moment_of(facts_of(12), None, number=5), frame=packed, series=numbers)


def course(facts: RunFacts, rounds: int) -> list[Moment]:
    """Return a made-up run in which approval grows, with the flips between its rounds."""
    moments: list[Moment] = []
    before: NDArray[np.uint8] | None = None
    for number in range(1, rounds + 1):
        share = 0.9 / (1 + np.exp(-(number - rounds / 2) * 8 / rounds))
        outcome = "accepted" if number == rounds else None
        vote = vote_of(facts.agents, (share, (1 - share) * 0.8), seed=number // 3, outcome=outcome)
        flips = None if before is None else _flips(before, vote.choices, len(vote.options))
        moments.append(moment_of(facts, vote, number=number, flips=flips))
        before = vote.choices
    return moments


def _flips(before: NDArray[np.uint8], after: NDArray[np.uint8], options: int) -> NDArray[np.int64]:
    place = np.arange(256)
    place[ABSTAINED], place[NO_CHOICE] = options, options + 1
    kinds = options + 2
    counted = np.bincount(place[before] * kinds + place[after], minlength=kinds**2)
    return counted.reshape(kinds, kinds).astype(np.int64)


def _alike(agents: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    waves = np.sin(np.arange(agents) / max(4.0, agents / 37) + seed)
    return np.asarray(waves + rng.normal(0, 0.7, agents), np.float64)


def _scene(agents: int) -> SceneFacts:
    """Scatter agents evenly and join near ones."""
    rng = np.random.default_rng(3)
    columns = max(1, int((agents * 1.6) ** 0.5))
    rows = -(-agents // columns)
    at = np.arange(agents)
    places = np.stack([at % columns, at // columns], axis=1) + rng.uniform(-0.36, 0.36, (agents, 2))
    right = np.stack([at, at + 1], axis=1)[(at + 1) % columns != 0]
    down = np.stack([at, at + columns], axis=1)
    edges = np.concatenate([right, down])
    edges = edges[(edges < agents).all(axis=1)]
    edges = edges[rng.random(len(edges)) < 0.86]
    return SceneFacts(
        title="made-up network",
        positions=(places / rows).astype(np.float32),
        edges=edges.astype(np.int64),
        fields={"price": "$/MWh", "edge:loading": "% of rating"},
        series={},
        sizes=rng.pareto(2.0, agents).clip(0, 8).astype(np.float32),
        widths=rng.uniform(0.2, 1, len(edges)).astype(np.float32),
    )
