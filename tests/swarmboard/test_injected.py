"""An entry that a person puts on a board is refused, in one line, before it gets there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput, Board
from blackboard.memory_store import MemoryStore
from swarmboard.people import check_no_agent

type Cli = Callable[..., Any]


def kept(path: Path) -> Path:
    """Make the directory of a run that nobody runs."""
    path.mkdir()
    (path / "config.json").write_text('{"run_id": "r", "scenario": "jury"}')
    (path / "events.log").touch()
    return path


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("{kind", "--entry is no JSON"),
        ("[1]", "--entry is a list, not an object"),
        ('{"payload": {}}', "kind is missing"),
        ('{"kind": "note", "payolad": {}}', "there is no 'payolad' in an entry, which has kind"),
        ('{"kind": "note", "confidence": 2}', "confidence=2 is wrong"),
        ('{"kind": "note", "layer": "top"}', "layer='top' is wrong"),
        ('{"kind": "note", "links": [["likes", "1.1.0.0"]]}', "links.0.0='likes' is wrong"),
    ],
)
def test_an_entry_that_is_none_is_refused_before_the_run_is_looked_for(
    cli: Cli, tmp_path: Path, entry: str, complaint: str
) -> None:
    kept(tmp_path / "run")

    said = cli("inject", "run", "--entry", entry)

    assert (said.code, said.err.count("\n")) == (2, 1)
    assert complaint in said.err


@pytest.mark.parametrize(
    ("agents", "complaint"),
    [
        ("[[1], [2, 3]]", "payload.agents has <list>, which is no agent's number"),
        ('["3"]', "payload.agents has '3', which is no agent's number"),
        ("[true]", "payload.agents has True"),
        ("[1.5]", "payload.agents has 1.5"),
        ("[-1]", "payload.agents has -1"),
        ("[99999999999999999999999]", "payload.agents has 99999999999999999999999"),
        ("3", "payload.agents=3 is no list"),
        ("null", "payload.agents=None is no list"),
        ("[]", "payload.agents=<list> is no list of agents' numbers"),
    ],
)
def test_a_restart_that_names_no_agents_is_refused_where_agents_are_supervised(
    cli: Cli, tmp_path: Path, agents: str, complaint: str
) -> None:
    run = kept(tmp_path / "run")
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | {"supervision": {}}))
    entry = f'{{"kind": "restart", "payload": {{"agents": {agents}}}}}'

    said = cli("inject", "run", "--entry", entry)

    assert (said.code, said.err.count("\n")) == (2, 1)
    assert complaint in said.err
    assert '"payload": {"agents": [3, 17]}' in said.err


def test_nobody_writes_under_the_name_of_an_agent() -> None:
    board = Board(MemoryStore())
    board.lead().welcome("node", 2, names=("bus 1", "bus 2"))

    with pytest.raises(BadInput, match="--by bus 2: an agent of the run has that name"):
        check_no_agent(board, "bus 2")

    check_no_agent(board, "anna")
