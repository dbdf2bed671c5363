"""Arrival profiles: a Poisson process of the right rate, and files that are read strictly."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from scenarios import DataError
from scenarios.customer_service.files.arrivals import Profile

HEADER = "from_s,until_s,arrivals_per_s\n"
DAY = Profile(np.array([0.0, 2, 3, 5.5, 6]), np.array([0.0, 4, 0, 1.5]))


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Profile]:
    """Read a profile from a file of this text."""

    def read(text: str) -> Profile:
        path = tmp_path / "arrivals.csv"
        path.write_text(text, "utf-8")
        return Profile.read(path)

    return read


def unit_process(seed: int, points: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).exponential(size=points))


def test_a_profile_knows_its_rates() -> None:
    rates = [DAY.rate_at(at_s) for at_s in (0, 1.9, 2, 2.9, 3, 5.5, 6, 8.5, 602)]

    assert rates == [0, 0, 4, 4, 0, 1.5, 0, 4, 4]
    assert DAY.mean_per_s == pytest.approx(4.75 / 6)
    assert DAY.highest_per_s == 4
    assert DAY.length_s == 6


def test_a_constant_rate_only_stretches_time() -> None:
    unit = unit_process(1, 1000)

    assert Profile.constant(33.0).times(unit) == pytest.approx(unit / 33)
    assert Profile.constant(33.0).mean_per_s == 33
    assert Profile.constant(33.0).rate_at(7.25) == 33


def test_counts_in_every_piece_are_poisson() -> None:
    cycles = 2000
    times_s = DAY.times(unit_process(2, round(5 * cycles)))
    times_s = times_s[times_s < 6 * cycles]

    # Halves of the two busy pieces of every cycle: 2, 2, 0.375 and 0.375 are expected in each.
    edges_s = np.array([2, 2.5, 3, 5.5, 5.75, 6])
    grid_s = (6 * np.arange(cycles)[:, None] + edges_s).ravel()
    counts = np.histogram(times_s, grid_s)[0]
    by_piece = np.append(counts, 0).reshape(cycles, len(edges_s))[:, [0, 1, 3, 4]]
    expected = np.array([2, 2, 0.375, 0.375])
    dispersion = ((by_piece - expected) ** 2 / expected).sum()
    low, high = chi2.ppf([1e-4, 1 - 1e-4], by_piece.size)

    assert by_piece.sum() == len(times_s)
    assert low < dispersion < high
    assert abs(by_piece.sum(0) / np.sqrt(cycles * expected) - np.sqrt(cycles * expected)).max() < 4


def test_nothing_arrives_where_the_rate_is_zero() -> None:
    within_s = DAY.times(unit_process(3, 100_000)) % 6

    assert np.all(((within_s >= 2) & (within_s <= 3)) | (within_s >= 5.5) | (within_s == 0))


def test_points_on_an_edge_go_to_the_next_piece_with_arrivals() -> None:
    assert DAY.times(np.array([0.0, 4, 4.75, 8.75])).tolist() == [2, 5.5, 8, 11.5]


@given(
    st.lists(
        st.tuples(st.floats(0.01, 1e5), st.one_of(st.just(0.0), st.floats(1e-3, 1e3))),
        min_size=1,
        max_size=8,
    ).filter(lambda pieces: any(rate for _, rate in pieces)),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_the_inversion_is_exact_and_keeps_the_order(
    pieces: list[tuple[float, float]], points: list[float]
) -> None:
    lengths, rates = zip(*pieces, strict=True)
    profile = Profile(np.concatenate(([0.0], np.cumsum(lengths))), np.array(rates))
    unit = np.sort(points)

    times_s = profile.times(unit)

    # A time is no more exact than its last digit, at whatever rate tickets arrive there.
    exact = 4 * np.spacing(times_s[-1]) * profile.highest_per_s
    assert profile.cumulative(times_s) == pytest.approx(unit, rel=1e-9, abs=exact)
    assert np.all(np.diff(times_s) >= 0)


def test_the_inversion_is_exact_to_a_billionth() -> None:
    unit = unit_process(4, 50_000)

    assert np.abs(DAY.cumulative(DAY.times(unit)) - unit).max() < 1e-9


def test_no_points_give_no_times() -> None:
    assert DAY.times(np.array([])).shape == (0,)


def test_a_profile_is_read(read: Callable[[str], Profile]) -> None:
    profile = read(
        "until_s;FROM_S;arrivals_per_s;day\n2;0;0;Mo\n3;2;4;Mo\n5.50;3.0;0;\n6;5.5;1.5;\n"
    )

    assert profile.edges_s.tolist() == DAY.edges_s.tolist()
    assert profile.rates_per_s.tolist() == DAY.rates_per_s.tolist()
    assert profile.ignored == ("day",)


WRONG = {
    "a gap": ("0,5,1\n6,9,1\n", "row 3, column from_s: 6 leaves a gap; expected 5, where"),
    "an overlap": ("0,5,1\n4,9,1\n", "row 3, column from_s: 4 overlaps the row before; expected 5"),
    "a late start": ("1,5,1\n", "row 2, column from_s: the profile begins at 1; expected 0"),
    "no length": ("0,5,1\n5,5,1\n", "row 3, column until_s: 5 is not after 5; expected a time"),
    "a negative rate": (
        "0,5,-1\n",
        "row 2, column arrivals_per_s: '-1' is negative; expected tick",
    ),
    "no rate": ("0,5,1\n5,9,\n", "row 3, column arrivals_per_s: an empty field is no number"),
    "an infinite rate": ("0,5,inf\n", "row 2, column arrivals_per_s: 'inf' is not finite"),
    "a rate in words": ("0,5,many\n", "row 2, column arrivals_per_s: 'many' is no number"),
    "hours": ("00:00,08:00,1\n", "row 2, column from_s: '00:00' is no number; expected seconds"),
    "rates of zero only": ("0,5,0\n5,9,0\n", "row 3, column arrivals_per_s: no rate up to here"),
    "no rows": ("", "row 1: no row follows the header; expected one at least"),
}


@pytest.mark.parametrize(("rows", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_profile_is_named(
    read: Callable[[str], Profile], rows: str, said: str
) -> None:
    with pytest.raises(DataError) as refused:
        read(HEADER + rows)

    assert f"arrivals.csv, {said}" in str(refused.value)


def test_a_wrong_row_is_not_counted_against_the_next(read: Callable[[str], Profile]) -> None:
    with pytest.raises(DataError) as refused:
        read(HEADER + "0,x,1\n5,9,1\n9,12,x\n12,10,1\n20,30,1\n")

    assert [problem.where for problem in refused.value.problems] == [
        "row 2, column until_s",
        "row 4, column arrivals_per_s",
        "row 5, column until_s",
    ]


def test_a_decimal_comma_is_shown_how_to_be_written(read: Callable[[str], Profile]) -> None:
    with pytest.raises(DataError, match=r"'0,5' is no number; .*with a decimal point: 0\.5"):
        read("from_s;until_s;arrivals_per_s\n0;60;0,5\n")


@pytest.mark.parametrize(
    ("edges_s", "rates"), [([0, 1], [0]), ([0, 1], [-1]), ([1, 2], [1]), ([0, 2, 1], [1, 1])]
)
def test_no_profile_can_be_made_of_nonsense(edges_s: list[float], rates: list[float]) -> None:
    with pytest.raises(ValueError, match="a profile needs"):
        Profile(np.array(edges_s, float), np.array(rates, float))
