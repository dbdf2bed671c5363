"""Every key is built in one place, shares its run's hash tag, and is described on its page."""

import re
from pathlib import Path

import pytest

from blackboard.keys import Keys
from blackboard.library import FUNCTIONS, library

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "keyspace.md").read_text("utf-8")
KEYS = Keys("r")
ALL = {
    "meta": KEYS.meta,
    "events": KEYS.events,
    "blob": KEYS.blob("<writer>", 1).replace(":1", ":<seq>"),
    "proposal": KEYS.proposal("<proposal>"),
    "voted": KEYS.voted("<proposal>", 1).replace(":1", ":<round>"),
    "fields": KEYS.fields,
    "lease": KEYS.lease,
    "display": KEYS.display,
    "scratch": KEYS.scratch,
    "checkpoint": KEYS.checkpoint,
}


def test_this_list_of_keys_is_complete() -> None:
    assert set(ALL) == {name for name in vars(Keys) if not name.startswith("_")} - {"run", "tag"}


@pytest.mark.parametrize("key", ALL.values())
def test_each_key_has_the_runs_hash_tag_and_a_row_on_the_page(key: str) -> None:
    assert key.startswith("{sb:r}:")
    assert f"| `{key.replace('{sb:r}', 'T')}` |" in PAGE


def test_the_page_lists_the_registry_and_no_other_key() -> None:
    listed = re.findall(r"^\| `(T:[^`]+)` \|", PAGE, re.M)

    assert len(listed) == len(ALL)


def test_the_page_lists_each_function_and_what_it_refuses() -> None:
    for name in FUNCTIONS:
        source = (ROOT / "blackboard" / "lua" / f"{name}.lua").read_text("utf-8")
        lib = (ROOT / "blackboard" / "lua" / "lib.lua").read_text("utf-8")
        uses_lib = "repeated(" in source
        refusals = set(re.findall(r'return \{ "([\w-]+)"', source + (lib if uses_lib else "")))
        [row] = re.findall(rf"^\| `{name}` \|.*$", PAGE, re.M)
        assert set(re.findall(r"`([\w-]+)`", row.split("|")[3])) == refusals - {"ok"}


@pytest.mark.parametrize("name", [*FUNCTIONS, "lib"])
def test_each_function_is_short_and_reads_its_keys_from_keys(name: str) -> None:
    source = (ROOT / "blackboard" / "lua" / f"{name}.lua").read_text("utf-8")

    assert source.startswith(f"-- {name}: ")
    assert max(map(len, source.splitlines())) <= 100
    assert not re.search(r'"(KEYS|SCAN|FLUSH\w+)"', source)
    bodies = re.findall(r"^local function .*?^end", source, re.M | re.S)
    assert all(body.count("\n") < 40 for body in bodies)


def test_the_library_is_named_after_its_source() -> None:
    name, source = library()

    assert re.fullmatch(r"swarmboard_[0-9a-f]{10}", name)
    assert source.startswith(f"#!lua name={name}\n")
    assert all(f'"{name}_{function}"' in source for function in FUNCTIONS)
