"""An act is started at most once, and what became of it is told, whoever was killed."""

import asyncio
import errno
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput, RunDirectory, SwarmboardError
from swarmboard.effects import EFFECTS, Effect, Effects, check_act

PROPOSAL, KEY = "1.4.0.0", "20260101T000000-abcd/1.4.0.0"


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path, "20260101T000000-abcd")


@pytest.fixture
def started() -> list[str]:
    """The keys of all acts that were started."""
    return []


def once(directory: RunDirectory, act: Any) -> Effect:
    return asyncio.run(Effects(directory).once(act, "the decision", proposal=PROPOSAL, key=KEY))


def written(directory: RunDirectory) -> list[dict[str, Any]]:
    lines = (directory.path / EFFECTS).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def noting(started: list[str], result: Any = None) -> Any:
    async def act(decision: object, key: str) -> Any:
        started.append(key)
        return result

    return act


def intent(proposal: str = PROPOSAL) -> str:
    return json.dumps({"proposal": proposal, "key": KEY, "state": "intent"})


def test_what_was_done_is_not_started_again(directory: RunDirectory, started: list[str]) -> None:
    act = noting(started, {"order": 7})

    first, second = once(directory, act), once(directory, act)

    assert first == second == Effect("done", {"order": 7})
    assert started == [KEY]


def test_the_intent_is_on_the_disk_when_the_act_starts(directory: RunDirectory) -> None:
    async def act(decision: object, key: str) -> list[str]:
        return [row["state"] for row in written(directory)]

    effect = once(directory, act)

    assert effect.result == ["intent"]
    assert [row["state"] for row in written(directory)] == ["intent", "done"]


def test_an_act_that_failed_says_why_and_is_not_started_again(
    directory: RunDirectory, started: list[str]
) -> None:
    async def act(decision: object, key: str) -> None:
        started.append(key)
        raise OSError("the printer is on fire")

    first, second = once(directory, act), once(directory, act)

    assert first == second == Effect("failed", error="OSError: the printer is on fire")
    assert started == [KEY]


def test_an_intent_without_its_end_is_unknown_and_never_started_again(
    directory: RunDirectory, started: list[str]
) -> None:
    (directory.path / EFFECTS).write_text(intent() + "\n", "utf-8")

    effect = once(directory, noting(started))

    assert effect == Effect("unknown")
    assert started == []


@pytest.mark.parametrize("torn", ["", "{", intent()])
def test_an_intent_that_was_not_written_to_its_end_has_started_nothing(
    directory: RunDirectory, started: list[str], torn: str
) -> None:
    (directory.path / EFFECTS).write_text(torn, "utf-8")

    effect = once(directory, noting(started))

    assert effect.state == "done"
    assert [row["state"] for row in written(directory)] == ["intent", "done"]


def test_a_result_that_was_not_written_to_its_end_is_unknown(
    directory: RunDirectory, started: list[str]
) -> None:
    (directory.path / EFFECTS).write_text(intent() + '\n{"proposal": "1.4.0.0", "st', "utf-8")

    effect = once(directory, noting(started))

    assert effect.state == "unknown"
    assert started == []


def test_a_damaged_line_starts_nothing(directory: RunDirectory, started: list[str]) -> None:
    (directory.path / EFFECTS).write_text("\0\0\0\n", "utf-8")

    effect = once(directory, noting(started))

    assert effect.state == "unknown"
    assert effect.error is not None
    assert effect.error.endswith("is damaged")
    assert started == []


def test_the_act_of_another_proposal_is_its_own(
    directory: RunDirectory, started: list[str]
) -> None:
    (directory.path / EFFECTS).write_text(intent("1.2.0.0") + "\n", "utf-8")

    effect = once(directory, noting(started))

    assert effect.state == "done"
    assert started == [KEY]


def test_of_two_at_once_one_acts_and_the_other_waits_for_the_result(
    directory: RunDirectory, started: list[str]
) -> None:
    async def act(decision: object, key: str) -> str:
        started.append(key)
        await asyncio.sleep(0)
        return "ordered"

    async def both() -> list[Effect]:
        terms = {"proposal": PROPOSAL, "key": KEY}
        going = [Effects(directory).once(act, "the decision", **terms) for _ in range(2)]
        return await asyncio.gather(*going)

    effects = asyncio.run(both())

    assert effects == [Effect("done", "ordered")] * 2
    assert started == [KEY]


def test_a_plain_function_is_called_in_a_thread(directory: RunDirectory) -> None:
    def act(decision: object, key: str) -> bool:
        return threading.current_thread() is threading.main_thread()

    assert once(directory, act) == Effect("done", False)


def test_a_function_that_returns_a_coroutine_has_it_awaited(
    directory: RunDirectory, started: list[str]
) -> None:
    act = noting(started, "ordered")

    effect = once(directory, lambda decision, key: act(decision, key))

    assert effect == Effect("done", "ordered")


def test_a_cancellation_waits_for_a_plain_function_and_its_result_is_kept(
    directory: RunDirectory,
) -> None:
    is_going, may_end = threading.Event(), threading.Event()

    def act(decision: object, key: str) -> str:
        is_going.set()
        may_end.wait()
        return "ordered"

    async def cancel() -> None:
        terms = {"proposal": PROPOSAL, "key": KEY}
        task = asyncio.ensure_future(Effects(directory).once(act, "the decision", **terms))
        await asyncio.to_thread(is_going.wait)
        task.cancel()
        await asyncio.sleep(0)
        may_end.set()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())

    assert Effects(directory).found(PROPOSAL) == Effect("done", "ordered")


def test_a_coroutine_that_was_cancelled_is_unknown(directory: RunDirectory) -> None:
    async def cancel() -> None:
        is_going = asyncio.Event()

        async def act(decision: object, key: str) -> None:
            is_going.set()
            await asyncio.Event().wait()

        terms = {"proposal": PROPOSAL, "key": KEY}
        task = asyncio.ensure_future(Effects(directory).once(act, "the decision", **terms))
        await is_going.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())

    assert Effects(directory).found(PROPOSAL) == Effect("unknown")


def test_without_room_for_the_intent_nothing_is_started(
    directory: RunDirectory, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Effects, "_append", full)

    with pytest.raises(SwarmboardError, match=r"No space left on device.*: nothing was started"):
        once(directory, noting(started))

    assert started == []


def test_without_room_for_the_result_a_warning_says_what_became_of_the_act(
    directory: RunDirectory, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(decision: object, key: str) -> None:
        started.append(key)
        monkeypatch.setattr(Effects, "_append", full)

    with pytest.warns(RuntimeWarning, match=r"the act of 1\.4\.0\.0 is done"):
        effect = once(directory, act)

    assert effect.state == "done"
    assert Effects(directory).found(PROPOSAL) == Effect("unknown")


def test_a_result_that_json_cannot_hold_is_kept_as_text(directory: RunDirectory) -> None:
    async def act(decision: object, key: str) -> set[int]:
        return {1}

    effect = once(directory, act)

    assert effect == Effect("done", {1})
    assert Effects(directory).found(PROPOSAL) == Effect("done", "{1}")


async def no_argument() -> None: ...


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("apply_it", "on_accept='apply_it' is no function"),
        (no_argument, r"on_accept=no_argument has to take the decision.*\(decision, key\)"),
    ],
)
def test_what_cannot_be_called_is_refused_beforehand(act: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        check_act(act)


def full(effects: Effects, row: dict[str, Any]) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
