"""Whether two articles have the same text: hashed runs of words, of which those with some hashes are kept. Pure.

Three words in a row are a shingle (six signs, where a script leaves no blanks). One in four is kept, by its hash, so
that two texts keep the same ones: about ninety of a news article. The hash is made of the words' CRC-32, the same
everywhere; it is no secret and stands against nobody: who wants an article to be taken for another can copy that one.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import pairwise

from bot.feeds.text import split_words

MOST = 400  # shingles kept of one text: those with the smallest hashes, so that long texts keep the same ones, too
_DROPPED = 0b11 << 8  # bits: three in four have one of them
_FEWEST = 6  # kept shingles (about 25 words) under which nothing can be said
# Odd, with bits everywhere: by these a shingle's words are told apart by their places, too.
_WEIGHTS = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
_32_BITS = 0xFFFFFFFF


def shingles(text: str) -> frozenset[int]:
    """The kept shingles of a text, as numbers of 32 bits: at most `MOST`."""
    return of_words(split_words(text))


def of_words(words: Sequence[str]) -> frozenset[int]:
    """The kept shingles of a text that is split into its words already (see `bot.feeds.text.split_words`)."""
    distinct = set(words)
    codes = dict(zip(distinct, map(zlib.crc32, map(str.encode, distinct)), strict=True))
    signs = 0 if "".join(codes).isascii() else sum(len(word) == 1 and not word.isascii() for word in codes)
    row = [codes[word] for word in words]
    step = 1
    if signs * 2 > len(codes):
        row, step = [one * 31 + other & _32_BITS for one, other in pairwise(row)], 2
    kept = {number for number in _mixed(row, step) if not number & _DROPPED}
    return frozenset(sorted(kept)[:MOST])


def _mixed(row: Sequence[int], step: int) -> Sequence[int]:
    """Each three codes of a row, `step` apart, as one number of 32 bits: the sum of each times its weight.

    All are computed at once, in lanes of 64 bits of one long number: half of the time of one after another.
    """
    count = len(row) - 2 * step
    if count <= 0:
        return ()
    codes = int.from_bytes(struct.pack(f"<{len(row)}Q", *row), "little")
    mask = int.from_bytes(_32_BITS.to_bytes(8, "little") * len(row), "little")
    one, two, three = ((codes >> 64 * step * place) * weight & mask for place, weight in enumerate(_WEIGHTS))
    mixed = (one + two + three & mask).to_bytes(8 * len(row), "little")
    return struct.unpack_from(f"<{count}Q", mixed)


def containment(one: Set[int], other: Set[int]) -> float:
    """How much of the shorter of two texts is in the longer, from 0 to 1; 0 where there is too little to tell.

    Of a text of which not all was kept, only the hashes up to its greatest are known: both are compared up to there.
    """
    if one and other and (len(one) == MOST or len(other) == MOST):
        reach = min(max(kept) if len(kept) == MOST else _32_BITS for kept in (one, other))
        one, other = ({number for number in kept if number <= reach} for kept in (one, other))
    fewer = min(len(one), len(other))
    return len(one & other) / fewer if fewer >= _FEWEST else 0.0


def pack(kept: Set[int]) -> bytes:
    """Shingles as bytes: four each, the greatest byte first, in ascending order."""
    numbers = array("I", sorted(kept))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()


@lru_cache(maxsize=64)  # the same few are compared with each of the articles that come together
def unpack(packed: bytes) -> frozenset[int]:
    """The shingles that were packed. Raises ValueError where these are no such bytes."""
    return frozenset(in_order(packed))


def in_order(packed: bytes) -> array[int]:
    """Packed shingles as they were packed, in ascending order: as Python's numbers a store's would take megabytes.

    Raises ValueError where these are no such bytes.
    """
    numbers = array("I")
    if len(packed) % numbers.itemsize:
        raise ValueError("Packed shingles have four bytes each.")
    numbers.frombytes(packed)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
