"""The pages of one run: what they share, and which of them is asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara

from blackboard import BadInput, RunDirectory

from ..feed import LastDigest, the_hub
from ..feed.directory import is_led
from ..moment import Moment, RunFacts
from ..serve.place import place
from .board_page import BoardPage
from .consensus_page import ConsensusPage
from .figures import Readout, ReplayBar
from .judging import key_figures, swarm_words
from .layout import RUN_PAGES, names_in
from .model_rows import asking_words
from .models_page import ModelsPage
from .oversight_page import OversightPage
from .pacing import Pace
from .parts import Notice, box, slot
from .rows import summary_of
from .viewer import LATEST, Viewer
from .visit import beat, use_facts, use_followed
from .world_page import WorldPage

LOOK_S, IDLE_S = 0.12, 0.5
"""How often a page is drawn at the most, more often than people see is of no use; and how often it
looks at least."""
DRAWING_SHARE = 0.03
"""Of a core, what drawing one page may take."""
PAGES: dict[str, Callable[[Viewer], Any]] = {
    "consensus": ConsensusPage,
    "board": BoardPage,
    "world": WorldPage,
    "models": ModelsPage,
    "oversight": OversightPage,
}


def find_run(key: str) -> Path:
    """Return the directory of a run by its name in the folder, or by its id; never one elsewhere.

    Raises:
        BadInput: there is none.
    """
    runs = place().runs
    is_name = key == Path(key).name and key not in ("", "..") and "\0" not in key
    here = runs / key if is_name else runs
    try:
        if is_name and (here / "config.json").is_file():
            return here
        if runs.name == key and (runs / "config.json").is_file():
            return runs
        found = [run.path for run in RunDirectory.all(runs) if run.run_id == key]
    except OSError as error:
        why = error.strerror or error
        raise BadInput(f"{here} cannot be read ({why}): ask its owner for permission") from error
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} runs" if found else "no run"
    raise BadInput(f"{many} named {key!r} in {runs}/: `swarmboard list` shows them")


@solara.component
def RunPage() -> Any:
    """Show a run's page, or say why not."""
    router = solara.use_router()
    key = "".join(names_in(router.parts[1:2]))
    page = router.parts[2] if len(router.parts) > 2 else "consensus"
    try:
        path = find_run(key)
    except BadInput as error:
        text = f"{error}. It may have been removed, or the dashboard shows another folder."
        return missing(text, router.push)
    if page not in PAGES:
        text = f"A run has no page {page!r}; there are {', '.join(RUN_PAGES)}."
        return missing(text, router.push)
    return FollowedRun(path, page).key(str(path))


def missing(text: str, go: Callable[[str], None]) -> Any:
    """Say that something is not there, and lead back."""
    return Notice(text=text, tone="is-bad", button="See all runs", event_press=lambda _: go("/"))


@solara.component
def FollowedRun(path: Path, page: str) -> Any:
    """Follow a run for one visit, and show a page of it."""
    feed = solara.use_memo(lambda: the_hub().follow(path), [path])
    viewer = solara.use_memo(lambda: Viewer(feed), [feed])
    pace = solara.use_memo(lambda: Pace(LOOK_S, most=DRAWING_SHARE), [feed])
    readout = solara.use_memo(Readout, [])
    bar = solara.use_memo(ReplayBar, [])
    own: list[int] = solara.use_memo(lambda: [-1], [])
    state, set_state = solara.use_state(("", "", False, ""))
    facts = use_facts(viewer)
    has_replay = use_followed(viewer, lambda: not feed.is_live and len(feed.numbers) > 1)
    solara.use_effect(lambda: feed.close, [feed])
    solara.use_effect(lambda: feed.listen(viewer.hear), [viewer])
    solara.use_effect(lambda: pace.end, [pace])
    solara.use_effect(lambda: viewer.add(_figures(readout, path, viewer)), [viewer])
    solara.use_effect(lambda: viewer.add(_replayed(bar, viewer, own)), [viewer])

    def scrub() -> Callable[[], None]:
        def moved(change: dict[str, Any]) -> None:
            numbers = feed.numbers
            if change["new"] != own[0] and 0 <= change["new"] < len(numbers):
                is_end = change["new"] == len(numbers) - 1
                viewer.go(LATEST if is_end else int(numbers[change["new"]]))

        bar.observe(moved, "position")
        return lambda: bar.unobserve(moved, "position")

    solara.use_effect(scrub, [viewer])

    def look(_: Any) -> None:
        said = "" if feed.is_ready else asking_words(feed.asking)
        now = (feed.status, feed.error or "", feed.is_ready, said)
        with pace.work():
            set_state(now)
            viewer.look()
        viewer.rest(pace.rest_s(), IDLE_S)

    beat(look, 0.0, on=viewer)
    status, error, is_ready, said = state
    head = box("div", box("h1", path.name), box("span", _about(facts), of="db-muted"), of="db-row")
    notices = []
    if error:
        notices.append(Notice(text=f"{error}. This page goes on by itself.", tone="is-warn"))
    if status == "lost" and not feed.is_gone and (advice := advice_for_lost(path)):
        notices.append(Notice(text=advice, tone="is-warn"))
    if not is_ready:
        if not error:
            notices.append(Notice(text=said or "Reading what the run has told so far …"))
        return box("div", head, slot(*notices), of="db-stack")
    top = [readout, bar] if has_replay else [readout]
    figures = box("section", *top, of="db-panel", **{"aria-label": "Key figures"})
    return box("div", head, slot(*notices), figures, PAGES[page](viewer), of="db-stack")


def _figures(readout: Readout, path: Path, viewer: Viewer) -> Callable[[RunFacts, Moment], None]:
    digest: list[str | None] = [None]
    last = LastDigest(path / "events.log")

    def draw(facts: RunFacts, moment: Moment) -> None:
        status = viewer.feed.status
        if not viewer.feed.is_live and digest[0] is None:
            digest[0] = summary_of(path).get("digest")
        so_far = last.read() if viewer.feed.is_live else None
        readout.show(key_figures(facts, moment, status, digest[0], so_far))

    return draw


def _replayed(bar: ReplayBar, viewer: Viewer, own: list[int]) -> Callable[[RunFacts, Moment], None]:
    """Return what moves the bar to the moment that is drawn; `own` holds where that is."""

    def draw(facts: RunFacts, moment: Moment) -> None:
        if viewer.feed.is_live:
            return  # nobody sees the bar
        numbers = viewer.feed.numbers
        at = int(numbers.searchsorted(moment.number)) if len(numbers) else 0
        time = "" if moment.now_s is None else f", {moment.now_s:,.1f} s"
        with bar.hold_sync():
            bar.unit = "Instant" if facts.is_event_driven else "Round"
            bar.said = f"{moment.number:,}{time}"
            bar.count = len(numbers)
            own[0] = min(at, max(0, len(numbers) - 1))
            bar.position = own[0]

    return draw


def _about(facts: RunFacts | None) -> str:
    if facts is None or not facts.scenario:
        return ""
    swarm = f"{facts.structure} of {swarm_words(facts)}"
    return f"{facts.scenario}, {swarm}, seed {facts.seed}, {facts.rule}"


def advice_for_lost(path: Path) -> str:
    """Return what to do about a run that is lost; nothing while its runner finds a new board."""
    if is_led(RunDirectory(path, path.name)):
        return ""
    return (
        "Nobody runs this any more, and it did not end in order. In a terminal, "
        f"`swarmboard resume {path}` goes on with it; this page then follows by itself."
    )
