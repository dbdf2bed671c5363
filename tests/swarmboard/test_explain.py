"""Explanations name the cause that a run was planted with, from its log alone."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from blackboard import BadInput, Link, Rule, RunDirectory, Tally, Verdict
from swarmboard import (
    Population,
    Post,
    Proposal,
    RuleAgent,
    Scenario,
    Stage,
    Vote,
    plurality,
    quorum,
    run,
    threshold,
    veto,
)
from swarmboard.config import make_config
from swarmboard.execution import execute
from swarmboard.explaining import Explanation, explain, explanation_json, explanation_text
from swarmboard.plan import prepare

type Acts = Mapping[str, Callable[[Any], Any]]
"""What an agent does in each stage; nothing in the others."""
type Plant = Callable[..., RunDirectory]


class Planted(RuleAgent):
    """Approves, unless its script says otherwise."""

    def __init__(self, model: Any, script: Acts) -> None:
        super().__init__(model)
        self.script = script

    def discuss(self, view: Any) -> Any:
        """Say what is planted, by default nothing."""
        return self.script.get("discuss", lambda _: None)(view)

    def vote(self, view: Any) -> Any:
        """Vote as planted, by default for the first option."""
        return self.script.get("vote", lambda view: Vote(view.proposal.options[0]))(view)


class Plot(Scenario):
    """Discusses and votes once a round; what its agents do is planted."""

    name = "plot"
    summary = "a run whose cause is known"
    scripts: ClassVar[Mapping[int, Acts]] = {}
    roles: ClassVar[Sequence[str]] = ()
    terms: ClassVar[Mapping[str, Any]] = {}
    gate: ClassVar[Any] = None
    opens_in: ClassVar[Sequence[int]] = ()
    """Rounds in which a proposal opens; none means all."""

    def populate(self, model: Any) -> Sequence[Population]:
        """Return one population a role, in the order of the agents."""
        roles = self.roles or ("member",) * self.agents
        agents = [Planted(model, self.scripts.get(i, {})) for i in range(self.agents)]
        return [
            Population(role, [a for a, of in zip(agents, roles, strict=True) if of == role])
            for role in dict.fromkeys(roles)
        ]

    def stages(self, board: Any) -> Any:
        """Discuss, then vote."""
        roles = tuple(dict.fromkeys(self.roles or ("member",)))
        yield Stage("discuss", roles)
        opens = not self.opens_in or board.round in self.opens_in
        proposals = (Proposal(**self.terms),) if opens else ()
        yield Stage("vote", roles, proposals, votes=True, gate=type(self).gate)


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Run a plot of some agents, and leave nothing but its configuration and its log."""

    def plant(
        scripts: Mapping[int, Acts],
        agents: int = 5,
        rule: Rule | None = None,
        rounds: int = 1,
        **more: Any,
    ) -> RunDirectory:
        kind = type("Planted", (Plot,), {"scripts": scripts, **more})
        out = tmp_path / "run"
        run(
            kind,
            agents=agents,
            rule=rule or threshold(80),
            rounds=rounds,
            board="memory://",
            out=out,
        )
        for path in out.iterdir():
            if path.name not in ("config.json", "events.log"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        return RunDirectory.find(str(out))

    return plant


def rejects(reason: str | float | None = None) -> Acts:
    return {"vote": lambda _: Vote("reject", reason=reason)}


def silent(_: Any) -> None:
    return None


def told(directory: RunDirectory, **how: Any) -> tuple[Explanation, str]:
    """Return an explanation, and its text on one line."""
    found = explain(directory, **how)
    return found, " ".join(explanation_text(found).split())


def test_one_missing_ballot_that_deadlocks_a_vote_is_named_with_its_agent(plant: Plant) -> None:
    directory = plant({3: {"vote": silent}}, rule=threshold(100))

    found, text = told(directory)

    assert found.outcome == "expired"
    assert "member #3 cast none (silent)" in text
    assert "1 short of the 100 % = 5" in text
    assert found.pivotal is not None
    [missing, others] = found.pivotal
    assert (missing.agents, missing.was) == ((3,), "no ballot")
    assert missing.turns == (("approve", "accepted"), ("reject", "rejected"))
    assert others.agents == (0, 1, 2, 4)


def test_an_agent_that_fails_is_named_with_its_error(plant: Plant) -> None:
    def fails(_: Any) -> None:
        raise ZeroDivisionError("the planted error")

    _, text = told(plant({1: {"vote": fails}}, rule=threshold(100)))

    assert "1 error: member #1; ZeroDivisionError: the planted error" in text


def test_an_objection_that_ballots_cite_is_in_the_chain_with_its_author(plant: Plant) -> None:
    def objects(view: Any) -> Post:
        return Post("objection", {"line": "L7"}, reasons=("line L7 would be overloaded",))

    cites = rejects("unsafe, see 1.1.2.0")
    directory = plant({2: {"discuss": objects} | cites, 3: cites, 4: cites})

    found, text = told(directory)

    assert found.outcome == "rejected"
    objection = next(entry for entry in found.chain if entry.id == "1.1.2.0")
    assert (objection.agent, objection.kind) == (2, "objection")
    assert objection.relation == "cited by 3 ballots"
    assert "line L7 would be overloaded" in text
    assert "3 rejected, saying 'unsafe, see 1.1.2.0': member #2, member #3 and member #4" in text


def test_a_chain_follows_links_both_ways(plant: Plant) -> None:
    def drafts(view: Any) -> Any:
        return [
            Post("observation", {"load_mw": 3.0}),
            Post("draft", {}, links=(Link("derived-from", "1.1.0.0"),)),
        ]

    directory = plant(
        {
            0: {"discuss": lambda view: drafts(view) if view.round == 1 else None},
            1: {
                "discuss": lambda view: (
                    Post(
                        "critique",
                        {},
                        reasons=("too dear",),
                        links=(Link("contradicts", "1.1.0.1"),),
                    )
                    if view.round == 2
                    else Post("motion", {}, links=(Link("supports", "1.1.0.1"),))
                )
            },
        },
        rounds=2,
        terms={"id": "1.1.1.0"},
        opens_in=(2,),
    )

    found, _ = told(directory)

    assert {entry.id: entry.relation for entry in found.chain} == {
        "1.1.1.0": "put to the vote",
        "1.1.0.1": "1.1.1.0 is in support of it",
        "1.1.0.0": "1.1.0.1 is derived from it",
        "2.1.1.0": "contradicts 1.1.0.1",
    }


def test_a_shut_gate_is_told_from_a_lost_vote_and_who_shut_it_is_named(plant: Plant) -> None:
    def objects(_: Any) -> Post:
        return Post("objection", {"line": "L7", "flow_mw": 213.5, "limit_mw": 200.0})

    directory = plant({4: {"discuss": objects}}, gate=lambda _: "1 line objections stand")

    found, text = told(directory)

    assert (found.outcome, found.gate) == ("expired", "1 line objections stand")
    assert "although 5 of 5 (100.0 %) approved" in text
    assert "On the board: objection 1.1.4.0 by member #4 (flow_mw 213.5, limit" in text
    assert found.pivotal == ()
    assert "None would have helped" in text


def test_a_coalition_that_rejects_with_one_reason_is_one_group(plant: Plant) -> None:
    directory = plant(dict.fromkeys((2, 5, 8), rejects("no")), agents=10)

    found, text = told(directory)

    assert [(group.reason, group.agents) for group in found.dissent] == [("no", (2, 5, 8))]
    assert found.pivotal is not None
    assert [group.agents for group in found.pivotal if group.was == "reject"] == [(2, 5, 8)]
    assert "at which it would have been accepted is 70 %" in text


def test_numeric_reasons_are_told_by_the_largest(plant: Plant) -> None:
    directory = plant({i: rejects(10.0 * i) for i in range(1, 5)})

    found, text = told(directory)

    assert found.dissent[0].numbers == (("member #4", 40), ("member #3", 30), ("member #2", 20))
    assert "the largest numeric reasons: member #4 40, member #3 30 and member #2 20" in text


def test_a_veto_is_told_with_who_cast_it_and_why(plant: Plant) -> None:
    directory = plant(
        {4: rejects("a person could be hurt")},
        rule=veto("safety", threshold(60)),
        roles=("member",) * 4 + ("safety",),
    )

    found, text = told(directory)

    assert found.outcome == "vetoed"
    assert "safety #4 rejected, and the role 'safety' has a veto: 'a person could be hurt'" in text
    assert found.pivotal is not None
    assert [group.agents for group in found.pivotal] == [(4,)]


@pytest.mark.parametrize("says", [True, False])
def test_a_persons_word_is_told_from_the_vote(tmp_path: Path, says: bool) -> None:
    kind = type("Planted", (Plot,), {"terms": {"impact": 9.0}})
    values = {"scenario": "plot", "agents": 5, "rounds": 1, "approval_above": 5.0}
    config = make_config(values | {"board": "memory://", "out": tmp_path / "run"})
    execute(prepare(config, kind=kind), approver=lambda _: says)

    found, text = told(RunDirectory.find(str(tmp_path / "run")))

    assert found.by == "approver"
    if says:
        assert "The vote accepted it, and approver approved it" in text
    else:
        assert (found.outcome, found.pivotal) == ("vetoed", ())
        assert "approver decided it; the vote came to accepted" in text


def test_a_missed_quorum_is_told_from_missing_approval(plant: Plant) -> None:
    absent: dict[int, Acts] = {agent: {"vote": silent} for agent in range(3, 10)}

    _, text = told(plant(absent, agents=10, rule=quorum(50, threshold(30))))

    assert "The quorum was missed: 3 of 10 cast a ballot, 50 % = 5 have to" in text


def test_a_tie_is_called_a_tie_and_everybody_is_pivotal(plant: Plant) -> None:
    chooses = {i: {"vote": lambda _: Vote("b")} for i in (2, 3)}
    directory = plant(chooses, agents=4, rule=plurality(), terms={"options": ("a", "b", "c")})

    found, text = told(directory)

    assert "a tie between 'a' and 'b'" in text
    assert found.pivotal is not None
    assert sorted(agent for group in found.pivotal for agent in group.agents) == [0, 1, 2, 3]


def test_weights_decide_who_is_pivotal(plant: Plant) -> None:
    directory = plant(
        {1: rejects(), 2: rejects()},
        agents=4,
        rule=threshold(60),
        terms={"electorate": [0, 1, 2, 3], "weights": [6, 3, 1, 1]},
    )

    found, text = told(directory)

    assert "weight 7 of 11 (63.6 %) approved" in text
    assert found.pivotal is not None
    assert [group.agents for group in found.pivotal] == [(0, 3)]


def test_earlier_attempts_are_told_with_what_changed_since(plant: Plant) -> None:
    waits = {"vote": lambda view: Vote("approve" if view.round == 3 else "reject")}
    directory = plant({1: waits, 2: waits}, rounds=3)

    found, text = told(directory)

    assert [(a.round, a.outcome) for a in found.attempts] == [(1, "rejected"), (2, "rejected")]
    assert found.switched == (("reject", "approve", 2),)
    assert "2 from reject to approve" in text


def test_a_proposal_that_stayed_open_is_told_round_by_round(plant: Plant) -> None:
    waits = {"vote": lambda view: Vote("approve") if view.round == 3 else None}
    directory = plant({1: waits, 2: waits}, rounds=3, terms={"deadline_rounds": 5}, opens_in=(1,))

    found, text = told(directory)

    assert (found.opened_round, found.decided_round, found.outcome) == (1, 3, "accepted")
    assert [voted.absent for voted in found.voting_rounds] == [2, 2, 0]
    assert "It took ballots in 3 rounds" in text


def test_a_proposal_that_is_still_open_is_explained_so_far(plant: Plant) -> None:
    waits = {"vote": silent}
    directory = plant({1: waits, 2: waits}, rounds=2, terms={"deadline_rounds": 9}, opens_in=(1,))

    found, text = told(directory)

    assert (found.outcome, found.decided_round) == ("open", None)
    assert "Still open since round 1: 3 of 5 (60.0 %) approved" in text


def test_a_rule_of_the_users_own_is_asked_again_only_where_it_is_given(plant: Plant) -> None:
    directory = plant({}, rule=unanimous)

    found, text = told(directory)
    known, _ = told(directory, known=(unanimous,))

    assert found.pivotal is None
    assert "unanimous is a rule of the run's own" in text
    assert known.pivotal is not None
    assert [group.agents for group in known.pivotal] == [(0, 1, 2, 3, 4)]


def test_a_log_that_was_cut_off_is_explained_as_far_as_it_goes(plant: Plant) -> None:
    directory = plant({3: {"vote": silent}}, rounds=4)
    content = directory.log.read_bytes()
    directory.log.write_bytes(content[:-40])

    found, text = told(directory)

    assert (found.is_finished, found.rounds_logged) == (False, 3)
    assert "its log ends with round 3" in text


@pytest.mark.parametrize("wanted", ["2", "2.2", "2.2.5.0"])
def test_a_proposal_is_found_by_round_beginning_or_id(plant: Plant, wanted: str) -> None:
    directory = plant({}, rounds=3)

    assert explain(directory, wanted).proposal == "2.2.5.0"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("9", "no proposal is decided in round 9: name one by its id, such as 1.2.5.0, 2.2.5.0"),
        ("x", "no proposal is named 'x'"),
    ],
)
def test_an_unknown_proposal_is_answered_with_some_that_are(
    plant: Plant, wanted: str, says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        explain(plant({}, rounds=2), wanted)


def test_a_directory_without_a_log_has_nothing_to_explain(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to explain"):
        explain(RunDirectory(tmp_path, "no-run"))


def test_an_explanation_is_plain_json_too(plant: Plant) -> None:
    found = explain(plant({2: rejects("no")}))

    content = json.loads(json.dumps(explanation_json(found), allow_nan=False))

    assert content["outcome"] == "accepted"
    assert content["dissent"][0]["reason"] == "no"
    assert content["count"]["support"] == 4


def test_the_ballots_are_counted_again_without_an_agent(plant: Plant) -> None:
    directory = plant({2: rejects()})

    found, text = told(directory, without=("member #1",))

    assert found.without is not None
    assert (found.without.recount, found.without.recount_percent) == ("expired", 60.0)
    assert "The same ballots without member #1, still counted as eligible: expired" in text


@pytest.mark.parametrize(
    ("agent", "says"), [("77", "agents are 0 to 4"), ("bus", "no agent 'bus'")]
)
def test_an_unknown_agent_is_refused(plant: Plant, agent: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        explain(plant({}), without=(agent,))


def unanimous(tally: Tally) -> Verdict | None:
    return Verdict("accepted") if (tally.choices == 0).all() else None


SILENT_PARTNER = """
from swarmboard import Population, Post, Proposal, RuleAgent, Scenario, Stage, Vote


class Trader(RuleAgent):
    def talk(self, view):
        if self.index == 2:
            return Post("rumour", {})

    def vote(self, view):
        return Vote("reject" if view.entries("rumour") else "approve")


class Trades(Scenario):
    name = "trades"
    summary = "everybody rejects because of what one agent says"
    default_agents = 5

    def populate(self, model):
        return [Population("trader", [Trader(model) for _ in range(self.agents)])]

    def stages(self, board):
        yield Stage("talk", ("trader",))
        yield Stage("vote", ("trader",), (Proposal(),), votes=True)
"""


def test_a_run_without_the_agent_that_caused_it_comes_out_otherwise(tmp_path: Path) -> None:
    (tmp_path / "trades.py").write_text(SILENT_PARTNER)
    out = tmp_path / "run"
    run(str(tmp_path / "trades.py"), rounds=2, board="memory://", out=out)

    found, text = told(RunDirectory.find(str(out)), without=("2",))

    assert found.outcome == "rejected"
    assert found.without is not None
    assert found.without.recount == "rejected"
    assert (found.without.rerun_outcome, found.without.rerun_percent) == ("accepted", 80.0)
    assert "round 1, stage 2: trader #0 voted" in text
    assert "choice reject in the run, approve in the run without" in text


def test_the_command_prints_sentences_or_json(cli: Any, plant: Plant) -> None:
    directory = plant({3: {"vote": silent}}, rule=threshold(100))

    said = cli("explain", directory.path)
    as_json = cli("explain", directory.path, "--json")

    assert said.code == as_json.code == 0
    assert "member #3 cast none" in " ".join(said.out.split())
    assert json.loads(as_json.out)["pivotal"][0]["agents"] == [3]


def test_the_command_refuses_what_is_not_there_in_one_line(cli: Any, plant: Plant) -> None:
    said = cli("explain", plant({}).path, "77")

    assert said.code == 2
    assert len(said.err.splitlines()) == 1
