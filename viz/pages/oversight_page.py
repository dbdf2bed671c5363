"""A person's hand on the run: pause, step, unpause, stop, and answers to proposals that wait."""

import threading
from typing import Any

import solara

from .commanding import commands
from .parts import Notice, OversightForm, box
from .viewer import Viewer
from .visit import every

ACTS = ("pause", "step", "unpause", "stop")


@solara.component
def OversightPage(viewer: Viewer) -> Any:
    """Show what a person can do, and what waits for one."""
    said, set_said = solara.use_state(("", ""))
    is_busy, set_busy = solara.use_state(False)
    state, set_state = solara.use_state(("", ()))
    path = viewer.feed.path

    def refresh() -> None:
        latest = viewer.feed.latest
        set_state((viewer.feed.status, latest.waiting if latest else ()))

    every(0.3, refresh)

    def act(asked: dict[str, str]) -> None:
        set_busy(True)
        threading.Thread(target=tell, args=(asked,), daemon=True).start()

    def tell(asked: dict[str, str]) -> None:
        words = [asked["act"], str(path), *filter(None, [asked.get("proposal", "")])]
        who = ["--by", asked["by"]] if asked.get("by") else []
        why = ["--reason", asked["reason"]] if asked.get("reason") else []
        done = commands().say(*words, *who, *why)
        set_said(("" if done.is_done else "is-bad", done.text))
        set_busy(False)

    status, waiting = state
    if not viewer.feed.is_live:
        text = (
            f"The run has ended ({status or viewer.feed.status}): there is nothing to hold or to "
            "answer any more. Who did what stands in the log: `swarmboard explain` tells it."
        )
        return Notice(text=text)
    notices = [Notice(text=said[1], tone=said[0])] if said[1] else []
    form = OversightForm(
        status=status,
        waiting=list(waiting),
        is_busy=is_busy,
        event_act=act,
    )
    return box("div", form, box("div", *notices, of="db-stack"), of="db-stack")
