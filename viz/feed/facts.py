"""The facts of a run: from its configuration, who joined, and the scene it published."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePath
from typing import Any

import numpy as np

from blackboard import Joined, Replica

from ..moment import ChartFacts, RunFacts, SceneFacts

CHARTS = frozenset(("stack", "bars", "parts", "course"))
"""How a table beside a map can be read."""
CHAIR = "chair"
"""The role of the leader itself, which is no agent."""
_THRESHOLD = re.compile(r"\bthreshold\((\d+)\)")


def facts_of(run_id: str, config: Mapping[str, Any], replica: Replica, rule: str) -> RunFacts:
    """Return what is known of a run by now.

    Args:
        run_id: Its id.
        config: What `config.json` holds; empty where there is no directory.
        replica: The board, with the scene in `display`.
        rule: Of the first proposal, for runs without a configuration.
    """
    blocks = [b for b in replica.joined if b.round == 0 and b.role != CHAIR]
    rule = str(config.get("rule") or rule)
    joined = sum(block.count for block in blocks)
    asked = _whole(config.get("agents"))
    return RunFacts(
        run_id,
        scenario_name(config.get("scenario")),
        str(config.get("structure") or ""),
        joined,
        _whole(config.get("seed")),
        rule,
        threshold_percent(rule),
        replica.now_s is not None,
        tuple((block.role, block.first, block.count) for block in blocks),
        _names(blocks),
        scene_of(replica.display.get("scene")),
        joined - asked if 0 < asked < joined else 0,
    )


def scenario_name(named: Any) -> str:
    """Return the name of a scenario; of a file its own, without folder and ending."""
    return PurePath(str(named or "")).name.removesuffix(".py")


def threshold_percent(rule: str) -> int | None:
    """Return the percent of the threshold in a rule's name, also of `quorum(50, threshold(80))`."""
    found = _THRESHOLD.search(rule)
    return int(found[1]) if found else None


def scene_of(payload: Mapping[str, Any] | None) -> SceneFacts | None:
    """Return a published scene; None where there is none, or none that can be read."""
    if not payload:
        return None
    try:
        positions = np.asarray(payload.get("positions", ()), np.float32).reshape(-1, 2)
        edges = np.asarray(payload.get("edges", ()), np.int64).reshape(-1, 2)
        sizes, widths = (
            None if payload.get(name) is None else np.asarray(payload[name], np.float32).ravel()
            for name in ("sizes", "widths")
        )
    except (TypeError, ValueError):
        return None
    edges = edges[((edges >= 0) & (edges < len(positions))).all(axis=1)]
    return SceneFacts(
        str(payload.get("title", "")),
        positions,
        edges,
        _texts(payload.get("fields")),
        _texts(payload.get("series")),
        sizes if sizes is not None and len(sizes) == len(positions) else None,
        widths if widths is not None and len(widths) == len(edges) else None,
        charts_of(payload.get("charts")),
        payload.get("is_one_question") is True,
        _texts(payload.get("titles")),
        _pair(payload.get("reason")),
    )


def charts_of(published: Any) -> dict[str, ChartFacts]:
    """Return the tables beside a map; those that cannot be read are left out."""
    if not isinstance(published, Mapping):
        return {}
    found = {}
    for name, chart in published.items():
        if isinstance(chart, Mapping) and str(chart.get("kind")) in CHARTS:
            with suppress(TypeError, ValueError):
                found[str(name)] = ChartFacts(
                    str(chart["kind"]),
                    _texts(chart.get("columns")),
                    tuple(map(str, chart.get("rows") or ())),
                    {
                        str(column): np.asarray(values, np.float32).ravel()
                        for column, values in (chart.get("fixed") or {}).items()
                    },
                    tuple(map(str, chart.get("marks") or ())),
                    str(chart.get("over") or ""),
                    str(chart.get("note") or ""),
                )
    return found


def _names(blocks: list[Joined]) -> tuple[str, ...]:
    if not any(block.names for block in blocks):
        return ()
    return tuple(
        block.names[row] if row < len(block.names) else f"{block.role} #{block.first + row}"
        for block in blocks
        for row in range(block.count)
    )


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _pair(value: Any) -> tuple[str, str]:
    is_pair = isinstance(value, list | tuple) and len(value) == 2
    return (str(value[0]), str(value[1])) if is_pair else ("", "")


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
