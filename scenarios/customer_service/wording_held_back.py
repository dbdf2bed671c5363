"""Wordings that were written before the search for contradictions was improved, and kept from it.

They measure how it does on words that it was not made for. Whoever improves it by what it misses
here has to write new ones.
"""

ABOUTS: dict[str, tuple[str, ...]] = {
    "stock": ("is the {item} in stock", "whether the {item} is available", "stock for the {item}"),
    "advice": (
        "do we recommend the {item}",
        "the recommendation for the {item}",
        "advice regarding the {item}",
    ),
    "keep": (
        "what you should do with the {item}",
        "how to proceed with the {item}",
        "the {item}: next step",
    ),
    "return": (
        "can the {item} be returned",
        "the return of your {item}",
        "sending back the {item}",
    ),
    "remedy": (
        "what we offer for the {item}",
        "compensation offered for the {item}",
        "the remedy, {item}",
    ),
    "delivery day": (
        "day of delivery of the {item}",
        "when the {item} arrives",
        "delivery date for the {item}",
    ),
    "price": ("price for the {item}", "current price of the {item}", "the price of {item}"),
    "warranty": (
        "length of the warranty on the {item}",
        "warranty period of the {item}",
        "warranty for your {item}",
    ),
    "return window": (
        "how long the {item} can be returned",
        "time for returning the {item}",
        "return deadline of the {item}",
    ),
    "repair time": (
        "how long the repair of the {item} takes",
        "time needed to repair the {item}",
        "repair time for your {item}",
    ),
    "delivery time": (
        "how long delivery of the {item} takes",
        "shipping time of the {item}",
        "delivery time for your {item}",
    ),
    "postage": (
        "postage on the {item}",
        "the postage of your {item}",
        "who pays postage for the {item}",
    ),
    "fit": (
        "whether the {item} is compatible",
        "compatibility of your {item}",
        "does the {item} fit",
    ),
}
"""By matter, further wordings of its question."""
SIDES: dict[str, tuple[tuple[str, ...], ...]] = {
    "stock": (
        ("still available", "we have some in stock", "on stock", "in stock again"),
        ("not on stock", "no stock left", "it isn't available", "it has sold out"),
    ),
    "advice": (
        ("yes, we recommend it", "we advise you to buy it", "an excellent choice", "go for it"),
        ("better not", "we cannot recommend it", "not the right choice", "don't buy it"),
    ),
    "keep": (
        ("you can hold on to it", "it can stay with you", "just keep it", "keep it, please"),
        ("give it back", "it should be returned", "you need to return it", "mail it back to us"),
    ),
    "return": (
        ("yes, possible", "no problem", "it can be returned", "sure"),
        ("we refuse it", "it cannot be returned", "not allowed", "no, not possible"),
    ),
    "remedy": (
        ("full reimbursement", "we return the full price", "all your money back", "100 % refund"),
        ("a new one", "we swap it", "just a replacement", "only a swap, no refund"),
    ),
    "postage": (
        ("we cover it", "no extra cost", "we bear the postage", "you pay nothing"),
        ("you cover it", "at your own expense", "you bear the postage", "to be paid by you"),
    ),
    "fit": (
        ("yes, compatible", "it will fit", "they go together", "a perfect fit"),
        ("no, it won't fit", "it is incompatible", "they don't go together", "unfortunately not"),
    ),
    "delivery time": (
        ("3 to 4 days", "up to 4 days", "within 4 days", "no longer than 4 days"),
        ("15 days or more", "minimum 2 weeks", "two weeks at least", "two and a half weeks"),
    ),
}
"""Of the matters without figures, further wordings of each side."""
IN_FIGURES: dict[str, tuple[str, ...]] = {
    "delivery day": ("arrives {day}", "coming {day}", "{day}, in the afternoon", "by {day}"),
    "price": ("just {n} euros", "{n} euro", "{n}.- EUR", "{n} euros each"),
    "warranty": ("{m}-month warranty", "{y} yr{s}", "{m} months in all", "expires after {y} year{s}"),
    "return window": ("{d}-day window", "{w} wk{s}", "until {d} days after delivery", "{d} days max"),
    "repair time": ("{min} mins", "{h} hour job", "{h} hr", "some {min} minutes"),
}
"""Of the matters with figures, further wordings of all sides."""
