"""A form for a scenario, from what `swarmboard scenarios --json` says of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KINDS = {"integer": "whole", "number": "number", "boolean": "choice", "string": "text"}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be filled in; an empty one stays as the scenario has it."""

    name: str
    label: str
    description: str
    kind: str
    """whole, number, choice or text."""
    default: str
    """What holds while the field is empty, as people write it; empty for nothing."""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    is_least_excluded: bool = False
    is_option: bool = True
    """Whether it goes behind `--set`; the others have arguments of their own."""

    @property
    def range_text(self) -> str:
        """What may be filled in, in words; empty where everything may."""
        least, most = _written(self.least), _written(self.most)
        if self.least is not None and self.most is not None:
            return f"{'above ' if self.is_least_excluded else ''}{least} to {most}"
        if self.least is not None:
            return f"above {least}" if self.is_least_excluded else f"{least} or more"
        return f"at most {most}" if self.most is not None else ""

    def complaint(self, text: str) -> str | None:
        """Say what is wrong with what was filled in, or None.

        Only what the schema forbids is wrong here: the command has the last word.
        """
        given = text.strip()
        if not given or self.kind == "text":
            return None
        if self.kind == "choice":
            if given in self.choices:
                return None
            return f"{given!r} is none of {', '.join(self.choices)}"
        what = "a whole number" if self.kind == "whole" else "a number"
        asked = f"{what}, {self.range_text}" if self.range_text else what
        value = _number(given)
        if value is None or (self.kind == "whole" and not _is_whole(given)):
            return f"{given!r} is not {asked}{self._hint(value)}"
        return None if self._holds(value) else f"{given} is out of range: {asked}"

    def _hint(self, value: float | None) -> str:
        """Say what was meant where a share was given for percent."""
        is_share = self.label.endswith("%") and value is not None and 0 < value < 1
        return f"; did you mean {100 * value:g}?" if is_share and value else ""

    def _holds(self, value: float) -> bool:
        if self.least is not None and (
            value <= self.least if self.is_least_excluded else value < self.least
        ):
            return False
        return self.most is None or value <= self.most


@dataclass(frozen=True, slots=True)
class Form:
    """Everything that can be said of a new run of one scenario."""

    scenario: str
    summary: str
    fields: tuple[Field, ...]

    def complaints(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return what is wrong, by the field's name; empty where the run may be tried."""
        said = {field.name: field.complaint(values.get(field.name, "")) for field in self.fields}
        return {name: complaint for name, complaint in said.items() if complaint}


def read_form(schema: Mapping[str, Any]) -> Form:
    """Return the form of one scenario of `swarmboard scenarios --json`."""
    structures = tuple(schema.get("structures", ()))
    general = (
        Field(
            *("agents", "Agents", _agents_text(schema), "whole", _written(schema.get("agents"))),
            least=1,
            is_option=False,
        ),
        Field(
            *("structure", "Structure", "who acts when, sees what and decides", "choice"),
            structures[0] if structures else "",
            structures,
            is_option=False,
        ),
        Field(
            *("threshold", "Threshold, %", "how many must agree", "whole"),
            str(schema.get("threshold", "")),
            least=1,
            most=100,
            is_option=False,
        ),
        Field(
            *("rounds", "Rounds", "the most to take; empty for the scenario's own limit", "whole"),
            "",
            least=1,
            is_option=False,
        ),
        Field(
            *("seed", "Seed", "the same seed repeats the run", "whole", "0"),
            least=0,
            is_option=False,
        ),
    )
    options = schema.get("options", {})
    known = options.get("$defs", {})
    own = (_field(name, part, known) for name, part in options.get("properties", {}).items())
    return Form(str(schema["name"]), str(schema.get("summary", "")), (*general, *own))


def _agents_text(schema: Mapping[str, Any]) -> str:
    found = schema.get("agents_from")
    return "how many take part" + (f"; empty for as many as {found} has" if found else "")


def _field(name: str, part: Mapping[str, Any], known: Mapping[str, Any]) -> Field:
    """Return the field of an option; what no simple field can check is text."""
    meant = _meant(part, known)
    choices = tuple(map(_written, meant.get("enum", ())))
    kind = "choice" if choices else _KINDS.get(str(meant.get("type")), "text")
    if meant.get("type") == "boolean":
        choices = ("true", "false")
    excluded = meant.get("exclusiveMinimum")
    return Field(
        name,
        _label(name),
        str(part.get("description", "")),
        kind,
        _written(part.get("default")),
        choices,
        least=meant.get("minimum", excluded),
        most=meant.get("maximum"),
        is_least_excluded=excluded is not None and "minimum" not in meant,
    )


def _meant(part: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the one type that a value may have besides null; nothing where there are several."""
    if "$ref" in part:
        return _meant(known.get(str(part["$ref"]).rpartition("/")[2], {}), known)
    if "anyOf" not in part:
        return part
    possible = [one for one in part["anyOf"] if one.get("type") != "null"]
    return _meant(possible[0], known) if len(possible) == 1 else {}


def _label(name: str) -> str:
    """Return an option's name as a label, with its unit behind a comma."""
    words = name.split("_")
    units = {"s": "s", "percent": "%", "mw": "MW", "usd": "USD"}
    stem, unit = (words[:-1], units[words[-1]]) if words[-1] in units else (words, "")
    if unit and "per" in stem:
        stem, unit = stem[: stem.index("per")], f"per {unit}"
    return " ".join(stem).capitalize() + (f", {unit}" if unit else "")


def _written(value: Any) -> str:
    """Return a value as people write it behind `--set`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ",".join(map(_written, value))
    return str(value)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").removeprefix("+").isdigit()
