"""What parts of a reply commit to, in many wordings: which of them exclude each other is planted.

A *matter* is one question about one item: its price, whether it is in stock. Its *sides* are the
answers of which only one can be so; each has several wordings that say the same in other words,
units, order or with a denial. Nothing here knows how a contradiction is looked for.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple


class Matter(NamedTuple):
    """A question that a part can answer of an item."""

    name: str
    abouts: tuple[str, ...]
    """Wordings of the question, with the item's place."""
    sides: tuple[tuple[str, ...], ...]
    """Of each answer its wordings, some with the item's place."""


class Meaning(NamedTuple):
    """What a finding is about, as it was planted."""

    matter: str
    item: str


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


def _in_numbers(
    wordings: Iterable[str], rows: Iterable[Mapping[str, object]]
) -> tuple[tuple[str, ...], ...]:
    """Put each row's figures into the wordings; `{{item}}` stays a place."""
    wordings = tuple(wordings)
    return tuple(tuple(wording.format(**row) for wording in wordings) for row in rows)


_COUNTED = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def _years(years: int) -> dict[str, object]:
    plural = "" if years == 1 else "s"
    return {"m": 12 * years, "y": years, "s": plural, "word": _COUNTED[years]}


def _weeks(weeks: int) -> dict[str, object]:
    plural = "" if weeks == 1 else "s"
    return {"d": 7 * weeks, "w": weeks, "s": plural, "word": _COUNTED[weeks]}


MATTERS = (
    Matter(
        "stock",
        (
            "stock of the {item}",
            "availability of the {item}",
            "{item} stock",
            "The {item}'s availability",
            "{item}: availability",
            "Stock, {item}",
        ),
        (
            (
                "in stock",
                "available",
                "it is in stock",
                "on hand",
                "yes, in stock",
                "we have it in stock",
                "available now",
                "the {item} is in stock",
                "currently available",
            ),
            (
                "out of stock",
                "sold out",
                "not available",
                "unavailable",
                "not in stock",
                "it is out of stock",
                "no longer available",
                "the {item} is sold out",
                "currently sold out",
            ),
        ),
    ),
    Matter(
        "advice",
        (
            "our advice on the {item}",
            "advice on the {item}",
            "our recommendation on the {item}",
            "recommendation: {item}",
            "The {item}, our advice",
            "advice about the {item}",
        ),
        (
            (
                "we recommend it",
                "recommended",
                "a good choice",
                "suits you",
                "the right choice",
                "it is recommended",
                "a very good choice",
                "we recommend the {item}",
                "the right one for you",
            ),
            (
                "not recommended",
                "we advise against it",
                "not a good choice",
                "we do not recommend it",
                "does not suit you",
                "a bad choice",
                "the wrong choice",
                "we would not recommend it",
                "we don't recommend the {item}",
            ),
        ),
    ),
    Matter(
        "keep",
        (
            "what to do with the {item}",
            "What happens to the {item}",
            "next step for the {item}",
            "the {item}: what to do",
            "next step, {item}",
            "what happens with the {item}",
        ),
        (
            (
                "keep it",
                "please keep it",
                "you can keep it",
                "you keep it",
                "hold on to it",
                "keep the {item}",
                "do not send it back",
                "you may keep it",
                "no need to return it",
            ),
            (
                "send it back",
                "return it",
                "please return it",
                "it goes back to us",
                "send it back to us",
                "return the {item}",
                "we take it back",
                "do not keep it",
                "please send it back",
            ),
        ),
    ),
    Matter(
        "return",
        (
            "return of the {item}",
            "returning the {item}",
            "the {item}'s return",
            "Return: {item}",
            "taking back the {item}",
            "{item}, return",
        ),
        (
            (
                "we take it back",
                "accepted",
                "possible",
                "yes",
                "we accept it",
                "it is possible",
                "allowed",
                "we take the {item} back",
                "Yes, we accept it",
            ),
            (
                "we do not take it back",
                "refused",
                "not possible",
                "no",
                "excluded",
                "we cannot accept it",
                "not accepted",
                "impossible",
                "we don't take the {item} back",
            ),
        ),
    ),
    Matter(
        "remedy",
        (
            "compensation for the {item}",
            "remedy for the {item}",
            "{item} compensation",
            "Compensation, {item}",
            "your compensation for the {item}",
            "what you get for the {item}",
        ),
        (
            (
                "refund in full",
                "full refund",
                "money back",
                "we refund the full price",
                "you get your money back",
                "complete refund",
                "a refund",
                "the price is refunded in full",
                "we refund it",
            ),
            (
                "exchange only",
                "replacement only",
                "only an exchange",
                "we exchange it",
                "no refund, exchange only",
                "we replace it",
                "no refund",
                "only a replacement",
                "an exchange, not a refund",
            ),
        ),
    ),
    Matter(
        "delivery day",
        (
            "delivery of the {item}",
            "{item} delivery",
            "shipment of the {item}",
            "the {item}'s delivery",
            "delivery day of the {item}",
            "Delivery: {item}",
        ),
        _in_numbers(
            (
                "on {day}",
                "{day}",
                "it arrives on {day}",
                "we deliver on {day}",
                "this {day}",
                "{abbr}",
                "{day} morning",
                "it is delivered on {day}",
                "you get it on {day}",
            ),
            (
                {"day": day, "abbr": day[:3]}
                for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
            ),
        ),
    ),
    Matter(
        "price",
        (
            "price of the {item}",
            "{item} price",
            "cost of the {item}",
            "The price, {item}",
            "the {item}'s price",
            "what the {item} costs",
        ),
        _in_numbers(
            (
                "{n} EUR",
                "EUR {n}",
                "{n} euros",
                "\u20ac{n}",
                "{n}.00 EUR",
                "it costs {n} euros",
                "the price is {n} EUR",
                "{n} \u20ac",
                "\u20ac {n}.00",
            ),
            ({"n": n} for n in (19, 29, 49, 59, 79, 99, 149, 199)),
        ),
    ),
    Matter(
        "warranty",
        (
            "warranty of the {item}",
            "{item} warranty",
            "guarantee on the {item}",
            "the {item}'s warranty",
            "Warranty: {item}",
            "warranty on the {item}",
        ),
        _in_numbers(
            (
                "{m} months",
                "{y} year{s}",
                "{word} year{s}",
                "for {m} months",
                "{m} months from purchase",
                "{y}-year warranty",
                "a warranty of {m} months",
                "it lasts {y} year{s}",
                "{m} mo",
            ),
            map(_years, (1, 2, 3, 5)),
        ),
    ),
    Matter(
        "return window",
        (
            "return window of the {item}",
            "time to return the {item}",
            "the {item}'s return window",
            "{item}: return window",
            "return window, {item}",
            "return period of the {item}",
        ),
        _in_numbers(
            (
                "{d} days",
                "{w} week{s}",
                "{word} week{s}",
                "within {d} days",
                "{d} days from delivery",
                "up to {d} days",
                "it is {d} days",
                "{d} days after delivery",
                "a window of {w} week{s}",
            ),
            map(_weeks, (1, 2, 4, 6)),
        ),
    ),
    Matter(
        "repair time",
        (
            "repair time of the {item}",
            "{item} repair time",
            "duration of the {item}'s repair",
            "duration of the repair of the {item}",
            "the {item}'s repair time",
            "time to repair the {item}",
        ),
        _in_numbers(
            (
                "{min} min",
                "{h} h",
                "{min} minutes",
                "{h} hours",
                "it takes {min} minutes",
                "about {h} hours",
                "{h} hrs",
                "roughly {min} min",
                "done in {min} minutes",
            ),
            ({"min": m, "h": f"{m / 60:g}"} for m in (15, 30, 45, 90, 150)),
        ),
    ),
    Matter(
        "delivery time",
        (
            "delivery time of the {item}",
            "{item} delivery time",
            "the {item}'s delivery time",
            "Delivery time: {item}",
            "time of delivery for the {item}",
            "delivery time, {item}",
        ),
        (
            (
                "2 to 4 days",
                "3 days",
                "between 2 and 4 days",
                "at most 4 days",
                "2-4 days",
                "about 72 hours",
                "not more than 4 days",
                "less than 5 days",
                "two to four days",
            ),
            (
                "at least two weeks",
                "14 to 21 days",
                "2 to 3 weeks",
                "more than 10 days",
                "between 2 and 3 weeks",
                "16 days",
                "over two weeks",
                "not less than 14 days",
                "two to three weeks",
            ),
        ),
    ),
    Matter(
        "postage",
        (
            "postage for the {item}",
            "the {item}'s postage",
            "{item} postage",
            "Postage: {item}",
            "postage of the {item}",
            "shipping costs of the {item}",
        ),
        (
            (
                "free",
                "free of charge",
                "no charge",
                "it is free",
                "we pay it",
                "at no cost",
                "paid by us",
                "the postage is free",
                "free for you",
            ),
            (
                "not free",
                "you pay it",
                "at your expense",
                "it is not free",
                "charged",
                "paid by you",
                "never free",
                "not free of charge",
                "the postage isn't free",
            ),
        ),
    ),
    Matter(
        "fit",
        (
            "compatibility of the {item}",
            "{item} compatibility",
            "the {item}: compatible?",
            "The {item}'s compatibility",
            "compatibility, {item}",
            "is the {item} compatible",
        ),
        (
            (
                "yes",
                "it fits",
                "compatible",
                "Yes, it fits.",
                "it is compatible",
                "fits",
                "yes, it does",
                "suitable",
                "the {item} is compatible",
            ),
            (
                "no",
                "it does not fit",
                "incompatible",
                "not compatible",
                "No, it doesn't fit",
                "it isn't compatible",
                "does not fit",
                "not suitable",
                "the {item} is not compatible",
            ),
        ),
    ),
)


class Wordings(NamedTuple):
    """Which of the wordings are drawn from: those at these remainders of a division by three."""

    thirds: tuple[int, ...]

    def of(self, wordings: tuple[str, ...]) -> tuple[str, ...]:
        """Return the wordings that may be drawn."""
        return _chosen(self.thirds, wordings)


@lru_cache(maxsize=1024)
def _chosen(thirds: tuple[int, ...], wordings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(said for at, said in enumerate(wordings) if at % 3 in thirds)


ALL = Wordings((0, 1, 2))
KNOWN = Wordings((0, 1))
"""Those by which the search for contradictions was improved."""
HELD_BACK = Wordings((2,))
"""Those that were kept from it, to measure how it does on words that it was not made for."""


@lru_cache(maxsize=16_384)
def in_words(wording: str, item: str) -> str:
    """Put the item into a wording."""
    return wording.replace("{item}", item) if "{" in wording else wording


@lru_cache(maxsize=1)
def _meanings() -> dict[str, Meaning]:
    return {
        in_words(about, item): Meaning(matter.name, item)
        for matter in MATTERS
        for about in matter.abouts
        for items in ITEMS
        for item in items
    }


def meaning_of(about: str) -> Meaning | None:
    """Return what a subject means as it was planted; None for one in words of other people."""
    return _meanings().get(about)
