"""Wordings that were written before the search for contradictions was last improved.

They measure how it does on words that it was not made for. Whoever improves it by what it misses
here has to write new ones.
"""

ABOUTS: dict[str, tuple[str, ...]] = {
    "stock": ("The stock of our {item}", "is {item} in stock"),
    "advice": ("recommending the {item}", "your advice on the {item}"),
    "keep": ("What should happen to the {item}", "the next step with your {item}"),
    "return": ("may the {item} be returned", "returns of the {item}"),
    "remedy": ("the compensation for your {item}", "a remedy for the {item}"),
    "delivery day": ("arrival of the {item}", "the shipment, {item}"),
    "price": ("prices of the {item}", "how much the {item} costs"),
    "warranty": ("the {item} guarantee", "is there a warranty on the {item}"),
    "return window": ("the window for returning the {item}", "the return time, {item}"),
    "repair time": ("the {item}: time for repair", "how long does the {item}'s repair take"),
    "delivery time": ("how long does delivery of the {item} take", "the {item}: delivery time"),
    "postage": ("postage, your {item}", "the cost of shipping the {item}"),
    "fit": ("{item}: does it fit", "the compatibility of {item}"),
}
"""By matter, further wordings of its question."""
SIDES: dict[str, tuple[tuple[str, ...], ...]] = {
    "stock": (
        ("yes, we have it", "available today", "it can be shipped today", "it is on the shelf"),
        ("we do not have it", "gone", "no, it is sold out", "out of stock at the moment"),
    ),
    "advice": (
        ("warmly recommended", "we can recommend it", "a sound choice", "it will suit you"),
        ("we do not advise it", "a poor choice", "it is not for you", "we recommend another one"),
    ),
    "keep": (
        ("yours to keep", "it need not come back", "keep yours", "please hold on to it"),
        ("please give it back", "we need it back", "it must be returned", "do return it to us"),
    ),
    "return": (
        ("that is possible", "agreed", "you can send it back", "we'll accept the {item}"),
        ("that is impossible", "we won't take it back", "no way", "a return is not possible"),
    ),
    "remedy": (
        ("refunded in full", "we pay back the price", "your money back", "refund of everything"),
        ("a swap", "you get a replacement", "we exchange the {item}", "not a refund"),
    ),
    "postage": (
        ("free postage", "it is on us", "you don't pay it", "no postage is charged"),
        ("the customer pays it", "not on us", "we don't pay it", "it isn't free of charge"),
    ),
    "fit": (
        ("it matches", "yes, fully compatible", "that fits", "it is suitable"),
        ("it does not match", "it can't fit", "unsuitable", "no, they are incompatible"),
    ),
    "delivery time": (
        ("72 h", "no more than four days", "3 days at most", "two or three days"),
        ("no sooner than 14 days", "more than two weeks", "at least 15 days", "18 days"),
    ),
}
"""Of the matters without figures, further wordings of each side."""
IN_FIGURES: dict[str, tuple[str, ...]] = {
    "delivery day": ("{day} at noon", "on {abbr}", "you have it on {day}", "{day}, for sure"),
    "price": ("EUR {n}.00", "exactly {n} euros", "it is {n} EUR", "{n} euros all in"),
    "warranty": ("{m}-month guarantee", "{word} full year{s}", "{y} years", "it is {m} months"),
    "return window": ("{d} days in all", "{w} full week{s}", "it ends after {d} days", "{w} weeks"),
    "repair time": ("{min} minutes", "{h}-hour repair", "just {min} min", "it is done in {h} h"),
}
"""Of the matters with figures, further wordings of all sides."""
