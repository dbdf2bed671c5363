"""The words that normal forms know: negation, degrees, synonyms, names of units."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


DROPPED = _set(
    "the an and or of for in on at is are was were be been being has have had will would it its "
    "this that these those there their our as by with very quite rather really fairly clearly "
    "probably about approximately approx around roughly circa some any all must should can could "
    "may might seem seems appear appears currently now still do does did"
)
BINDING = _set(
    "from to before after over under above below into onto without than per versus vs between "
    "until since"
)
"""Words that give the next one its part: from A to B is not from B to A."""
LABELS = _set(
    "option plan case variant site line unit team group phase type class point zone model "
    "scenario alternative candidate proposal area section vendor supplier route step node bus "
    "version choice stage round agent"
)
"""Words after which an `a` or a number is a name."""
CHOICE = _set("or vs versus between which best better choice choose pick prefer")
"""Words of a subject that asks for one of several, not for yes or no."""
NOT = _set("not no never cannot neither nor none hardly without false wrong")
YES = _set("yes true correct")
UNDONE = {
    **{f"un{word}": word for word in _set("safe feasible available stable likely able reliable")},
    **{f"un{word}": word for word in _set("acceptable necessary affordable sustainable")},
    **{f"in{word}": word for word in _set("feasible sufficient adequate correct valid complete")},
    **{f"in{word}": word for word in _set("active consistent effective secure")},
    "impossible": "possible",
    "disabled": "enabled",
}
"""Words that deny another one."""
ALIKE = {
    word: name
    for name, words in {
        "high": "large big great elevated",
        "low": "small little minor",
        "rising": "rise rises increase increases increasing grow grows growing up",
        "falling": "fall falls decrease decreases decreasing drop drops decline declines down",
        "safe": "secure",
        "sufficient": "enough adequate",
        "feasible": "possible viable doable",
        "fast": "quick rapid",
        "equal": "same identical unchanged",
    }.items()
    for word in words.split()
}
_PAIRS = (
    "high low; rising falling; fast slow; good bad; better worse; best worst; safe dangerous; "
    "more less; cheap expensive; cheaper dearer; strong weak; stronger weaker; early late; "
    "before after; above below; north south; east west; left right; open closed; on off; "
    "win lose; gain loss; accept reject; approve reject; summer winter; day night; first last; "
    "minimum maximum; positive negative; public private; always never; start stop; import export"
)
OPPOSITES = {
    word: other
    for pair in _PAIRS.split("; ")
    for word, other in (pair.split(), reversed(pair.split()))
}
"""Words that are used alike and mean the contrary, so that vectors cannot tell them apart."""
_NUMERALS = "zero one two three four five six seven eight nine ten eleven twelve"
COUNTED = {word: float(number) for number, word in enumerate(_NUMERALS.split())}
TIMES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
MONEY = {"$": "usd", "\u20ac": "eur"}
_PREFIXES = (("", 1.0), ("k", 1e3), ("m", 1e6), ("g", 1e9))
_LONG_PREFIXES = (("", 1.0), ("kilo", 1e3), ("mega", 1e6), ("giga", 1e9))
_MINUTE_S, _HOUR_S, _DAY_S = 60.0, 3600.0, 86_400.0
UNITS: dict[str, tuple[str, float]] = {
    **{f"{prefix}{unit}": (unit, size) for prefix, size in _PREFIXES for unit in ("w", "wh", "v")},
    **{f"{prefix}watt": ("w", size) for prefix, size in _LONG_PREFIXES},
    **dict.fromkeys(("%", "percent", "pct"), ("share", 0.01)),
    **dict.fromkeys(("$", "usd", "dollar"), ("usd", 1.0)),
    **dict.fromkeys(("\u20ac", "eur", "euro"), ("eur", 1.0)),
    **dict.fromkeys(("g", "gram"), ("g", 1.0)),
    **dict.fromkeys(("kg", "kilogram"), ("g", 1e3)),
    **dict.fromkeys(("t", "ton", "tonne"), ("g", 1e6)),
    **dict.fromkeys(("m", "metre", "meter"), ("m", 1.0)),
    **dict.fromkeys(("km", "kilometre", "kilometer"), ("m", 1e3)),
    **dict.fromkeys(("s", "sec", "second"), ("s", 1.0)),
    **dict.fromkeys(("min", "minute"), ("s", _MINUTE_S)),
    **dict.fromkeys(("h", "hour"), ("s", _HOUR_S)),
    "mm": ("m", 1e-3),
    "cm": ("m", 1e-2),
    "ms": ("s", 1e-3),
    "day": ("s", _DAY_S),
    "week": ("s", 7 * _DAY_S),
}
"""A unit's name, folded and singular: its base unit and size. Case says nothing: mW is MW."""
AT_LEAST = _set("> >= over above exceeding exceeds least more minimum")
AT_MOST = _set("< <= under below most less fewer maximum")
