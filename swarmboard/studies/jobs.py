"""The runs of a study: their parameters, seeds and keys, made only as they are asked for."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from blackboard import BadInput
from scenarios import Scenario

from ..config import RunConfig, check_options, make_config
from .designs import Points
from .job import Job, Value
from .places import place
from .study_file import StudyConfig, is_own_file

if TYPE_CHECKING:
    from .adaptive import Policy

KEY_DIGITS = 16
COMMON = "common"
SOURCES = ("blackboard", "agents", "scenarios", "swarmboard")
"""The packages whose sources decide what a run comes to; `viz` only looks on."""
RESTING_ON = ("mesa", "numpy", "scipy", "daqp")
"""The libraries whose versions do."""


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of all parameters, checked and ready for its replicates."""

    number: int
    varied: Mapping[str, Value]
    values: Mapping[str, Any]
    """What `make_config` takes, but for `seed`, `out` and `board`."""
    canonical: str
    """Its parameters as canonical JSON: equal texts are equal parameters."""
    files: Mapping[str, str]
    """The SHA-256 of each file that its options name, by option."""
    code: str
    """The hash of everything but parameters and seed that its results depend on."""


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A checked study, ready to be carried out."""

    config: StudyConfig
    kinds: Mapping[str, type[Scenario]]
    """The class of each of its scenarios."""
    folder: Path
    """Where relative paths of the study begin."""
    points: Points
    code: str
    """The hash of everything but parameters and seed that results depend on."""
    codes: Mapping[str, str]
    """The same for the runs of each scenario."""
    policy: "Policy | None" = None
    """What decides during the study which runs it has; None where all are known."""

    @property
    def count(self) -> int:
        """How many runs it has; where something decides that during the study, at least."""
        return self.policy.first if self.policy else self.points.count * self.config.replicates

    @property
    def most(self) -> int:
        """How many runs it has at most."""
        return self.policy.most if self.policy else self.count

    def scenario_of(self, given: Mapping[str, Any]) -> str:
        """Return the scenario of a setting, as the study names it."""
        return self.config.scenario or str(given["scenario"])

    def jobs(self) -> Iterator[Job]:
        """Yield every run, point by point, replicates of a point one behind the other."""
        for point in self.settings():
            for replicate in range(self.config.replicates):
                yield self.job(point, replicate)

    def settings(self) -> Iterator[Point]:
        """Yield every point of the design."""
        for number, given in enumerate(self.points):
            yield self.setting(given, number=number)

    def setting(self, given: Mapping[str, Any], *, number: int) -> Point:
        """Check any setting of what the study varies; None stands for what does not apply.

        Raises:
            BadInput: the scenario refuses it.
        """
        values = self._values(given)
        named = dict(values["options"])
        files = self._files(named)
        values["options"] |= {name: str(path) for name, path in files.items()}
        config = make_config(values)
        scenario = self.scenario_of(given)
        kind = self.kinds[scenario]
        if config.structure not in kind.structures:
            raise BadInput(
                f"{kind.name} does not support the structure {config.structure!r}: "
                f"it supports {', '.join(kind.structures)}"
            )
        options = check_options(kind, config.options)
        named |= {name: _as_path(named[name]) for name in files}
        parameters = _plain({**values, "options": named}, config, options)
        hashes = {name: _sha256(path) for name, path in files.items()}
        return Point(
            number,
            self.points.cells(given),
            values,
            _canonical(parameters | {"scenario": self._as_named(scenario)}),
            hashes,
            self.codes[scenario],
        )

    def job(self, point: Point, replicate: int) -> Job:
        """Return a replicate of a point, beyond those that the study asks for as well."""
        seed = run_seed(
            self.config.seed,
            replicate,
            parameters=None if self.config.streams == COMMON else point.canonical,
        )
        content = f"[{point.canonical},{seed},{json.dumps(point.code)},{_canonical(point.files)}]"
        return Job(
            key=hashlib.sha256(content.encode()).hexdigest()[:KEY_DIGITS],
            point=point.number,
            replicate=replicate,
            seed=seed,
            varied=point.varied,
            values={**point.values, "seed": seed},
        )

    def _as_named(self, scenario: str) -> str:
        """Return a scenario the same way however its path is written: from the study's folder."""
        if not is_own_file(scenario):
            return scenario
        path, folder = (self.folder / scenario).resolve(), self.folder.resolve()
        return _as_path(str(path.relative_to(folder) if path.is_relative_to(folder) else scenario))

    def _files(self, options: Mapping[str, Any]) -> dict[str, Path]:
        """Return the files that options name, from where the study is."""
        texts = {name: text for name, text in options.items() if isinstance(text, str)}
        paths = {name: self.folder / text for name, text in texts.items() if Path(text).suffix}
        return {name: path for name, path in paths.items() if path.is_file()}

    def _values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `make_config` takes for a setting of the varied parameters."""
        name = self.scenario_of(given)
        located = str(self.folder / name) if is_own_file(name) else name
        values: dict[str, Any] = {"scenario": located, "options": {}}
        for name, value in self.config.fixed.items():
            place(values, name, deepcopy(value))
        for name, value in given.items():
            if value is not None and name != "scenario":
                place(values, name, deepcopy(value))
        return values


def run_seed(study: int, replicate: int, *, parameters: str | None) -> int:
    """Return a run's seed: the same for the same parameters, whatever else a study varies.

    Args:
        study: The study's seed.
        replicate: Which replicate, from 0.
        parameters: The point's parameters as canonical JSON; None gives every point the same seed
            in the same replicate.
    """
    words: list[int] = []
    if parameters is not None:
        digest = hashlib.sha256(parameters.encode()).digest()[:16]
        words = np.frombuffer(digest, "<u4").tolist()
    sequence = np.random.SeedSequence(study, spawn_key=(*words, replicate))
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def code_hash(*scenarios: Path) -> str:
    """Return the hash of the code that runs rest on: our sources, users' files, and versions."""
    own = " ".join(map(_sha256, scenarios))
    return hashlib.sha256(f"{_sources()} {own}".encode()).hexdigest()


@cache
def _sources() -> str:
    total = hashlib.sha256()
    for package in SOURCES:
        spec = find_spec(package)
        assert spec
        assert spec.origin
        root = Path(spec.origin).parent
        for path in sorted(path for path in root.rglob("*") if path.suffix in (".py", ".lua")):
            total.update(f"{package}/{path.relative_to(root).as_posix()}\n".encode())
            total.update(path.read_bytes())
    for name in RESTING_ON:
        total.update(f"{name} {version(name)}\n".encode())
    return total.hexdigest()


def _plain(values: Mapping[str, Any], config: RunConfig, options: Any) -> dict[str, Any]:
    """Return the parameters as they were given, numbers as the scenario reads them: 1 as 1.0."""
    run = {
        name: _as_read(value, getattr(config, name))
        for name, value in values.items()
        if name not in ("options", "scenario")
    }
    given = values["options"]
    return run | {"options": {n: _as_read(v, getattr(options, n)) for n, v in given.items()}}


def _as_read(given: Any, read: Any) -> Any:
    """Return numbers as they were read, in lists and tables too; texts stay as they are.

    A number that was read into something else is a whole one where it can be.
    """
    if isinstance(read, bool | int | float):
        return read
    if isinstance(given, Mapping):
        return {name: _as_read(value, _part(read, name)) for name, value in given.items()}
    if isinstance(given, list | tuple):
        parts = read if isinstance(read, list | tuple) and len(read) == len(given) else given
        return [
            _as_read(value, None if parts is given else part)
            for value, part in zip(given, parts, strict=True)
        ]
    if isinstance(given, float) and given.is_integer():
        return int(given)
    return given


def _part(read: Any, name: str) -> Any:
    return read.get(name) if isinstance(read, Mapping) else getattr(read, name, None)


def _as_path(text: str) -> str:
    """Return a path with nothing in it that leads nowhere, such as `./`."""
    return Path(normpath(text)).as_posix()


def _canonical(content: Any) -> str:
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _sha256(path: Path) -> str:
    stat = path.stat()
    return _hashed(path, stat.st_mtime_ns, stat.st_size)


@cache
def _hashed(path: Path, changed_ns: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
