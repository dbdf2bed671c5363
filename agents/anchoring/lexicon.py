"""The words that normal forms know: negation, degrees, synonyms, names of units."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


DROPPED = _set(
    "the an and or of for in on at is are was were be been being has have had will would it its "
    "this that these those there their our your my as by with very quite rather really fairly "
    "clearly probably about regarding concerning what which whether approximately approx around "
    "roughly circa some any all must should can could may might seem seems appear appears "
    "currently now still do does did wo ca"
)
BINDING = _set(
    "from to before after over under above below into onto without than per versus vs between "
    "until since"
)
"""Words that give the next one its part: from A to B is not from B to A."""
BARE_TO = _set("how need needed ready time way what when where whether")
"""Words after which `to` begins an act and is no direction: time to return."""
ACTS = _set(
    "keep return pay refund exchange replace repair buy sell send take give get use do make have "
    "be accept recommend"
)
"""Words before which it does."""
COUNTED_WHOLE = _set("full whole entire calendar")
"""Words that may stand between a number and its unit."""
PERSONS = _set("we you yours they them he him she her me please just get gets got need needs")
"""Words that say who is spoken to, or are polite; they matter where a subject asks who."""
HOW_MUCH = _set(
    "again already perfect perfectly fully totally absolutely definitely entirely simply surely "
    "completely highly unfortunately sadly gladly happily"
)
"""Words of a value that say how surely or gladly it is so."""
ASKED = _set("when you we needed take takes taking")
"""Words of a subject that only put it as a question."""
ASKS_WHO = _set("who whom whose responsible responsibility")
LABELS = _set(
    "option plan case variant site line unit team group phase type class point zone model "
    "scenario alternative candidate proposal area section vendor supplier route step node bus "
    "version choice stage round agent"
)
"""Words after which an `a` or a number is a name."""
CHOICE = _set("or vs versus between which best better choice choose pick prefer")
"""Words of a subject that asks for one of several, not for yes or no."""
NOT = _set("not no never cannot neither nor none hardly without false wrong")
YES = _set("yes true correct sure certainly ok okay")
UNDONE = {
    **{f"un{word}": word for word in _set("safe feasible available stable likely able reliable")},
    **{f"un{word}": word for word in _set("acceptable necessary affordable sustainable")},
    **{f"in{word}": word for word in _set("feasible sufficient adequate correct valid complete")},
    **{f"in{word}": word for word in _set("active consistent effective secure")},
    "impossible": "possible",
    "incompatible": "compatible",
    "unsuitable": "suitable",
    **dict.fromkeys(("refuse", "refuses", "refused"), "accepted"),
    "forbidden": "accepted",
    "prohibited": "accepted",
    "excluded": "included",
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
        "accept": "accepted accepting allow allowed permit permitted",
        "include": "included",
        "available": "availability stock",
        "compatible": "compatibility fit fitting suit suitable",
        "recommend": "recommended recommendation advice advise advised",
        "return": "returned returning",
        "refund": "refunded refunding reimburse reimbursed reimbursement",
        "exchange": "exchanged replace replaced replacement swap swapped",
        "compensation": "remedy",
        "warranty": "guarantee",
        "time": "duration period window",
        "price": "cost",
        "delivery": "shipment shipping arrive arrival deliver delivered",
        "full": "complete entire whole total",
        "monday": "mon",
        "tuesday": "tue tues",
        "wednesday": "wed",
        "thursday": "thu thur thurs",
        "friday": "fri",
        "saturday": "sat",
    }.items()
    for word in words.split()
}
AFFIRMED = _set("accept compatible feasible include")
"""Words that are a yes where nothing else is said: may it be returned? Accepted."""
_PHRASES = {
    "available": "in stock; on stock; on hand",
    "not available": "out of stock; sold out; no stock left; no stock; none left; ran out; run out",
    "refund": "money back",
    "keep": "hold on to; hang on to; stay with you; stays with you",
    "recommend": (
        "good choice; right choice; right one; excellent choice; great choice; "
        "perfect choice; ideal choice; go for it"
    ),
    "not recommend": (
        "bad choice; wrong choice; poor choice; advise against; advise you against; "
        "advised against; advice against; recommend against"
    ),
    "free": (
        "free of charge; no charge; without charge; without any charge; no extra charge; no cost; "
        "no extra cost; without any cost; costs nothing; cost nothing; at our cost; "
        "at our own cost; at our expense; at our own expense; we pay; we are paying; we cover; "
        "we bear; paid by us; you pay nothing; nothing to pay"
    ),
    "not free": (
        "you pay; you cover; you bear; paid by you; at your expense; at your own expense; "
        "at your cost; at your own cost"
    ),
    "exchange": "new one",
    "compatible": "go together; goes together; work with; works with",
    "yes": "no problem; of course",
    "most": "no longer than; no later than; not longer than; not later than",
    "least": "not before; no earlier than; not earlier than",
    "": "to be; have to; has to; had to",
    "not": "no longer; no need to",
    "time": "how long",
    "compensation": "what you get",
    "postage": "shipping cost; shipping costs; delivery cost; delivery costs",
    "delivery": "delivery day; delivery date; day of delivery; date of delivery",
    "next": (
        "next step; what to do; what now; what next; how to proceed; what happens to; what "
        "happens with"
    ),
}
PHRASES = {
    tuple(phrase.split()): tuple(meaning.split())
    for meaning, phrases in _PHRASES.items()
    for phrase in phrases.split("; ")
}
"""Words that mean something else together, and what they mean."""
PHRASE_STARTS = frozenset(phrase[0] for phrase in PHRASES)
TAKEN_BACK = _set(
    "take takes taking taken took send sends sending sent give gives giving given bring brings "
    "bringing brought mail mails mailed hand hands ship ships shipping shipped go goes going come "
    "comes coming"
)
"""Verbs that mean a return with a `back` soon after them."""
EXCLUSIVE = {
    word: kind
    for kind, words in {
        "weekday": "monday tuesday wednesday thursday friday saturday sunday",
        "month": "january february march april june july august september october november "
        "december",
    }.items()
    for word in words.split()
}
"""Names of which one is not the other, whatever else is said: a Monday is no Tuesday."""
_PAIRS = (
    "high low; rising falling; fast slow; good bad; better worse; best worst; safe dangerous; more "
    "less; cheap expensive; cheaper dearer; strong weak; stronger weaker; early late; before "
    "after; above below; north south; east west; left right; open closed; on off; win lose; gain "
    "loss; keep return; full partial; morning evening; refund exchange; accept reject; approve "
    "reject; summer winter; day night; first last; minimum maximum; positive negative; public "
    "private; always never; start stop; import export"
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
_MINUTE_S, _HOUR_S, _DAY_S, _YEAR_S = 60.0, 3600.0, 86_400.0, 365.25 * 86_400.0
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
    **dict.fromkeys(("min", "mins", "minute"), ("s", _MINUTE_S)),
    **dict.fromkeys(("h", "hr", "hrs", "hour"), ("s", _HOUR_S)),
    **dict.fromkeys(("month", "mo", "mth", "mths"), ("s", _YEAR_S / 12)),
    **dict.fromkeys(("year", "yr", "yrs"), ("s", _YEAR_S)),
    "mm": ("m", 1e-3),
    "cm": ("m", 1e-2),
    "ms": ("s", 1e-3),
    "day": ("s", _DAY_S),
    **dict.fromkeys(("week", "wk", "wks"), ("s", 7 * _DAY_S)),
}
"""A unit's name, folded and singular: its base unit and size. Case says nothing: mW is MW."""
AT_LEAST = _set("> >= over above exceeding exceeds least more minimum")
AT_MOST = _set("< <= under below most less fewer maximum")
AFTERWARDS = {
    ("at", "least"): ">",
    ("or", "more"): ">",
    ("or", "longer"): ">",
    ("minimum",): ">",
    ("at", "most"): "<",
    ("or", "less"): "<",
    ("max",): "<",
    ("maximum",): "<",
}
"""What makes a number a bound when it comes after it."""
