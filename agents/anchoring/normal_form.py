"""Short statements in a normal form, so that two ways to say the same come out alike.

Subjects become sets of words; values become numbers with a unit, yes or no, or sets of words with
a sign. It knows spelling, units and everyday negation in English, and takes the rest as words.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple

from .lexicon import (
    AFFIRMED,
    ALIKE,
    ASKED,
    ASKS_WHO,
    BINDING,
    CHOICE,
    DROPPED,
    EXCLUSIVE,
    HOW_MUCH,
    LABELS,
    NOT,
    OPPOSITES,
    PERSONS,
    UNDONE,
    YES,
)
from .phrases import phrased
from .quantities import Range, is_number, numbers_in, overlap, singular, tokens_of

SHORT = 3
"""Values of up to this many words exclude each other where they differ: high is not low."""
_ANSWER = re.compile(r"\s*(yes|no)\s*[,;:.!]\s*(?=\w)", re.IGNORECASE)
_CLAUSES = re.compile(r"[,;](?!\d)|\bbut\b", re.IGNORECASE)


class Value(NamedTuple):
    """What is said of a subject, in normal form."""

    numbers: tuple[Range, ...] = ()
    words: frozenset[str] = frozenset()
    is_denied: bool = False
    truth: bool | None = None
    """Yes or no, where nothing else is said."""
    answer: bool | None = None
    """The yes or no before something else, or in it: Yes, on Monday. Plenty in stock."""
    clauses: tuple["Value", ...] = ()
    """What is said in turn, where some of it is denied and some not: no refund, but a voucher."""


class _Subject(NamedTuple):
    """What has to be known of a subject to read what is said of it."""

    words: frozenset[str]
    """Its normal form."""
    spoken: frozenset[str]
    """Its words, singular."""
    pairs: frozenset[tuple[str, str]]
    """Neighbours among its words: `bus 12`."""
    is_one: bool
    """Whether it is about one thing, so that naming that again adds nothing."""
    is_choice: bool
    """Whether it asks for one of several, so that naming one is no yes."""
    asks_who: bool
    """Whether it matters that we or you are named."""


@lru_cache(maxsize=16_384)
def _subject(about: str) -> _Subject:
    spoken = tokens_of(about)
    known = phrased(spoken)
    is_choice = not CHOICE.isdisjoint(spoken)
    asks_who = not ASKS_WHO.isdisjoint(known)
    words = [_plain(word) for word in _without_articles(known) if word not in DROPPED]
    if not asks_who:
        words = [word for word in words if word not in ASKED] or words
    return _Subject(
        frozenset(_bound(words)),
        frozenset(singular(word) for word in known if word not in DROPPED),
        frozenset(pairwise(known)),
        not is_choice and "and" not in known and LABELS.isdisjoint(map(singular, known)),
        is_choice,
        asks_who,
    )


def subject_of(about: str) -> frozenset[str]:
    """Return the words of a subject, whatever their order, case, articles and punctuation."""
    return _subject(about).words


@lru_cache(maxsize=16_384)
def value_of(about: str, says: str) -> Value:
    """Return what is said of a subject; a value that repeats its subject says the rest only."""
    subject = _subject(about)
    if (begun := _ANSWER.match(says)) is None:
        return _in_clauses(subject, says)
    answer, value = begun[1].lower() == "yes", _in_clauses(subject, says[begun.end() :])
    return Value(truth=answer) if value.truth is not None else value._replace(answer=answer)


def _in_clauses(subject: _Subject, says: str) -> Value:
    """Return what is said; clause by clause where a denial is in some of them only."""
    whole = _said(subject, says)
    if whole.numbers or whole.truth is not None or not _CLAUSES.search(says):
        return whole
    clauses = tuple(_said(subject, clause) for clause in _CLAUSES.split(says) if clause.strip())
    if len({clause.is_denied for clause in clauses}) < 2 or not all(c.words for c in clauses):
        return whole
    return whole._replace(clauses=clauses)


def _said(subject: _Subject, says: str) -> Value:
    spoken = phrased(tokens_of(says))
    own = _without_subject(_without_articles(spoken), subject)
    numbers, rest = numbers_in(own)
    if len(rest) > 1 and rest[0] == "no" and not NOT.isdisjoint(rest[1:]):
        rest = rest[1:]
    is_denied = sum(word in NOT or word in UNDONE for word in rest) % 2 == 1
    cores = _without_named(rest, subject)
    cores = [UNDONE.get(w, w) for w in cores if w not in NOT and w not in DROPPED]
    if not subject.asks_who:
        others = [word for word in cores if word not in PERSONS and word not in HOW_MUCH]
        cores = others if others or len(own) < len(spoken) else cores
    words = frozenset(_bound([_plain(word) for word in cores if word not in YES]))
    is_answer = not words or _repeats(words - AFFIRMED, subject)
    if not numbers and spoken and (is_answer or (words <= AFFIRMED and not subject.is_choice)):
        return Value(truth=not is_denied)
    implies = not numbers and subject.is_one and not words.isdisjoint(subject.words)
    return Value(numbers, words, is_denied, answer=not is_denied if implies else None)


def can_both_hold(a: Value, b: Value) -> bool | None:
    """Say whether two values of one subject agree; None where they cannot be compared."""
    if a.numbers or b.numbers:
        return _same_numbers(a, b)
    if a.truth is None and b.truth is None:
        return _same_words(a, b)
    ours, theirs = _answer(a), _answer(b)
    return None if ours is None or theirs is None else ours == theirs


def _answer(value: Value) -> bool | None:
    return value.answer if value.truth is None else value.truth


def _same_words(a: Value, b: Value) -> bool | None:
    if a.clauses or b.clauses:
        pairs = product(a.clauses or (a,), b.clauses or (b,))
        verdicts = {_same_words(*pair) for pair in pairs}
        return False if False in verdicts else (True in verdicts or None)
    if not (a.words and b.words):
        return None
    if max(len(a.words), len(b.words)) <= SHORT and (names := _same_names(a, b)) is not None:
        return names
    if a.words <= b.words or b.words <= a.words:
        return a.is_denied == b.is_denied
    if len(a.words) > SHORT or len(b.words) > SHORT:
        return _same_text(a, b)
    if not OPPOSITES.keys().isdisjoint(a.words & b.words) and not differ_in_kind(a.words, b.words):
        return None
    return None if a.is_denied or b.is_denied else False


def _same_names(a: Value, b: Value) -> bool | None:
    """Compare the weekdays or months that both name; None where they name none."""
    ours, theirs = (frozenset(w for w in v.words if w in EXCLUSIVE) for v in (a, b))
    if {EXCLUSIVE[word] for word in ours} != {EXCLUSIVE[word] for word in theirs} or not ours:
        return None
    if ours.isdisjoint(theirs):
        return None if a.is_denied or b.is_denied else False
    if ours != theirs or any(OPPOSITES.get(word) in b.words for word in a.words):
        return None
    return a.is_denied == b.is_denied


def _same_text(a: Value, b: Value) -> bool | None:
    """Compare longer texts: those that differ in little contradict in it, or say the same."""
    if 2 * len(a.words & b.words) < max(len(a.words), len(b.words)):
        return None
    if differ_in_kind(a.words, b.words):
        return None if a.is_denied or b.is_denied else False
    return False if a.is_denied != b.is_denied else None


def differ_in_kind(a: frozenset[str], b: frozenset[str]) -> bool:
    """Say whether two texts differ in a figure, in a name of one letter, or in opposites."""
    ours, theirs = a - b, b - a
    is_named = any(len(word) == 1 or word[-1].isdigit() for word in ours | theirs)
    return is_named or any(OPPOSITES.get(word) in theirs for word in ours)


def _same_numbers(a: Value, b: Value) -> bool | None:
    if len(a.numbers) != len(b.numbers):
        return None
    if len(a.numbers) == 1:
        each = [overlap(a.numbers[0], b.numbers[0])]
    else:
        each = [overlap(x, y) for x, y in zip(a.numbers, b.numbers, strict=True)]
    if None in each:
        return None
    if a.is_denied and b.is_denied:
        return True if all(each) else None
    return all(each) == (a.is_denied == b.is_denied)


def _repeats(words: frozenset[str], subject: _Subject) -> bool:
    """Say whether a value has no word but its subject's, which is a yes, or denied a no."""
    return not subject.is_choice and words <= {_plain(word) for word in subject.spoken}


def _without_subject(tokens: list[str], subject: _Subject) -> list[str]:
    """Leave out a subject that is repeated in full at the beginning or the end."""
    wanted = subject.spoken
    if len(wanted) > len(tokens) or not wanted:
        return tokens
    if not wanted <= {singular(UNDONE.get(word, word)) for word in tokens}:
        return tokens
    first, last = 0, len(tokens)
    while first < last and _is_of(tokens, first, subject):
        first += 1
    while last > first and _is_of(tokens, last - 1, subject):
        if last > 1 and tokens[last - 2] in BINDING:
            break
        last -= 1
    return tokens[first:last]


def _without_named(tokens: list[str], subject: _Subject) -> list[str]:
    """Leave out two or more neighbours that are neighbours in the subject: keep the desk lamp."""
    if not subject.is_one:
        return tokens
    joined = [pair in subject.pairs for pair in pairwise(tokens)]
    named = {at + i for at, is_joined in enumerate(joined) if is_joined for i in (0, 1)}
    rest = [word for at, word in enumerate(tokens) if at not in named or word in BINDING]
    return rest if any(word not in DROPPED and word not in NOT for word in rest) else tokens


def _is_of(tokens: Sequence[str], at: int, subject: _Subject) -> bool:
    word = tokens[at]
    if is_number(word):
        return at > 0 and (tokens[at - 1], word) in subject.pairs
    return word in DROPPED or (singular(word) in subject.spoken and word not in NOT)


def _without_articles(tokens: list[str]) -> list[str]:
    if "a" not in tokens:
        return tokens
    return [word for at, word in enumerate(tokens) if word != "a" or not _is_article(tokens, at)]


def _is_article(tokens: Sequence[str], at: int) -> bool:
    """Say whether an `a` is no name: something follows it, and no label comes before it."""
    if at + 1 == len(tokens) or tokens[at + 1] in ("and", "or", "is", "vs", "versus", "to"):
        return False
    return at == 0 or singular(tokens[at - 1]) not in LABELS


@lru_cache(maxsize=16_384)
def _plain(word: str) -> str:
    if is_number(word):
        return f"{float(word):.12g}"
    one = singular(word)
    return ALIKE.get(word) or ALIKE.get(one) or one


def _bound(words: Iterable[str]) -> Iterator[str]:
    before = ""
    for word in words:
        if word in BINDING:
            before = word
            continue
        yield f"{before} {word}" if before else word
        before = ""
