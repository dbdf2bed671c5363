"""What is alive while calls are in flight is spared by the collector, and only then."""

import gc
import weakref

from agents.llm.standing_heap import standing_heap


class Node:
    """Refers to itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_the_heap_counts_as_before_when_the_block_ends() -> None:
    gc.collect()  # which sets a few hundred objects of Python's own aside again
    before = gc.get_freeze_count()
    node = Node()
    seen = weakref.ref(node)

    with standing_heap():
        assert gc.get_freeze_count() > before
    del node
    gc.collect()

    assert gc.get_freeze_count() <= before
    assert seen() is None


def test_what_a_program_froze_itself_stays_frozen() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()

        with standing_heap():
            pass

        assert gc.get_freeze_count() == frozen
    finally:
        gc.unfreeze()
