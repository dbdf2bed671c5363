"""What goes wrong on purpose: the `[[faults]]` of a configuration, checked at the door."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from blackboard import BadInput

AGENT_KINDS = ("crash", "hang", "slow", "silent", "random", "stale", "loss", "storm")
WORKER_KINDS = ("crash", "hang")
KINDS = (*AGENT_KINDS, "network", "server-kill")
TARGETS = ("agents", "workers")
DOWN = {"crash": "error", "hang": "late"}
"""Faults that last until a restart, and the cause for which such an agent abstains."""
SLOW_S = 0.05
"""How much longer a slow agent takes, in seconds, unless told otherwise."""

_SETTINGS = {
    "slow": ("delay_s",),
    "stale": ("stages_ago",),
    "loss": ("loss",),
    "storm": ("copies",),
    "network": ("delay_s", "drop"),
}
"""What can be set for some kinds alone."""
_CHOICES = {
    "agents": ("share", "agents", "rate"),
    "workers": ("share", "workers", "rate"),
    "network": (),
    "server": ("rate",),
}
"""How those who are hit are chosen."""
_BUNDLED = (None, "bundled")


class Fault(BaseModel):
    """One thing that goes wrong: what, for whom, from when and how long."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: str
    target: str | None = None
    """`agents` or `workers`; None means agents, where the kind has a choice."""
    role: str | None = None
    """None means agents of every role."""
    share: float | None = Field(None, gt=0, le=1)
    """Share of the agents (or workers), drawn once and hit at `at_round`."""
    agents: tuple[int, ...] | None = Field(None, min_length=1)
    workers: tuple[int, ...] | None = Field(None, min_length=1)
    rate: float | None = Field(None, gt=0, le=1)
    """Chance per agent (worker, server) and round, drawn anew each round."""
    at_round: int = Field(1, ge=1)
    until_round: int | None = Field(None, ge=1)
    """The last round in which `rate` draws; None means the run's last."""
    for_rounds: int | None = Field(None, ge=1)
    """How long a hit lasts; None as `lasting_rounds` says."""
    delay_s: float | None = Field(None, gt=0, le=3600)
    loss: float = Field(1.0, gt=0, le=1)
    """Share of an agent's actions that get lost."""
    copies: int = Field(20, ge=1, le=1000)
    """How many further copies of each entry a storm posts."""
    stages_ago: int = Field(5, ge=1, le=1000)
    drop: float | None = Field(None, gt=0, le=1)
    """Share of the server's replies that are lost with their connection."""

    @property
    def hits(self) -> str:
        """What goes wrong: agents, workers, network or server."""
        return {"network": "network", "server-kill": "server"}.get(
            self.kind, self.target or "agents"
        )

    @property
    def lasting_rounds(self) -> int | None:
        """How many rounds a hit lasts; None until it is over by itself (or never is)."""
        if self.for_rounds or self.rate is None or self.kind in DOWN:
            return self.for_rounds
        return 1

    def draws_in(self, round: int) -> bool:
        """Say whether anything may be hit in a round."""
        if self.rate is None:
            return round == self.at_round
        return self.at_round <= round <= (self.until_round or round)

    def is_on(self, round: int) -> bool:
        """Say whether a fault that nobody is drawn for is there in a round."""
        return self.at_round <= round < self.at_round + (self.for_rounds or round)

    @field_validator("kind")
    @classmethod
    def _kind_is_known(cls, kind: str) -> str:
        return _known("kind", kind, KINDS)

    @field_validator("target")
    @classmethod
    def _target_is_known(cls, target: str | None) -> str | None:
        return target if target is None else _known("target", target, TARGETS)

    @model_validator(mode="after")
    def _settings_fit(self) -> Self:
        given = {
            name
            for name in self.model_fields_set
            if getattr(self, name) not in (None, type(self).model_fields[name].default)
        }
        if self.target and self.kind not in AGENT_KINDS:
            raise ValueError("it has no target: leave it out")
        if self.target == "workers" and self.kind not in WORKER_KINDS:
            raise ValueError(f"workers can {' or '.join(WORKER_KINDS)}: set target to agents")
        special = {name for names in _SETTINGS.values() for name in names}
        choices = set(_CHOICES["agents"]) | set(_CHOICES["workers"])
        fits = {*_SETTINGS.get(self.kind, ()), *_CHOICES[self.hits]}
        if self.hits == "agents":
            fits.add("role")
        if self.hits in ("agents", "network"):
            fits.add("for_rounds")
        if wrong := sorted(given & (special | choices | {"role", "for_rounds"}) - fits):
            raise ValueError(f"it has no {wrong[0]}: leave it out")
        return self._is_aimed(sorted(given & choices))

    def _is_aimed(self, chosen: Sequence[str]) -> Self:
        wanted = _CHOICES[self.hits]
        if self.hits in ("agents", "workers") and len(chosen) != 1:
            raise ValueError(f"give exactly one of {', '.join(wanted)}; given {_listed(chosen)}")
        if self.until_round is not None and self.rate is None:
            raise ValueError("until_round ends the draws of a rate: give a rate, or for_rounds")
        if self.kind == "network" and self.drop is None and self.delay_s is None:
            raise ValueError("give drop (share of replies), delay_s (seconds) or both")
        return self


def read_faults(given: object) -> tuple[Fault, ...]:
    """Check the faults of a configuration.

    Raises:
        BadInput: one line that names the first wrong one and the next step.
    """
    if not isinstance(given, list | tuple):
        raise BadInput('faults is no list: write each as [[faults]] with kind = "crash" or another')
    return tuple(_read(number, fault) for number, fault in enumerate(given, 1))


def agent_faults(given: object) -> tuple[Fault, ...]:
    """Return the faults of a configuration as one process without a server can take them.

    Those that hit processes never happen, but keep their places, by which draws are addressed.
    """
    never = Fault.model_validate({"kind": "silent", "rate": 1.0, "at_round": 2**31})
    return tuple(fault if fault.hits == "agents" else never for fault in read_faults(given))


def check_possible(faults: Iterable[Fault], *, workers: int, board: str | None) -> None:
    """Refuse faults that cannot happen with so many workers on this board.

    Raises:
        BadInput: one line that names the first such fault and the next step.
    """
    scheme = "bundled" if board in _BUNDLED else str(board).partition(":")[0]
    for number, fault in enumerate(faults, 1):
        what = f"fault {number} ({fault.kind})"
        if fault.hits == "workers" and workers < 2:
            raise BadInput(f"{what} hits workers, and there is one: use --workers 2 or more")
        strangers = [w for w in fault.workers or () if not 0 <= w < workers]
        if strangers:
            raise BadInput(f"{what}: there is no worker {strangers[0]}: {_range(workers)}")
        if fault.kind == "server-kill" and scheme != "bundled":
            raise BadInput(
                f"{what} ends the bundled server, and the board is {board}: leave out --board"
            )
        if fault.kind == "network" and scheme not in ("bundled", "redis", "unix"):
            raise BadInput(
                f"{what} needs a plain connection to a server, and the board is {board}: "
                "leave out --board, or use redis:// or unix://"
            )


def check_aims(faults: Iterable[Fault], roles: Mapping[str, Sequence[int]]) -> None:
    """Refuse faults whose role or agents the run does not have.

    Args:
        faults: The run's faults.
        roles: The agents of each role.

    Raises:
        BadInput: one line that names the first such fault and the next step.
    """
    everybody = {agent for agents in roles.values() for agent in agents}
    for number, fault in enumerate(faults, 1):
        what = f"fault {number} ({fault.kind})"
        if fault.role is not None and fault.role not in roles:
            raise BadInput(f"{what}: {_unknown('role', fault.role, tuple(roles))}")
        there = everybody if fault.role is None else set(roles[fault.role])
        strangers = [agent for agent in fault.agents or () if agent not in there]
        if strangers:
            named = f"no {fault.role}" if fault.role else "no agent of the scenario"
            raise BadInput(
                f"{what}: agent {strangers[0]} is {named}: {min(there)} to {max(there)} are"
            )


def _read(number: int, given: object) -> Fault:
    if isinstance(given, Fault):
        return given
    if not isinstance(given, Mapping):
        raise BadInput(f"fault {number} is {given!r:.80}: write each as a [[faults]] table")
    what = f"fault {number} ({given.get('kind', 'no kind')})"
    for name in given:
        if name not in Fault.model_fields:
            raise BadInput(f"{what}: {_unknown('name', str(name), tuple(Fault.model_fields))}")
    try:
        return Fault(**given)
    except ValidationError as error:
        raise BadInput(f"{what}: {_problem(error)}") from error


def _problem(error: ValidationError) -> str:
    problem: Any = error.errors()[0]
    message = problem["msg"].removeprefix("Value error, ")
    name = ".".join(map(str, problem["loc"]))
    if problem["type"] == "missing":
        return f"give it a {name}: {', '.join(KINDS)}"
    if problem["type"] == "value_error":
        return str(message)
    return f"{name}={problem['input']!r:.80} is wrong: {message[0].lower()}{message[1:]}"


def _known(what: str, name: str, names: Sequence[str]) -> str:
    if name not in names:
        raise ValueError(_unknown(what, name, names))
    return name


def _unknown(what: str, name: str, names: Sequence[str]) -> str:
    close = get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    return f"unknown {what} {name!r}: {hint}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _range(count: int) -> str:
    return f"they are 0 to {count - 1}"
