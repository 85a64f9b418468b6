"""How a digest of a time is set: everything in it fits, is nobody's markup, and leads where it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import Card, mark, ranked_card, read_more_button, read_stop_button, units
from bot.newsroom.ranking import Period
from docs.digests import digests
from storage.records import (
    AlsoCovered,
    Comment,
    Digest,
    DigestLine,
    DigestStory,
    DigestToPost,
    Every,
    PostState,
    Sort,
    Tally,
)
from tests.discord.records import ARTICLE, NOW

DIGEST = Digest(
    *(1, 10, 20, PostState.READY, "f" * 20, None, None, None, 0, None, 1, False, NOW),
    schedule_id=1,
    heading="The week's best · 16–22 November",
    most=15,
    rank=Sort.CONTROVERSIAL,
    every=Every.WEEK,
)
COMMENT = Comment(5, 10, 21, 7, None, 1, "Ada", "Well **said**.", None, NOW, None, Tally(3, 0))


def story(**changes: Any) -> DigestStory:
    values: dict[str, Any] = {
        "article": ARTICLE,
        "source_title": "The Town Crier",
        "source_url": "https://town.example/feed.xml",
        "tally": Tally(4, 1),
        "comment_count": 2,
    }
    return DigestStory(**{**values, **changes})


def told(*stories: DigestStory, count: int | None = None, over: int = 0, **changes: Any) -> DigestToPost:
    lines = tuple(
        DigestLine("A title", "https://a.example/1", "A source", "") for _ in (*stories, *range(over))
    )
    return DigestToPost(replace(DIGEST, **changes), lines, len(lines) if count is None else count, stories)


def text_of(card: Card) -> str:
    return "\n\n".join((card.embed.description or "", *(str(field.value) for field in card.embed.fields)))


def test_an_article_leads_to_itself_and_to_its_card() -> None:
    also = (AlsoCovered(9, "Open!", "https://mail.example/1", "The Mail", ""),)
    card = ranked_card(told(story(channel_id=21, message_id=30, comment=COMMENT, also=also)))
    assert text_of(card).splitlines() == [
        "**1. [The bridge is open again](https://town.example/bridge)**",
        "The Town Crier · [▲ 3 · 💬 2](https://discord.com/channels/10/21/30)",
        "After two years the bridge is open. Carts may cross from Monday.",
        "> “Well \\*\\*said\\*\\*.” — [Ada](https://discord.com/channels/10/21/5)",
        "-# Also covered by [The Mail](https://mail.example/1)",
    ]
    long = replace(ARTICLE, url="https://town.example/" + "a" * 300)
    card = ranked_card(told(story(article=long, channel_id=21, message_id=30)))
    assert text_of(card).startswith(
        "**1. [The bridge is open again](https://discord.com/channels/10/21/30)**"
    )
    taken_back = text_of(ranked_card(told(story(article=replace(ARTICLE, retracted_at=NOW)))))
    assert "its publisher has taken this article back" in taken_back
    assert "Carts may cross" not in taken_back
    gone = ranked_card(told(story(article=replace(ARTICLE, url=None))))
    assert text_of(gone).startswith("**1. The bridge is open again**\nThe Town Crier\n")


def test_its_buttons_bear_its_mark() -> None:
    card = ranked_card(told(story(), over=3, count=64))
    more, everything = card.rows[0]
    assert (more.label, everything.label) == ("More of this week", "Show all 64")
    assert read_more_button(more.custom_id or "") == ("f" * 20, Sort.CONTROVERSIAL, Period.WEEK)
    stop = ranked_card(told(story(), member_id=7), "Harbour Town").rows[0][0]
    assert read_stop_button(stop.custom_id or "") == "f" * 20
    assert [mark(one.custom_id or "") for one in (more, everything, stop)] == ["f" * 20] * 3
    assert all(len(one.custom_id or "") <= 100 for one in (more, everything, stop))
    assert ranked_card(told(story()), preview=True).rows == ()
    for wrong in ("best:n:loud:week", "best:n:top:year", "best:n:top", "digest-stop:", "best::top:week"):
        assert mark(wrong) is None


def test_what_was_over_the_limit_is_named_below() -> None:
    card = ranked_card(told(story(), over=40, count=60))
    [short] = card.embed.fields
    lines = str(short.value).splitlines()
    assert short.name == "In short"
    assert lines[0] == "- [A title](https://a.example/1) · A source"
    assert lines[-1] == f"… and {60 - 1 - len(lines) + 1} more"


def test_the_first_articles_get_the_most_room() -> None:
    long = replace(ARTICLE, summary="This is a sentence of some length that says a little. " * 12)
    comment = replace(COMMENT, text="Well said, and much more could be said of it. " * 9)
    stories = [story(article=long, channel_id=2**60, message_id=2**60, comment=comment) for _ in range(15)]
    card = ranked_card(told(*stories))
    blocks = text_of(card).split("\n\n")
    sizes = [len(block) for block in blocks]
    assert len(blocks) == 15
    assert sizes[0] == max(sizes) > sizes[-1] > 250, "and each its comment"
    summaries = [one for one in text_of(card).splitlines() if one.startswith("This is")]
    assert all(one.endswith("a little.") for one in summaries), "sentences are whole"


words = st.text(st.sampled_from("a ()[]*_`~|<>@#\\\n😀é\u202e."), max_size=400)


@settings(max_examples=30)
@given(st.lists(st.tuples(words, words, words), min_size=1, max_size=15), st.integers(0, 50), words)
def test_whatever_it_is_of_fits(parts: list[tuple[str, str, str]], over: int, name: str) -> None:
    stories = [
        story(
            article=replace(ARTICLE, title=title, summary=summary, url="https://town.example/" + "(" * 170),
            source_title=title,
            comment=replace(COMMENT, text=text, author_name=title),
            also=tuple(
                AlsoCovered(n, "", "https://m.example/" + "*" * 250, f"{n}{text}", "") for n in range(9)
            ),
            channel_id=2**63,
            message_id=2**63,
        )
        for title, summary, text in parts
    ]
    card = ranked_card(told(*stories, over=over, count=3000, member_id=7), name)
    assert fits(card)
    assert "@everyone" not in text_of(card)


def fits(card: Card) -> bool:
    embed = card.embed
    texts = [embed.title, embed.description, embed.author.name, embed.footer.text]
    for field in embed.fields:
        assert 1 <= units(str(field.value)) <= 1024
        texts += [str(field.name), str(field.value)]
    assert len(embed.fields) <= 25
    assert 1 <= units(embed.description or "") <= 4096
    return sum(units(one) for one in texts if one) <= 6000


def test_those_that_are_looked_at_fit() -> None:
    cards = digests()
    assert all(fits(card) for card in cards)
    assert all(card.embed.colour == discord.Colour(0x4F86C6) for card in cards)
