"""Texts as vectors, made on this machine: no model, no network, the same everywhere.

Words, pairs of words and character trigrams are hashed into 512 signed dimensions (Weinberger et
al. 2009, "Feature hashing for large scale multitask learning"); signs keep collisions from making
strangers alike. Such vectors see shared words and spellings, not meaning: a synonym is a stranger.
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 512
WORD, PAIR, TRIGRAM = 1.0, 0.7, 0.3
"""What one feature of a family weighs; a text has about six times as many trigrams as words."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_STIR = np.uint64(0xD6E8FEB86659FD93)
_FAMILIES = np.array([WORD, PAIR, TRIGRAM])
_NO_SPACES = "\u3040-\u30ff\u3400-\u9fff"
_WORDS = re.compile(rf"[{_NO_SPACES}]|[^\W{_NO_SPACES}]+")
"""Scripts that put no spaces between words are read by the character."""
_STOP_WORDS = (
    "a an and are as at be been by for from has have in is it its of on or so that the their then "
    "there this to was we were which will with"
)
_STOP = frozenset(_STOP_WORDS.split())
_AT_ONCE = 1024


class Vectors(Protocol):
    """Turns texts into vectors that can be compared by their cosine."""

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text, of length 1, or of zeros where it says nothing."""


class TextVectors:
    """Vectors by hashing, kept for the texts that were asked for last."""

    def __init__(self, *, kept: int = 8192) -> None:
        self._kept = kept
        self._rows: dict[str, NDArray[np.float32]] = {}
        self._words = _WordHashes()

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text, of length 1, or of zeros where it says nothing."""
        found = {text: self._rows[text] for text in texts if text in self._rows}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        for first in range(0, len(missing), _AT_ONCE):
            some = missing[first : first + _AT_ONCE]
            found.update(zip(some, self._made(some), strict=True))
        self._keep({text: found[text] for text in missing})
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        return np.stack([found[text] for text in texts])

    def _keep(self, rows: dict[str, NDArray[np.float32]]) -> None:
        self._rows.update(rows)
        for text in list(self._rows)[: max(0, len(self._rows) - self._kept)]:
            del self._rows[text]

    def _made(self, texts: Sequence[str]) -> NDArray[np.float32]:
        spoken = [[word for word in words_of(text) if word not in _STOP] for text in texts]
        features = np.concatenate([*self._of_words(spoken), _of_trigrams(spoken)])
        keys, counts = np.unique(features, return_counts=True)
        hashes = _stirred(keys)
        weights = (1 + np.log(counts)) * _FAMILIES[(keys >> np.uint64(52)) & np.uint64(3)]
        weights[(hashes >> np.uint64(63)).astype(bool)] *= -1
        places = (keys >> np.uint64(54)).astype(np.int64) * DIMENSIONS
        places += ((hashes >> np.uint64(40)) % np.uint64(DIMENSIONS)).astype(np.int64)
        rows = np.bincount(places, weights, len(texts) * DIMENSIONS).reshape(-1, DIMENSIONS)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        return (rows / np.where(lengths > 0, lengths, 1)[:, None]).astype(np.float32)

    def _of_words(self, spoken: Sequence[list[str]]) -> tuple[NDArray[np.uint64], ...]:
        flat = [self._words[word] for words in spoken for word in words]
        hashes = np.array(flat, np.uint64)
        owners = np.repeat(np.arange(len(spoken), dtype=np.uint64), [len(w) for w in spoken])
        pairs = _stirred(hashes[:-1] * np.uint64(3) + hashes[1:])
        is_pair = owners[:-1] == owners[1:]
        return _keyed(owners, 0, hashes), _keyed(owners[:-1], 1, pairs)[is_pair]


class _WordHashes(dict[str, int]):
    """Hashes of words, remembered up to a bound."""

    def __missing__(self, word: str) -> int:
        if len(self) >= 65_536:
            self.clear()
        self[word] = found = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        return found


def folded(text: str) -> str:
    """Return a text without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(char for char in apart if not unicodedata.combining(char)).casefold()


def words_of(text: str) -> list[str]:
    """Return the words and numbers of a text, folded."""
    return _WORDS.findall(folded(text))


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosine along the last axis, rounded to six digits; 0 beside a vector of zeros.

    Each value depends on its own two vectors alone, not on how many are compared at once.
    """
    lengths = _length(a) * _length(b)
    products = np.einsum("...i,...i->...", a, b).astype(np.float64)
    shares = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.asarray(np.round(np.clip(shares, -1, 1), 6))


def _length(rows: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", rows, rows).astype(np.float64)))


def _of_trigrams(spoken: Sequence[list[str]]) -> NDArray[np.uint64]:
    """Return the trigrams of each text's words, with a space before and after."""
    joined = "".join([f" {' '.join(words)} \n" for words in spoken])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    is_end = codes == 10
    owners = np.cumsum(is_end).astype(np.uint64)
    if len(codes) < 3:
        return np.zeros(0, np.uint64)
    is_whole = ~(is_end[:-2] | is_end[1:-1] | is_end[2:])
    trigrams = codes[:-2] * np.uint64(1_114_111) + codes[1:-1]
    trigrams = _stirred(trigrams * np.uint64(1_114_111) + codes[2:])
    keys: NDArray[np.uint64] = _keyed(owners[:-2], 2, trigrams)[is_whole]
    return keys


def _keyed(owners: NDArray[np.uint64], family: int, hashes: NDArray[Any]) -> NDArray[np.uint64]:
    """Pack a text's number (10 bits), a feature's family (2) and its hash (52) into one key."""
    low = hashes & np.uint64((1 << 52) - 1)
    return np.asarray(owners << np.uint64(54) | np.uint64(family << 52) | low)


def _stirred(hashes: NDArray[Any]) -> NDArray[Any]:
    """Mix 54 low bits into all others; which text a feature is of does not matter."""
    mixed = (hashes & np.uint64((1 << 54) - 1)) * _SPREAD
    mixed ^= mixed >> np.uint64(32)
    mixed *= _STIR
    return np.asarray(mixed ^ (mixed >> np.uint64(29)))
