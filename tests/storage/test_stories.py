"""The same story from several sources: which articles are tied together, and what that does to posts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from random import Random

import pytest
from sqlalchemy import func, select, text, update

from bot.feeds.shingles import pack, shingles
from bot.newsroom.stories import KINSHIP
from storage import (
    Article,
    ArticleToStore,
    CardToPost,
    Database,
    PostState,
    SameStory,
    Source,
    Store,
    SubscriptionToStore,
)
from storage.ingest import insert_new
from storage.kinship import relate, take_turn
from storage.outbox import Queueing, queue
from storage.records import ArticleRead, Brought, TextStored
from storage.tables import articles, copies, fingerprints, merged, posts
from storage.tables import shingles as kept_shingles
from tests.databases import RANKS
from tests.storage.desk import GUILD, NOW, Desk, article, at, poll

_STARTS = ("blar", "frun", "gost", "mel", "quin", "stor")
_VOCABULARY = [f"{start}{end}" for start in _STARTS for end in "abcdefghijklmnop"]


def tale(seed: int, words: int = 200) -> str:
    """A text that shares no three words in a row with those of other seeds, or nearly."""
    return " ".join(Random(seed).choices(_VOCABULARY, k=words))


def told(identity: str, words: str, title: str | None = None, **changes: object) -> ArticleToStore:
    return article(identity, title=title or f"Title of {identity}", shingles=pack(shingles(words)), **changes)


class Paper:
    """A source whose articles are posted in channel 100."""

    def __init__(self, desk: Desk, source: Source) -> None:
        self.desk, self.source = desk, source

    async def prints(self, *new: ArticleToStore, minute: float = 0) -> list[Article]:
        await self.desk.store.harvest.store([Brought(poll(self.source), new)], at(minute))
        return [await stored(self.desk, one.identity) for one in new]


async def stored(desk: Desk, identity: str) -> Article:
    async with desk.database.reading() as connection:
        article_id = await connection.scalar(select(articles.c.id).where(articles.c.identity == identity))
    found = await desk.store.articles.get(article_id or 0)
    assert found is not None
    return found


async def paper(desk: Desk, name: str, wish: SameStory = SameStory.MERGE, channel_id: int = 100) -> Paper:
    source = await desk.source(name)
    subscription = SubscriptionToStore(GUILD, channel_id, source.id, False, 0, None, same_story=wish)
    await desk.store.subscriptions.add(subscription, NOW)
    await desk.ingest(source)
    return Paper(desk, source)


async def waiting(desk: Desk, channel_id: int = 100) -> list[str]:
    async with desk.database.reading() as connection:
        return list(
            await connection.scalars(
                select(articles.c.identity)
                .join(posts, posts.c.article_id == articles.c.id)
                .where(posts.c.channel_id == channel_id, posts.c.state == PostState.READY)
                .order_by(posts.c.id)
            )
        )


def names(card: CardToPost) -> list[str]:
    return [other.source_title for other in card.also]


async def card_of(desk: Desk, identity: str) -> CardToPost:
    async with desk.database.reading() as connection:
        post_id = await connection.scalar(
            select(posts.c.id)
            .join(articles, articles.c.id == posts.c.article_id)
            .where(articles.c.identity == identity)
        )
    card = await desk.store.posts.card(post_id or 0)
    assert card is not None
    return card


async def test_a_copy_is_named_on_the_first_ones_card(desk: Desk):
    tide, mail, owl = [await paper(desk, name) for name in ("tide", "mail", "owl")]
    (first,) = await tide.prints(told("first", tale(1)))
    (copy,) = await mail.prints(told("copy", tale(1) + " " + tale(2, 60)))
    (other,) = await owl.prints(told("other", tale(3)))
    assert await waiting(desk) == ["first", "other"]
    assert (copy.story_id, copy.copy_of_id) == (first.id, first.id)
    assert (await stored(desk, "first")).story_id == first.id
    assert (other.story_id, other.copy_of_id) == (None, None)
    (card,) = await desk.claim()
    assert [(one.title, one.url, one.source_title) for one in card.also] == [
        ("Title of copy", "https://example.org/copy", "Mail")
    ]


async def test_a_copy_that_comes_when_the_first_is_posted_has_its_card_drawn_again(desk: Desk):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    await tide.prints(told("first", tale(1)))
    await desk.send_all()
    assert await desk.store.posts.stale_cards(9) == []
    await mail.prints(told("copy", tale(1)))
    assert await waiting(desk) == []
    (stale,) = await desk.store.posts.stale_cards(9)
    assert names(stale.card) == ["Mail"]


async def test_a_copy_that_comes_while_the_first_is_on_its_way_has_its_card_drawn_again(desk: Desk):
    tide, mail, owl = [await paper(desk, name) for name in ("tide", "mail", "owl")]
    await tide.prints(told("first", tale(1)))
    await mail.prints(told("copy", tale(1)))
    (card,) = await desk.claim()
    await owl.prints(told("late copy", tale(1)))
    await desk.store.posts.begin_sending(card.post, None, NOW)
    await desk.store.posts.sent(card.post, 1001, NOW, shown=card)
    (stale,) = await desk.store.posts.stale_cards(9)
    assert (names(card), names(stale.card)) == (["Mail"], ["Mail", "Owl"])


@pytest.mark.parametrize(
    ("wish", "left"), [(SameStory.MERGE, ["first"]), (SameStory.POST, ["first", "copy"])]
)
async def test_copies_in_one_transaction_count_too(desk: Desk, wish: SameStory, left: list[str]):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail", wish)
    brought = [
        Brought(poll(tide.source), [told("first", tale(1))]),
        Brought(poll(mail.source), [told("copy", tale(1))]),
    ]
    ingested = await desk.store.harvest.store(brought, NOW)
    assert await waiting(desk) == left
    assert [one.posts for one in ingested] == [1, len(left) - 1]


async def test_a_copy_may_be_wished_into_the_firsts_thread(desk: Desk):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail", SameStory.THREAD)
    await tide.prints(told("first", tale(1)))
    await mail.prints(told("copy", tale(1)))
    first, copy = await card_of(desk, "first"), await card_of(desk, "copy")
    assert (first.post.beside_id, copy.post.beside_id) == (None, first.post.id)
    assert names(first) == []


async def test_nothing_is_hung_onto_a_post_that_is_in_a_thread(desk: Desk):
    tide, mail, owl = (
        await paper(desk, "tide"),
        await paper(desk, "mail", SameStory.THREAD),
        await paper(desk, "owl"),
    )
    await tide.prints(told("first", tale(1, 110)))
    await mail.prints(told("both", tale(1, 110) + " " + tale(2, 110)))
    (second,) = await owl.prints(told("second", tale(2, 110)))
    assert second.copy_of_id == (await stored(desk, "both")).id
    assert await waiting(desk) == ["first", "both", "second"]
    assert (await card_of(desk, "second")).post.beside_id is None


async def test_a_story_that_develops_is_posted_and_says_what_came_before(desk: Desk):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    (first,) = await tide.prints(told("first", tale(1)))
    (sent,) = await desk.send_all()
    (later,) = await mail.prints(told("later", tale(1, 80) + " " + tale(2, 120)))
    assert (later.story_id, later.copy_of_id) == (first.id, None)
    (card,) = await desk.claim()
    assert card.article.identity == "later"
    assert card.also == ()
    assert card.earlier is not None
    assert (card.earlier.article_id, card.earlier.channel_id) == (first.id, 100)
    assert card.earlier.message_id == 1000 + sent.post.id


@pytest.mark.parametrize(("hours", "tied"), [(3, True), (24, False)])
async def test_a_source_goes_on_with_its_story_within_hours_and_never_copies_itself(
    desk: Desk, hours: int, tied: bool
):
    tide = await paper(desk, "tide")
    await tide.prints(told("first", tale(1), published_at=at(-60 * hours)))
    (later,) = await tide.prints(told("later", tale(1), published_at=NOW))
    assert (later.story_id is not None, later.copy_of_id) == (tied, None)
    assert await waiting(desk) == ["first", "later"]


async def test_what_a_source_writes_by_a_template_is_no_story(desk: Desk):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    weather = [told(f"day {day}", tale(1, 120) + " " + tale(day, 80)) for day in range(2, 7)]
    await tide.prints(*weather)
    (elsewhere,) = await mail.prints(told("elsewhere", tale(1, 120) + " " + tale(9, 80)))
    assert elsewhere.story_id is None
    (copied,) = await mail.prints(told("copied", tale(1, 120) + " " + tale(4, 80)))
    assert copied.copy_of_id == (await stored(desk, "day 4")).id, "but a day's may be copied"
    (next_day,) = await tide.prints(told("next day", tale(1, 120) + " " + tale(11, 80)))
    assert next_day.story_id is None, "and the next day's is not that copy's"


@pytest.mark.parametrize(
    ("words", "shared", "tied"),
    [(30, "all", False), (80, "half", False), (80, "all", True), (200, "half", True)],
)
async def test_of_a_short_text_the_headline_has_to_say_the_same(
    desk: Desk, words: int, shared: str, tied: bool
):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    (first,) = await tide.prints(told("first", tale(1, words), "Ferry runs aground in fog"))
    text_of_other = f"{tale(1, words // 2)} {tale(2, words // 2)}" if shared == "half" else tale(1, words)
    (other,) = await mail.prints(told("other", text_of_other, "Council votes on the school"))
    (copy,) = await mail.prints(told("copy", text_of_other, "Ferry runs aground in thick fog"))
    assert (other.copy_of_id, copy.copy_of_id) == (first.id if tied else None, first.id)


async def test_the_days_news_in_one_ties_nothing_together(desk: Desk):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    await tide.prints(told("all", " ".join(tale(seed, 120) for seed in range(1, 7))))
    one, other = await mail.prints(told("one", tale(1, 120)), told("two", tale(2, 120)))
    assert (one.story_id, other.story_id) == (None, None)


async def test_the_order_in_which_copies_come_does_not_matter(desk: Desk):
    papers = [await paper(desk, f"paper{number}") for number in range(4)]
    for seed, order in enumerate(permutations(range(4)), start=10):
        words = tale(seed).split()
        texts = [words, words[:140], [*tale(-seed, 40).split(), *words], words[60:] + words[:60]]
        for number in order:
            await papers[number].prints(told(f"{seed} copy {number}", " ".join(texts[number])))
        found = [await stored(desk, f"{seed} copy {number}") for number in range(4)]
        assert {one.story_id for one in found} == {min(one.id for one in found)}
        (card,) = await desk.send_all()
        assert card.article.identity == f"{seed} copy {order[0]}"
        assert sorted(names(card)) == sorted(f"Paper{number}" for number in order[1:])


async def test_what_ties_two_stories_together_makes_them_one(desk: Desk):
    tide, mail, owl = [await paper(desk, name) for name in ("tide", "mail", "owl")]
    (first,) = await tide.prints(told("first", tale(1, 110)))
    (second,) = await mail.prints(told("second", tale(2, 110)))
    assert (first.story_id, second.story_id) == (None, None)
    (both,) = await owl.prints(told("both", tale(1, 110) + " " + tale(2, 110)))
    found = [(await stored(desk, name)).story_id for name in ("first", "second", "both")]
    assert found == [first.id] * 3
    assert both.copy_of_id == first.id
    assert await waiting(desk) == ["first", "second"], "neither repeats the other"


@pytest.mark.parametrize("channel_id", [100, 101])
async def test_only_posts_of_the_same_channel_are_named(desk: Desk, channel_id: int):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail", channel_id=channel_id)
    await tide.prints(told("first", tale(1)))
    await mail.prints(told("copy", tale(1)))
    assert await waiting(desk, 101) == (["copy"] if channel_id == 101 else [])


async def test_once_the_first_was_deleted_the_next_copy_is_posted(desk: Desk):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    await tide.prints(told("first", tale(1)))
    (card,) = await desk.send_all()
    await desk.store.posts.message_deleted([1000 + card.post.id], NOW)
    await mail.prints(told("copy", tale(1)))
    assert await waiting(desk) == ["copy"]


async def test_what_was_named_on_a_post_that_is_given_up_is_posted(desk: Desk):
    tide, mail, owl = [await paper(desk, name) for name in ("tide", "mail", "owl")]
    await tide.prints(told("first", tale(1)))
    await mail.prints(told("second", tale(1)))
    await owl.prints(told("third", tale(1)))
    (subscription, *_) = await desk.store.subscriptions.of_channel(100)
    await desk.store.subscriptions.remove(subscription.id)
    assert await waiting(desk) == ["second"]
    assert names(await card_of(desk, "second")) == ["Owl"]


async def test_the_newest_of_a_new_subscription_are_named_too(desk: Desk):
    tide = await paper(desk, "tide")
    mail = await desk.source("mail")
    await desk.ingest(mail)
    await tide.prints(told("first", tale(1)))
    await desk.store.harvest.store(
        [Brought(poll(mail), [told("old", tale(5)), told("copy", tale(1))])], at(1)
    )
    await desk.subscribe(mail, 100, newest=2)
    if await waiting(desk) == ["first"]:  # it was idle and is read first
        await desk.ingest(mail)
    assert await waiting(desk) == ["first", "old"]


async def test_a_stub_is_told_by_its_page(desk: Desk):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    await tide.prints(told("first", tale(1)))
    await desk.send_all()
    (stub,) = await mail.prints(told("stub", tale(1, 12)))
    assert (stub.story_id, await waiting(desk)) == (None, ["stub"])
    page = TextStored("page", tale(1), True, "", "Normal.", "")
    await desk.store.readings.keep(
        ArticleRead(stub.id, page, word_count=200, shingles=pack(shingles(tale(1)))), NOW
    )
    assert (await stored(desk, "stub")).copy_of_id == (await stored(desk, "first")).id
    assert await waiting(desk) == []
    assert names(await card_of(desk, "first")) == ["Mail"]


async def test_old_articles_are_forgotten_as_new_ones_come(desk: Desk):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    await tide.prints(*(told(f"old {number}", tale(number)) for number in range(8)))
    async with desk.database.writing() as connection:
        await connection.execute(update(articles).values(first_seen_at=NOW - timedelta(days=15)))
    (new,) = await mail.prints(told("new", tale(3)))
    async with desk.database.reading() as connection:
        assert list(await connection.scalars(select(fingerprints.c.article_id))) == [new.id]
        assert set(await connection.scalars(select(kept_shingles.c.article_id))) == {new.id}
    assert new.story_id is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_who_brings_a_copy_waits_for_who_brings_the_first(desk: Desk, database_url: str):
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    other = await Database.open(database_url)
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with other.writing() as connection:
        await take_turn(connection)
        bringing = asyncio.create_task(mail.prints(told("copy", tale(1))))
        while await connection.scalar(text(waits)) == 0:
            assert not bringing.done()
        made = await insert_new(connection, [Brought(poll(tide.source), [told("first", tale(1))])], NOW)
        ((source_id, article_id, one),) = made
        await relate(connection, {article_id: one.shingles}, KINSHIP, NOW)
        await queue(connection, {source_id: [article_id]}, Queueing(lambda: "other"), NOW)
    await bringing
    assert await waiting(desk) == ["first"]
    assert names(await card_of(desk, "first")) == ["Mail"]
    await other.close()


async def test_two_processes_that_bring_copies_at_once_post_one(desk: Desk, database_url: str):
    other_database = await Database.open(database_url)
    marks = (f"other {number}" for number in range(1000))
    other = Store(other_database, ranks=RANKS, nonce=lambda: next(marks))
    tide, mail = await paper(desk, "tide"), await paper(desk, "mail")
    for number in range(5):
        await asyncio.gather(
            *(
                store.harvest.store(
                    [Brought(poll(one.source), [told(f"{name} {number}", tale(number))])], NOW
                )
                for store, one, name in ((desk.store, tide, "a"), (other, mail, "b"))
            )
        )
    async with desk.database.reading() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(table))
            for table in (posts, merged, copies)
        ]
    assert counts == [5, 5, 10]
    await other_database.close()
