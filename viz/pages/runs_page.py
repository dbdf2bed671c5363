"""The first page: all runs, two side by side, and the form that starts another."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import solara

from ..feed import RunRow, the_hub
from ..launch import Form, words_of
from ..serve.place import place
from .board_runs_panel import BoardRunsPanel, has_list
from .commanding import commands
from .comparison import Comparison
from .layout import path_of
from .parts import ActButton, Notice, RunForm, RunsTable, box, slot
from .rows import table_row
from .visit import every

type Table = tuple[dict[str, Any], ...]
REFRESH_S = 1.0
BEGINS_WITHIN_S = 60.0
"""How long a run may take until its directory is there."""
FIRST = "grid-dispatch"


@solara.component
def RunsPage() -> Any:
    """Show all runs of the folder."""
    router = solara.use_router()
    found, set_found = solara.use_state(None)
    rows, live = found or ((), ())
    picked, set_picked = solara.use_state([])
    is_starting, set_starting = solara.use_state(False)
    here = place()

    def refresh() -> None:
        now = in_two(the_hub().runs(here.runs))
        if now != seen[0]:
            seen[0] = now
            set_found(now)

    seen: list[Any] = solara.use_memo(lambda: [None], [])
    every(REFRESH_S, refresh)

    head = box(
        "div",
        box("h1", "Runs"),
        box("code", str(here.runs)),
        box("span", of="db-space"),
        ActButton(
            label="Start a run",
            tone="is-main",
            expanded=is_starting,
            event_press=lambda _: set_starting(not is_starting),
        ),
        of="db-row",
    )
    form = [StartForm(close=lambda: set_starting(False), go=router.push)] if is_starting else []
    if rows or live:
        table = RunsTable(
            rows=rows,
            live=live,
            event_pick=set_picked,
            event_go=router.push,
        )
        runs = box("section", table, of="db-panel", **{"aria-label": "All runs"})
    elif found is not None:
        runs = Notice(text=_none_yet(here.runs))
    else:
        runs = Notice(text="Looking for runs …")
    on_board, compared = [], []
    if here.board is not None and has_list(here.board):
        here_too = frozenset(row["run_id"] for row in (*rows, *live))
        on_board.append(BoardRunsPanel(here.board, here_too))
    known = [key for key in picked if any(row["key"] == key for row in (*rows, *live))]
    if len(known) == 2:
        one, two = known
        both = "/".join(quote(key, safe="", errors="surrogateescape") for key in known)
        compared.append(Comparison(one, two, play=lambda: router.push(f"/compare/{both}")))
    return box(
        "div", head, slot(*form), slot(runs), slot(*on_board), slot(*compared), of="db-stack"
    )


def in_two(rows: Sequence[RunRow]) -> tuple[Table, Table]:
    """Return the rows of runs that have ended, and of those that go on.

    Only these change from second to second, and a browser is sent the part that has changed.
    """
    ended = tuple(table_row(row) for row in rows if not row.is_live)
    return ended, tuple(table_row(row) for row in rows if row.is_live)


@solara.component
def StartForm(close: Callable[[], None], go: Callable[[str], None]) -> Any:
    """Show the form of a new run, and start it."""
    forms, set_forms = solara.use_state(())
    chosen, set_chosen = solara.use_state(FIRST)
    values, set_values = solara.use_state({})
    error, set_error = solara.use_state("")
    is_busy, set_busy = solara.use_state(False)

    def load() -> None:
        def ask() -> None:
            try:
                set_forms(commands().forms())
            except Exception as problem:  # whatever kept the command from answering
                set_error(f"`swarmboard scenarios` gave no answer: {problem}")

        threading.Thread(target=ask, daemon=True).start()

    solara.use_effect(load, [])
    if not forms:
        return Notice(
            text=error or "Asking which scenarios there are …", tone="is-bad" if error else ""
        )
    form = next((one for one in forms if one.scenario == chosen), forms[0])

    def choose(name: str) -> None:
        set_chosen(name)
        set_values({})
        set_error("")

    def submit(given: Mapping[str, str]) -> None:
        set_values(dict(given))
        set_error("")
        if form.complaints(given):
            return
        set_busy(True)
        threading.Thread(target=begin, args=(form, dict(given)), daemon=True).start()

    def begin(form: Form, given: dict[str, str]) -> None:
        try:
            failure, path = started(words_of(form, given))
        except Exception as problem:  # whatever it is, the person has to be told
            failure, path = str(problem), Path()
        finally:
            set_busy(False)
        if failure:
            set_error(failure)
        else:
            close()
            go(path_of(path.name))

    return RunForm(
        scenarios=[one.scenario for one in forms],
        scenario=form.scenario,
        summary=form.summary,
        fields=[_shown_field(field) for field in form.fields],
        wrong=form.complaints(values),
        words=" ".join(["swarmboard", *words_of(form, values)]),
        error=error,
        is_busy=is_busy,
        event_choose=choose,
        event_filled=lambda given: set_values(dict(given)),
        event_submit=submit,
        event_close=lambda _: close(),
    )


def started(words: list[str]) -> tuple[str, Path]:
    """Start a run and wait until it has begun, or has failed: then the reason comes first."""
    launch = commands().start(words)
    waited = threading.Event()
    for _ in range(int(BEGINS_WITHIN_S / 0.1)):
        if launch.failure:
            return launch.failure, launch.path
        if launch.has_begun:
            return "", launch.path
        waited.wait(0.1)
    return f"the run has not begun after {BEGINS_WITHIN_S:.0f} s: see {launch.path}", launch.path


def _shown_field(field: Any) -> dict[str, Any]:
    """Return a field as the form takes it."""
    limits = field.range_text
    if limits.replace(" to ", "-") in field.description:
        limits = ""
    told = [field.description, limits and f"({limits})"]
    return {
        "name": field.name,
        "label": field.label,
        "description": field.description,
        "help": " ".join(filter(None, told)),
        "default": field.default,
        "choices": list(field.choices),
        "inputmode": {"whole": "numeric", "number": "decimal"}.get(field.kind, "text"),
        "is_option": field.is_option,
    }


def _none_yet(folder: Path) -> str:
    if not folder.exists():
        return f"The folder {folder} is not there yet: start a run, and it is made."
    return (
        "There are no runs here yet. Start one with the button above, or in a terminal: "
        "swarmboard run grid-dispatch"
    )
