"""Bytes become text: by what they are, by what they are said to be, never by an error. Pure."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How "<" and the letter after it begin in a document without a mark (XML 1.0, appendix F).
_BARE = (
    (re.compile(rb"<\x00[^\x00]\x00"), "utf-16-le"),
    (re.compile(rb"\x00<\x00[^\x00]"), "utf-16-be"),
)
# The names under which publishers mean a larger set, and some that Python does not know (WHATWG Encoding, §4.2).
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# UTF-7 hides markup from whoever looks at the bytes; the others are no charsets, or take quadratic time.
_REFUSED = frozenset(("utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"))


def decode(body: bytes, *declared: str | None) -> str:
    """Decode a body: by its mark, as UTF-8 where it is that, by the first declared charset that fits.

    A few damaged characters do not change the choice; they become U+FFFD.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for pattern, name in _BARE:
        if pattern.match(body):
            return body.decode(name, "replace")
    names = list(dict.fromkeys(filter(None, map(_known, declared))))
    if not body.isascii() or not names:
        # Words of another charset are hardly ever UTF-8 by chance; a wrong declaration is a daily thing.
        names.insert(0, "utf-8")
    for name in names:
        try:
            return body.decode(name)
        except UnicodeError:
            continue
    text = body.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if damaged <= sum(char > "\x7f" for char in text) - damaged:
        return text
    return body.decode(next((name for name in names if name != "utf-8"), "cp1252"), "replace")


def _known(name: str | None) -> str | None:
    """The codec that is meant by a declared name; None where there is none to be trusted."""
    name = (name or "").strip().lower()
    try:
        codec = codecs.lookup(_MEANT.get(name, name)).name
        b"a".decode(codec)  # raises where it is no charset, such as rot13
    except (LookupError, ValueError):
        return None
    if codec in _REFUSED or codec.startswith(("utf-16", "utf-32")):
        return None  # by now the bytes have shown that they are neither of the wide ones
    return _MEANT.get(codec, codec)
