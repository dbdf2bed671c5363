"""The properties that a planted model is given, by name and checked at the door."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from blackboard import BadInput

type Chance = Annotated[float, Field(ge=0, le=1)]

PREFIX = "planted"
"""What the names of planted models begin with: `planted` or `planted/accuracy=0.7,seed=3`."""


class Plant(BaseModel):
    """What is known of a planted model before it says anything."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    accuracy: Chance = 0.8
    """The chance that a voice believes the right option of a task."""
    correlation: Chance = 0.0
    """The correlation between any two voices' being right, on tasks of equal difficulty."""
    hard: Chance = 0.0
    """The share of tasks that are hard; the same tasks for all planted models."""
    hard_accuracy: Chance = 0.5
    """Takes the place of `accuracy` on hard tasks."""
    calibrated: bool = True
    """Whether the confidence of a voice is the chance that it is right; otherwise 0.95 always."""
    contradictions: Chance = 0.0
    """The chance, per agent and round, that one of its findings contradicts the others'."""
    corrects: Chance = 1.0
    """The chance, per contradicting entry, that its author corrects it when asked to."""
    approves: Chance = 0.9
    """The chance, per agent and round, of a vote to approve."""
    drift_from: int = Field(0, ge=0)
    """The first round in which drifters drift; 0 is never."""
    drift_rate: Chance = 0.1
    """The share of words of goal and contribution exchanged, growing by this in every round."""
    drifters: Chance = 1.0
    """The share of agents that drift."""
    heeds: Chance = 1.0
    """The share of drifters that do not drift where they are told to come back to the task."""
    noise: Chance = 0.05
    """The share of words exchanged by everybody in every round. Short tasks wobble more by it."""
    volunteers: Chance = 0.0
    """The chance, per agent and request shown, of taking it on."""
    misuse: Chance = 0.0
    """The chance, per prompt, of a reply that has to be refused."""
    gullible: Chance = 0.0
    """The share of agents that obey an instruction found in an entry."""
    seed: int = Field(0, ge=0, lt=2**63)
    """Where all draws come from; models of one seed share the right answers."""


def read_plant(name: str) -> Plant:
    """Read a planted model's properties from its name.

    Raises:
        BadInput: the name does not begin with `planted`, or a property is unknown or out of range.
    """
    prefix, _, rest = name.partition("/")
    if prefix != PREFIX:
        raise BadInput(f"model {name!r} is not planted: write planted/accuracy=0.7,seed=3")
    terms: dict[str, str] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise BadInput(f"model {name!r}: {part!r} has no value; write {part}=VALUE")
        terms[key.strip()] = value.strip()
    return check_plant(terms, what=f"model {name!r}")


def check_plant(terms: Mapping[str, Any], *, what: str = "planted model") -> Plant:
    """Check a planted model's properties.

    Raises:
        BadInput: one line that names the first wrong one and the next step.
    """
    for key in terms:
        if key not in Plant.model_fields:
            close = get_close_matches(key, Plant.model_fields, 1)
            known = ", ".join(sorted(Plant.model_fields))
            hint = f"did you mean {close[0]}?" if close else f"there are {known}"
            raise BadInput(f"{what}: unknown property {key!r}: {hint}")
    try:
        return Plant(**terms)
    except ValidationError as error:
        problem: Any = error.errors(include_url=False)[0]
        message = problem["msg"][0].lower() + problem["msg"][1:]
        raise BadInput(
            f"{what}: {problem['loc'][0]}={problem['input']!r:.80} is wrong: {message}"
        ) from None
