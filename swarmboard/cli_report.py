"""The command that writes a run as one file to send to somebody, or a study as a report."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_app import RunFolders, app, find_run

REPORT = "report.html"


@app.command()
def report(
    run: Annotated[
        str, typer.Argument(metavar="RUN|STUDY_DIR", help="a run's id or path, or a study's path")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR",
            help=f"the file of a run ({REPORT} in its directory if not given), or the folder of a "
            "study's report (report)",
        ),
    ] = None,
    runs: RunFolders = None,
) -> None:
    """Write a run, or a study with its figures and tables, as one HTML file without a network."""
    if (Path(run) / "study.json").is_file():
        _report_study(Path(run), out)
        return
    from blackboard import BadInput
    from viz import write_report

    directory = find_run(run, runs)
    if not directory.log.is_file():
        raise BadInput(f"{directory.path} has no events.log, from which a report is made")
    target = out or directory.path / REPORT
    _check_target(target)
    summary = directory.read_json("summary.json")
    told = _told(directory, summary)
    written = write_report(
        directory.path, target, told, digest=summary.get("digest") if summary else None
    )
    shown = f"{written.shown:,} moments"
    if written.shown < written.moments:
        shown = f"{written.shown:,} of {written.moments:,} moments"
    typer.echo(f"wrote {written.path} ({written.size / 1e6:.1f} MB, {shown}): open it in a browser")


def _report_study(path: Path, out: Path | None) -> None:
    from blackboard import BadInput

    if out is not None and out.is_file():
        raise BadInput(f"--out {out} is a file: name a folder for the study's report")
    from .studies.reporting import report_study

    written = report_study(path, out)
    typer.echo(
        f"wrote {written.path} ({written.size / 1e6:.1f} MB, {written.figures} figures, "
        f"{written.tables} tables): open it in a browser"
    )


def _check_target(target: Path) -> None:
    """Refuse what cannot be written before any work is done for it."""
    from blackboard import BadInput

    if target.is_dir():
        raise BadInput(f"--out {target} is a folder: name a file in it")
    if not target.parent.is_dir():
        raise BadInput(f"--out {target}: there is no folder {target.parent}")


def _told(directory: Any, summary: Any) -> Any:
    """Return the words of a report."""
    from viz import Told

    from .repeating import portable_config, repeating_command
    from .report_card import card_rows

    config = directory.read_json("config.json") or {}
    if summary:
        try:
            rows = [("status", str(summary["status"])), *card_rows(summary)]
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            rows = [("status", "unknown: parts of summary.json are missing or damaged")]
    else:
        rows = [("status", "it has not ended in order, or goes on: there is no summary yet")]
    rows.append(("run id", directory.run_id))
    versions = ", ".join(f"{name} {text}" for name, text in (config.get("versions") or {}).items())
    return Told(
        rows, repeating_command(config), portable_config(config), versions or "unknown versions"
    )
