"""What parts of a reply speak of: a question about an item, and answers that exclude each other."""

from typing import NamedTuple


class Matter(NamedTuple):
    """A question that a part can answer of an item."""

    name: str
    abouts: tuple[str, ...]
    """Wordings of the question, with the item's place."""
    sides: tuple[tuple[str, ...], ...]
    """Of each answer its wordings, some with the item's place; of the answers only one is so."""


ITEMS = (
    ("X200 kettle", "X300 kettle"),
    ("K7 blender", "K8 blender"),
    ("black desk lamp", "white desk lamp"),
    ("N31 headphones", "N31 speaker"),
    ("travel adapter", "laptop adapter"),
    ("coffee grinder", "coffee machine"),
    ("M40 vacuum cleaner", "M45 vacuum cleaner"),
    ("garden hose", "garden chair"),
    ("P12 printer", "P12 scanner"),
    ("winter jacket", "rain jacket"),
    ("bicycle pump", "bicycle helmet"),
    ("T9 toaster", "T9 oven"),
)
"""What tickets are about, each beside another one that is easily mistaken for it."""
