"""Numbers as few bits, and modules as one file."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.canvas import BarsView, CurveView, FieldView, FlowsView
from viz.canvas.packing import bits_for, nice_range, pack, quantised, unpack


@given(st.integers(1, 8), st.data())
def test_packed_codes_come_back(bits: int, data: st.DataObject) -> None:
    codes = data.draw(st.lists(st.integers(0, 2**bits - 1), min_size=1, max_size=70))

    packed = pack(np.array(codes), bits)

    assert unpack(packed, bits, len(codes)).tolist() == codes
    assert len(packed) == -(-len(codes) * bits // 8)


@pytest.mark.parametrize(("codes", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8)])
def test_as_few_bits_as_the_codes_need(codes: int, bits: int) -> None:
    assert bits_for(codes) == bits


def test_a_missing_value_has_a_step_of_its_own() -> None:
    values = np.array([0.0, 50, 100, np.nan, 300, -5])

    steps = quantised(values, 0, 100, 4)

    assert steps.tolist() == [0, 7, 14, 15, 14, 0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (0, 1)),
        ([np.nan], (0, 1)),
        ([0, 0], (0, 1)),
        ([5, 5], (0, 10)),
        ([-5.0], (-10, 0)),
        ([0, 1], (0, 1)),
        ([33.3, 36.2], (33, 37)),
        ([-1234, 4321], (-2000, 6000)),
    ],
)
def test_the_ends_of_a_scale_are_round(values: list[float], expected: tuple[float, float]) -> None:
    assert nice_range(np.array(values, np.float64)) == expected


SVG_NAMESPACE = "http://www.w3.org/2000/svg"


@pytest.mark.parametrize("view", [FieldView, CurveView, FlowsView, BarsView])
def test_a_view_sends_one_module_that_imports_nothing(view: type[FieldView]) -> None:
    source = str(view._esm)

    assert not re.search(r"^import ", source, re.MULTILINE)
    assert re.findall(r"^export .*", source, re.MULTILINE) == ["export default { render };"]
    assert re.findall(r"\w+://[^\s\"'`]+", source) == [SVG_NAMESPACE], "it names, and fetches not"
