"""Cards and lists: what they show, and that they fit Discord's limits whatever an article holds."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import (
    Card,
    article_label,
    article_value,
    card,
    comments_card,
    nonce_of,
    read_article_value,
    read_comments_button,
    read_related_button,
    read_subscriptions_button,
    read_top_button,
    standing,
    subscriptions_card,
    thread_name,
    top_card,
    units,
)
from bot.cards.card import SOURCE_COLOURS, source_colour
from bot.newsroom.comment_tree import CommentLine, CommentSort
from bot.newsroom.comments import CommentPage
from bot.newsroom.front_page import Only, Page
from bot.newsroom.ranking import Period
from storage.records import Comment, Sort, Tally
from tests.discord.records import ARTICLE, NOW, SOURCE, card_to_post, listed, subscription
from tests.examples import examples

LIMITS = {"title": 256, "description": 4096, "url": 2048}


def breaches(shown: Card) -> list[str]:
    """Which of Discord's limits a message breaks."""
    payload = shown.payload()
    (embed,) = payload["embeds"]
    found = [name for name, limit in LIMITS.items() if units(str(embed.get(name, ""))) > limit]
    found += [
        f"empty {name}" for name in ("title", "description") if name in embed and not embed[name].strip()
    ]
    author, footer = embed.get("author", {}).get("name", "-"), embed.get("footer", {}).get("text", "-")
    if not 1 <= units(author) <= 256:
        found.append("author")
    if not 1 <= units(footer) <= 2048:
        found.append("footer")
    texts = [embed.get("title", ""), embed.get("description", ""), author, footer]
    if sum(units(text) for text in texts) > 6000:
        found.append("total")
    rows = payload["components"]
    if len(rows) > 5 or any(not 1 <= len(row["components"]) <= 5 for row in rows):
        found.append("rows")
    buttons = [button for row in rows for button in row["components"]]
    ids = [button["custom_id"] for button in buttons if "custom_id" in button]
    if len(set(ids)) < len(ids) or any(not 1 <= units(custom_id) <= 100 for custom_id in ids):
        found.append("custom ids")
    if any(not 1 <= units(button["label"]) <= 80 for button in buttons):
        found.append("label")
    if any(units(button.get("url", "")) > 512 for button in buttons):
        found.append("button url")
    return found


def test_a_card_shows_the_article() -> None:
    payload = card(card_to_post()).payload()
    assert payload == {
        "embeds": [
            {
                "type": "rich",
                "flags": 0,
                "color": 0x6E78D6,
                "title": "The bridge is open again",
                "url": "https://town.example/bridge",
                "description": "After two years the bridge is open. Carts may cross from Monday.\n\n-# By Ann",
                "timestamp": "2026-03-01T12:00:00+00:00",
                "author": {
                    "name": "The Town Crier",
                    "url": "https://town.example/",
                    "icon_url": "https://town.example/icon.png",
                },
                "image": {"url": "https://town.example/bridge.jpg"},
                "footer": {"text": "No votes yet · No comments yet"},
            }
        ],
        "components": [
            {
                "type": 1,
                "components": [
                    {
                        "type": 2,
                        "style": 2,
                        "label": "Comments",
                        "custom_id": "comments:0123456789abcdef0123",
                    },
                    {"type": 2, "style": 5, "label": "Read", "url": "https://town.example/bridge"},
                    {
                        "type": 2,
                        "style": 2,
                        "label": "More on this topic",
                        "custom_id": "related:0123456789abcdef0123",
                    },
                ],
            }
        ],
        "allowed_mentions": {"parse": []},
    }


def test_a_card_of_an_article_with_nothing_but_an_identity() -> None:
    bare = replace(
        ARTICLE, title="\u200b", url=None, author=None, summary="", image_url=None, published_at=None
    )
    payload = card(card_to_post(bare, replace(SOURCE, title="", link=None, icon_url=None))).payload()
    assert payload["embeds"][0] == {
        "type": "rich",
        "flags": 0,
        "color": 0x6E78D6,
        "title": "Untitled article",
        "author": {"name": "town.example"},
        "footer": {"text": "No votes yet · No comments yet"},
    }
    assert [button["label"] for button in payload["components"][0]["components"]] == [
        "Comments",
        "More on this topic",
    ]
    assert thread_name(card_to_post(bare)) == "Untitled article"


def test_the_button_carries_the_mark() -> None:
    assert nonce_of("comments:abc") == "abc"
    assert nonce_of("comments-page:1:newest:0:sort") is None
    assert nonce_of("related:abc") is None
    assert read_related_button("related:abc") == "abc"
    assert read_related_button("comments:abc") is None


@pytest.mark.parametrize(
    ("tally", "comments", "words"),
    [
        (Tally(0, 0), 0, "No votes yet · No comments yet"),
        (Tally(3, 0), 2, "▲ 3 · 💬 2 comments"),
        (Tally(1, 1), 1, "▲ 0 · 💬 1 comment"),
        (Tally(1, 4), 0, "▼ 3 · No comments yet"),
    ],
)
def test_the_standing_in_words(tally: Tally, comments: int, words: str) -> None:
    assert standing(tally, comments) == words


urls = st.one_of(
    st.none(), st.text(max_size=80), st.text(max_size=60).map(lambda path: f"https://x.example/{path}")
)
texts = st.one_of(
    st.text(max_size=300),
    st.integers(1, 9000).map(lambda times: "*" * times),
    st.integers(1, 3000).map(lambda times: "😀 " * times),
    st.integers(1, 2000).map(lambda times: "word. " * times),
)


@settings(max_examples=examples(150), deadline=None)
@given(
    title=texts,
    summary=texts,
    source=texts,
    url=urls,
    image=urls,
    icon=urls,
    published_at=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
    upvotes=st.integers(0, 10**9),
    comments=st.integers(0, 10**9),
)
def test_any_article_gives_a_card_within_every_limit(
    title: str,
    summary: str,
    source: str,
    url: str | None,
    image: str | None,
    icon: str | None,
    published_at: datetime | None,
    upvotes: int,
    comments: int,
) -> None:
    article = replace(
        ARTICLE, title=title, summary=summary, url=url, image_url=image, published_at=published_at
    )
    to_post = replace(
        card_to_post(article, replace(SOURCE, title=source, link=url, icon_url=icon)),
        tally=Tally(upvotes, 0),
        comment_count=comments,
    )
    assert breaches(card(to_post)) == []
    assert 1 <= units(thread_name(to_post)) <= 100


@settings(max_examples=examples(60), deadline=None)
@given(title=texts, cursor=st.one_of(st.none(), st.just("x" * 40)))
def test_any_ten_articles_fit_a_list(title: str, cursor: str | None) -> None:
    page = Page(tuple(listed(title=title, id=n) for n in range(10)), "y" * 60)
    shown = top_card(page, Sort.CONTROVERSIAL, Period.MONTH, cursor)
    assert breaches(shown) == []
    assert (shown.embed.description or "").count("](https://discord.com/channels/") == 10


def comment(number: int, **changes: Any) -> Comment:
    """A comment with something in every field."""
    made = Comment(
        message_id=1_000_000_000_000_000_000 + number,
        guild_id=1_100_000_000_000_000_000,
        channel_id=1_200_000_000_000_000_000,
        article_id=7,
        reply_to_id=None,
        author_id=40,
        author_name="Bob",
        text="Finally!",
        quote=None,
        created_at=NOW,
        edited_at=None,
        tally=Tally(2, 0),
    )
    return replace(made, **changes)


def test_comments_are_indented_quoted_and_linked() -> None:
    page = CommentPage(
        (
            CommentLine(comment(1, quote="Carts may cross"), 0),
            CommentLine(comment(2, author_name="Eve_*", text="**No**", edited_at=NOW, tally=Tally(0, 0)), 1),
        ),
        2,
    )
    shown = comments_card(listed(), page, CommentSort.NEWEST, 0, "Reply to comment.")
    jump = "https://discord.com/channels/1100000000000000000/1200000000000000000/1000000000000000"
    assert shown.embed.description == (
        f"**Bob** · ▲ 2 · <t:1772366400:R> · [jump]({jump}001)\n"
        "*“Carts may cross”*\n"
        "Finally!\n"
        f"┆ **Eve\\_\\*** · <t:1772366400:R> (edited) · [jump]({jump}002)\n"
        r"┆ \*\*No\*\*"
    )
    assert shown.embed.footer.text == "2 comments · newest first · Reply to comment."
    assert [button.label for row in shown.rows for button in row if not button.disabled] == [
        "Oldest",
        "Most voted",
        "Follow comments",
    ]


@settings(max_examples=examples(60), deadline=None)
@given(text=texts, name=texts, quote=st.one_of(st.none(), texts), depth=st.integers(0, 30))
def test_any_ten_comments_fit_a_page(text: str, name: str, quote: str | None, depth: int) -> None:
    lines = tuple(CommentLine(comment(n, text=text, author_name=name, quote=quote), depth) for n in range(10))
    shown = comments_card(listed(title=text), CommentPage(lines, 35), CommentSort.MOST_VOTED, 10, "Reply.")
    assert breaches(shown) == []
    assert (shown.embed.description or "").count("[jump]") == 10


def test_buttons_of_comment_pages_lead_where_they_say() -> None:
    lines = tuple(CommentLine(comment(n), 0) for n in range(10))
    shown = comments_card(listed(), CommentPage(lines, 35), CommentSort.OLDEST, 10, "Reply.")
    asked = {
        button.label: read_comments_button(button.custom_id or "") for row in shown.rows for button in row
    }
    assert asked == {
        "Newest": (7, CommentSort.NEWEST, 0),
        "Oldest": (7, CommentSort.OLDEST, 0),
        "Most voted": (7, CommentSort.MOST_VOTED, 0),
        "Follow comments": None,
        "Back": (7, CommentSort.OLDEST, 0),
        "More": (7, CommentSort.OLDEST, 20),
    }


def test_a_single_comment_is_not_offered_in_other_orders() -> None:
    shown = comments_card(
        listed(), CommentPage((CommentLine(comment(1), 0),), 1), CommentSort.NEWEST, 0, "Reply."
    )
    assert [button.label for row in shown.rows for button in row] == ["Follow comments"]
    assert shown.embed.footer.text == "1 comment · Reply."


def test_offered_articles_of_the_same_title_are_told_apart_by_their_source() -> None:
    assert article_label(listed(title="Carts may cross")) == "Carts may cross · The Town Crier"
    assert units(article_label(listed(title="🦀" * 300))) <= 100


def test_buttons_of_ranked_pages_lead_where_they_say() -> None:
    shown = top_card(Page((listed(),), "abc"), Sort.TOP, Period.WEEK, "here")
    asked = [read_top_button(button.custom_id or "") for row in shown.rows for button in row]
    assert asked == [(Sort.TOP, Period.WEEK, None, Only()), (Sort.TOP, Period.WEEK, "abc", Only())]
    only = Only(98_765_432, 2**63 - 1)
    # A time and an id of ten digits make the longest cursor, and a fraction with one the next.
    for sort, cursor in ((Sort.NEW, "W" * 60), (Sort.CONTROVERSIAL, "W" * 50)):
        shown = top_card(Page((listed(),), cursor), sort, Period.MONTH, "here", only)
        start, more = (button.custom_id or "" for row in shown.rows for button in row)
        assert len(more) <= 100
        assert read_top_button(more) == (sort, Period.MONTH, cursor, only)
        assert read_top_button(start) == (sort, Period.MONTH, None, only)


@pytest.mark.parametrize(
    "custom_id",
    [
        "",
        "top:",
        "top:hot:week",
        "top:odd:week:",
        "top:hot.1:week:",
        "top:hot.1.%:week:",
        "comments-page:x:newest:0:sort",
        "comments-page:1",
    ],
)
def test_ids_of_other_buttons_are_none(custom_id: str) -> None:
    assert read_top_button(custom_id) is None
    assert read_comments_button(custom_id) is None


def test_nothing_found_says_what_to_do() -> None:
    assert "/subscribe" in (top_card(Page((), None), Sort.HOT, Period.DAY).embed.description or "")
    assert "/subscribe" in (subscriptions_card(()).embed.description or "")
    empty = comments_card(listed(), CommentPage((), 0), CommentSort.NEWEST, 0, "Reply to the card.")
    assert empty.embed.description == "No comments yet. Reply to the card."


def test_subscriptions_tell_how_they_do_those_with_a_problem_first() -> None:
    shown = subscriptions_card(
        [
            subscription(waiting=1),
            subscription(problem="It answers 404.", next_poll_at=None),
            subscription(waiting=7, post_problem="In <#20> Broadsheet lacks **Embed Links**."),
        ]
    )
    assert shown.rows == ()
    head = "**The Town Crier** → <#20>\nhttps\\://town.example/feed.xml\nWith a thread for each article.\n"
    read = "Last read <t:1772366400:R>"
    assert shown.embed.description == "\n\n".join(
        (
            f"{head}{read}. It is not read any more.\n⚠ It answers 404.",
            f"{head}{read}, next <t:1772366400:R>.\n"
            "⚠ 7 articles wait. In <#20> Broadsheet lacks **Embed Links**.",
            f"{head}{read}, next <t:1772366400:R>.\n1 article waits.",
        )
    )


SECRETS = [
    ("https://me:geheim@town.example:8443/feed", "https\\://town.example\\:8443/feed"),
    ("https://town.example/feed.xml?key=geheim", "https\\://town.example/feed.xml?key=…"),
    ("https://town.example/feed.xml#geheim", "https\\://town.example/feed.xml"),
]


@pytest.mark.parametrize(("url", "shown"), SECRETS)
def test_a_subscribers_own_key_is_not_shown(url: str, shown: str) -> None:
    text = subscriptions_card([subscription(url=url)]).embed.description or ""
    assert text.split("\n")[1] == shown
    assert "geheim" not in text


def test_all_subscriptions_are_on_some_page() -> None:
    many = [subscription(title=f"Source {at:02}", problem="x" * 500) for at in range(25)]
    many += [subscription(title=f"Source {at:02}") for at in range(25, 60)]
    seen: list[str] = []
    page = 0
    while True:
        shown = subscriptions_card(many, page)
        assert breaches(shown) == []
        seen += re.findall(r"Source \d\d", shown.embed.description or "")
        back, more = shown.rows[0]
        assert back.disabled == (page == 0)
        if more.disabled:
            break
        page = read_subscriptions_button(more.custom_id or "") or 0
    assert seen == [f"Source {at:02}" for at in range(60)]
    assert (shown.embed.footer.text or "").endswith("60 subscriptions")
    assert read_subscriptions_button(back.custom_id or "") == page - 1
    assert subscriptions_card(many, 9999) == shown, "a list that has become shorter ends with its last page"
    for other in ("subscriptions:", "subscriptions:x:more", "subscriptions:-1:back", "top:1"):
        assert read_subscriptions_button(other) is None


def test_a_list_of_comments_that_is_cut_says_so() -> None:
    lines = tuple(CommentLine(comment(at), 0) for at in range(1, 4))
    shown = comments_card(listed(), CommentPage(lines, 5000, cut=True), CommentSort.NEWEST, 10, "Reply.")
    assert shown.embed.footer.text == ("11–13 of the newest 5000; there are more than can be listed · Reply.")


@pytest.mark.parametrize(
    ("value", "article_id"),
    [(article_value(1984), 1984), ("1984", None), ("id:", None), ("id:-1", None), ("id:" + "9" * 19, None)],
)
def test_only_a_prefixed_number_stands_for_an_article(value: str, article_id: int | None) -> None:
    assert read_article_value(value) == article_id


def test_the_colour_is_of_the_source_alone_and_one_of_the_chosen() -> None:
    renamed = source_colour(replace(SOURCE, title="Another name", icon_url=None))
    assert renamed == source_colour(SOURCE)
    colours = {source_colour(replace(SOURCE, url=f"https://{n}.example/feed.xml")) for n in range(200)}
    assert colours == set(SOURCE_COLOURS)


def test_brackets_of_a_title_do_not_end_its_link() -> None:
    shown = top_card(Page((listed(title="[Video] Bridge"),), None), Sort.NEW, Period.DAY)
    assert (shown.embed.description or "").startswith("**[(Video) Bridge](https://discord.com/channels/")
