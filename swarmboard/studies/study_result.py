"""A study from Python: carried out, or read again from its directory."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackboard import BadInput, RunDirectory, StudyDirectory

from ..result import Result
from .job import Engine
from .jobs import StudyPlan
from .planning import plan_study
from .study_file import StudyConfig, make_study, read_study, within
from .surroundings import check_ready, folder_of
from .taking_up import TakenUp, take_up

if TYPE_CHECKING:
    import pandas as pd

    from .telling import Watch

AT_MOST_LOOKED_AT_S = 1.0
"""How long others may hold a study's lock to see whether it is free."""


class Study:
    """A study that was carried out, read from its directory when asked."""

    def __init__(self, directory: StudyDirectory) -> None:
        self._directory = directory

    @classmethod
    def open(cls, path: Path | str) -> "Study":
        """Read a study again.

        Raises:
            BadInput: there is none.
        """
        directory = StudyDirectory.open(Path(path))
        if directory is None:
            raise BadInput(
                f"{path} holds no study: `swarmboard sweep STUDY.toml --out DIR` makes one"
            )
        return cls(directory)

    @property
    def path(self) -> Path:
        """The study directory."""
        return self._directory.path

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a run, in the order of points and replicates; missing values are NaN or None."""
        return as_frame(self._directory.table())

    @property
    def failures(self) -> dict[str, str]:
        """Why runs failed: a traceback by the key of each."""
        return self._directory.failures()

    @cached_property
    def description(self) -> dict[str, Any]:
        """The content of `study.json`: the study as it was given, its code and versions."""
        return self._directory.describe() or {}

    @property
    def varied(self) -> list[str]:
        """The columns of the table that the study varies."""
        return list(self.description["varied"])

    @cached_property
    def found(self) -> "pd.DataFrame":
        """What an adaptive study came to: a row a point or search, with `said` in words.

        It is empty of any other study, and before the first point has stopped.
        """
        import pandas as pd

        return pd.DataFrame(self.description.get("adaptive", {}).get("found", []))

    def result(self, key: str) -> Result:
        """Return the result of one run, by its key.

        Raises:
            BadInput: the study has no such run, or its directory was not kept.
        """
        run = RunDirectory.open(self._directory.run_path(key))
        if run is None and key in self._directory.finished():
            keep = self.description["study"].get("keep_runs", "all")
            why = "" if keep == "all" else f' (keep_runs = "{keep}" in the study)'
            raise BadInput(
                f"the directory of run {key} was not kept{why}: the study's table has its row; to "
                "see more of it, carry the study out in another directory that keeps all"
            )
        if run is None:
            raise BadInput(
                f"{self.path} has no run {key!r}: the column `key` of the table names them"
            )
        return Result(run)

    def report(self) -> Path:
        """Write the study's report, and return the page."""
        from .reporting import write_study_report

        page: Path = write_study_report(self.path)
        return page

    def __repr__(self) -> str:
        return f"Study({str(self.path)!r})"


def study(
    scenario: str | Path | None = None,
    *,
    vary: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    when: Mapping[str, Mapping[str, Iterable[Any]]] | None = None,
    engine: str | Engine = "local",
    jobs: int | None = None,
    out: Path | str | None = None,
    retry_failed: bool = False,
    watch: "Watch | None" = None,
    **settings: Any,
) -> Study:
    """Carry out a study, or what is left of it, and return what came of it.

    Args:
        scenario: A scenario's name, the path of your own, or a study file (`.toml`), which then
            says all the rest; None where `vary` has several scenarios.
        vary: Values by parameter: a list, or `{"low": 16, "high": 256, "steps": 5, "scale":
            "log2"}`. `agents`, `threshold`, `structure` and every option of the scenario are
            names on equal footing.
        fixed: The value of each parameter that is the same in all runs.
        when: Conditions by parameter: it varies only where the others have one of these values.
        engine: `local` processes, `ray`, `serial`, or one of your own.
        jobs: How many runs go on at a time; None means one for each processor.
        out: The study directory; None means a new one below `studies`. One that holds this study
            already is gone on with: no finished run is done again.
        retry_failed: Whether runs that failed are done again.
        watch: Told how far the study is, and of each run that has ended.
        **settings: Any other name of a study file, such as `replicates`, `seed` or `design`.

    Raises:
        BadInput: something given is wrong; the message names it and the next step.
    """
    if scenario is not None and Path(scenario).suffix == ".toml":
        given = {"vary": vary, "fixed": fixed, "when": when, **settings}
        if extra := [name for name, value in given.items() if value is not None]:
            raise BadInput(f"{scenario} says all of a study: write {', '.join(extra)} in it")
        plan, text = read_plan(Path(scenario))
    else:
        named = {} if scenario is None else {"scenario": str(scenario)}
        tables = {"vary": vary or {}, "fixed": fixed or {}, "when": when or {}}
        plan = plan_study(make_study({**named, **tables, **settings}), folder=Path())
        text = None
    chosen = engine_of(plan.config, engine, jobs)
    directory = make_ready(plan, chosen, Path(out) if out else None)
    carry_out_study(plan, directory, chosen, text=text, retry_failed=retry_failed, watch=watch)
    return Study(directory)


def read_plan(path: Path) -> tuple[StudyPlan, str]:
    """Read and check a study file, and return its text too.

    Raises:
        BadInput: one line that names the file, the first wrong value and the next step.
    """
    config, text = read_study(path)
    folder = folder_of(path, text)
    return within(str(path), lambda: plan_study(config, folder=folder)), text


def engine_of(config: StudyConfig, engine: str | Engine, jobs: int | None) -> Engine:
    """Return the engine that carries a study out."""
    if not isinstance(engine, str):
        if jobs is not None:
            raise BadInput(f"jobs={jobs} and an engine of your own: tell the engine")
        return engine
    from .engines import engine_named

    return engine_named(engine, workers=jobs, timeout_s=config.timeout_s)


def make_ready(plan: StudyPlan, engine: Engine, out: Path | None) -> StudyDirectory:
    """Return the directory that a study is carried out in, new or begun before.

    Raises:
        BadInput: no run could go on here, as there is no server or no key; then nothing is
            written. Other machines of a cluster may have them, and a study that is done needs none.
    """
    begun = StudyDirectory.open(out) if out else None
    is_done = begun is not None and (begun.progress() or {}).get("status") == "done"
    if engine.name != "ray" and not is_done:
        check_ready(plan)
    return StudyDirectory.create(out)


def carry_out_study(
    plan: StudyPlan,
    directory: StudyDirectory,
    engine: Engine,
    *,
    text: str | None = None,
    retry_failed: bool = False,
    watch: "Watch | None" = None,
    begin: Callable[[TakenUp], None] = lambda taken: None,
) -> None:
    """Carry out what is left of a study, as the only process that writes in its directory.

    Args:
        plan: The study.
        directory: Where it is carried out.
        engine: What carries out its runs.
        text: The study file, which is copied.
        retry_failed: Whether runs that failed are done again.
        watch: Told how far the study is, and of each run that has ended.
        begin: Told what was done before.

    Raises:
        BadInput: another process carries it out, or the directory is another study's.
        SweepStopped: a Ctrl-C ended it; nothing that was done is lost.
        SwarmboardError: the disk does not take the results.
    """
    from .sweeping import sweep

    with directory.lock as lock:
        if not lock.take(within_s=AT_MOST_LOOKED_AT_S):
            holder = f" (process {lock.holder})" if lock.holder else ""
            raise BadInput(
                f"another sweep{holder} goes on in {directory.path}: wait for it, or name another "
                "directory with --out"
            )
        begin(take_up(plan, directory, text=text))
        sweep(plan, directory, engine, watch=watch, retry_failed=retry_failed)
        directory.merge_parts(is_whole=True)


def as_frame(table: Any) -> "pd.DataFrame":
    """Return a table as a data frame: true and false, 0 and 1 stay so where some are missing."""
    import pyarrow as pa

    frame: pd.DataFrame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_boolean(field.type) and table[field.name].null_count:
            frame[field.name] = frame[field.name].astype("boolean")
        elif pa.types.is_integer(field.type) and table[field.name].null_count:
            is_either = frame[field.name].dropna().isin((0, 1)).all()
            frame[field.name] = frame[field.name].astype("Int64" if is_either else "float64")
    return frame
