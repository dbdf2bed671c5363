"""Rosters: who is on duty when, and what can be wrong with a user's own."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackboard import BadInput
from scenarios import DataError
from scenarios.customer_service.files.duties import Duty
from scenarios.customer_service.files.roster import Roster

SKILLS = ("inquiry", "recommendation", "after-sales")
HEADER = "agents,skills,from_s,until_s\n"

type Read = Callable[..., Roster]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a roster from a file of this text."""

    def read(text: str, skills: tuple[str, ...] | None = SKILLS) -> Roster:
        path = tmp_path / "roster.csv"
        path.write_text(text, "utf-8")
        return Roster.read(path, skills)

    return read


def one(*duties: Duty, day_s: float = 100.0) -> Roster:
    return Roster(((0,),), (duties,), day_s)


def test_skills_and_shifts_are_spread_evenly() -> None:
    roster = Roster.even(8, 3, cross_training=2, shifts=2, day_s=100)

    assert roster.skills == ((0, 1), (1, 2), (2, 0), (0, 1), (1, 2), (2, 0), (0, 1), (1, 2))
    assert [duty[0].from_s for duty in roster.duties] == [0, 0, 0, 50, 50, 50, 0, 0]
    assert roster.capacity_agents == 4


def test_without_shifts_everybody_is_always_there() -> None:
    roster = Roster.even(2, 3, cross_training=5, shifts=1, day_s=100)

    assert roster.skills == ((0, 1, 2), (1, 2, 0))
    assert roster.duties == ((), ())
    assert roster.on_duty(1, 12_345.0)
    assert roster.next_change_s(1, 0.0) is None
    assert roster.capacity_agents == 2


@settings(max_examples=200)
@given(
    edges=st.lists(st.integers(0, 20), min_size=2, max_size=4, unique=True),
    from_s=st.integers(0, 100),
    lasts_s=st.integers(0, 100),
)
def test_time_off_duty_is_all_that_is_not_on_duty(
    edges: list[int], from_s: int, lasts_s: int
) -> None:
    duties = tuple(Duty(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))
    roster = one(*duties, day_s=20.0)

    off_s = roster.off_duty_s(0, from_s, from_s + lasts_s)

    assert off_s == sum(not roster.on_duty(0, from_s + s + 0.5) for s in range(lasts_s))


def test_time_off_duty_of_many_days_takes_no_longer() -> None:
    roster = one(Duty(20, 70))

    assert roster.off_duty_s(0, 60.0, 60.0 + 1e14) == 5e13
    assert one().off_duty_s(0, 60.0, 1e14) == 0


def test_a_duty_begins_and_ends_every_day() -> None:
    roster = one(Duty(20, 70))

    assert [roster.on_duty(0, at) for at in (0, 19.9, 20, 69.9, 70, 120, 170)] == [
        *(False, False, True, True, False, True, False)
    ]
    assert [roster.next_change_s(0, at) for at in (0, 20, 69, 70, 999)] == [20, 70, 70, 120, 1020]
    assert roster.capacity_agents == 0.5


def test_a_duty_may_go_over_midnight() -> None:
    roster = one(Duty(70, 20))

    assert [roster.on_duty(0, at) for at in (0, 19.9, 20, 69.9, 70, 99.9, 110)] == [
        *(True, True, False, False, True, True, True)
    ]
    assert [roster.next_change_s(0, at) for at in (0, 20, 70, 80)] == [20, 70, 120, 120]
    assert roster.capacity_agents == 0.5


@pytest.mark.parametrize("until_s", [0, 100])
def test_midnight_may_be_written_either_way(until_s: float) -> None:
    roster = one(Duty(70, until_s))

    assert [roster.on_duty(0, at) for at in (0, 69, 70, 99, 100)] == [
        *(False, False, True, True, False)
    ]


def test_duties_that_touch_are_one() -> None:
    assert one(Duty(20, 50), Duty(50, 70)).next_change_s(0, 30) == 70
    assert one(Duty(50, 0), Duty(0, 20)).next_change_s(0, 60) == 120
    assert one(Duty(0, 50), Duty(50, 100)).next_change_s(0, 60) is None
    assert one(Duty(0, 100)).capacity_agents == 1


@given(
    st.floats(0.1, 1e5),
    st.lists(st.tuples(st.integers(0, 97), st.integers(0, 97)), min_size=1, max_size=3),
    st.floats(0, 1e7),
)
@settings(max_examples=300, deadline=None)
def test_an_agent_is_on_the_other_side_of_each_change(
    day_s: float, parts: list[tuple[int, int]], at_s: float
) -> None:
    duties = [Duty(day_s * a / 97, day_s * b / 97) for a, b in parts if a != b]
    roster = one(*duties, day_s=day_s)

    states = [roster.on_duty(0, at_s)]
    for _ in range(6):
        later_s = roster.next_change_s(0, at_s)
        if later_s is None:
            break
        assert later_s > at_s
        at_s = later_s
        states.append(roster.on_duty(0, at_s))

    assert all(after != before for before, after in pairwise(states))


def test_a_run_may_begin_in_the_middle_of_a_day() -> None:
    roster = Roster(((0,),) * 4, ((Duty(20, 70),), (Duty(0, 100),), (Duty(40, 0),), ()), 100.0)

    later = roster.starting_at(30)

    now = [[roster.on_duty(agent, at_s + 30) for at_s in range(0, 200, 5)] for agent in range(4)]
    assert [[later.on_duty(agent, at_s) for at_s in range(0, 200, 5)] for agent in range(4)] == now
    assert later.capacity_agents == roster.capacity_agents


def test_a_skill_that_nobody_has_is_named() -> None:
    roster = Roster.even(2, 3, cross_training=1, shifts=1, day_s=100)

    roster.check(SKILLS[:2])
    with pytest.raises(BadInput, match=r"no agent has the skill 'after-sales'.*2 agents have inqu"):
        roster.check(SKILLS)


def test_a_roster_is_read(read: Read) -> None:
    roster = read(
        "Agents;skills;from_s;until_s;team\n2;After-Sales + inquiry;28800;57600;x\n1;all;;;\n"
        "1;recommendation;79200;21600;\n"
    )

    assert roster.skills == ((2, 0), (2, 0), (0, 1, 2), (1,))
    assert roster.duties == ((Duty(28_800, 57_600),),) * 2 + ((), (Duty(79_200, 21_600),))
    assert roster.capacity_agents == pytest.approx(2 / 3 + 1 + 1 / 3)
    assert roster.names == SKILLS
    assert roster.ignored == ("team",)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=3), st.floats(0, 350))
def test_seconds_on_duty_are_those_of_every_moment_added_up(
    duties: list[tuple[int, int]], until_s: float
) -> None:
    roster = one(*(Duty(*duty) for duty in duties))

    whole = int(until_s)
    moments = sum(roster.on_duty(0, second + 0.5) for second in range(whole))
    rest = (until_s - whole) * roster.on_duty(0, whole + 0.5)
    assert roster.on_duty_s(until_s) == pytest.approx(moments + rest, abs=1e-9)


def test_hours_may_be_left_out(read: Read) -> None:
    assert read("agents,skills\n3,all\n").duties == ((), (), ())


def test_without_tickets_the_skills_are_those_of_the_file(read: Read) -> None:
    roster = read("agents,skills\n1,all\n2,b+a\n1,A\n", None)

    assert roster.names == ("b", "a")
    assert roster.skills == ((0, 1), (0, 1), (0, 1), (1,))


WRONG = {
    "no agents": ("0,all,,", "agents: 0 agents; expected a whole number of agents, 1 to 100,000"),
    "half an agent": ("2.5,all,,", "agents: 2.5 agents; expected a whole number"),
    "less than nobody": ("-1,all,,", "agents: '-1' is negative; expected a whole number"),
    "agents in words": ("some,all,,", "agents: 'some' is no number; expected a whole number"),
    "more than there are": ("1e6,all,,", "agents: '1e6' is too large; expected a whole number"),
    "no skill": ("1,,,", "skills: no skill; expected a skill of 1 to 40"),
    "a skill of no ticket": (
        "1,inquiry+selling,,",
        "skills: 'selling' is no skill of the tickets;",
    ),
    "a skill misspelt": ("1,inqiry,,", "skills: 'inqiry' is no skill of the tickets; expected inq"),
    "a start alone": ("1,all,5,", "until_s: empty, while the other is given; expected seconds of"),
    "an end alone": ("1,all,,5", "from_s: empty, while the other is given; expected seconds of"),
    "no time": ("1,all,early,5", "from_s: 'early' is no number; expected seconds of the day"),
    "the clock": (
        "1,all,08:30,5",
        "from_s: '08:30' is no number; expected seconds of the day (0 to ",
    ),
    "beyond the day": (
        "1,all,0,90000",
        "until_s: '90000' is too large; expected seconds of the day",
    ),
    "nothing of the day": ("1,all,5,5", "from_s: 5 to 5 is no part of a day; expected another"),
    "from the day's end": ("1,all,86400,5", "from_s: 86400 to 5 is no part of a day; expected"),
}


@pytest.mark.parametrize(("row", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_roster_is_named(read: Read, row: str, said: str) -> None:
    with pytest.raises(DataError) as refused:
        read(f"{HEADER}1,all,,\n{row}\n")

    assert f"roster.csv, row 3, column {said}" in str(refused.value)


def test_hints_say_what_may_be_meant(read: Read) -> None:
    with pytest.raises(DataError) as refused:
        read(HEADER + "1,inqiry,08:30,17:00:05\n")

    hints = "\n".join(refused.value.lines())
    assert "did you mean inquiry?" in hints
    assert "30600 for 08:30" in hints
    assert "61205 for 17:00:05" in hints


def test_too_many_agents_in_all_are_refused(read: Read) -> None:
    with pytest.raises(DataError, match=r"row 3, column agents: 60,000 more make 110,000 agents"):
        read(HEADER + "50000,all,,\n60000,all,,\n")


def test_no_roster_can_be_made_of_nonsense() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Roster.even(0, 3, day_s=100)
    with pytest.raises(ValueError, match="a positive day"):
        one(day_s=0)
    with pytest.raises(ValueError, match="skills and duties of each agent"):
        Roster(((),), ((),))
