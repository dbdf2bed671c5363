"""What `swarmboard doctor` looks at: packages, import names, the server, and one round trip."""

import os
import secrets
import time
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from blackboard import Board, Proposal, SwarmboardError, VoteBlock

from . import PACKAGES, owners
from .versions import versions

PROVIDER_KEYS = ("_API_KEY", "_API_TOKEN", "AWS_ACCESS_KEY_ID", "HF_TOKEN")
"""How the names of variables end that hold providers' keys."""


def examine(url: str | None) -> tuple[str, bool]:
    """Return the report, and whether all is well."""
    lines = ["versions"]
    lines += [f"  {name:<12} {version}" for name, version in versions().items()]
    lines.append("import names")
    lines += [f"  {name:<12} {owners()[name]}" for name in PACKAGES]
    lines += ["models", *(f"  {line}" for line in _models())]
    chosen = url or os.environ.get("SWARMBOARD_URL")
    lines.append(f"board ({chosen or 'bundled server'})")
    try:
        lines += [f"  {line}" for line in _round_trip(chosen)]
    except SwarmboardError as error:
        return "\n".join([*lines, f"  FAILED: {error}"]), False
    return "\n".join([*lines, "all is well"]), True


def _models() -> list[str]:
    """Say whether models can be asked; names of keys only, and litellm is not loaded for it."""
    try:
        installed = version("litellm")
    except PackageNotFoundError:
        installed = "not installed: pip install litellm"
    keys = sorted(
        name for name, value in os.environ.items() if value and name.endswith(PROVIDER_KEYS)
    )
    found = ", ".join(keys) or "none; the planted model, and servers of your own, need none"
    return [f"litellm      {installed}", f"keys set     {found}"]


def _round_trip(url: str | None) -> list[str]:
    """Start or reach the board, and take one decision of three agents on it."""
    began = time.perf_counter()
    with Board.open(url, run=f"doctor-{secrets.token_hex(4)}") as board:
        started = time.perf_counter()
        leader = board.lead()
        leader.welcome("agent", 3)
        leader.begin_round()
        draft = leader.begin([Proposal()])
        draft.add(np.arange(3, dtype=np.uint32), VoteBlock(np.zeros(3, np.uint8)))
        leader.commit(draft)
        [decided] = leader.close(counts=True).decisions
        leader.end_round()
        leader.finish("done")
        ended = time.perf_counter()
        kind, version = leader.server
    return [
        f"{kind} {version}, ready after {1000 * (started - began):.0f} ms",
        f"round trip: 3 of 3 approved, {decided.outcome}, in {1000 * (ended - started):.1f} ms",
    ]
