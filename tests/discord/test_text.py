"""Texts of strangers on their way into Discord: normalised, cut, escaped, in linear time."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import clean, cut, escape, escaped_text, line, units, web_address


@pytest.mark.parametrize(
    ("name", "hostile", "shown"),
    [
        ("bold", "**loud**", r"\*\*loud\*\*"),
        ("underline", "__a__", r"\_\_a\_\_"),
        ("struck", "~~a~~", r"\~\~a\~\~"),
        ("spoiler", "||a||", r"\|\|a\|\|"),
        ("code", "`a`", r"\`a\`"),
        ("backslash that would undo an escape", r"\*a*", r"\\\*a\*"),
        ("heading", "# a", r"\# a"),
        ("heading after a carriage return", "a\r# b", "a\n\\# b"),
        ("subtext", "-# a", r"\-\# a"),
        ("quotation", "> a", r"\> a"),
        ("bullets", "- a\n+ b\n* c", "\\- a\n\\+ b\n\\* c"),
        ("numbered list", "1. a\n 22) b", "1\\. a\n22\\) b"),
        ("a dash within a sentence stays", "a - b", "a - b"),
        ("a number within a sentence stays", "in 1990. Then", "in 1990. Then"),
        ("masked link", "[a](https://x.example)", r"\[a\](https\://x.example)"),
        ("masked link over a newline", "[a]\n(https://x.example)", "\\[a\\]\n(https\\://x.example)"),
        ("bare link", "https://x.example/a_b", r"https\://x.example/a\_b"),
        ("hidden link", "<https://x.example>", r"\<https\://x.example\>"),
        ("mail", "mailto:a@x.example", r"mailto\:a\@x.example"),
        ("everyone", "@everyone @here", r"\@everyone \@here"),
        ("member, role, channel", "<@1> <@&2> <#3>", r"\<\@1\> \<\@&2\> \<\#3\>"),
        ("command", "</top:1>", r"\</top\:1\>"),
        ("guide", "<id:customize>", r"\<id\:customize\>"),
        ("moment", "<t:0:R>", r"\<t\:0\:R\>"),
        ("emoji of a server", "<a:wave:1>", r"\<a\:wave\:1\>"),
        ("invite", "Discord.gg/abc discord.com/invite/x", r"Discord\.gg/abc discord\.com/invite/x"),
        ("colon before a space stays", "News: rain", "News: rain"),
    ],
)
def test_nothing_is_markup(name: str, hostile: str, shown: str) -> None:
    assert escaped_text(hostile, 1000) == shown


@pytest.mark.parametrize(
    ("name", "hostile", "shown"),
    [
        ("null and bell", "a\x00b\x07c", "abc"),
        ("lone surrogate", "a\ud800b", "ab"),
        ("right to left override", "a\u202eb\u2066c", "abc"),
        ("zero width space and byte order mark", "a\u200bb\ufeffc", "abc"),
        ("private use", "a\ue000b", "ab"),
        ("joiner between Latin letters", "a\u200db", "ab"),
        ("joiner in an emoji", "👩\u200d🔬", "👩\u200d🔬"),
        ("joiner after a skin tone", "👩🏽\u200d🔬", "👩🏽\u200d🔬"),
        ("joiner after a variation selector", "❤️\u200d🔥", "❤️\u200d🔥"),
        ("half-space in Persian", "می\u200cخواهم", "می\u200cخواهم"),
        ("composed", "e\u0301", "é"),
        ("zalgo", "a" + "\u0316" * 40 + "b", "a" + "\u0316" * 4 + "b"),
        ("spaces", " a \t\u00a0 b ", "a b"),
        ("line breaks of all kinds", "a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne"),
        ("many empty lines", "a\n\n \n\nb", "a\n\nb"),
    ],
)
def test_text_is_normalised(name: str, hostile: str, shown: str) -> None:
    assert clean(hostile, 1000) == shown


@pytest.mark.parametrize(
    ("name", "text", "limit", "kept"),
    [
        ("fits", "One. Two.", 9, "One. Two."),
        ("at a sentence", "It rains all day. It snows.", 20, "It rains all day."),
        ("at a quoted sentence", "“It rains all day.” It snows.", 24, "“It rains all day.”"),
        ("not within a number", "It cost him about 12.50 in all", 23, "It cost him about…"),
        (
            "at a word where sentences end too early",
            "Oh. The rain falls on and on",
            24,
            "Oh. The rain falls on…",
        ),
        ("no spaces", "abcdefghij", 5, "abcd…"),
        ("an emoji counts two", "😀😀😀", 5, "😀😀…"),
        ("a mark stays with its base", "xxxxx\u0301\u0302\u0303yyyy", 7, "xxxx…"),
        ("a joined emoji stays whole", "xxxx👩\u200d🔬yyyy", 8, "xxxx…"),
        ("nothing fits", "abc", 0, ""),
    ],
)
def test_text_is_cut_at_a_good_place(name: str, text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == kept


@given(st.text(max_size=300), st.integers(1, 120))
def test_any_text_fits_any_limit(text: str, limit: int) -> None:
    for shown in (cut(text, limit), line(text, limit), escaped_text(text, limit)):
        assert units(shown) <= limit
    assert "\n" not in line(text, limit)


@given(st.text(alphabet="*_~`|<>[]()#@:-+.\\ab1 \n", max_size=80))
def test_every_sign_of_markup_has_a_backslash_of_its_own(text: str) -> None:
    unescaped = re.sub(r"\\[^a-z0-9\s]", "x", escape(text))
    assert not re.search(r"[\\*_~`|<>\[\]#@]|:\S|^ *[-+]|^ *\d+[.)]", unescaped, re.M)


@given(st.text(max_size=200))
def test_normalised_text_is_nfc_and_holds_nothing_invisible(text: str) -> None:
    shown = clean(text, 200)
    assert unicodedata.is_normalized("NFC", shown)
    assert not [c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Co")]


@pytest.mark.parametrize(
    "piece",
    [
        "[a](",
        "a" + "\u0301" * 200,
        "<@",
        "1.",
        "\n",
        " ",
        ".)",
        "discord.",
        "😀\u200d",
        "\r\n ",
        "||",
        "(((((",
    ],
)
def test_time_grows_with_length_not_its_square(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        began = time.process_time()
        escaped_text(text, length)
        return time.process_time() - began

    # Eight times the text: a quadratic way would take sixty-four times as long. Each at best of three.
    most = 24 * min(seconds(10_000) for _ in range(3)) + 0.005
    assert any(seconds(80_000) < most for _ in range(3))


@pytest.mark.parametrize(
    ("address", "linked"),
    [
        ("https://x.example/a?b=c#d", "https://x.example/a?b=c#d"),
        ("HTTP://X.example/", "HTTP://X.example/"),
        (" https://x.example/ ", "https://x.example/"),
        ("https://exämple.example/ü", "https://xn--exmple-cua.example/%C3%BC"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//x.example/", None),
        ("/path", None),
        ("https:///path", None),
        ("https://bank.example@evil.example/", None),
        ("https://x.example:port/", None),
        ("https://[::1/", None),
        ('https://x.example/"><b', None),
        ("https://x.example/" + "a" * 2048, None),
        ("", None),
        (None, None),
    ],
)
def test_only_web_addresses_are_linked(address: str | None, linked: str | None) -> None:
    assert web_address(address, 2048) == linked
