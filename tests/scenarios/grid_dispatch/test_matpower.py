"""Case files: what is read, and the one clear line for each way to get them wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blackboard import BadInput
from scenarios.grid_dispatch.case import Case
from scenarios.grid_dispatch.sources import load_case

CASE = """function mpc = small   % a comment with mpc.bus = [ 9 9 9 ];
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [
  1 3 0   0 0 0 1 1 0 230 1 1.1 0.9;
  2 1 100 0 5 0 1 1 0 230 1 1.1 0.9;  % five MW of shunt
  7 1 50, 0, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9
  8 4 99  0 0 0 1 1 0 230 1 1.1 0.9;
];
mpc.gen = [
  1 0 0 9 -9 1 100 1 200 10;
  7 0 0 9 -9 1 100 0 200 0;
  7 0 0 9 -9 1 100 1 0 -40;
  2 0 0 Inf -Inf 1 100 1 60 0;
];
mpc.branch = [
  1 2 0.01 0.1 0 150 0 0 0.5 30 1 -30 30;
  2 7 0.00 0.2 0 0   0 0 0   0  1 -360 360;
  1 7 0.00 0.1 0 80  0 0 0   0  1 -1 0;
  7 8 0.00 0.1 0 80  0 0 0   0  1 0 0;
];
mpc.gencost = [
  2 0 0 3 0.01 20 5 0 0 0;
  2 0 0 3 0.01 20 5 0 0 0;
  2 0 0 2 70   0  0 0 0 0;
  1 9 9 3 10 100 20 300 40 900;
];
"""


def written(folder: Path, text: str) -> str:
    path = folder / "small.m"
    path.write_text(text)
    return str(path)


@pytest.fixture
def small(tmp_path: Path) -> Case:
    return load_case(written(tmp_path, CASE))


def test_parts_out_of_service_and_isolated_buses_are_dropped(small: Case) -> None:
    assert small.bus_ids.tolist() == [1, 2, 7]
    assert small.units.ids.tolist() == [1, 3, 4]
    assert small.lines.ids.tolist() == [1, 2, 3]


def test_shunt_conductance_counts_as_load(small: Case) -> None:
    assert small.load_mw.tolist() == [0.0, 105.0, 50.0]


def test_a_generator_that_can_only_draw_power_is_a_load(small: Case) -> None:
    assert small.units.kind == ("generator", "load", "generator")


def test_a_quadratic_cost_becomes_a_sloped_marginal_cost(small: Case) -> None:
    outputs, prices = small.units.marginal[0]

    assert outputs.tolist() == [10.0, 200.0]
    assert prices == pytest.approx([20.2, 24.0])
    assert small.units.cost_at_low[0] == pytest.approx(0.01 * 100 + 20 * 10 + 5)


def test_a_piecewise_cost_becomes_steps_and_goes_on_with_its_end_slopes(small: Case) -> None:
    outputs, prices = small.units.marginal[2]

    assert outputs.tolist() == [0.0, 20.0, 20.0, 60.0]
    assert prices == pytest.approx([20.0, 20.0, 30.0, 30.0])
    assert small.units.cost_at_low[2] == pytest.approx(-100.0)


def test_the_pglib_convention_uses_resistance_and_ignores_taps_and_shifts(small: Case) -> None:
    assert small.lines.susceptance[0] == pytest.approx(100 * 0.1 / (0.01**2 + 0.1**2))
    assert not small.lines.shift_mw.any()


def test_the_matpower_convention_uses_taps_and_shifts(tmp_path: Path) -> None:
    case = load_case(written(tmp_path, CASE), convention="matpower")

    assert case.lines.susceptance[0] == pytest.approx(100 / (0.1 * 0.5))
    assert case.lines.shift_mw[0] == pytest.approx(-2000 * np.deg2rad(30))


def test_a_rating_or_angle_limit_of_zero_is_no_limit(small: Case) -> None:
    assert small.lines.high_mw[1] == np.inf
    assert small.lines.low_mw[2] == pytest.approx(-1000 * np.deg2rad(1))
    assert small.lines.high_mw[2] == 80.0


def test_a_negative_reactance_swaps_the_angle_limits(tmp_path: Path) -> None:
    text = CASE.replace("1 7 0.00 0.1 0 80", "1 7 0.00 -0.1 0 80")

    case = load_case(written(tmp_path, text))

    assert case.lines.low_mw[2] == -80.0
    assert case.lines.high_mw[2] == pytest.approx(1000 * np.deg2rad(1))


def test_an_island_without_load_or_units_is_dropped(tmp_path: Path) -> None:
    text = CASE.replace("  8 4 99 ", "  8 1 0 ").replace(
        "7 8 0.00 0.1 0 80  0 0 0   0  1", "7 8 0 1 0 0 0 0 0 0 0"
    )

    assert load_case(written(tmp_path, text)).bus_ids.tolist() == [1, 2, 7]


BAD = {
    "no_gencost": ("mpc.gencost = [", "mpc.other = [", "no mpc.gencost"),
    "no_base": ("mpc.baseMVA = 100;", "", "no mpc.baseMVA"),
    "base_of_zero": ("mpc.baseMVA = 100;", "mpc.baseMVA = 0;", "baseMVA is 0.*MVA"),
    "base_a_word": ("mpc.baseMVA = 100;", "mpc.baseMVA = big;", "baseMVA is 'big'.*MVA"),
    "unclosed": ("70   0  0 0 0 0;\n  1 9 9 3 10 100 20 300 40 900;\n];", "", "gencost.*closing"),
    "ragged_row": ("1 0 0 9 -9 1 100 1 200 10;", "1 0 0 9 -9 1 100 1 200;", "gen row 2 has 10 col"),
    "not_a_number": (
        "7 0 0 9 -9 1 100 1 0 -40",
        "7 0 0 9 -9 1 100 1 x -40",
        r"gen row 3, column 9 \(Pmax\) is 'x'.*MW",
    ),
    "load_nan": ("2 1 100 0 5", "2 1 NaN 0 5", r"bus row 2, column 3 \(Pd\) is nan.*MW"),
    "infinite_pmax": (
        "1 100 1 60 0;",
        "1 100 1 Inf 0;",
        r"gen row 4, column 9 \(Pmax\) is inf.*MW",
    ),
    "cost_nan": (
        "3 0.01 20 5 0 0 0;",
        "3 NaN 20 5 0 0 0;",
        r"gencost row 1, column 5 \(cost\) is nan",
    ),
    "quadratic_negative": (
        "3 0.01 20 5 0 0 0;",
        "3 -0.01 20 5 0 0 0;",
        r"gencost row 1, column 5 .*MW\^2h\) is -0.01.*not convex",
    ),
    "linear_negative": ("2 70 ", "2 -70 ", r"gencost row 3, column 5 .*\$/MWh\) is -70, negative"),
    "slopes_falling": (
        "20 300 40 900",
        "20 300 40 400",
        "gencost row 4: piece 2 costs 5 .*20 .*not convex",
    ),
    "first_slope_negative": ("10 100 20 300", "10 500 20 300", "gencost row 4.*-20.*negative"),
    "points_unordered": ("10 100 20 300", "10 100 10 300", r"gencost row 4, column 7 .*rising"),
    "cubic": (
        "2 0 0 3 0.01 20 5 0 0 0;",
        "2 0 0 4 1 0.01 20 5 0 0;",
        "gencost row 1, column 5 .*degree 3",
    ),
    "cost_model": ("1 9 9 3 10", "3 9 9 3 10", r"gencost row 4, column 1 \(model\) is 3"),
    "cost_count": ("1 9 9 3 10", "1 9 9 4 10", r"gencost row 4, column 4 .*is 4"),
    "cost_rows": ("  2 0 0 2 70   0  0 0 0 0;\n", "", "gencost has 3 rows and gen has 4"),
    "limits_crossed": (
        "1 100 1 60 0;",
        "1 100 1 60 61;",
        r"gen row 4, column 10 \(Pmin\) is 61 MW, above Pmax 60",
    ),
    "gen_bus": (
        "7 0 0 9 -9 1 100 1 0",
        "6 0 0 9 -9 1 100 1 0",
        r"gen row 3, column 1 \(bus id\) is 6",
    ),
    "branch_bus": ("2 7 0.00 0.2", "2 9 0.00 0.2", r"branch row 2, column 2 \(to bus\) is 9"),
    "bus_twice": ("  2 1 100", "  1 1 100", "bus row 2, column 1 .*already the id of row 1"),
    "bus_fraction": ("  2 1 100", "  2.5 1 100", "bus row 2, column 1 .*whole"),
    "no_reactance": ("2 7 0.00 0.2", "2 7 0.00 0.0", r"branch row 2, column 4 \(x\) is 0"),
    "rating_negative": (
        "0.1 0 150",
        "0.1 0 -150",
        r"branch row 1, column 6 \(rateA\) is -150.*MVA",
    ),
    "angles_crossed": ("1 -30 30;", "1 30 -30;", r"branch row 1, column 12 \(angmin\) is 30"),
    "computed": (
        "mpc.gen = [",
        "mpc.bus(:, 3) = mpc.bus(:, 3) / 1e3;\nmpc.gen = [",
        "changes mpc.bus",
    ),
    "dc_line": ("mpc.gen = [", "mpc.dcline = [ 1 2 1 ];\nmpc.gen = [", "DC lines"),
    "two_islands": ("  8 4 99 ", "  8 1 99 ", None),
}


@pytest.mark.parametrize("wrong", BAD)
def test_a_malformed_file_is_refused_with_one_line_that_says_where(
    wrong: str, tmp_path: Path
) -> None:
    old, new, expected = BAD[wrong]
    text = CASE.replace(old, new, 1)
    if wrong == "two_islands":
        text = text.replace("0  1 0 0;", "0  0 0 0;")
        expected = "bus 8 is not connected to bus 1"

    with pytest.raises(BadInput, match=expected) as refused:
        load_case(written(tmp_path, text))

    assert text != CASE
    assert str(refused.value).startswith("small.m")
    assert "\n" not in str(refused.value)


def test_too_few_columns_are_counted(tmp_path: Path) -> None:
    head, _, tail = CASE.partition("mpc.gen = [")
    text = f"{head}mpc.gen = [ 1 0 0 ];\n{tail.partition('];')[2]}"

    with pytest.raises(BadInput, match="gen has 3 columns, expected at least 10"):
        load_case(written(tmp_path, text))


def test_a_file_without_generators_in_service_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no generator is in service"):
        load_case(written(tmp_path, CASE.replace("1 100 1 ", "1 100 0 ")))


def test_a_missing_file_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no file '.*nowhere\.m'"):
        load_case(str(tmp_path / "nowhere.m"))
