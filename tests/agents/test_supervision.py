"""A supervision tree restarts by its strategy, gives up in time, and then tells a person."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import Child, Escalation, Orders, Restart, SupervisionTree, Supervisor

STRATEGIES = ("one-for-one", "one-for-all", "rest-for-one")
TIED = {
    "one-for-one": ("b",),
    "one-for-all": ("a", "b", "c", "d"),
    "rest-for-one": ("b", "c", "d"),
}


def team(name: str, *children: str, **terms: Any) -> Supervisor:
    return Supervisor(name, tuple(map(Child, children)), **terms)


def two_teams(strategy: Any = "one-for-one", **terms: Any) -> SupervisionTree:
    teams = (
        team("left", "a", "b", "c", "d", strategy=strategy),
        team("right", "e", "f", strategy=strategy),
    )
    return SupervisionTree(Supervisor("root", teams, **{"within": 40, **terms}))


def crash_loop(tree: SupervisionTree, child: str, *, until: int) -> list[tuple[int, Escalation]]:
    """Let a child fail whenever it runs; return what was handed up, and when."""
    told = []
    for now in range(until):
        tree.due(now)
        told += [(now, escalation) for escalation in tree.failed(child, now, "bug").escalations]
    return told


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_strategy_says_who_restarts_with_a_child_that_failed(strategy: str) -> None:
    tree = two_teams(strategy)

    orders = tree.failed("b", 5, "error")

    assert orders.restarts == (Restart("b", 6, "error", "left", TIED[strategy]),)
    assert orders.stopped == TIED[strategy]
    assert [child for child in "abcdef" if not tree.is_up(child)] == list(TIED[strategy])


def test_children_run_again_when_their_restart_is_due() -> None:
    tree = two_teams("one-for-all")
    tree.failed("b", 5, "error")

    early, due, later = tree.due(5), tree.due(6), tree.due(7)

    assert (early, later) == ([], [])
    assert [restart.children for restart in due] == [("a", "b", "c", "d")]
    assert all(map(tree.is_up, "abcdef"))


def test_each_restart_in_a_row_takes_longer() -> None:
    tree = SupervisionTree(team("root", "a", "b", max_restarts=4, within=30))
    waits = []

    for now in range(20):
        tree.due(now)
        waits += [restart.at - now for restart in tree.failed("a", now, "bug").restarts]

    assert waits == [1, 2, 4, 8]


def test_a_child_that_was_well_for_long_waits_as_briefly_as_at_first() -> None:
    tree = SupervisionTree(team("root", "a", "b"))
    for now in (1, 2):
        tree.due(now)
        tree.failed("a", now, "bug")
    tree.due(4)

    [restart] = tree.failed("a", 15, "bug").restarts

    assert restart.at == 16


def test_one_failure_too_many_is_the_supervisors_own() -> None:
    tree = two_teams()
    for now in (1, 3, 5):
        tree.failed("abc"[now // 2], now, "bug")
        tree.due(now + 1)

    orders = tree.failed("d", 7, "bug")

    why = "4 failures within 10, the last by bug"
    assert orders.escalations == (Escalation("left", why, "root"),)
    assert orders.restarts == (Restart("left", 8, "bug", "root", ("a", "b", "c", "d")),)


def test_failures_that_are_long_past_do_not_count() -> None:
    tree = two_teams()
    for now in (1, 3, 5):
        tree.failed("abc"[now // 2], now, "bug")
        tree.due(now + 1)

    orders = tree.failed("d", 11, "bug")

    assert orders.escalations == ()


def test_a_child_that_always_fails_reaches_a_person_and_then_stays_down() -> None:
    tree = two_teams()

    told = crash_loop(tree, "b", until=200)

    assert [(now, e.supervisor, e.to) for now, e in told] == [
        (7, "left", "root"),
        (15, "left", "root"),
        (24, "left", "root"),
        (35, "left", "root"),
        (35, "root", "person"),
    ]
    assert told[-1][1].stays_down == ("b",)
    assert dict(tree.down) == {"b": "4 failures within 40, the last by bug"}


@pytest.mark.parametrize(
    ("strategy", "lost"),
    [("one-for-one", "b"), ("one-for-all", "abcd"), ("rest-for-one", "bcd")],
)
def test_only_those_tied_to_a_lost_child_stay_down_with_it(strategy: str, lost: str) -> None:
    tree = two_teams(strategy)

    crash_loop(tree, "b", until=60)

    assert "".join(tree.down) == lost
    assert all(tree.is_up(child) for child in "abcdef" if child not in lost)


def test_a_person_can_start_what_stays_down() -> None:
    tree = two_teams("rest-for-one")
    crash_loop(tree, "b", until=60)

    orders = tree.revive("abc", 70)

    assert [(r.by, r.children) for r in orders.restarts] == [("person", ("b", "c"))]
    assert not tree.is_up("b")
    assert [restart.children for restart in tree.due(70)] == [("b", "c")]
    assert list(tree.down) == ["d"]


def test_no_restart_allowed_means_a_person_at_once() -> None:
    tree = SupervisionTree(team("root", "a", "b", max_restarts=0))

    orders = tree.failed("a", 1, "bug")

    assert orders.restarts == ()
    assert orders.escalations == (
        Escalation("root", "1 failures within 10, the last by bug", "person", ("a",)),
    )


def test_a_team_that_fails_as_a_whole_fails_once() -> None:
    tree = two_teams()

    orders = tree.failed_together(dict.fromkeys("abcd", "bug"), 1)

    assert orders.restarts == (Restart("left", 2, "bug", "root", ("a", "b", "c", "d")),)
    assert tree.failed("e", 1, "bug").restarts[0].by == "right"


def test_a_tree_that_fails_as_a_whole_starts_again_as_a_whole() -> None:
    tree = two_teams()

    orders = tree.failed_together(dict.fromkeys("abcdef", "bug"), 1)

    assert orders.restarts == (Restart("root", 2, "bug", "root", tuple("abcdef")),)


def test_a_child_that_does_not_run_cannot_fail() -> None:
    tree = two_teams("one-for-all")
    tree.failed("a", 1, "bug")

    orders = tree.failed("b", 1, "bug")

    assert orders == type(orders)()


def test_who_has_left_is_not_started_again() -> None:
    tree = two_teams("one-for-all")
    tree.failed("a", 1, "bug")

    tree.left("a")

    assert [restart.children for restart in tree.due(2)] == [("b", "c", "d")]
    assert not tree.is_up("a")


def test_a_later_order_never_starts_a_child_before_its_own_wait_is_over() -> None:
    tree = SupervisionTree(team("root", "a", "b", "c", strategy="rest-for-one"))
    for now in (1, 2):
        tree.due(now)
        tree.failed("c", now, "bug")

    [restart] = tree.failed("b", 2, "bug").restarts

    assert (restart.at, restart.children) == (4, ("b", "c"))
    assert tree.due(4) == [restart]


def test_recovery_takes_from_the_first_failure_until_the_child_works_again() -> None:
    tree = two_teams()
    tree.failed("a", 3, "bug")
    too_early = tree.recovered("a", 3)
    tree.due(4)

    took = tree.recovered("a", 5)

    assert (too_early, took, tree.recovered("a", 6)) == (None, 2, None)


def test_workers_are_supervised_in_seconds() -> None:
    names = tuple(Child(f"worker {n}") for n in range(3))
    tree = SupervisionTree(Supervisor("workers", names, within=60.0, backoff=(0.0, 0.5, 2.0)))

    first = tree.failed("worker 1", 12.25, "killed by signal 9").restarts
    started = tree.due(12.25)
    second = tree.failed("worker 1", 13.0, "killed by signal 9").restarts

    assert [r.at for r in first + second] == [12.25, 13.5]
    assert started == list(first)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"children": ()}, "has no children"),
        ({"strategy": "all"}, "'all'; there are one-for-one"),
        ({"max_restarts": -1}, "allows -1 restarts"),
        ({"backoff": ()}, "waits \\(\\)"),
        ({"max_restarts": 5}, "would never give up .* 6 failures take 23, .* got 10"),
    ],
)
def test_a_supervisor_that_cannot_work_is_refused(terms: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Supervisor(**{"name": "team", "children": (Child("a"),), **terms})


def test_names_and_agents_stand_in_a_tree_once() -> None:
    same_name = Supervisor("root", (team("left", "a"), team("right", "a")), within=40)
    same_agent = Supervisor("root", (Child("a", range(3)), Child("b", range(2, 4))))

    with pytest.raises(ValueError, match="node 'a' stands twice"):
        SupervisionTree(same_name)
    with pytest.raises(ValueError, match="agent 2 stands twice"):
        SupervisionTree(same_agent)


@st.composite
def trees(draw: Any) -> Supervisor:
    """Two levels of supervisors of any strategy, over one to five children a team."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    teams = tuple(
        team(
            f"team {n}",
            *(f"{n}.{child}" for child in range(size)),
            strategy=draw(st.sampled_from(STRATEGIES)),
            max_restarts=draw(st.integers(0, 3)),
        )
        for n, size in enumerate(sizes)
    )
    return Supervisor(
        "root",
        teams,
        draw(st.sampled_from(STRATEGIES)),
        within=40,
        counts=draw(st.sampled_from(("all", "each"))),
    )


HISTORIES = st.lists(
    st.tuples(st.sets(st.integers(0, 19), max_size=4), st.integers(0, 3)), max_size=40
)
"""Who fails in each step, by place in the tree, and how much later that is."""


def play(tree: SupervisionTree, history: Any, start: int = 0) -> list[Any]:
    """Let children fail as told, starting what is due; return everything that was ordered."""
    names, now, orders = list(tree.members), start, list[Any]()
    for failing, later in history:
        now += later
        orders.append(tuple(tree.due(now)))
        places = sorted({place % len(names) for place in failing})
        orders.append(tree.failed_together({names[place]: "bug" for place in places}, now))
    return orders


@settings(max_examples=150, deadline=None)
@given(trees(), HISTORIES)
def test_whoever_does_not_run_waits_for_a_restart_or_a_person_was_told(
    root: Supervisor, history: Any
) -> None:
    tree = SupervisionTree(root)

    orders = play(tree, history)

    told = {c for o in orders[1::2] for e in o.escalations for c in e.stays_down}
    started = {child for restart in tree.due(10**6) for child in restart.children}
    assert set(tree.down) == told
    assert {child for child in tree.members if not tree.is_up(child)} == told
    assert not started & told


@settings(max_examples=150, deadline=None)
@given(trees(), HISTORIES)
def test_each_order_follows_the_strategy_of_who_gave_it(root: Supervisor, history: Any) -> None:
    tree = SupervisionTree(root)

    orders = play(tree, history)

    down: set[str] = set()
    for step in orders[1::2]:
        for restart in step.restarts:
            tied = expected(tree, restart)
            assert set(restart.children) <= tied
            assert tied - set(restart.children) <= down | {
                child for e in step.escalations for child in e.stays_down
            }
        down |= {child for e in step.escalations for child in e.stays_down}


def expected(tree: SupervisionTree, restart: Restart) -> set[str]:
    """Return the children that a restart may concern, from the meaning of its strategy."""
    by = tree.supervisors[restart.by]
    siblings = [child.name for child in by.children]
    if restart.child == by.name or by.strategy == "one-for-all":
        names = siblings
    elif by.strategy == "rest-for-one":
        names = siblings[siblings.index(restart.child) :]
    else:
        names = [restart.child]
    leaves = set(tree.members)
    below = {n: {c.name for c in s.children} for n, s in tree.supervisors.items()}
    return {leaf for name in names for leaf in below.get(name, {name}) if leaf in leaves}


@settings(max_examples=150, deadline=None)
@given(trees(), HISTORIES)
def test_no_supervisor_restarts_more_often_than_it_may(root: Supervisor, history: Any) -> None:
    tree = SupervisionTree(root)
    names, now, given_at = list(tree.members), 0, list[tuple[int, Restart]]()
    for failing, later in history:
        now += later
        tree.due(now)
        for place in sorted({place % len(names) for place in failing}):
            orders = tree.failed(names[place], now, "bug")
            given_at = still_counted(given_at, orders, names[place], root)
            given_at += [(now, restart) for restart in orders.restarts]

    busiest = {
        name: max((recent(given_at, name, at) for at, _ in given_at), default=0)
        for name, supervisor in tree.supervisors.items()
        if supervisor.counts == "all"
    }

    assert all(times <= tree.supervisors[name].max_restarts for name, times in busiest.items())


def still_counted(
    given_at: list[tuple[int, Restart]], orders: Orders, failed: str, root: Supervisor
) -> list[tuple[int, Restart]]:
    """Leave out what teams ordered that start afresh now, and what was for a child now lost."""
    teams = {leaf.name: team.name for team in root.children for leaf in team.children}  # type: ignore[union-attr]
    afresh = {teams[leaf] for r in orders.restarts if r.by == root.name for leaf in r.children}
    is_lost = any(escalation.to == "person" for escalation in orders.escalations)
    lost = {failed, teams[failed]} if is_lost else set()
    return [(at, r) for at, r in given_at if r.by not in afresh and r.child not in lost]


def recent(given_at: list[tuple[int, Restart]], name: str, now: int) -> int:
    within = 40 if name == "root" else 10
    return sum(r.by == name and now - within < at <= now for at, r in given_at)


@settings(max_examples=100, deadline=None)
@given(trees(), st.integers(0, 19))
def test_any_child_that_always_fails_alone_is_given_up(root: Supervisor, place: int) -> None:
    tree = SupervisionTree(root)
    names = list(tree.members)
    child = names[place % len(names)]

    told = crash_loop(tree, child, until=41)

    assert told[-1][1].to == "person"
    assert child in tree.down


@settings(max_examples=100, deadline=None)
@given(trees(), HISTORIES, HISTORIES)
def test_a_restored_tree_goes_on_as_the_one_it_was_taken_from(
    root: Supervisor, before: Any, after: Any
) -> None:
    tree, other = SupervisionTree(root), SupervisionTree(root)
    play(tree, before)
    now = sum(later for _, later in before)

    other.restore(tree.state())

    assert play(other, after, now) == play(tree, after, now)
    assert other.state() == tree.state()
