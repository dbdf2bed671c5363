"""Runs on a user's own files: rosters, profiles of arrivals, tickets, and shares of them."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from scenarios.customer_service.files.arrivals import Profile
from scenarios.customer_service.files.roster import Roster
from scenarios.customer_service.files.tickets import read_tickets
from tests.scenarios.customer_service.service_log import Audit
from tests.scenarios.customer_service.service_runs import service

EXAMPLES = Path(__file__).parents[3] / "examples" / "customer_service"
TICKETS, ROSTER, ARRIVALS = (
    str(EXAMPLES / name) for name in ("tickets.csv", "roster.csv", "arrivals.csv")
)
SLOW = {"draft_s": 240.0, "review_s": 60.0, "fades_s": 3600.0}


def written(folder: Path, text: str) -> str:
    path = folder / "given.csv"
    path.write_text(text, "utf-8")
    return str(path)


def test_nobody_begins_work_off_duty_by_a_roster_from_a_file(tmp_path: Path) -> None:
    result = service(tmp_path, tickets=TICKETS, roster=ROSTER, **SLOW)

    given = read_tickets(TICKETS)
    roster = Roster.read(ROSTER, given.skills).starting_at(given.clock.second_of_day)
    rows = sorted(range(roster.agents), key=lambda row: (roster.skills[row][0], row))
    audit = Audit(result, on_duty=lambda agent, at_s: roster.on_duty(rows[agent], at_s))
    assert result.summary["agents"] == roster.agents == 16
    assert audit.faults == []
    assert audit.closed == len(given.tickets) == 223
    staff = result.tables["staff"]["skills"]
    busy_s, until_s = audit.busy_s - audit.overtime_s, result.summary["simulated_s"]
    present = [roster.on_duty(row, at_s) for row in rows for at_s in np.arange(0.5, until_s, 60.0)]
    used = result.summary["metrics"]["utilisation"]
    assert used == pytest.approx(busy_s / (60 * sum(present)), rel=0.005)
    assert staff.tolist() == [
        "+".join(given.skills[skill] for skill in roster.skills[row]) for row in rows
    ]


@pytest.mark.parametrize("shifts", [2, 3, 7])
def test_nobody_begins_work_outside_its_shift(tmp_path: Path, shifts: int) -> None:
    terms = {"agents": 3 * shifts, "cross_training": 3, "shifts": shifts, "day_s": 10.0}

    result = service(tmp_path, tickets=150, arrivals_per_s=4.0, **terms)

    roster = Roster.even(3 * shifts, 3, cross_training=3, shifts=shifts, day_s=10.0)
    rows = sorted(range(roster.agents), key=lambda row: (roster.skills[row][0], row))
    audit = Audit(result, on_duty=lambda agent, at_s: roster.on_duty(rows[agent], at_s))
    busy_s = audit.busy_s - audit.overtime_s
    on_duty_s = roster.on_duty_s(result.summary["simulated_s"])
    assert audit.faults == []
    assert audit.closed == 150
    assert result.summary["metrics"]["utilisation"] == pytest.approx(busy_s / on_duty_s)


@pytest.mark.unrepeatable
def test_tickets_arrive_as_often_as_the_profile_says_in_each_of_its_pieces(tmp_path: Path) -> None:
    path = written(tmp_path, "from_s,until_s,arrivals_per_s\n0,2,5\n2,3,0\n3,4,60\n4,10,12\n")

    result = service(tmp_path, structure="separate", arrivals=path, tickets=2000, seed=8)

    profile = Profile.read(path)
    arrived_s = result.tables["tickets"]["arrived_s"].to_numpy()
    cycles = int(arrived_s[-1] // 10)
    within_s = arrived_s[arrived_s < 10 * cycles] % 10
    counted = np.histogram(within_s, profile.edges_s)[0]
    due = cycles * profile.rates_per_s * np.diff(profile.edges_s)
    has_any = due > 0
    assert counted[~has_any].sum() == 0
    off = ((counted - due) ** 2)[has_any] / due[has_any]
    assert chi2.sf(off.sum(), has_any.sum()) > 1e-5
    halves = [np.histogram(within_s % 1, [0, 0.5, 1])[0], len(within_s) / 2]
    assert abs(halves[0][0] - halves[1]) < 4.5 * np.sqrt(len(within_s)) / 2


@pytest.mark.unrepeatable
def test_generated_arrivals_are_a_poisson_process(tmp_path: Path) -> None:
    result = service(tmp_path, structure="separate", tickets=2000, arrivals_per_s=40.0, seed=8)

    arrived_s = result.tables["tickets"]["arrived_s"].to_numpy()
    gaps_s = np.diff(arrived_s, prepend=0.0)
    assert gaps_s.mean() == pytest.approx(1 / 40, rel=4.5 / np.sqrt(2000))
    assert gaps_s.std() == pytest.approx(1 / 40, rel=4.5 * np.sqrt(2 / 2000))
    assert abs(np.corrcoef(gaps_s[1:], gaps_s[:-1])[0, 1]) < 4.5 / np.sqrt(2000)
    counts = Counter(result.tables["tickets"]["skills"])
    assert list(counts.values()) == pytest.approx([2000 / 3] * 3, abs=4.5 * np.sqrt(2000 * 2 / 9))


def test_a_file_of_tickets_comes_back_row_by_row(tmp_path: Path) -> None:
    result = service(tmp_path, agents=24, tickets=TICKETS, **SLOW)

    given, rows = read_tickets(TICKETS), result.tables["tickets"]
    assert rows["name"].tolist() == [ticket.name for ticket in given.tickets]
    assert rows["arrived_s"].tolist() == [ticket.arrival_s for ticket in given.tickets]
    assert rows["observed"].fillna("").tolist() == [ticket.outcome for ticket in given.tickets]
    metrics = result.summary["metrics"]
    assert metrics["observed_completion"] == given.observed["right"]
    shares = [metrics[f"observed_{name}"] for name in ("completion", "wrong", "escalated")]
    assert sum(shares) + metrics["observed_abandoned"] == pytest.approx(1)


@pytest.mark.unrepeatable
def test_a_share_of_a_file_is_a_sample_that_grows_with_the_share(tmp_path: Path) -> None:
    everything, half, tenth = (
        service(tmp_path, agents=24, tickets=TICKETS, load=load, **SLOW).tables["tickets"]
        for load in (1.0, 0.5, 0.1)
    )

    names = [set(rows["name"]) for rows in (everything, half, tenth)]
    assert len(names[0]) == 223
    assert names[2] < names[1] < names[0]
    assert len(names[1]) == pytest.approx(111, abs=4.5 * np.sqrt(223 / 4))
    assert len(names[2]) == pytest.approx(22, abs=4.5 * np.sqrt(223 * 0.09))
    assert half["arrived_s"].is_monotonic_increasing


@pytest.mark.unrepeatable
def test_a_share_of_generated_tickets_comes_more_slowly(tmp_path: Path) -> None:
    terms = {"agents": 24, "tickets": 60, "arrivals_per_s": 10.0}

    whole, half = (
        service(tmp_path, load=load, **terms).tables["tickets"]["arrived_s"] for load in (1.0, 0.5)
    )

    assert half.to_numpy() == pytest.approx(2 * whole.to_numpy())


def test_a_day_of_the_example_profile_is_answered_by_the_example_staff(tmp_path: Path) -> None:
    result = service(tmp_path, tickets=200, arrivals=ARRIVALS, roster=ROSTER, **SLOW)

    metrics = result.summary["metrics"]
    hours = result.tables["tickets"]["arrived_s"] % 86_400 / 3600
    assert hours.min() >= 6
    assert metrics["tickets"] == 200
    assert 0 < metrics["utilisation"] < 1
