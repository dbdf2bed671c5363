"""Local text vectors: the same everywhere, alike for shared words, strangers for others."""

import numpy as np
import pytest

from agents.anchoring import DIMENSIONS, TextVectors, cosine

TASK = "Decide how to reorder the recommendation page so that more readers find their book"
NEAR = "We should reorder the page of recommendations, then readers find more books"
FAR = "Grid operators expect storms near the northern coast tonight"

PLACES = [85, 92, 95, 113, 161]
VALUES = [0.158777, 0.529256, 0.158777]


def alike(a: str, b: str) -> float:
    rows = TextVectors().of([a, b])
    return float(cosine(rows[0], rows[1]))


def test_rows_have_length_one_or_say_nothing() -> None:
    rows = TextVectors().of([TASK, "", "?!", "a of the"])

    assert rows.shape == (4, DIMENSIONS)
    assert np.linalg.norm(rows, axis=1).tolist() == pytest.approx([1, 0, 0, 0], abs=1e-6)


def test_no_texts_are_no_rows() -> None:
    assert TextVectors().of([]).shape == (0, DIMENSIONS)


def test_shared_words_are_near_and_strangers_far() -> None:
    assert alike(TASK, NEAR) > 0.35
    assert abs(alike(TASK, FAR)) < 0.15


def test_case_accents_and_punctuation_do_not_count() -> None:
    assert alike("\u00c9lan vital!", "elan VITAL") == pytest.approx(1)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("\u63a8\u8350\u9875\u9762", "\u63a8\u8350\u9875\u9762\u6392"),
        (
            "\u043d\u043e\u0432\u044b\u0439 \u043f\u043b\u0430\u043d",
            "\u043d\u043e\u0432\u044b\u0439 \u043f\u043b\u0430\u043d\u0430",
        ),
    ],
)
def test_other_scripts_are_compared_too(a: str, b: str) -> None:
    assert alike(a, b) > 0.3


def test_vectors_are_the_same_in_every_process() -> None:
    [row] = TextVectors().of(["reorder the page"])

    assert np.flatnonzero(row)[:5].tolist() == PLACES
    assert row[np.flatnonzero(row)[:3]].tolist() == pytest.approx(VALUES, abs=1e-6)


def test_a_text_does_not_depend_on_those_beside_it() -> None:
    texts = [f"text number {i} about {NEAR[i % 40 :]}" for i in range(1500)]

    together = TextVectors().of(texts)

    assert np.array_equal(together[1307], TextVectors().of([texts[1307]])[0])


def test_texts_are_kept_up_to_a_bound() -> None:
    vectors = TextVectors(kept=10)

    first = vectors.of([f"text {i}" for i in range(40)])

    assert len(vectors._rows) == 10
    assert np.array_equal(vectors.of(["text 3"])[0], first[3])


def test_a_cosine_beside_nothing_is_nothing() -> None:
    rows = TextVectors().of([TASK, ""])

    assert cosine(rows, rows[1]).tolist() == [0, 0]
