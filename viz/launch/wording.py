"""What was filled in, as the words of a command."""

from collections.abc import Mapping

from .form import Form

ARGUMENTS_OF = {
    "agents": "--agents",
    "structure": "--structure",
    "threshold": "--threshold",
    "rounds": "--rounds",
    "seed": "--seed",
}
"""Fields that are arguments of their own."""


def words_of(form: Form, values: Mapping[str, str]) -> list[str]:
    """Return `run SCENARIO ...` with whatever was filled in."""
    words = ["run", form.scenario]
    for field in form.fields:
        given = values.get(field.name, "").strip()
        if not given:
            continue
        if field.is_option:
            words += ["--set", f"{field.name}={given}"]
        else:
            words += [ARGUMENTS_OF[field.name], given]
    return words
