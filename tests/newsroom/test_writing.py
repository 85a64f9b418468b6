"""A language model's summaries on their way to the cards: asked for once, within budgets, shown where believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from aiohttp import web

from bot.newsroom.writing import KEPT, Budget, Writing
from storage import Store, TextStored
from storage.records import Article, Brought, CardToPost, Length, SubscriptionToStore
from tests.databases import database_url  # noqa: F401 - on PostgreSQL every day, too
from tests.model_server import Server, Time, fixed, opened, said
from tests.storage.desk import NOW, article, poll

BODY = (
    "The council of Ashford voted on Monday to rebuild the Stone Bridge, which a flood destroyed in 2019. The work "
    "will cost 1,200,000 pounds and take fourteen months, the mayor Ann Keller said.\n"
    "Some 3,500 people signed a petition for it. The bridge was built in 1874. Four firms from the county have offered "
    "to build it, and the council will choose one of them before the summer begins."
)
EXTRACTED = "The council of Ashford voted on Monday to rebuild the Stone Bridge."
WRITTEN = "Ashford's council voted to rebuild the Stone Bridge, destroyed by a flood in 2019."
GERMAN = "Der Rat von Ashford hat beschlossen, die Brücke wieder aufzubauen, die 2019 von einer Flut zerstört wurde."
TEXT = TextStored("feed", BODY, True, EXTRACTED, EXTRACTED, EXTRACTED)


class Desk:
    """A store with one article in the channels of some guilds."""

    def __init__(self, store: Store, server: Server, time: Time, writing: Writing) -> None:
        self.store, self.server, self.time, self.writing = store, server, time, writing

    async def subscribe(
        self, guild_id: int, length: Length = Length.NORMAL, language: str | None = None
    ) -> None:
        source = await self.store.sources.add("https://ashford.example/feed", "Ashford", None, None)
        await self.store.guilds.seen(guild_id, "Town", NOW)
        await self.store.guilds.want_language(guild_id, language, NOW)
        wish = SubscriptionToStore(guild_id, guild_id * 10, source.id, False, 1, None, length=length)
        await self.store.subscriptions.add(wish, NOW)

    async def bring(self, identity: str = "bridge", text: TextStored = TEXT) -> Article:
        source = await self.store.sources.add("https://ashford.example/feed", "Ashford", None, None)
        told = article(
            identity,
            title="Ashford rebuilds its bridge",
            summary=EXTRACTED,
            text=text,
            language="en",
            word_count=80,
        )
        await self.store.harvest.store([Brought(poll(source), [told])], NOW)
        return next(card.article for card in await self.cards() if card.article.identity == identity)

    async def cards(self) -> list[CardToPost]:
        """The next card of each channel."""
        return await self.store.posts.claim(NOW, 99, timedelta())

    async def summaries(self) -> dict[int, str]:
        return {card.post.guild_id: card.summary for card in await self.cards()}


@asynccontextmanager
async def desk(
    store: Store, *answers: str, everyone: int = 10_000, guild: int = 1_000
) -> AsyncIterator[Desk]:
    async with opened(*(fixed(lambda text=text: said(text)) for text in answers)) as (server, client, time):
        time.now = NOW
        writing = Writing(store, client, budget=Budget(everyone, guild), clock=time, mark=lambda: "ARTICLE-1")
        yield Desk(store, server, time, writing)


async def test_what_the_model_wrote_is_shown(store: Store):
    async with desk(store, WRITTEN) as at:
        await at.subscribe(1)
        told = await at.bring()
        assert await at.summaries() == {1: EXTRACTED}
        await at.writing.write(told, TEXT)
        assert await at.summaries() == {1: WRITTEN}
        assert await store.written.used("2026-05-01", [1]) == {0: 77, 1: 77}


async def test_what_can_not_be_believed_is_not_shown_and_not_asked_again(store: Store):
    async with desk(store, WRITTEN.replace("2019", "2018")) as at:
        await at.subscribe(1)
        told = await at.bring()
        await at.writing.write(told, TEXT)
        await at.writing.write(told, TEXT)
        assert await at.summaries() == {1: EXTRACTED}
        assert len(at.server.asked) == 1


async def test_guilds_that_want_the_same_ask_once(store: Store):
    async with desk(store, WRITTEN) as at:
        for guild_id in (1, 2, 3):
            await at.subscribe(guild_id)
        await at.writing.write(await at.bring(), TEXT)
        assert len(at.server.asked) == 1
        assert await at.summaries() == dict.fromkeys((1, 2, 3), WRITTEN)


async def test_each_guild_reads_its_own_language(store: Store):
    async with desk(store, WRITTEN, GERMAN) as at:
        await at.subscribe(1)
        await at.subscribe(2, language="de")
        await at.subscribe(3, language="en")
        await at.writing.write(await at.bring(), TEXT)
        assert await at.summaries() == {1: WRITTEN, 2: GERMAN, 3: WRITTEN}
        assert len(at.server.asked) == 2
        assert "German" in at.server.asked[1]["messages"][0]["content"]


async def test_nothing_is_asked_for_who_shows_no_summary(store: Store):
    async with desk(store, WRITTEN) as at:
        await at.subscribe(1, Length.NONE)
        await at.subscribe(2, Length.FULL)
        await at.writing.write(await at.bring(), TEXT)
        assert at.server.asked == []


async def test_budgets_are_kept_by_day(store: Store):
    async with desk(store, WRITTEN, guild=77) as at:
        await at.subscribe(1)
        told = await at.bring()
        await at.writing.write(told, TEXT)
        other = TextStored("feed", BODY.replace("Monday", "Tuesday"), True, EXTRACTED, EXTRACTED, EXTRACTED)
        await at.writing.write(told, other)
        assert len(at.server.asked) == 1
        at.time.now = NOW.replace(day=2)
        await at.writing.write(told, other)
        assert len(at.server.asked) == 2


async def test_questions_under_way_count(store: Store):
    async with desk(store, WRITTEN, guild=1_000) as at:
        await at.subscribe(1)
        told = await at.bring()
        others = [replace(TEXT, body=BODY.replace("Monday", day)) for day in ("Tuesday", "Friday", "Sunday")]
        [answer], open_now = at.server.answers, asyncio.Event()

        async def answer_late(request: web.Request) -> web.StreamResponse:
            await open_now.wait()
            return await answer(request)

        at.server.answers = [answer_late]
        tasks = [asyncio.create_task(at.writing.write(told, text)) for text in others]
        async with asyncio.timeout(20):
            while len(at.server.asked) + sum(task.done() for task in tasks) < len(tasks):
                await asyncio.sleep(0.01)
        open_now.set()
        await asyncio.gather(*tasks)
        assert 0 < len(at.server.asked) < 3
        assert await store.written.used("2026-05-01", [1]) == dict.fromkeys((0, 1), 77 * len(at.server.asked))


async def test_a_question_that_failed_costs_nothing(store: Store):
    async with desk(store, WRITTEN) as at:
        await at.subscribe(1)
        at.server.answers = [fixed(lambda: web.Response(status=401))]
        await at.writing.write(await at.bring(), TEXT)
        assert len(at.server.asked) == 1
        assert await store.written.used("2026-05-01", [1]) == {0: 0, 1: 0}


async def test_the_budget_of_all_is_kept_too(store: Store):
    async with desk(store, WRITTEN, everyone=77, guild=10_000) as at:
        await at.subscribe(1)
        await at.subscribe(2, language="de")
        await at.writing.write(await at.bring(), TEXT)
        assert len(at.server.asked) == 1


async def test_a_revised_text_is_written_anew_and_an_unbelieved_one_leaves_no_old_summary(store: Store):
    async with desk(store, WRITTEN, "Nonsense from 1777, said Bob Smith of Paris.") as at:
        await at.subscribe(1)
        told = await at.bring()
        await at.writing.write(told, TEXT)
        revised = TextStored("feed", BODY.replace("2019", "2020"), True, EXTRACTED, EXTRACTED, EXTRACTED)
        await at.writing.write(told, revised)
        assert await at.summaries() == {1: EXTRACTED}


async def test_what_was_written_is_forgotten_after_its_time(store: Store):
    async with desk(store, WRITTEN) as at:
        await at.subscribe(1)
        told = await at.bring()
        await at.writing.write(told, TEXT)
        assert await at.writing.forget() == 0
        at.time.now = NOW + 2 * KEPT
        assert await at.writing.forget() == 1
        assert await store.written.used("2026-05-01", [1]) == {0: 0, 1: 0}
