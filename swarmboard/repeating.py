"""What repeats a run somewhere else: one command, or its configuration as a file."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from blackboard import SwarmboardError

from .config import RUN_SETTINGS, RunConfig

_WITH_A_FILE = ("faults", "supervision", "tiers", "roles", "budget", "routing", "forks")
"""What no argument of the command line says."""
_OF_THIS_MACHINE = ("board", "out")
_CREDENTIALS = re.compile(r"(\w+://)[^/\s]*@")
_QUERIES = re.compile(r"(\w+://[^\s?]*)\?\S*")
"""Keys travel in what follows the question mark of an address."""


def repeating_command(config: Mapping[str, Any]) -> str:
    """Return the command that repeats a run, from its `config.json`.

    Where arguments cannot say all of it, the command names the configuration as `run.json`.
    """
    fields = RunConfig.model_fields
    plain = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
    plain = json.loads(json.dumps(plain, default=_as_plain))
    for name in _WITH_A_FILE:
        if config.get(name) and config.get(name) != plain.get(name):
            return "swarmboard run --config run.json"
    threshold = re.fullmatch(r"threshold\((\d+)\)", str(config.get("rule")))
    if threshold is None:
        return "swarmboard run --config run.json"
    words = ["swarmboard", "run", str(config.get("scenario"))]
    words += ["--threshold", threshold[1]]
    for name in ("agents", "structure", "rounds", "seed", "baseline"):
        if config.get(name) is not None and config.get(name) != plain.get(name):
            words += [f"--{name}", str(config[name])]
    usual = _usual_options(str(config.get("scenario")))
    settings = {name: config.get(name) for name in RUN_SETTINGS}
    chosen = {n: v for n, v in settings.items() if v is not None and v != plain.get(n)}
    for name, value in (config.get("options") or {}).items():
        if value is not None and value != usual.get(name):
            chosen[name] = value
    for name, value in chosen.items():
        if isinstance(value, Mapping | list):
            return "swarmboard run --config run.json"
        words += ["--set", f"{name}={_written(value)}"]
    return shlex.join(map(_bare, words))


def portable_config(config: Mapping[str, Any]) -> str:
    """Return a `config.json` without what belongs to a machine, and without credentials."""
    kept = {name: value for name, value in config.items() if name not in _OF_THIS_MACHINE}
    return json.dumps(_all_bare(kept), indent=1)


def _bare(text: str) -> str:
    """Leave names, passwords and queries out of addresses."""
    return _QUERIES.sub(r"\1", _CREDENTIALS.sub(r"\1", text))


def _all_bare(value: Any) -> Any:
    """Return a plain value whose texts have bare addresses."""
    if isinstance(value, Mapping):
        return {name: _all_bare(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_all_bare(part) for part in value]
    return _bare(value) if isinstance(value, str) else value


def _usual_options(scenario: str) -> dict[str, Any]:
    """Return what a scenario's options are unless somebody says otherwise; {} of an unknown one."""
    from .catalog import find_scenario

    try:
        fields = find_scenario(scenario).Options.model_fields
    except SwarmboardError:
        return {}
    defaults = {
        name: field.get_default(call_default_factory=True)
        for name, field in fields.items()
        if not field.is_required()
    }
    plain: dict[str, Any] = json.loads(json.dumps(defaults, default=_as_plain))
    return plain


def _as_plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
