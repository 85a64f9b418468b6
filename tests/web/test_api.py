"""Articles and comments over the API, from real databases."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.web.shapes import DEEPEST_REPLY
from storage.records import Brought
from tests.storage.desk import GUILD, NOW, article, poll, whole
from tests.web.conftest import PAGE, Site, about, on_sqlite

# Seconds within which a busy machine answers too; what never would is not found out sooner by less.
PATIENCE = 30


async def test_an_article_has_exactly_the_promised_shape(site: Site) -> None:
    piece = about(
        "a1",
        "The lamp burns again",
        "It turned on Thursday.",
        author="Ines",
        image_url="https://news.example/lamp.png",
        tags=("Lamps", "Harbour"),
        published_at=NOW - timedelta(hours=2),
    )
    (article_id,) = await site.publish(piece)
    message_id = (await site.newsroom.front_page.one(GUILD, article_id, visible={100})).message_id
    await site.newsroom.votes.reacted(message_id, 1, "👍")
    await site.newsroom.votes.reacted(message_id, 2, "👍")
    await site.newsroom.votes.reacted(message_id, 3, "👎")
    await site.say(5000, article_id)
    shape = {
        "id": str(article_id),
        "url": "https://example.org/a1",
        "title": "The lamp burns again",
        "summary": "It turned on Thursday.",
        "author": "Ines",
        "published_at": "2026-05-01T10:00:00.000Z",
        "image": "https://news.example/lamp.png",
        "tags": ["Lamps", "Harbour"],
        "reading_minutes": None,
        "media": None,
        "source": {"id": "1", "title": "News", "url": "https://news.example/feed"},
        "score": 1,
        "upvotes": 2,
        "downvotes": 1,
        "comment_count": 1,
        "related": [],
    }
    assert await site.get(PAGE) == {"items": [shape], "next_cursor": None}
    assert await site.get(f"{PAGE}/{article_id}") == shape


async def test_lengths_are_told_of_what_is_known_as_a_whole(site: Site) -> None:
    film = {"media_kind": "video", "media_url": "https://news.example/film.mp4", "media_duration_s": 754}
    await site.publish(
        article("whole", text=whole("It turns."), word_count=400),
        article("stub", text=whole("It turns.", whole=False), word_count=400),
        article("short", text=whole("It turns."), word_count=40),
        article("film", text=whole("It turns."), word_count=400, **film),
    )
    told = {one["url"].rpartition("/")[2]: one for one in (await site.get(PAGE))["items"]}
    minutes = {name: one["reading_minutes"] for name, one in told.items()}
    assert minutes == {"whole": 2, "stub": None, "short": None, "film": None}
    assert told["film"]["media"] == {
        "kind": "video",
        "url": "https://news.example/film.mp4",
        "duration_seconds": 754,
    }
    assert told["whole"]["media"] is None


async def test_what_is_not_known_is_null(site: Site) -> None:
    (article_id,) = await site.publish(article("a1", url=None))
    shape = await site.get(f"{PAGE}/{article_id}")
    assert (shape["url"], shape["author"], shape["image"], shape["published_at"]) == (None,) * 4


@pytest.mark.parametrize("sort", ["hot", "new", "top", "discussed", "controversial", "best"])
async def test_pages_follow_each_other_without_gap_or_repeat(site: Site, sort: str) -> None:
    ids = await site.publish(*(article(f"a{number}") for number in range(7)))
    for number, article_id in enumerate(ids):
        listed = await site.newsroom.front_page.one(GUILD, article_id, visible={100})
        for member in range(number % 3):
            await site.newsroom.votes.reacted(listed.message_id, member, "👍")
    together = await site.get(PAGE, sort=sort)
    seen, query = [], {"sort": sort, "limit": 3}
    while True:
        page = await site.get(PAGE, **query)
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 3
        query["cursor"] = page["next_cursor"]
    assert seen == together["items"]
    assert len({item["id"] for item in seen}) == 7


async def test_sort_period_and_search_choose_articles(site: Site) -> None:
    old, new = await site.publish(about("a1", "Ferry returns"), about("a2", "Crane swings"))
    listed = await site.newsroom.front_page.one(GUILD, old, visible={100})
    await site.newsroom.votes.reacted(listed.message_id, 1, "👍")

    async def ids(**query: Any) -> list[str]:
        return [item["id"] for item in (await site.get(PAGE, **query))["items"]]

    assert await ids(sort="top") == [str(old), str(new)]
    assert await ids(sort="new") == [str(new), str(old)]
    assert await ids(q="ferry") == [str(old)]
    assert await ids(q="  FERRY   returns ") == [str(old)]
    assert await ids(q="100%") == []
    site.clock.now = NOW + timedelta(days=1, seconds=30)
    assert await ids(period="day") == [str(new)]
    assert await ids(period="week", sort="new") == [str(new), str(old)]


async def test_related_articles_are_named_everywhere_alike(site: Site) -> None:
    first, second, other = await site.publish(
        about("a1", "Ferry engine fails", "The evening ferry did not sail because its engine failed."),
        about("a2", "Evening ferry cancelled", "A failed engine keeps the ferry at the quay this evening."),
        about("a3", "Bakery opens at midnight", "Dark bread with caraway for those who go to sea."),
    )
    listed = {item["id"]: item["related"] for item in (await site.get(PAGE))["items"]}
    assert listed[str(first)] == [
        {"id": str(second), "title": "Evening ferry cancelled", "url": "https://example.org/a2"}
    ]
    assert listed[str(other)] == []
    for article_id, related in listed.items():
        assert (await site.get(f"{PAGE}/{article_id}"))["related"] == related


async def test_a_guild_that_is_not_known_or_was_left_is_not_found(site: Site) -> None:
    (article_id,) = await site.publish(article("a1"))
    unknown = {"error": "Broadsheet is in no guild of this id."}
    del site.public[GUILD]
    for guild_id in (99, GUILD):
        for path in ("", f"/{article_id}", f"/{article_id}/comments"):
            assert await site.get(f"/api/v1/guilds/{guild_id}/articles{path}", 404) == unknown


async def test_what_not_everybody_may_read_is_not_told(site: Site) -> None:
    (open_,) = await site.publish(about("a1", "Ferry engine fails", "The evening ferry has an engine fault."))
    await site.say(5001, open_, text="In the open.")
    await site.say(5002, open_, text="Among moderators.", channel_id=101)
    site.public[GUILD] = frozenset({100, 101})
    mods = await site.desk.wired(101, name="mods")
    new = [about("b1", "Ferry engine breaks", "The evening ferry had a fault of its engine.")]
    await site.desk.store.harvest.store([Brought(poll(mods), new)], NOW)
    hidden = (await site.desk.send_all())[0].article.id
    assert {item["id"] for item in (await site.get(PAGE))["items"]} == {str(open_), str(hidden)}
    assert "Among moderators" in json.dumps(await site.get(f"{PAGE}/{open_}/comments"))
    assert [item["id"] for item in (await site.get(f"{PAGE}/{open_}"))["related"]] == [str(hidden)]

    site.public[GUILD] = frozenset({100})
    listed = await site.get(PAGE, q="ferry")
    assert [(item["id"], item["related"], item["comment_count"]) for item in listed["items"]] == [
        (str(open_), [], 2)
    ]
    assert await site.get(f"{PAGE}/{hidden}", 404) == {"error": "This guild has no article of this id."}
    assert await site.get(f"{PAGE}/{hidden}/comments", 404)
    assert [item["text"] for item in (await site.get(f"{PAGE}/{open_}/comments"))["items"]] == [
        "In the open."
    ]


@on_sqlite
async def test_searches_leave_connections_to_the_rest(site: Site) -> None:
    await site.publish(article("a1"))
    searching, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow_like(*_: object) -> int:
        loop.call_soon_threadsafe(searching.set)
        go_on.wait(3 * PATIENCE)
        return 1

    def prepare(connection: Any, _: object) -> None:
        connection.create_function("like", 3, slow_like)

    engine = site.desk.database._engine
    await engine.dispose()
    event.listen(engine.sync_engine, "connect", prepare)
    searches: list[asyncio.Task[Any]] = []
    try:
        searches += [asyncio.create_task(site.get(PAGE, q="lamp")) for _ in range(8)]
        await asyncio.wait_for(searching.wait(), PATIENCE)
        assert (await asyncio.wait_for(site.get(PAGE), PATIENCE))["items"]
        assert not any(search.done() for search in searches)
    finally:
        go_on.set()
        event.remove(engine.sync_engine, "connect", prepare)
        found = await asyncio.gather(*searches, return_exceptions=True)
        await engine.dispose()  # it is kept for others, who look for words in earnest
    assert [len(page["items"]) for page in found] == [1] * len(searches)


async def test_an_article_of_another_guild_is_not_found(site: Site) -> None:
    (article_id,) = await site.publish(article("a1"))
    site.public[99] = frozenset({100})
    for path in (f"/api/v1/guilds/99/articles/{article_id}", f"{PAGE}/{article_id + 1}"):
        assert await site.get(path, 404) == {"error": "This guild has no article of this id."}
        assert await site.get(f"{path}/comments", 404) == {"error": "This guild has no article of this id."}


def forged(key: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


WRONG = [
    ({"sort": "worst"}, "hot, new, top, discussed, controversial, best"),
    ({"period": "year"}, "day, week, month, all"),
    ({"limit": "0"}, "limit must be a whole number from 1 to 100."),
    ({"limit": "101"}, "limit"),
    ({"limit": "-1"}, "limit"),
    ({"limit": "٣"}, "limit"),
    ({"limit": "9" * 5000}, "limit"),
    ({"q": "a\0b"}, "q must be words"),
    ({"q": "a" * 201}, "q must be words"),
    ({"cursor": "nonsense"}, "cursor"),
    ({"cursor": "ü"}, "cursor"),
    ({"cursor": "W" * 301}, "cursor"),
    ({"cursor": base64.b64encode(b"[" * 200).decode()}, "cursor"),
    ({"cursor": forged([])}, "cursor"),
    ({"cursor": forged(["a", "b"])}, "cursor"),
    ({"cursor": forged([1, 2]), "sort": "new"}, "cursor"),
    ({"cursor": forged(["0001-01-01T00:00:00+14:00", 1]), "sort": "new"}, "cursor"),
    ({"cursor": forged(["9999-12-31T23:59:59-14:00", 1]), "sort": "new"}, "cursor"),
    ({"cursor": forged([10**40, 1]), "sort": "top"}, "cursor"),
    ({"cursor": forged([1, 10**40]), "sort": "top"}, "cursor"),
]


async def test_a_wrong_parameter_is_named_with_what_it_may_be(site: Site) -> None:
    for query, named in WRONG:
        assert named in (await site.get(PAGE, 400, **query))["error"], query


async def test_an_odd_number_in_a_cursor_never_breaks_a_page(site: Site) -> None:
    await site.publish(article("a1"))
    for sort in ("hot", "controversial", "best"):
        for rank in (float("nan"), float("inf"), 1e308, 10**30):
            query = {"sort": sort, "cursor": forged([rank, 1])}
            async with site.http.get(site.web.url + PAGE, params=query) as answer:
                assert answer.status in (200, 400), query


async def test_a_wrong_id_is_named(site: Site) -> None:
    for value in ("abc", "-1", "1.5", "9" * 19, "9" * 40, "%00", "１"):
        for path, name in ((f"/api/v1/guilds/{value}/articles", "guild"), (f"{PAGE}/{value}", "article")):
            assert await site.get(path, 400) == {"error": f"{name} must be an id: a whole number."}


async def test_comments_are_nested_sorted_and_complete(site: Site) -> None:
    (article_id,) = await site.publish(article("a1"))
    await site.say(5001, article_id, text="First.", author_name="Ada", quote="It turned.")
    await site.say(5002, article_id, text="Second.", edited_at=NOW + timedelta(minutes=1, milliseconds=5))
    await site.say(5003, article_id, text="An answer.", reply_to_id=5001)
    await site.newsroom.votes.reacted(5001, 9, "👍")
    path = f"{PAGE}/{article_id}/comments"
    newest = await site.get(path)
    assert [item["id"] for item in newest["items"]] == ["5002", "5001"]
    assert newest["items"][0]["edited_at"] == "2026-05-01T12:01:00.005Z"
    first = newest["items"][1]
    assert [reply["text"] for reply in first.pop("replies")] == ["An answer."]
    assert first == {
        "id": "5001",
        "author": "Ada",
        "text": "First.",
        "quote": "It turned.",
        "created_at": "2026-05-01T12:00:00.000Z",
        "edited_at": None,
        "score": 1,
        "upvotes": 1,
        "downvotes": 0,
    }
    for sort in ("oldest", "most_voted"):
        assert [item["id"] for item in (await site.get(path, sort=sort))["items"]] == ["5001", "5002"]
    await site.newsroom.comments.deleted([5001])
    gone = await site.get(path)
    assert "First." not in json.dumps(gone)
    assert [item["id"] for item in gone["items"]] == ["5003", "5002"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "most_voted"])
async def test_pages_of_comments_follow_each_other(site: Site, sort: str) -> None:
    (article_id,) = await site.publish(article("a1"))
    for number in range(7):
        await site.say(5000 + number, article_id, author_id=50)
        for member in range(number % 3):
            await site.newsroom.votes.reacted(5000 + number, member, "👍")
    path = f"{PAGE}/{article_id}/comments"
    whole = (await site.get(path, sort=sort))["items"]
    seen, cursor = [], None
    while True:
        page = await site.get(path, sort=sort, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        if cursor.endswith(".5003"):
            await site.newsroom.comments.deleted([5003])  # the page after a deleted comment is still there
    assert seen == whole
    assert len(seen) == 7
    for wrong in ("x", "1", "1.2.3", "1." + "9" * 40):
        assert "cursor" in (await site.get(path, 400, cursor=wrong))["error"]


@on_sqlite
async def test_members_may_reply_to_each_other_without_end(site: Site) -> None:
    (article_id,) = await site.publish(article("a1"))
    for number in range(40):
        reply_to = 5000 + number - 1 if number else None
        await site.say(5000 + number, article_id, reply_to_id=reply_to)
    items = (await site.get(f"{PAGE}/{article_id}/comments"))["items"]
    depth, seen = 0, 0
    while items:
        seen += len(items)
        items, depth = [reply for item in items for reply in item["replies"]], depth + 1
    assert (seen, depth) == (40, DEEPEST_REPLY + 1)
