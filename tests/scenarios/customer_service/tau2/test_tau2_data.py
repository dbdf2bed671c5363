import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput
from scenarios.customer_service.tau2 import Retail, task_text

SHOP = Path(__file__).parent / "shop"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHOP, tmp_path / "retail"))


def spoil(path: Path, change: Callable[[Any], Any]) -> None:
    """Write a file again with something in it changed."""
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")


def refusal(directory: Path) -> str:
    with pytest.raises(BadInput) as caught:
        Retail.read(directory)
    return str(caught.value)


def test_a_directory_gives_tasks_database_and_policy() -> None:
    retail = Retail.read(SHOP)

    assert [task.id for task in retail.tasks] == ["0", "1", "2", "3", "4", "5"]
    assert retail.tasks[2].gold[-1].name == "cancel_pending_order"
    assert retail.tasks[2].facts == ("1020",)
    assert len(list(retail.database.users)) == 3
    assert retail.policy.startswith("# Rules of the shop")


def test_the_customer_says_everything_at_once() -> None:
    text = task_text(Retail.read(SHOP).tasks[0])

    assert text.splitlines()[1:] == [
        "Reason for the call: You want the lantern of order #W1 in blue.",
        "Known to the customer: You are Ana Berg, zip code 10001.",
        "Not known to the customer: You have lost your e-mail address.",
        "How the customer behaves: You are in a hurry.",
    ]


def test_what_says_nothing_is_left_out_of_the_text() -> None:
    text = task_text(Retail.read(SHOP).tasks[2])

    assert "behaves" not in text
    assert "Not known" not in text


def test_instructions_may_be_one_text(copy: Path) -> None:
    def plain(tasks: Any) -> None:
        tasks[0]["user_scenario"]["instructions"] = "You want your money back."

    spoil(copy / "tasks.json", plain)

    task = Retail.read(copy).tasks[0]

    assert (task.reason, task.known, task.instructions) == ("You want your money back.", "", "")


def test_calls_of_the_simulated_user_are_no_gold_calls(copy: Path) -> None:
    def hand_over(tasks: Any) -> None:
        tasks[2]["evaluation_criteria"]["actions"][0]["requestor"] = "user"

    spoil(copy / "tasks.json", hand_over)

    assert [call.name for call in Retail.read(copy).tasks[2].gold] == ["cancel_pending_order"]


def test_a_directory_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    message = refusal(tmp_path / "nowhere")

    assert "\n" not in message
    assert message.startswith(f"no directory '{tmp_path / 'nowhere'}'; give a directory with")
    assert "data/tau2/domains/retail of tau2-bench" in message


def test_a_file_in_place_of_the_directory_is_one_line() -> None:
    assert refusal(SHOP / "db.json").startswith(f"no directory '{SHOP / 'db.json'}'")


def test_all_missing_files_are_named(tmp_path: Path) -> None:
    shutil.copy(SHOP / "policy.md", tmp_path)

    assert refusal(tmp_path).startswith(f"no tasks.json and no db.json in '{tmp_path}'; give")


def test_the_benchmarks_own_directory_is_told_where_its_data_are(tmp_path: Path) -> None:
    place = tmp_path / "data" / "tau2" / "domains" / "retail"
    shutil.copytree(SHOP, place)

    assert refusal(tmp_path).endswith(f"did you mean '{place}'?")


BROKEN: dict[str, tuple[str, bytes, str]] = {
    "cut off": ("tasks.json", b'[{"id": "1"', "is no valid JSON"),
    "not UTF-8": ("db.json", b'{"products": "\xff\xfe"', "db.json"),
    "empty": ("db.json", b"", "is no valid JSON"),
    "another file": ("db.json", b"[]", "is not the db.json of tau2-bench's retail domain"),
    "no tables": ("db.json", b"{}", "missing required field `products`"),
    "no tasks": ("tasks.json", b"[]", "has no tasks"),
    "tasks of another kind": ("tasks.json", b"{}", "Expected `array`"),
    "nested": ("tasks.json", b"[" * 100_000, "tasks.json"),
    "empty policy": ("policy.md", b" \n", "is empty"),
    "policy not UTF-8": ("policy.md", b"\xff", "is no UTF-8 text"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_one_line_that_names_it(copy: Path, kind: str) -> None:
    name, content, complaint = BROKEN[kind]
    (copy / name).write_bytes(content)

    message = refusal(copy)

    assert "\n" not in message
    assert str(copy / name) in message
    assert complaint in message


def without(*path: str) -> Callable[[Any], None]:
    def change(tasks: Any) -> None:
        place = tasks[1]
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return change


@pytest.mark.parametrize(
    "path",
    [
        ("id",),
        ("user_scenario",),
        ("user_scenario", "instructions", "reason_for_call"),
        ("user_scenario", "instructions", "task_instructions"),
        ("evaluation_criteria",),
        ("evaluation_criteria", "actions"),
    ],
)
def test_a_task_without_a_field_is_one_line_that_names_it(
    copy: Path, path: tuple[str, ...]
) -> None:
    spoil(copy / "tasks.json", without(*path))

    message = refusal(copy)

    assert "\n" not in message
    assert f"missing required field `{path[-1]}` - at `$[1]" in message


def test_a_call_of_another_domain_is_named(copy: Path) -> None:
    def rename(tasks: Any) -> None:
        tasks[1]["evaluation_criteria"]["actions"][0]["name"] = "book_reservation"

    spoil(copy / "tasks.json", rename)

    assert "task 1: 'book_reservation' is no retail tool" in refusal(copy)


def test_a_task_that_begins_elsewhere_is_refused(copy: Path) -> None:
    def begin(tasks: Any) -> None:
        tasks[3]["initial_state"] = {"message_history": []}

    spoil(copy / "tasks.json", begin)

    assert "task 3: initial_state is set, which is not supported" in refusal(copy)


def test_two_tasks_with_one_id_are_refused(copy: Path) -> None:
    spoil(copy / "tasks.json", lambda tasks: tasks[3].update(id="1"))

    assert "has two tasks with the same id" in refusal(copy)


def test_a_record_under_another_id_is_refused(copy: Path) -> None:
    spoil(copy / "db.json", lambda shop: shop["orders"]["#W1"].update(order_id="#W9"))

    assert "order '#W1' has another order_id" in refusal(copy)
