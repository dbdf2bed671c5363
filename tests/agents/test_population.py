"""What agents do reaches the board as they meant it, and what fails of them abstains."""

from collections.abc import Callable, Iterator
from typing import Any

import mesa
import numpy as np
import pytest

from agents import Agent, Cohort, Population, RuleAgent
from blackboard import (
    Abstain,
    Board,
    ClosedStage,
    Draft,
    Post,
    PostBlock,
    Proposal,
    View,
    Vote,
    VoteBlock,
)
from blackboard.canonical import merge

type Play = Callable[..., tuple[ClosedStage, list[tuple[list[int], str]]]]


class Voter(RuleAgent):
    """Does in a vote what it was told to."""

    does: Any = Vote("approve")

    def vote(self, view: View) -> Any:
        if isinstance(self.does, type) and issubclass(self.does, BaseException):
            raise self.does("told to fail")
        return self.does


class Other(Voter):
    """A class of its own, as in mixed populations."""


@pytest.fixture
def play() -> Iterator[Play]:
    """Let a population act in one stage that votes, and close it."""
    with Board.open("memory://", kinds={"offer": ("price",)}) as board:

        def play(members: Any, *, sees: Any = None, stage: str = "vote") -> Any:
            leader = board.lead()
            population = Population("voter", members)
            population.seat(leader.welcome("voter", population.size))
            failures: list[tuple[list[int], str]] = []
            leader.begin_round()
            draft = leader.begin([Proposal()])
            population.act(
                leader.view(stage),
                draft,
                sees=sees,
                report=lambda agents, why: failures.append((agents.tolist(), why)),
            )
            leader.commit(draft)
            closed = leader.close(counts=True)
            leader.end_round()
            return closed, failures

        yield play


def voters(model: mesa.Model, *does: Any) -> list[Agent]:
    members: list[Agent] = []
    for what in does:
        member = Voter(model)
        member.does = what
        members.append(member)
    return members


@pytest.fixture
def model() -> mesa.Model:
    return mesa.Model(rng=1)


def causes(closed: ClosedStage) -> dict[str, list[int]]:
    """Return who abstained on the proposal, by cause."""
    return {
        record.cause: record.members.tolist()
        for record in closed.abstained
        if record.proposal is not None
    }


@pytest.mark.parametrize("error", [ValueError, KeyError, StopIteration, RecursionError])
@pytest.mark.parametrize("at", [0, 2, 4])
def test_an_exception_is_that_agents_abstention_and_the_others_go_on(
    play: Play, model: mesa.Model, error: type[Exception], at: int
) -> None:
    does: list[Any] = [Vote("approve")] * 5
    does[at] = error

    closed, failures = play(voters(model, *does))

    assert causes(closed) == {"error": [at]}
    assert closed.decisions[0].weights == {"approve": 4, "reject": 0}
    assert failures[0][0] == [at]
    assert error.__name__ in failures[0][1]


def test_a_failing_agents_traceback_names_its_line(play: Play, model: mesa.Model) -> None:
    _, [(_, why)] = play(voters(model, Vote("approve"), ValueError))

    assert "Traceback" in why
    assert "told to fail" in why
    assert "in vote" in why


def test_two_neighbours_that_fail_abstain_both(play: Play, model: mesa.Model) -> None:
    closed, failures = play(voters(model, ValueError, StopIteration, Vote("reject"), KeyError))

    assert causes(closed) == {"error": [0, 1, 3]}
    assert [agents for agents, _ in failures] == [[0], [1], [3]]


def test_agents_of_mixed_classes_keep_their_places(play: Play, model: mesa.Model) -> None:
    members = voters(model, Vote("approve"), Vote("reject"), ValueError, Vote("approve"))
    members[1] = Other(model)
    members[1].does = Vote("reject")  # type: ignore[attr-defined]

    closed, _ = play(members)

    ballots = np.frombuffer(closed.ballots[0].choices, np.uint8).tolist()
    assert ballots == [0, 1, 255, 0]
    assert causes(closed) == {"error": [2]}


WRONG = {
    "unknown option": Vote("perhaps"),
    "no option": Vote(None),  # type: ignore[arg-type]
    "option of a wrong type": Vote(["approve"]),  # type: ignore[arg-type]
    "confidence above 1": Vote("approve", confidence=1.5),
    "confidence in words": Vote("approve", confidence="high"),  # type: ignore[arg-type]
    "confidence NaN": Vote("approve", confidence=float("nan")),
    "unknown proposal": Vote("approve", proposal="9.9.9.9"),
    "reason that is no reason": Vote("approve", reason=object()),  # type: ignore[arg-type]
    "reason too large": Vote("approve", reason=10**400),
    "kind of a wrong type": Post(3, {}),  # type: ignore[arg-type]
    "payload missing": Post("note", None),  # type: ignore[arg-type]
    "payload that cannot be stored": Post("note", {"it": object()}),
    "column not finite": Post("offer", {"price": float("inf")}),
    "column missing": Post("offer", {}),
    "columns missing": Post("offer", None),  # type: ignore[arg-type]
    "unknown layer": Post("note", {}, layer="gossip"),  # type: ignore[arg-type]
    "addressee of a wrong type": Post("note", {}, to="all"),  # type: ignore[arg-type]
    "addressee between two agents": Post("note", {}, to=1.5),  # type: ignore[arg-type]
    "links that are none": Post("note", {}, links=("1.1.0.0",)),  # type: ignore[arg-type]
    "unknown cause": Abstain("tired"),  # type: ignore[arg-type]
    "proposal with one option": Proposal(options=("only",)),
    "proposal without options": Proposal(options=3),  # type: ignore[arg-type]
    "impact in words": Proposal(impact="large"),  # type: ignore[arg-type]
    "no action": 3,
    "a word": "approve",
    "a generator": (vote for vote in [Vote("approve")]),
    "a class": Vote,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_an_invalid_action_is_an_abstention_and_the_stage_goes_on(
    play: Play, model: mesa.Model, wrong: Any
) -> None:
    closed, failures = play(voters(model, Vote("approve"), wrong, Vote("approve")))

    assert causes(closed) == {"invalid": [1]}
    assert closed.decisions[0].weights["approve"] == 2
    assert failures[0][0] == [1]


def test_an_agent_may_return_several_actions(play: Play, model: mesa.Model) -> None:
    several = [Post("note", {"text": "fine"}), Vote("approve")]

    closed, failures = play(voters(model, several, Vote("approve")))

    assert closed.decisions[0].weights["approve"] == 2
    assert not failures


def test_who_returns_nothing_is_silent(play: Play, model: mesa.Model) -> None:
    closed, failures = play(voters(model, None, Vote("approve"), None))

    assert causes(closed) == {"silent": [0, 2]}
    assert not failures


def test_a_cast_abstention_is_a_ballot(play: Play, model: mesa.Model) -> None:
    closed, _ = play(voters(model, Vote("abstain"), Vote("approve")))

    assert causes(closed) == {}
    assert closed.decisions[0].abstained == 1


@pytest.mark.parametrize("stage", ["remove", "act", "model", "step", "index", "nap"])
def test_a_stage_that_an_agent_has_no_method_for_is_not_its_stage(
    play: Play, model: mesa.Model, stage: str
) -> None:
    closed, failures = play(voters(model, Vote("approve"), Vote("approve")), stage=stage)

    assert causes(closed) == {"silent": [0, 1]}
    assert not failures


def test_a_structure_narrows_what_each_agent_sees(play: Play, model: mesa.Model) -> None:
    class Reader(RuleAgent):
        def vote(self, view: Any) -> Vote:
            return Vote(view)

    def sees(view: View, index: int) -> Any:
        if index == 1:
            raise PermissionError("hidden")
        return "approve" if index else "reject"

    closed, failures = play([Reader(model) for _ in range(4)], sees=sees)

    assert closed.decisions[0].weights == {"approve": 2, "reject": 1}
    assert causes(closed) == {"error": [1]}
    assert "hidden" in failures[0][1]


class Flock(Cohort):
    """A cohort that does in a vote what it was told to."""

    does: Any = None

    def vote(self, view: View) -> Any:
        if isinstance(self.does, Exception):
            raise self.does
        return self.does


def flock(model: mesa.Model, does: Any) -> Flock:
    cohort = Flock(model, 3)
    cohort.does = does
    return cohort


def test_a_cohort_decides_as_its_agents_would(play: Play, model: mesa.Model) -> None:
    choices = np.array([0, 1, 254], np.uint8)

    closed, _ = play(flock(model, VoteBlock(choices)))

    assert closed.ballots[0].choices == choices.tobytes()


def test_a_cohort_that_raises_abstains_as_a_whole(play: Play, model: mesa.Model) -> None:
    closed, [(agents, why)] = play(flock(model, ZeroDivisionError("no")))

    assert causes(closed) == {"error": [0, 1, 2]}
    assert agents == [0, 1, 2]
    assert "ZeroDivisionError: no" in why


@pytest.mark.parametrize(
    "wrong",
    [
        VoteBlock(np.array([0, 1], np.uint8)),
        VoteBlock(np.array([0, 7, 0], np.uint8)),
        VoteBlock(np.zeros(3, np.uint8), confidence=np.array([0.5, 2.0, 0.5])),
        Vote("approve"),
    ],
)
def test_a_cohorts_invalid_columns_are_its_abstention(
    play: Play, model: mesa.Model, wrong: Any
) -> None:
    closed, failures = play(flock(model, wrong))

    assert causes(closed) == {"invalid": [0, 1, 2]}
    assert len(failures) == 1


def test_a_cohort_has_no_stage_named_as_an_attribute_of_its_own(
    play: Play, model: mesa.Model
) -> None:
    closed, failures = play(flock(model, None), stage="size")

    assert causes(closed) == {"silent": [0, 1, 2]}
    assert not failures


def test_who_has_left_is_not_asked_any_more(model: mesa.Model) -> None:
    asked: list[int] = []

    class Curious(RuleAgent):
        def look(self, view: View) -> None:
            asked.append(self.index)

    population = Population("member", [Curious(model) for _ in range(3)])
    with Board.open("memory://") as board:
        leader = board.lead()
        population.seat(leader.welcome("member", 3))
        leader.begin_round()
        draft = leader.begin()
        view = leader.view("look")

        population.act(view, draft, sees=None, report=lambda *_: None, left={1: "left"})

    assert asked == [0, 2]


def records_of(make: Callable[[], list[Any]], spans: list[range | None]) -> tuple[Any, Any]:
    """Return a stage's records, and who was reported, when each span has a writer of its own."""
    commits, reported = [], []
    with Board.open("memory://", kinds={"offer": ("price",)}) as board:
        leader = board.lead()
        populations = [Population(f"role {n}", members) for n, members in enumerate(make())]
        for population in populations:
            population.seat(leader.welcome(population.role, population.size))
        leader.begin_round()
        leader.begin([Proposal()])
        for span in spans:
            draft = Draft(leader.replica, {"offer": ("price",)}, round=1, stage=1)
            for population in populations:
                population.act(
                    leader.view("vote"),
                    draft,
                    sees=None,
                    report=lambda agents, why: reported.append((agents.tolist(), why)),
                    span=span,
                )
            commits.append(draft.records())
    return merge(commits), reported


def teams(model: mesa.Model, *does: Any) -> Callable[[], list[Any]]:
    def make() -> list[Any]:
        members = voters(model, *does)
        return [members[:3], members[3:]]

    return make


class Firm(Cohort):
    """Does in a vote what a function returns for its members."""

    does: Any = None

    def vote(self, view: View) -> Any:
        return self.does(self.indices)


def firms(model: mesa.Model, does: Any) -> Callable[[], list[Any]]:
    def make() -> list[Any]:
        made = [Firm(model, 3), Firm(model, 8)]
        for firm in made:
            firm.does = does
        return made

    return make


def offers_and_votes(agents: Any) -> list[Any]:
    choices = (agents % 2).astype(np.uint8)
    return [PostBlock("offer", {"price": agents * 1.5}), VoteBlock(choices, reasons=agents / 2)]


def half_an_offer(agents: Any) -> list[Any]:
    few = agents[agents % 3 == 0]
    return [
        PostBlock("offer", {"price": few * 1.5}, few),
        VoteBlock(np.zeros(len(few), np.uint8), agents=few),
        Abstain("budget", agents[agents % 3 == 1]),
    ]


def nothing_at_all(agents: Any) -> list[Any]:
    return [PostBlock("offer", {"price": np.empty(0)}, agents[:0])]


def one_wrong_row(agents: Any) -> list[Any]:
    price = np.where(agents == 9, np.nan, 1.0)
    return [VoteBlock(np.zeros(len(agents), np.uint8)), PostBlock("offer", {"price": price})]


def an_error(agents: Any) -> list[Any]:
    raise ZeroDivisionError("told to")


SHARES = {
    "one": [range(11)],
    "two": [range(5), range(5, 11)],
    "three": [range(3), range(3, 9), range(9, 11)],
    "five": [range(1), range(1, 4), range(4, 4), range(4, 10), range(10, 20)],
}


@pytest.mark.parametrize("spans", SHARES.values(), ids=SHARES)
@pytest.mark.parametrize(
    "does", [offers_and_votes, half_an_offer, nothing_at_all, one_wrong_row, an_error]
)
def test_a_cohort_does_the_same_in_however_many_processes(
    model: mesa.Model, does: Any, spans: list[range | None]
) -> None:
    whole, _ = records_of(firms(model, does), [None])

    shared, _ = records_of(firms(model, does), spans)

    assert shared == whole
    assert whole


@pytest.mark.parametrize("spans", SHARES.values(), ids=SHARES)
def test_objects_do_the_same_in_however_many_processes(
    model: mesa.Model, spans: list[range | None]
) -> None:
    does = [Post("offer", {"price": 1.0}), Vote("reject"), Vote("wrong"), *[Vote("approve")] * 8]

    whole, told = records_of(teams(model, *does), [None])
    shared, told_again = records_of(teams(model, *does), spans)

    assert shared == whole
    assert told_again == told
    assert told[0][0] == [2]


def test_objects_outside_of_a_span_are_not_asked(model: mesa.Model) -> None:
    asked: list[int] = []

    class Curious(RuleAgent):
        def vote(self, view: View) -> None:
            asked.append(self.index)

    def make() -> list[Any]:
        return [[Curious(model) for _ in range(6)], [Curious(model) for _ in range(6)]]

    records_of(make, [range(4, 8), range(4, 8), range(12, 20)])

    assert asked == [4, 5, 6, 7] * 2


def test_who_has_left_is_not_asked_within_a_span(model: mesa.Model) -> None:
    asked: list[int] = []

    class Curious(RuleAgent):
        def look(self, view: View) -> None:
            asked.append(self.index)

    population = Population("member", [Curious(model) for _ in range(5)])
    with Board.open("memory://") as board:
        leader = board.lead()
        population.seat(leader.welcome("member", 5))
        leader.begin_round()
        view, draft = leader.view("look"), leader.begin()

        population.act(
            view, draft, sees=None, report=lambda *_: None, left={2: "left"}, span=range(1, 4)
        )

    assert asked == [1, 3]
