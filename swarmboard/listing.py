"""Scenarios and their options, as text and as JSON schema."""

from typing import Any

from pydantic.fields import FieldInfo

from scenarios import ModelOptions

from .catalog import find_scenario, scenario_names


def scenario_text() -> str:
    """Return all scenarios with their options, defaults and meanings."""
    lines: list[str] = []
    for name in scenario_names():
        scenario = find_scenario(name)
        lines.append(f"{name}: {scenario.summary}")
        lines.append(f"  structures: {', '.join(scenario.structures)}")
        fields = scenario.Options.model_fields
        has_models = issubclass(scenario.Options, ModelOptions)
        shared = {n: fields[n] for n in ModelOptions.model_fields} if has_models else {}
        own = {n: f for n, f in fields.items() if n not in shared}
        lines += map(_option, own.items())
        if shared:
            lines += ["  models (open more with [tiers] in a --config FILE.toml):"]
            lines += map(_option, shared.items())
        lines.append("")
    return "\n".join(lines).rstrip()


def _option(option: tuple[str, FieldInfo]) -> str:
    name, field = option
    default = field.get_default(call_default_factory=True)
    return f"  --set {name}={_written(default)}  {field.description or ''}".rstrip()


def _written(value: Any) -> str:
    """Return a default as people write it behind `--set`: nothing for none, commas in lists."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(_written, value))
    return str(value)


def scenario_schemas() -> list[dict[str, Any]]:
    """Return what a form for each scenario needs."""
    schemas = []
    for name in scenario_names():
        scenario = find_scenario(name)
        schemas.append(
            {
                "name": name,
                "summary": scenario.summary,
                "structures": list(scenario.structures),
                "agents": None if scenario.agents_from else scenario.default_agents,
                "agents_from": scenario.agents_from,
                "threshold": scenario.default_threshold,
                "options": scenario.Options.model_json_schema(),
            }
        )
    return schemas
