"""What the world sets in a study: each of its conditions has a front of its own."""

from collections.abc import Collection, Sequence

import pandas as pd

from .evidence import MODELS, PLANTED
from .wording import is_given

MOST_FRONTS = 6


def conditions_of(
    table: pd.DataFrame, parameters: Sequence[str], named: Collection[str]
) -> list[str]:
    """Return the parameters that the world sets; stand-ins for models are as hard as they say.

    Args:
        table: One row a run.
        parameters: The varied ones.
        named: Those that the study says are.
    """
    doubles = MODELS in table and bool((table[MODELS] == PLANTED).all())
    return [n for n in parameters if is_given(n, named) or (n == "model" and doubles)]


def pooled_conditions(
    table: pd.DataFrame, given: Sequence[str], choices: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the conditions that have fronts, and those that are pooled as there are too many.

    Conditions of most values are pooled first, and only where each setting has been run as often
    under each: the means are then of one mix. Otherwise none is.
    """
    kept = list(given)
    while len(table.drop_duplicates(kept)) > MOST_FRONTS and kept:
        kept.remove(max(kept, key=lambda name: (table[name].nunique(), name)))
    sizes = table.groupby([*given, *choices], dropna=False).size()
    is_balanced = len(sizes) == len(table.drop_duplicates(list(given))) * len(
        table.drop_duplicates(list(choices))
    )
    if not kept or not is_balanced or sizes.nunique() > 1:
        return list(given), []
    return kept, [name for name in given if name not in kept]
