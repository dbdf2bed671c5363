"""Two runs compared: what was asked, what came out, and the first event in which they part."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput, RunDirectory
from swarmboard import Population, Post, Proposal, RuleAgent, Scenario, Stage, Vote, run
from swarmboard.comparing import compare
from swarmboard.diverging import Divergence, divergence_text, first_divergence
from swarmboard.forking import fork

type Make = Callable[..., RunDirectory]


class Bidder(RuleAgent):
    """Bids and votes as the option `quirks` says: what, by agent, from round 2 on."""

    quirks: Mapping[int, Mapping[str, Any]] = {}

    def bid(self, view: Any) -> Any:
        """Bid the own number, unless there is a quirk."""
        output_mw = self._quirk(view, "bid", 1.0 + self.index)
        return None if output_mw is None else Post("bid", {"output_mw": output_mw})

    def talk(self, view: Any) -> Any:
        """Say something, unless there is a quirk."""
        return Post("remark", {"text": self._quirk(view, "talk", "fine"), "round": view.round})

    def vote(self, view: Any) -> Any:
        """Approve, unless there is a quirk."""
        choice = self._quirk(view, "vote", "approve")
        return None if choice is None else Vote(choice, reason=0.5)

    def _quirk(self, view: Any, what: str, usual: Any) -> Any:
        return self.quirks.get(self.index, {}).get(what, usual) if view.round > 1 else usual


class Market(Scenario):
    """Bids in columns, talks in free payloads, and votes."""

    name = "market"
    summary = "three rounds of bids and votes"
    kinds = {"bid": ("output_mw",)}  # noqa: RUF012
    quirks: Mapping[int, Mapping[str, Any]] = {}

    def populate(self, model: Any) -> Any:
        """Return the bidders, named as buses."""
        bidders = [Bidder(model) for _ in range(self.agents)]
        for bidder in bidders:
            bidder.quirks = self.quirks
        return [Population("node", bidders, names=[f"bus {7 * i}" for i in range(self.agents)])]

    def stages(self, board: Any) -> Any:
        """Bid, talk, vote."""
        yield Stage("bid", ("node",))
        yield Stage("talk", ("node",))
        yield Stage("vote", ("node",), (Proposal(),), votes=True)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Run a market with quirks."""

    def make(name: str, quirks: Mapping[int, Mapping[str, Any]] = {}, **more: Any) -> RunDirectory:
        kind = type("Quirky", (Market,), {"quirks": quirks})
        terms = {"agents": 5, "rounds": 3} | more
        run(kind, board="memory://", out=tmp_path / name, **terms)
        return RunDirectory.find(str(tmp_path / name))

    return make


def parted(make: Make, quirks: Mapping[int, Mapping[str, Any]]) -> Divergence:
    found = first_divergence(make("a").log, make("b", quirks).log)
    assert found is not None
    return found


def test_equal_runs_are_said_to_be_so_in_one_line(make: Make) -> None:
    first, second = make("a"), make("b")

    text = compare(first, second)

    digest = (first.read_json("summary.json") or {})["digest"]
    assert "\n" not in text
    assert f"histories: the same, event for event (digest {digest})" in text


def test_the_first_differing_bid_is_named_with_its_agent_and_both_values(make: Make) -> None:
    quirk = {3: {"bid": 4.25}}

    text = " ".join(compare(make("a"), make("b", quirk)).split())

    assert "round 2, stage 1: bus 21 posted bid: output_mw 4 in A, 4.25 in B" in text


def test_of_several_differences_in_a_stage_the_rest_is_counted(make: Make) -> None:
    found = parted(make, {2: {"bid": 9.0}, 3: {"bid": 9.0}, 4: {"bid": 9.0}})

    assert (found.agent, found.more) == (2, 2)
    assert divergence_text(found).endswith("; 2 more events of that stage differ")


def test_an_act_that_only_one_run_has_is_told_so(make: Make) -> None:
    found = parted(make, {4: {"bid": None}})

    assert (found.round, found.stage, found.agent, found.only_in) == (2, 1, 4, "A")
    assert "agent 4 posted bid (output_mw 5) in A, and not in B" in divergence_text(found)


def test_a_differing_ballot_is_told_by_its_choices(make: Make) -> None:
    found = parted(make, {1: {"vote": "reject"}})

    assert (found.record, found.agent) == ("ballots", 1)
    assert found.values == (("choice", "approve", "reject"),)


def test_a_differing_free_payload_is_told_by_its_value(make: Make) -> None:
    found = parted(make, {0: {"talk": "no"}})

    assert (found.about, found.values) == ("remark", (("text", "fine", "no"),))


def test_a_run_that_goes_on_longer_parts_where_the_other_ends(make: Make) -> None:
    text = compare(make("a"), make("b", rounds=4))

    assert "rounds" in text
    assert "in B, and not in A" in " ".join(text.split())


def test_others_than_the_agents_left_out_are_looked_at_alone(make: Make) -> None:
    first = make("a")
    quirks = {1: {"bid": 9.0, "vote": "reject"}}

    assert first_divergence(first.log, make("b", quirks).log, without=(1,)) is None
    quirks |= {2: {"vote": "reject"}}
    found = first_divergence(first.log, make("c", quirks).log, without=(1,))
    assert found is not None
    assert (found.record, found.agent) == ("ballots", 2)


def test_differing_parameters_and_results_are_told_with_the_change(make: Make) -> None:
    rejecting = {i: {"vote": "reject"} for i in (1, 2)}

    text = compare(make("a", seed=1), make("b", rejecting, seed=5))

    lines = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert lines["seed"] == ["1", "5", "+4"]
    assert lines["consensus.accepted"] == ["3", "1", "-2"]


def test_a_killed_run_is_compared_by_its_log(make: Make, tmp_path: Path) -> None:
    first = make("a")
    shutil.copytree(first.path, tmp_path / "killed")
    killed = RunDirectory.find(str(tmp_path / "killed"))
    (killed.path / "summary.json").unlink()
    killed.log.write_bytes(first.log.read_bytes()[:-30])

    text = compare(first, killed)

    lines = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert lines["status"] == ["done", "unfinished"]
    assert lines["rounds"] == ["3", "2", "-1"]
    assert "in A, and not in B" in " ".join(text.split())


def test_a_directory_without_a_log_is_refused(make: Make, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to compare"):
        compare(make("a"), RunDirectory(tmp_path, "no-run"))


def test_what_a_fork_changed_stands_among_the_parameters(tmp_path: Path) -> None:
    parent = run("customer-service", agents=6, tickets=30, board="memory://", out=tmp_path / "all")
    child = fork(
        RunDirectory.find(str(parent.path)),
        at_round=40,
        changes={"competence": 0.4},
        out=tmp_path / "child",
    )

    text = compare(*(RunDirectory.find(str(result.path)) for result in (parent, child)))

    assert "options.competence from 41 on" in text
    assert "after 40" in text
