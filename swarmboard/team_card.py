"""The rows of a run's card that are about its models: the answer, dissent, and what it cost."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from typing import Any

from .lengths import turns

ANSWER_SHOWN, REASON_SHOWN = 400, 120
"""Characters of the answer, and of a dissenter's reason."""
DISSENT_SHOWN = 2
SIMULATED = (
    "a planted model answered, which knows nothing of the task; --set model=PROVIDER/NAME asks a "
    "real one"
)
_CLASSES = ("work", "coordination", "reconstruction", "verification", "waste", "cached")


def answer_rows(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what was decided in words, and who was against it."""
    rows = []
    if summary.get("answer"):
        rows.append(("answer", _short(summary["answer"], ANSWER_SHOWN)))
    if is_simulated(summary):
        rows.append(("simulated", SIMULATED))
    if dissent := summary.get("dissent"):
        shown = [_dissent(one) for one in dissent["first"][:DISSENT_SHOWN]]
        count = f"{dissent['votes']:,} of {dissent['eligible']:,}"
        rows.append(("dissent", f"{count}: {'; '.join(shown)}"))
    return rows


def is_simulated(summary: Mapping[str, Any]) -> bool:
    """Say whether all models of a run were planted ones."""
    models = (summary.get("models") or {}).values()
    return bool(models) and all(model.partition("/")[0] == "planted" for model in models)


def token_rows(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what models cost, which cap ended the run, and what they left unanswered."""
    tokens = summary["tokens"]
    rows = []
    if tokens["calls"] or tokens.get("recorded_calls"):
        rows.append(("tokens", _tokens(tokens)))
    if used_up := summary.get("stopped_by"):
        rows.append(("stopped", used_up_text(used_up)))
    if missing := summary.get("unanswered"):
        count = f"{missing['without_answer']:,} of {missing['questions']:,} questions"
        rows.append(("unanswered", f"{count}; the first: {_short(missing['first'], 300)}"))
    return rows


def baseline_tokens(summary: Mapping[str, Any]) -> str:
    """Return what the matched run cost beside this one; empty where neither asked models."""
    ours, theirs = token_count(summary["tokens"]), token_count(summary["baseline"]["tokens"])
    if not theirs:
        return ""
    return f"{theirs:,} tokens" + (f", {theirs / ours:.2g} x" if ours else "")


def used_up_text(used_up: Mapping[str, Any]) -> str:
    """Say which cap ended a run."""
    if used_up["limit"] is None:
        return f"{used_up['cap']} is used up, and nothing could be asked any more"
    spent, limit = (f"{used_up[name]:,.9g}" for name in ("spent", "limit"))
    return f"{used_up['cap']}={limit} is used up: {spent} spent, and no further call fits"


def token_count(tokens: Mapping[str, Any]) -> int:
    """Return all tokens that were billed."""
    return sum(int(tokens[name]) for name in _CLASSES)


def _tokens(tokens: Mapping[str, Any]) -> str:
    total = token_count(tokens)
    parts = [
        f"{100 * tokens[name] / total:.0f} % {name}"
        for name in _CLASSES
        if total and (tokens[name] or name == "waste")
    ]
    calls = "1 call" if tokens["calls"] == 1 else f"{tokens['calls']:,} calls"
    text = f"{total:,} in {calls}" + (f": {', '.join(parts)}" if parts else "")
    text += f"; {_usd(tokens['cost_usd'])} USD"
    if recorded := tokens.get("recorded_calls"):
        text += f"; {recorded:,} answered from the recording"
    return text


def _usd(amount: float) -> str:
    if amount >= 10:
        return f"{amount:,.2f}"
    return f"{amount:.4f}" if amount >= 1e-4 else f"{amount:.3g}"


def _dissent(one: Mapping[str, Any]) -> str:
    did = "rejected" if one["vote"] == "reject" else f"chose {one['vote']!r}"
    reason = _short(one["reason"], REASON_SHOWN)
    return f"{one['name']} {did}" + (f": {reason}" if reason else "")


def _short(text: str, longest: int) -> str:
    return shorten(text, longest, placeholder=" ...")


def with_more(summary: Mapping[str, Any], path: Path) -> str:
    """Return how a run goes on whose budget is used up: with more, from before it was."""
    used_up = summary["stopped_by"]
    option = used_up["cap"].replace(".", "_")
    before = max(0, turns(summary) - 1)
    if used_up["limit"] is None:
        return f"{used_up_text(used_up)}; raise that cap in [budget] and begin again"
    return (
        f"{used_up_text(used_up)}; `swarmboard fork {path} --at-round {before} --set {option}=N` "
        "goes on with more"
    )
