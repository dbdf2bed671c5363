"""What can go wrong on purpose is checked in one line before a run starts."""

import re
from pathlib import Path

import pytest

from blackboard import BadInput
from swarmboard.config import make_config, read_config
from swarmboard.faults import KINDS, Fault, check_aims, read_faults


def refusal(fault: object, **config: object) -> str:
    with pytest.raises(BadInput) as refused:
        make_config({"scenario": "jury", "board": "memory://", "faults": [fault], **config})
    return str(refused.value)


def test_faults_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(
        'scenario = "jury"\n[[faults]]\nkind = "crash"\nshare = 0.3\nat_round = 5\n'
        '[[faults]]\nkind = "network"\ndrop = 0.1\ndelay_s = 0.05\nfor_rounds = 10\n'
    )

    crash, network = make_config(read_config(path)).faults

    assert (crash.kind, crash.hits, crash.share, crash.at_round) == ("crash", "agents", 0.3, 5)
    assert (network.hits, network.drop, network.delay_s, network.for_rounds) == (
        "network",
        0.1,
        0.05,
        10,
    )


def test_a_configuration_written_down_reads_back_the_same() -> None:
    faults = [{"kind": "storm", "rate": 0.1, "copies": 3}, {"kind": "hang", "agents": [3, 17]}]
    config = make_config({"scenario": "jury", "faults": faults})

    again = make_config(config.model_dump(mode="json"))

    assert again == config


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            {"kind": "crsh", "share": 0.1},
            "fault 1 (crsh): unknown kind 'crsh': did you mean crash?",
        ),
        ({"kind": "crash", "shere": 0.1}, "unknown name 'shere': did you mean share?"),
        ({"kind": "crash", "target": "worker", "share": 0.1}, "did you mean workers?"),
        ({"share": 0.1}, "give it a kind: crash, hang"),
        ({"kind": "crash"}, "give exactly one of share, agents, rate; given none"),
        ({"kind": "hang", "share": 0.1, "rate": 0.1}, "exactly one of share, agents, rate"),
        ({"kind": "hang", "share": 1.5}, "share=1.5 is wrong: input should be less than or equal"),
        ({"kind": "crash", "share": 0.1, "copies": 3}, "it has no copies: leave it out"),
        ({"kind": "slow", "share": 0.1, "target": "workers"}, "workers can crash or hang"),
        (
            {"kind": "crash", "agents": [3], "until_round": 9},
            "until_round ends the draws of a rate",
        ),
        ({"kind": "network"}, "give drop (share of replies), delay_s (seconds) or both"),
        ({"kind": "server-kill", "target": "workers"}, "it has no target: leave it out"),
        (3, "fault 1 is 3: write each as a [[faults]] table"),
    ],
)
def test_a_wrong_fault_is_refused_in_one_line(fault: object, told: str) -> None:
    message = refusal(fault)

    assert told in message
    assert "\n" not in message


def test_one_table_in_place_of_a_list_is_named() -> None:
    with pytest.raises(BadInput, match=r"write each as \[\[faults\]\]"):
        read_faults({"kind": "crash"})


@pytest.mark.parametrize(
    ("fault", "board", "told"),
    [
        ({"kind": "crash", "target": "workers", "share": 0.5}, None, "use --workers 2 or more"),
        ({"kind": "server-kill"}, "memory://", "the board is memory://: leave out --board"),
        ({"kind": "server-kill"}, "redis://db:6379", "ends the bundled server"),
        ({"kind": "network", "drop": 0.1}, "memory://", "needs a plain connection to a server"),
        ({"kind": "network", "drop": 0.1}, "rediss://db:6380", "use redis:// or unix://"),
    ],
)
def test_a_fault_that_cannot_happen_is_refused(
    fault: object, board: str | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SWARMBOARD_URL", raising=False)

    assert told in refusal(fault, board=board)


def test_the_board_of_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARMBOARD_URL", "memory://")

    assert "the board is memory://" in refusal({"kind": "server-kill"}, board=None)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "crash", "share": 0.5, "role": "nod"}, "role 'nod': did you mean node?"),
        ({"kind": "crash", "agents": [12]}, "agent 12 is no agent of the scenario: 0 to 9 are"),
        ({"kind": "crash", "agents": [9], "role": "node"}, "agent 9 is no node: 0 to 7 are"),
    ],
)
def test_whom_the_run_does_not_have_is_named(fault: object, told: str) -> None:
    faults = read_faults([fault])

    with pytest.raises(BadInput) as refused:
        check_aims(faults, {"node": range(8), "planner": range(8, 10)})

    assert told in str(refused.value)


PAGE = (Path(__file__).resolve().parents[2] / "docs/faults.md").read_text("utf-8")


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_the_examples_of_the_page_are_configurations(
    tmp_path: Path, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SWARMBOARD_URL", raising=False)
    (tmp_path / "run.toml").write_text(example)

    config = make_config(read_config(tmp_path / "run.toml"))

    assert len(config.faults) == example.count("[[faults]]")


def test_the_page_names_every_kind_and_every_setting() -> None:
    named = set(re.findall(r"`([a-z_-]+)(?: =[^`]*)?`", PAGE))

    assert named >= {*KINDS, *Fault.model_fields} - {"kind"}
