"""A person's hand on the run: pause, step, unpause, stop, answers to what waits, and entries."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import solara

from ..launch import Said, entry_of, person_of, say_to_board
from .commanding import commands
from .parts import Notice, OversightForm
from .viewer import ENDED, Viewer
from .visit import every, use_followed

HOLDS = ("pause", "step", "unpause", "stop")
ANSWERS = ("approve", "veto")


@solara.component
def OversightPage(viewer: Viewer) -> Any:
    """Show what a person can do, and what waits for one."""
    said, set_said = solara.use_state(("", ""))
    wrong, set_wrong = solara.use_state({})
    is_busy, set_busy = solara.use_state(False)
    state, set_state = solara.use_state(("", ()))
    is_over = use_followed(viewer, lambda: viewer.feed.status in ENDED)
    path = viewer.feed.path

    def refresh() -> None:
        latest = viewer.feed.latest
        waiting = latest.waiting if latest else ()
        told = tuple((one, viewer.feed.words_of(one)) for one in waiting)
        set_state((viewer.feed.status, told))

    every(0.3, refresh)

    def act(asked: Mapping[str, str]) -> None:
        words, complaints = words_of_act(path, asked)
        set_wrong(complaints)
        if complaints:
            set_said(("is-bad", "Nothing was sent: see what is marked above."))
            return
        set_said(("", "Sent; waiting for an answer …"))
        set_busy(True)
        threading.Thread(target=tell, args=(asked, words), daemon=True).start()

    def tell(asked: Mapping[str, str], words: list[str]) -> None:
        try:
            done = say_to_board(path, **_said(asked)) or commands().say(*words)
        except Exception as problem:  # whatever it is, the person has to be told
            done = Said(False, f"nothing was sent: {problem}")
        finally:
            set_busy(False)
        set_said(("" if done.is_done else "is-bad", done.text))

    status, waiting = state
    if is_over:
        text = (
            f"The run has ended ({status or viewer.feed.status}): there is nothing to hold or to "
            "answer any more. Who did what stands in the log: `swarmboard explain` tells it."
        )
        return Notice(text=text)
    return OversightForm(
        status=status,
        waiting=[{"id": proposal, "words": words} for proposal, words in waiting],
        said=said[1],
        tone=said[0],
        wrong=wrong,
        is_busy=is_busy,
        event_act=act,
    )


def words_of_act(path: Path, asked: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the command for what a person asked for, or what is wrong with it, by field.

    What comes from a browser is no command until it is one of those that a page offers.
    """
    wrong = person_of(asked)
    act, proposal = str(asked.get("act", "")), str(asked.get("proposal", "")).strip()
    words = [act, str(path)]
    if act in ANSWERS and proposal and not proposal.startswith("-"):
        words.append(proposal)
    elif act == "inject":
        entry, complaints = entry_of(asked)
        wrong |= complaints
        words.append(f"--entry={json.dumps(entry)}")
    elif act not in HOLDS:
        wrong["act"] = f"{act!r} {proposal!r} is nothing that can be done here"
    said = _said(asked)
    return [*words, f"--by={said['by']}", f"--reason={said['reason']}"], wrong


def _said(asked: Mapping[str, str]) -> dict[str, str]:
    """Return who asks for which act, and why."""
    return {name: str(asked.get(name, "")).strip() for name in ("act", "proposal", "by", "reason")}
