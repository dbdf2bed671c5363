"""A run's summary as people read it: a few lines of text, or a small table in a notebook."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import fill
from typing import Any

from .lengths import length_text, turn_name, turns
from .team_card import answer_rows, baseline_tokens, token_rows

WIDTH = 100
"""Columns of a line in the terminal; long ones go on below their text."""


def text_card(summary: Mapping[str, Any], path: Path) -> str:
    """Return the lines that `swarmboard run` and `swarmboard show` print."""
    rows = [*card_rows(summary), ("results", str(path))]
    return "\n".join(_wrapped(f"{name:<11} {text}") for name, text in rows)


@dataclass(frozen=True, slots=True)
class Card:
    """A summary as notebooks and terminals show it."""

    summary: Mapping[str, Any]
    path: Path

    def rows(self) -> list[tuple[str, str]]:
        """Return names and texts, most important first."""
        return [*card_rows(self.summary), ("results", str(self.path))]

    def __repr__(self) -> str:
        return text_card(self.summary, self.path)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in self.rows()
        )
        return f"<table>{rows}</table>"


def card_rows(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and texts, most important first."""
    if "error" in summary:
        ended = f"in {_next_turn(summary)}: {summary['error']}"
        return [("run", _headline(summary)), ("broke off", ended), *token_rows(summary)]
    if is_broken_off(summary):
        decided = f"{_counts(summary)} so far" if _counts(summary) else "nothing decided so far"
        ended = f"in {_next_turn(summary)}, between two stages; {decided}"
        return [("run", _headline(summary)), ("broke off", ended), *token_rows(summary)]
    rows = [("run", _headline(summary)), *answer_rows(summary), ("decision", _decision(summary))]
    if undone := summary.get("left_undone"):
        rows.append(("undone", undone))
    rows += _yardstick(summary["yardstick"])
    if summary["metrics"]:
        known = {name: value for name, value in summary["metrics"].items() if value is not None}
        rows.append(("metrics", _numbers(known) or "none known yet"))
    abstained = {cause: n for cause, n in summary["abstentions"].items() if n}
    if abstained:
        rows.append(("abstained", _numbers(abstained) + " (ballots over all voting rounds)"))
    rows += token_rows(summary)
    rows += [*_faults(summary), *_supervision(summary), *_workers(summary)]
    if summary["baseline"]:
        rows += _baseline(summary)
    timing = summary["timing"]
    parts = ", ".join(
        f"{part} {timing[f'{part}_s']:.2f}" for part in ("board", "agents", "scenario")
    )
    wall_s = timing["wall_s"]  # a summary written by replay has none
    rows.append(("time", f"{wall_s:.2f} s ({parts})" if wall_s is not None else f"({parts})"))
    rows.append(("digest", f"{summary['digest']} ({summary['determinism']})"))
    return rows


def is_broken_off(summary: Mapping[str, Any]) -> bool:
    """Say whether a run ended within its last round, which no figure of the world counts."""
    return summary["timing"]["board_s"] is None


def _next_turn(summary: Mapping[str, Any]) -> str:
    """Name the round or instant behind the last that has ended."""
    return f"{turn_name(summary)} {turns(summary) + 1:,}"


def _wrapped(line: str) -> str:
    return fill(
        line,
        WIDTH,
        subsequent_indent=" " * 12,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _headline(summary: Mapping[str, Any]) -> str:
    text = (
        f"{summary['scenario']}, {summary['structure']} of {summary['agents']:,}, "
        f"seed {summary['seed']}, {length_text(summary)}"
    )
    return text if summary["status"] == "done" else f"{text} ({summary['status']})"


def _decision(summary: Mapping[str, Any]) -> str:
    consensus, counts = summary["consensus"], _counts(summary)
    if consensus["approval_percent"] is None:
        return counts or "none"
    shut = summary["decisions"][-1]["gate"]
    text = (
        f"{counts}; the decisive vote had {consensus['approval_percent']:.1f} % of "
        f"{consensus['eligible_agents']:,} eligible ({consensus['agents_with_choice']:,} with a "
        f"choice, worth {consensus['effective_voters']:,.1f} independent)"
    )
    return f"{text}; last gate shut: {shut}" if shut else text


def _counts(summary: Mapping[str, Any]) -> str:
    """Return how many proposals were decided in which way."""
    return ", ".join(
        f"{summary['consensus'][name]:,} {name}"
        for name in ("accepted", "rejected", "expired", "vetoed", "escalated")
        if summary["consensus"][name]
    )


def _yardstick(yardstick: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if yardstick is None:
        return []
    rows = [
        (
            "yardstick",
            f"{yardstick['kind']} {_number(yardstick['value'])}, reached "
            f"{_number(yardstick['ours'])}, gap {_percent(yardstick['gap_percent'])}",
        )
    ]
    if yardstick["certificate_percent"] is not None:
        assumed = yardstick["certificate_assumes"]
        rows.append(
            (
                "certificate",
                f"gap at most {_number(yardstick['certificate_percent'])} %, assuming {assumed}",
            )
        )
    if yardstick["expected"]:
        rows.append(("expected", _numbers(yardstick["expected"])))
    return rows


def _faults(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what became of what went wrong on purpose, a text per type of fault."""
    texts = [
        f"{row['kind']}{_of(row['hits'])}: {row['injected']:,} injected, "
        f"{row['detected']:,} detected, {row['recovered']:,} recovered{_within(row)}"
        for row in summary.get("faults") or ()
    ]
    return [("faults", "; ".join(texts))] if texts else []


def _of(hits: str) -> str:
    return " of workers" if hits == "workers" else ""


def _within(row: Mapping[str, Any]) -> str:
    """Say how many rounds it took."""
    median, longest = row["rounds_to_recovery_median"], row["rounds_to_recovery_max"]
    if median is None:
        return ""
    if not longest:
        return " in the same round"
    rounds = "round" if longest == 1 else "rounds"
    return f" within {longest:,} {rounds}" + (f" (median {median:g})" if median < longest else "")


def _supervision(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    its = summary.get("supervision")
    if not its:
        return []
    text = (
        f"{its['failures']:,} failures, {its['restarts']:,} restarts of "
        f"{its['agents_restarted']:,} agents, {its['recovered']:,} recovered, "
        f"{its['stay_down']:,} stay down, {its['handovers']:,} handovers, "
        f"{len(its['items_left']):,} items left, {its['persons_asked']:,} questions to a person"
    )
    return [("supervision", text + (f"; lost: {', '.join(its['lost'])}" if its["lost"] else ""))]


def _workers(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how the worker processes and the bundled server fared."""
    workers = summary.get("workers") or ()
    texts = []
    if workers:
        late, restarts = (sum(worker[name] for worker in workers) for name in ("late", "restarts"))
        texts.append(f"{len(workers)} processes, {restarts} restarted, {late} times late")
    if again := summary["board"].get("restarts"):
        times = "once" if again == 1 else f"{again} times"
        texts.append(f"the server was started again {times}")
    return [("workers", "; ".join(texts))] if texts else []


def _baseline(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    baseline = summary["baseline"]
    text = f"{baseline['structure']} of {baseline['agents']}, {length_text(baseline)}"
    if baseline["yardstick"]:
        text += f", gap {_number(baseline['yardstick']['gap_percent'])} %"
    if tokens := baseline_tokens(summary):
        text += f", {tokens}"
    known = {name: value for name, value in baseline["metrics"].items() if value is not None}
    return [("baseline", f"{text}: {_numbers(known)}" if known else text)]


def _numbers(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_number(value)}" for name, value in values.items())


def _percent(value: Any) -> str:
    return _number(value) if value is None else f"{_number(value)} %"


def _number(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
