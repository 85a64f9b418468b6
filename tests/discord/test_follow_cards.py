"""Letters and the list of follows, as messages: whatever is told fits, leads there, and mentions nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import (
    closed_card,
    follows_card,
    letter_card,
    mark,
    read_follow_comments_button,
    read_follows_button,
    read_letter_button,
    read_unfollow_button,
)
from storage.records import Follow, FollowKind, Letter, LetterLine, LetterToSend, Listener, PostState
from tests.discord.records import NOW
from tests.discord.test_cards import breaches, texts
from tests.examples import examples

GUILD, CHANNEL, BOB = 1100000000000000000, 1200000000000000000, 1300000000000000000


def told(kind: FollowKind = FollowKind.SOURCE, **changes: Any) -> LetterLine:
    values: dict[str, Any] = {
        "wording": "The Town Crier",
        "channel_id": CHANNEL,
        "message_id": 1000000000000000001,
        "title": "Old bridge reopens",
        "source_title": "The Town Crier",
        "source_url": "https://town.example/feed.xml",
        "said_by": None,
        "said": None,
        "quote": None,
        "summary": "It was *closed* for a year.",
        "image_url": None,
    }
    return LetterLine(kind, **{**values, **changes})


def letter(*lines: LetterLine, channel_id: int | None = None) -> LetterToSend:
    written = Letter(1, GUILD, BOB, channel_id, PostState.READY, "n" * 20, None, 0, NOW)
    return LetterToSend(written, "Harbour *Town*", lines)


def follow(number: int, kind: FollowKind = FollowKind.PHRASE, wording: str = "old *bridge*") -> Follow:
    return Follow(number, GUILD, BOB, kind, "x", wording, None, number % 2 == 0, CHANNEL, NOW)


def said(
    name: str, text: str, kind: FollowKind = FollowKind.COMMENTS, quote: str | None = None
) -> LetterLine:
    return told(kind, said_by=name, said=text, quote=quote)


@settings(max_examples=examples(30), deadline=None)
@given(text=texts, name=texts, count=st.sampled_from([1, 2, 40]), kind=st.sampled_from(list(FollowKind)))
def test_any_letter_and_list_fits_and_is_found_again(
    text: str, name: str, count: int, kind: FollowKind
) -> None:
    for line in (
        told(kind, title=text, source_title=name, wording=text, summary=text, image_url=name),
        said(name, text, kind, quote=text),
    ):
        shown = letter_card(letter(*[line] * count, channel_id=CHANNEL))
        assert breaches(replace(shown, mention=None)) == []
        button = shown.rows[0][-1].custom_id or ""
        assert mark(button) == "n" * 20
        assert read_letter_button(button) == ("n" * 20, GUILD)
    listed = follows_card(
        GUILD, [follow(n, kind, text) for n in range(23)], Listener(BOB, text), 1, closed=True
    )
    assert breaches(listed) == []


def test_a_letter_pings_the_member_alone_and_only_in_a_channel() -> None:
    direct = letter_card(letter(told())).payload()
    assert "content" not in direct
    assert direct["allowed_mentions"] == {"parse": []}
    for shown in (letter_card(letter(told(), channel_id=CHANNEL)), closed_card(BOB)):
        assert shown.payload()["content"] == f"<@{BOB}>"
        assert shown.payload()["allowed_mentions"] == {"parse": [], "users": [str(BOB)]}


def test_what_is_gathered_stands_under_its_headings() -> None:
    shown = letter_card(
        letter(
            told(),
            said("Eve_", "**Yes** @everyone"),
            said("Ada", "No", FollowKind.REPLIES),
            told(FollowKind.PHRASE, title="A [bridge](https://evil.example)"),
        )
    )
    jump = f"https://discord.com/channels/{GUILD}/{CHANNEL}/1000000000000000001"
    assert shown.embed.title == "4 new things that you follow"
    assert shown.embed.description == (
        "**Replies to you**\n"
        f"- **Ada** on [Old bridge reopens]({jump}): No\n\n"
        "**Comments**\n"
        f"- **Eve\\_** on [Old bridge reopens]({jump}): \\*\\*Yes\\*\\* \\@everyone\n\n"
        "**Articles**\n"
        f"- [Old bridge reopens]({jump}) · **The Town Crier**\n"
        f"- [A (bridge)(https evil.example)]({jump}) · **The Town Crier**"
    )
    assert shown.embed.footer.text == "You follow this in Harbour *Town*"
    many = letter_card(letter(*[told()] * 500)).embed.description or ""
    assert many.count("\n- ") == 20
    assert many.endswith("… and 480 more. `/top` and `/comments` show all of it.")


def test_buttons_lead_where_they_say() -> None:
    shown = follows_card(
        GUILD, [follow(n) for n in range(1, 13)], Listener(BOB, quiet_from=1320, quiet_until=420)
    )
    lines = (shown.embed.description or "").split("\n")
    assert lines[0] == "**1.** Articles that say **old \\*bridge\\*** · in a direct message, at once"
    assert lines[1].endswith("gathered once a day")
    assert "Your hours (UTC): quiet from 22:00 to 07:00, what is gathered comes at 18:00." in lines[-1]
    buttons = {button.label: button.custom_id or "" for row in shown.rows for button in row}
    assert read_unfollow_button(buttons["Stop 10"]) == (10, GUILD, 0)
    assert read_follows_button(buttons["More"]) == (GUILD, 1)
    second = follows_card(GUILD, [follow(n) for n in range(1, 13)], Listener(BOB), 7)
    assert (second.embed.description or "").startswith("**11.**")
    assert "Nothing yet" in (follows_card(GUILD, [], Listener(BOB)).embed.description or "")
    for read in (read_letter_button, read_follows_button, read_unfollow_button, read_follow_comments_button):
        assert read("unfollow:x") is read("") is None


def test_an_article_is_told_with_what_it_says_and_why() -> None:
    shown = letter_card(
        letter(told(FollowKind.PHRASE, wording="bridge", image_url="https://town.example/b.png"))
    ).embed
    assert shown.title == "Old bridge reopens"
    assert shown.description == "It was \\*closed\\* for a year.\n\nIt says “bridge” · **The Town Crier**"
    assert shown.thumbnail.url == "https://town.example/b.png"
    by = letter_card(
        letter(told(FollowKind.AUTHOR, wording="Ada", summary="", image_url="javascript:x"))
    ).embed
    assert (by.description, by.thumbnail.url) == ("By Ada · **The Town Crier**", None)
