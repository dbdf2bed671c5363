"""Scenarios and their options, as text and as JSON schema."""

from typing import Any

from .catalog import find_scenario, scenario_names


def scenario_text() -> str:
    """Return all scenarios with their options, defaults and meanings."""
    lines: list[str] = []
    for name in scenario_names():
        scenario = find_scenario(name)
        lines.append(f"{name}: {scenario.summary}")
        lines.append(f"  structures: {', '.join(scenario.structures)}")
        for option, field in scenario.Options.model_fields.items():
            lines.append(f"  --set {option}={field.default}  {field.description or ''}".rstrip())
        lines.append("")
    return "\n".join(lines).rstrip()


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
                "agents": scenario.default_agents,
                "threshold": scenario.default_threshold,
                "options": scenario.Options.model_json_schema(),
            }
        )
    return schemas
