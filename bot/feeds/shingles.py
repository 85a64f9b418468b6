"""Whether two articles have the same text: hashed runs of words, of which those with some hashes are kept. Pure.

Three words in a row are a shingle (six signs, where a script leaves no blanks). One in four is kept, by its hash, so
that two texts keep the same ones: about ninety of a news article. The hash is CRC-32, the same everywhere; it is no
secret and stands against nobody: who wants an article to be taken for another can copy that one.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Set

from bot.feeds.text import split_words

MOST = 400  # shingles kept of one text: those with the smallest hashes, so that long texts keep the same ones, too
_ONE_IN = 4
_WORDS, _SIGNS = 3, 6
_FEWEST = 6  # kept shingles (about 25 words) under which nothing can be said
_MIX = 0x9E3779B1  # neighbours' CRCs differ in few bits: multiplied by this they differ in all


def shingles(text: str) -> frozenset[int]:
    """The kept shingles of a text, as numbers of 32 bits: at most `MOST`."""
    words = split_words(text)
    signs = sum(len(word) == 1 and not word.isascii() for word in words)
    size = _SIGNS if signs * 2 > len(words) else _WORDS
    kept = set()
    for at in range(len(words) - size + 1):
        number = zlib.crc32(" ".join(words[at : at + size]).encode()) * _MIX & 0xFFFFFFFF
        if (number >> 8) % _ONE_IN == 0:
            kept.add(number)
    return frozenset(sorted(kept)[:MOST])


def containment(one: Set[int], other: Set[int]) -> float:
    """How much of the shorter of two texts is in the longer, from 0 to 1; 0 where there is too little to tell.

    Of a text of which not all was kept, only the hashes up to its greatest are known: both are compared up to there.
    """
    reach = (
        min(max(kept) if len(kept) == MOST else 0xFFFFFFFF for kept in (one, other)) if one and other else 0
    )
    first, second = ({number for number in kept if number <= reach} for kept in (one, other))
    fewer = min(len(first), len(second))
    return len(first & second) / fewer if fewer >= _FEWEST else 0.0


def pack(kept: Set[int]) -> bytes:
    """Shingles as bytes: four each, the greatest byte first, in ascending order."""
    numbers = array("I", sorted(kept))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()


def unpack(packed: bytes) -> frozenset[int]:
    """The shingles that were packed. Raises ValueError where these are no such bytes."""
    numbers = array("I")
    if len(packed) % numbers.itemsize:
        raise ValueError("Packed shingles have four bytes each.")
    numbers.frombytes(packed)
    if sys.byteorder == "little":
        numbers.byteswap()
    return frozenset(numbers)
