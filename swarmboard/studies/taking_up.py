"""Beginning a study in its directory, or going on where it was: what is done already counts."""

import shlex
import sys
from dataclasses import dataclass
from typing import Any

from blackboard import BadInput, StudyDirectory

from ..versions import versions
from .adaptive import asked_again
from .jobs import RESTING_ON, StudyPlan
from .study_file import StudyConfig
from .surroundings import copied, needed_files
from .table import column_of, place_of


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What a study has done before."""

    done: int
    failed: int
    left_out: int
    """Runs on disk that are not of the study as it is now, so that its table leaves them out."""


def take_up(
    plan: StudyPlan,
    directory: StudyDirectory,
    *,
    text: str | None = None,
) -> TakenUp:
    """Make a directory that of a study; called by the process that holds its lock.

    Runs keep their rows whatever else the study varies now: they are found again by their keys,
    and numbered as the study counts its points now.

    Args:
        plan: The study as it is now.
        directory: Where it is carried out.
        text: The study file, which is copied.

    Raises:
        BadInput: what is there belongs to another study, or was made by other code.
    """
    stored = directory.finished()
    places = _places(plan, directory, stored)
    own = [key for key, place in places.items() if place["point"] is not None]
    if stored and not own:
        raise BadInput(_not_ours(plan, directory, len(stored)))
    left_out = directory.renumber(places)
    directory.write_description(description(plan), text=copied(text, plan))
    failed = sum(stored[key] == "failed" for key in own)
    return TakenUp(len(own) - failed, failed, left_out)


def description(plan: StudyPlan) -> dict[str, Any]:
    """Return what `study.json` keeps: all that is needed to carry the study out again."""
    visits = plan.points.visits
    return {
        "study": as_given(plan.config),
        "folder": str(plan.folder),
        "files": needed_files(plan),
        "points": plan.points.count,
        **({} if visits is None else {"visits": visits}),
        "runs": plan.count,
        "varied": [column_of(axis.name) for axis in plan.points.axes],
        "code": plan.code,
        "versions": versions(),
        "command": shlex.join(["swarmboard", *sys.argv[1:]]) if _is_command() else None,
    }


def as_given(config: StudyConfig) -> dict[str, Any]:
    """Return a study with the names of its file, without what it leaves at its default."""
    content = config.model_dump(mode="json", exclude_defaults=True)
    vary = {
        name: {n: v for n, v in entry.items() if v is not None}
        if isinstance(entry, dict)
        else entry
        for name, entry in content.get("vary", {}).items()
    }
    return content | {"vary": vary}


def _not_ours(plan: StudyPlan, directory: StudyDirectory, runs: int) -> str:
    """Say why none of the runs in a directory is of a study."""
    before = directory.describe() or {}
    why = "its scenario, what it fixes and varies, or its seed are others"
    if before.get("code") != plan.code:
        names = ("swarmboard", *RESTING_ON)
        known = before.get("versions", {})
        now = versions()
        changed = [f"{n} {known[n]} is {now[n]}" for n in names if known.get(n, now[n]) != now[n]]
        what = ", ".join(changed) or "Swarmboard's sources or the scenario's file"
        why = f"the code they were made by has changed since ({what})"
    return (
        f"none of the {runs:,} runs in {directory.path} is of this study: {why}; name another "
        "directory with --out"
    )


def _is_command() -> bool:
    return sys.argv[0].endswith(("swarmboard", "__main__.py", "cli.py"))


def _places(
    plan: StudyPlan, directory: StudyDirectory, stored: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the place of every stored run that the study has."""
    if not stored:
        return {}
    jobs = plan.jobs()
    if plan.policy:
        jobs = asked_again(plan, plan.policy, {row["key"]: row for row in directory.rows()})
    return {job.key: dict(place_of(job)) for job in jobs if job.key in stored}
