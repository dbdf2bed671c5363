"""The pieces of pages that are drawn by the browser from plain values, each a Vue file beside."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import solara
from ipyvue import Html
from reacton.core import ComponentWidget

type Values = dict[str, str]
type Row = dict[str, Any]


@solara.component_vue("top_bar.vue")
def TopBar(
    pages: Sequence[Row], event_go: Callable[[str], None], event_dark: Callable[[bool], None]
) -> None:
    """Draw the bar on top: home, the pages of a run, the theme."""


@solara.component_vue("runs_table.vue")
def RunsTable(
    rows: Sequence[Row],
    live: Sequence[Row],
    event_pick: Callable[[list[str]], None],
    event_go: Callable[[str], None],
) -> None:
    """Draw the table of runs that have ended and of live ones, which filters and sorts itself."""


@solara.component_vue("studies_table.vue")
def StudiesTable(rows: Sequence[Row], event_go: Callable[[str], None]) -> None:
    """Draw the table of studies."""


@solara.component_vue("run_form.vue")
def RunForm(
    scenarios: Sequence[str],
    scenario: str,
    summary: str,
    fields: Sequence[Row],
    wrong: Values,
    words: str,
    error: str,
    is_busy: bool,
    event_choose: Callable[[str], None],
    event_filled: Callable[[Values], None],
    event_submit: Callable[[Values], None],
    event_close: Callable[[Any], None],
) -> None:
    """Draw the form of a new run."""


@solara.component_vue("facts_table.vue")
def FactsTable(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    marked: Sequence[int] = (),
    numbers: bool = True,
) -> None:
    """Draw a plain table; its first column names the rows."""


@solara.component_vue("notice.vue")
def Notice(
    text: str,
    tone: str = "",
    button: str = "",
    event_press: Callable[[Any], None] = lambda _: None,
) -> None:
    """Say something to the person; tone is empty, is-warn or is-bad, which is read out at once."""


@solara.component_vue("act_button.vue")
def ActButton(
    label: str,
    event_press: Callable[[Any], None],
    tone: str = "",
    is_off: bool = False,
    expanded: bool | None = None,
) -> None:
    """Draw a button."""


@solara.component_vue("choice_box.vue")
def ChoiceBox(
    label: str, value: str, choices: Sequence[str], event_choose: Callable[[str], None]
) -> None:
    """Draw a list to choose one of."""


@solara.component_vue("entries_table.vue")
def EntriesTable(
    rows: Sequence[Row],
    said: str,
    layers: Sequence[str],
    kinds: Sequence[str],
    query: Values,
    picked: str,
    event_query: Callable[[Values], None],
    event_pick: Callable[[str], None],
    event_meet: Callable[[int], None],
) -> None:
    """Draw entries with what they are searched by."""


@solara.component_vue("entry_tree.vue")
def EntryTree(rows: Sequence[Row], event_pick: Callable[[str], None]) -> None:
    """Draw entries below each other, as deep as they are linked."""


@solara.component_vue("oversight_form.vue")
def OversightForm(
    status: str,
    waiting: Sequence[Row],
    said: str,
    tone: str,
    wrong: Values,
    is_busy: bool,
    event_act: Callable[[Values], None],
) -> None:
    """Draw what a person can do with a run that goes on."""


def box(tag: str, *children: Any, of: str = "", **attributes: str) -> Any:
    """Return an HTML element around others; `of` is its class."""
    return _component(tag)(tag=tag, children=list(children), class_=of, attributes=attributes)


def slot(*elements: Any) -> Any:
    """Return a place for elements that come and go.

    Elements are known by their place among others: without a slot, all that stands behind them
    would be made anew, and what a person typed or was just clicking there would be lost.
    """
    return box("div", *elements, of="db-slot")


@cache
def _component(tag: str) -> ComponentWidget:
    """Return the component of a tag, of which each has its own.

    An element whose tag changes would stay what it was in the browser, and get the new tag's
    attributes; of another component, it is another element.
    """
    return ComponentWidget(type(f"Html_{tag}", (Html,), {}))
