"""No query of the store walks through a table that grows: SQLite's own plans of all of them are read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import text

from bot.feeds.shingles import pack, shingles
from storage import CardToPost, Database, HubToStore, Lease, Length, Sort, Source, Store
from storage.arrivals import comment_arrived, post_arrived
from storage.comments import First
from storage.follows import follow_on
from storage.records import (
    ArticleRead,
    Brought,
    DigestEntry,
    Every,
    FeedbackGiven,
    FollowKind,
    FollowToStore,
    ImageSeen,
    Listener,
    PostState,
    ScheduleToStore,
    SourceFailed,
    SourceUnchanged,
    Verdict,
    Wishes,
)
from tests.databases import RANKS, nonces, noting_statements
from tests.storage.desk import GUILD, LEASE, NOW, VISIBLE, Desk, article, at, comment, poll, whole
from tests.votes import add as add_vote
from tests.votes import remove as remove_vote


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = await Database.open(f"sqlite:///{tmp_path}/news.db")
    await database.migrate()
    yield Desk(database, Store(database, ranks=RANKS, nonce=nonces()))
    await database.close()


async def use_everything(desk: Desk) -> None:
    """Run every query of the store once."""
    store = desk.store
    source = await desk.wired(100)
    await desk.ingest(source, "a", "b")
    await store.harvest.store([Brought(poll(source), [], [article("a", revision="r2")])], NOW)
    await store.harvest.known({source.id: ["a", "b"]})
    await store.harvest.alike({source.id: ["w"]})
    await use_readings(desk, source)
    await store.harvest.store([Brought(poll(source), renamed=[("b", "z")])], NOW)
    (card,) = await desk.claim()
    message = await desk.send(card)
    await store.articles.get(card.article.id)
    await store.posts.postpone(card.post, NOW, "", unsent=True)
    await store.posts.refuse(card.post, "")
    await store.posts.release_leases()
    await store.posts.next_due_at(NOW)
    await use_queues(desk, card)
    await store.posts.by_message(message)
    await store.posts.known_messages([message])
    await store.posts.by_thread(5)
    await store.posts.by_nonce("n1")
    await store.posts.card(card.post.id)
    await store.posts.waiting(GUILD)
    await store.posts.tracked(NOW)
    await store.comments.record(comment(5, card.article.id))
    for voted in (message, 5):
        await add_vote(store.votes, voted, 1, "👍", NOW)
        await store.votes.replace(voted, {"👎": [2]}, NOW)
        await remove_vote(store.votes, voted, 2, "👎")
        await store.votes.clear(voted, None)
    await store.votes.mirrored([message, 5])
    await store.posts.stale_cards(9)
    await store.posts.card_refreshed(card.article.id, GUILD, 1)
    await store.comments.get(5)
    for order in get_args(First):
        await store.comments.of_article(GUILD, card.article.id, order, visible=VISIBLE)
        await store.comments.tops(GUILD, card.article.id, order, 9, (1, 1), visible=VISIBLE)
    await store.comments.branches(GUILD, card.article.id, [5], visible=VISIBLE)
    await store.comments.ids_in_channel(100, 0)
    await store.comments.last_by(9, 100)
    for sort in Sort:
        key = ("2026-01-01T00:00:00+00:00" if sort is Sort.NEW else 1, 1)
        await store.frontpage.page(GUILD, sort, NOW, 9, key, "word", source.id, visible=VISIBLE)
    await store.frontpage.one(GUILD, card.article.id, visible=VISIBLE)
    await use_moderation(store, card.article.id)
    await use_feedback(store, card.article.id)
    await use_schedules(store, card.article.id)
    await use_follows(desk, card)
    await store.boards.voters(GUILD, card.article.id, 9)
    for since in (NOW, None):
        await store.boards.sources(GUILD, since, 9, visible=VISIBLE)
        await store.boards.commenters(GUILD, since, 9, visible=VISIBLE)
    await store.boards.days(GUILD, NOW, visible=VISIBLE)
    rules = await store.vote_rules.of(GUILD)
    await store.vote_rules.put_emoji(GUILD, rules.emoji)
    await store.vote_rules.put_roles(GUILD, [])
    await store.vote_rules.show_voters(GUILD, True)
    await store.vote_rules.answered(GUILD, 1, Verdict.OWN_COMMENT)
    await store.vote_rules.not_answered(GUILD, 1, Verdict.OWN_COMMENT)
    while await store.vote_rules.recount_some(1):
        pass
    await store.comments.remove([5])
    await store.comments.remove_channel(100)
    await store.posts.message_deleted([message], NOW)
    await store.posts.channel_deleted(100, NOW)
    await store.sources.claim_due(at(20), 9, LEASE)
    await store.sources.next_due_at()
    await store.harvest.store(
        [],
        NOW,
        unchanged=[
            SourceUnchanged(source.id, None, None, None, at(9)),
            SourceUnchanged(source.id, None, None, None, at(9), as_before=True),
        ],
        failed=[SourceFailed(source.id, "", at(9))],
    )
    for notice in await store.notices.due(NOW, 0, 9):
        await store.notices.mark(notice, NOW)
        await store.notices.unmark(notice, NOW)
    await store.sources.set_headers(source.id, None, NOW)
    await store.sources.poll_soon(source.id, NOW)
    await store.sources.still_failing(source.id, "", NOW)
    await use_hubs(store, source.id)
    await store.sources.paces([source.id], NOW, 30)
    await store.subscriptions.of_guild(GUILD)
    (subscription,) = await store.subscriptions.of_channel(100)
    await store.subscriptions.remove(subscription.id)
    await use_stories(desk, card)
    await use_privacy(store)
    await store.guilds.left(GUILD, NOW)
    await store.guilds.seen(GUILD, "", NOW)
    await store.guilds.left(GUILD, NOW)
    await store.retention.left(NOW)
    while (await store.retention.erase_guild(GUILD, NOW)).more:
        pass
    lease = await store.leases.take("bot", "one", LEASE)
    assert isinstance(lease, Lease)
    await store.leases.renew("bot", lease, LEASE)


async def use_privacy(store: Store) -> None:
    """Run every query about what is kept of members, and for how long, once."""
    await store.privacy.hide_name(GUILD, 1, NOW)
    await store.privacy.hidden(GUILD, [1])
    await store.privacy.show_name(GUILD, 1)
    await store.privacy.kept_of(1)
    await store.privacy.forget(1, NOW)
    await store.privacy.unfinished(9)
    await store.privacy.forgotten([1])
    while (await store.privacy.erase_some(1, NOW)).more:
        pass
    await store.privacy.allow(1)
    await store.retention.keep_for(GUILD, 30, NOW)
    await store.retention.kept_days(GUILD)
    await store.retention.keeping_for_a_time()
    while (await store.retention.erase_old(GUILD, at(9))).more:
        pass


async def use_feedback(store: Store, article_id: int) -> None:
    """Run every query about feedback through dialogs once."""
    for feedback_id in (1, 2):
        given = FeedbackGiven(feedback_id, GUILD, article_id, 1, "Ada", None, "Well said.", NOW)
        await store.feedback.begin(given)
    await store.feedback.posted(1, 6, 100, None, NOW)
    await store.feedback.posted_for(1)
    await store.feedback.give_up(2)
    await store.feedback.forget_lost(NOW)
    await store.texts.whole(article_id)
    await store.guilds.tell_withheld(GUILD, NOW)
    await store.guilds.withheld_untold(GUILD)


async def use_moderation(store: Store, article_id: int) -> None:
    """Run every query about hidden comments and closed articles once."""
    await store.moderation.hide(GUILD, 5, hidden=True)
    await store.moderation.close(GUILD, article_id, NOW)
    await store.moderation.closed_at(GUILD, article_id)
    await store.moderation.reopen(GUILD, article_id)
    await store.moderation.threads(GUILD, article_id)


async def use_follows(desk: Desk, card: CardToPost) -> None:
    """Run every query about follows, tidings and letters once."""
    store, article_id = desk.store, card.article.id
    told = {"guild_id": GUILD, "member_id": 9, "channel_id": None, "gathered": False, "made_in": 100}
    wishes = [
        FollowToStore(kind=FollowKind.PHRASE, what="title", lookup="title", wording="title", **told),
        FollowToStore(
            kind=FollowKind.COMMENTS,
            what="1",
            lookup=str(article_id),
            wording="",
            article_id=article_id,
            **told,
        ),
    ]
    made = [await store.follows.add(wish, 9, at(-9)) for wish in wishes]
    async with desk.database.writing() as connection:
        await post_arrived(connection, GUILD, article_id, card.post.id)
        await comment_arrived(connection, comment(5, article_id, reply_to_id=6))
        await follow_on(connection, 7777, 8888)
    came = await store.tidings.arrived(0, 9)
    found = await store.follows.concerned(GUILD, 1, ["ada"], ["title", "other"])
    assert found
    await store.follows.concerned_by_comment(GUILD, article_id, 1)
    await store.tidings.matched([(one, [one_of for one_of in made if one_of]) for one in came], NOW)
    waiting = [one.id for one in await store.tidings.next_waiting(NOW, 9)]
    await store.tidings.tell_at({NOW: waiting})
    await store.tidings.put_off(GUILD, NOW, NOW)
    await store.letters.next_due_at()
    await store.letters.sent_since(9, NOW)
    await store.letters.write(await store.tidings.sightings(waiting), [7777], NOW)
    to_send = await store.letters.next_to_send(NOW)
    assert to_send is not None
    await store.letters.on_its_way(9)
    await store.letters.begin_sending(to_send.letter, 5)
    await store.letters.postpone(to_send.letter, NOW, "", unsent=True)
    await store.letters.tell_directly(replace(to_send.letter, channel_id=100), NOW)
    await store.letters.closed(to_send.letter, NOW)
    await store.letters.sent(to_send.letter, 5, NOW)
    await store.letters.give_up(to_send.letter, PostState.REFUSED, "")
    await store.follows.settle(Listener(9), NOW)
    await store.follows.tell_otherwise(GUILD, 9, NOW, gathered=True)
    await store.follows.closed_untold(9)
    await store.follows.mark_closed_told(9, NOW)
    await store.follows.came(9, at(9), NOW)
    await store.follows.authors(GUILD, 9, visible=VISIBLE)
    await store.follows.of_member(GUILD, 9)
    await store.follows.remove(made[0].id if made[0] else 0, 9)
    await store.tidings.member_left(GUILD, 9)
    await store.tidings.forget(at(9), 9)


async def use_queues(desk: Desk, card: CardToPost) -> None:
    """Run every query about digests, channels that are away, announcements and sweeps once."""
    posts, digests, away = desk.store.posts, desk.store.digests, desk.store.away
    late = at(25 * 60)
    await digests.next_expiry_at()
    await digests.gather(late, 9)
    await digests.next_due_at(NOW)
    (claimed,) = await digests.claim(late, 9, LEASE)
    digest = claimed.digest
    await digests.begin_sending(digest, 5, late)
    await digests.postpone(digest, late, "", unsent=True)
    await digests.sent(digest, 5, late)
    await digests.refuse(digest, "", late)
    await digests.deleted(digest, "")
    await digests.release_leases()
    await away.note(100, GUILD, NOW, "")
    await away.of_guild(GUILD)
    (notice,) = await away.due(late, 9)
    await away.mark(notice, late)
    await away.unmark(notice, late)
    await away.back(100, late)
    await posts.announced(card.post)
    await posts.pinned(card.post)
    await posts.to_announce(late, 9)
    await posts.announce_later(100, late, late)
    await posts.to_sweep(late, NOW, 9)
    await posts.to_sweep(late, late, 9)
    await posts.swept([card.post.id], late)
    await posts.thread_read(card.post.id, 5, 5, None)


async def use_schedules(store: Store, article_id: int) -> None:
    """Run every query about digests of a time once."""
    schedules = store.schedules
    wish = ScheduleToStore(GUILD, 200, Every.DAY, 9, 0, "UTC", member_id=1)
    schedule = await schedules.put(wish, NOW, NOW, NOW)
    assert schedule is not None
    for member_id in (None, 1):
        await schedules.of_guild(GUILD, member_id)
    await schedules.next_due_at()
    await schedules.due(NOW, 9)
    await schedules.look_again(schedule, NOW)
    await schedules.over_limit(200)
    await schedules.rated_comments(GUILD, [article_id], visible=VISIBLE)
    entries = [DigestEntry(article_id, 1, over=True, message_id=1001, comment_id=5)]
    await schedules.write(schedule, "", entries, until=NOW, due_at=at(1), now=NOW)
    [(schedule, _)] = await schedules.due(at(1), 9)
    await schedules.write(schedule, "", entries, until=NOW, due_at=at(2), now=at(1))
    (claimed,) = await store.digests.claim(at(1), 9, LEASE)
    await schedules.by_nonce(claimed.digest.nonce)
    await store.digests.refuse(claimed.digest, "", NOW)
    await schedules.pause(claimed.digest, "")
    await schedules.to_tell(1, NOW)
    await schedules.remove(GUILD, schedule.id, 1)


async def use_readings(desk: Desk, source: Source) -> None:
    """Run every query about texts and readings once."""
    readings = desk.store.readings
    stub = article("stub", text=whole("Beginning.", whole=False), image_url="https://a/i.png")
    await desk.store.harvest.store([Brought(poll(source), [stub])], NOW)
    await readings.next_due_at()
    (todo,) = await readings.claim(NOW, 9, LEASE)
    await readings.resume(NOW, LEASE)
    image = ImageSeen("https://a/i.png", "https://a/i.png", ("image/png", b""))
    read = ArticleRead(todo.id, text=whole("All.", "page"), word_count=1, image=image)
    await readings.keep(read, NOW, at(9))
    await readings.keep(ArticleRead(todo.id), NOW)
    await readings.forget_pictures(at(9), 9)
    await desk.store.texts.get(todo.id, "page")
    (subscription,) = await desk.store.subscriptions.of_channel(100)
    await desk.store.subscriptions.change(subscription.id, Wishes(length=Length.LONG))


async def use_stories(desk: Desk, card: CardToPost) -> None:
    """Run every query about stories and related articles once: a copy in the same channel, and one that waits."""
    kept = pack(shingles(" ".join(f"word{number}" for number in range(200))))
    for name in ("tide", "mail"):
        told = article(f"{name}'s", shingles=kept)
        await desk.store.harvest.store([Brought(poll(await desk.wired(100, name=name)), [told])], NOW)
    await desk.store.search.alike(GUILD, 1, visible=VISIBLE)
    await desk.store.frontpage.some(GUILD, [1], visible=VISIBLE)
    subscription = (await desk.store.subscriptions.of_channel(100))[0]
    await desk.store.subscriptions.remove(subscription.id)
    await desk.store.posts.leave_thread(card.post, NOW)


async def use_hubs(store: Store, source_id: int) -> None:
    """Run every query about hubs once."""
    hubs = store.hubs
    await hubs.replace([], [HubToStore(source_id, "https://hub.example/", "", "https://a", "p", "s")], NOW)
    ((hub, _),) = await hubs.claim_due(NOW, 9, LEASE)
    await hubs.next_due_at()
    await hubs.of_sources([source_id])
    await hubs.by_path("p")
    await hubs.begin_asking(hub.id, NOW)
    await hubs.asked(hub.id, NOW, NOW, None)
    await hubs.verified(hub.id, at(9), at(9))
    await hubs.look_again(hub.id, at(9))
    await hubs.told(hub.id, NOW, b"")
    await hubs.missed([source_id], NOW)
    await hubs.poll_by(source_id, NOW)
    await hubs.denied(hub.id, NOW, "")
    await hubs.begin("https://b", NOW, NOW)
    await hubs.replace([hub.id], [], NOW)
    await hubs.remove(hub.id)


async def test_no_query_scans_a_table_that_grows(desk: Desk):
    ran: dict[str, Any] = {}

    def note(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if re.match(r"(WITH|SELECT|UPDATE|DELETE)\b", statement):
            ran.setdefault(statement, parameters[0] if many else parameters)

    with noting_statements(desk.database, note):
        await use_everything(desk)
    assert len(ran) > 50
    scans = {}
    async with desk.database.reading() as connection:
        for statement, parameters in ran.items():
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row[3] for row in plan]
            bad = [step for step in steps if re.match(r"SCAN (?!.*USING (COVERING )?INDEX)\w*", step)]
            bad = [
                step
                for step in bad
                if not re.match(
                    r"SCAN (anon_\d|\(subquery|(\d+ )?CONSTANT|row VIRTUAL|wanted( VIRTUAL|$)|"
                    r"(one|heads|turns|ranked|latest)$)",
                    step,
                )
            ]
            if bad:
                scans[statement] = steps
    assert scans == {}
    # A page of comments comes from an index in its order, and what answers them from another.
    pages = [one for one in ran if "NOT (EXISTS" in one and "comments.rank" in one and "nameless" not in one]
    (branches,) = [statement for statement in ran if "WITH RECURSIVE wanted" in statement]
    assert len(pages) == 3
    async with desk.database.reading() as connection:
        for statement in (*pages, branches):
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ran[statement])
            steps = [row[3] for row in plan]
            assert not any("TEMP B-TREE" in step for step in steps), steps
            index = "ix_comments_replies" if statement == branches else "ix_comments_(rank|article_id)"
            assert any(re.search(index, step) for step in steps), steps
    # Nor does it walk all subscriptions to find the few whose sources fail.
    (failing,) = [statement for statement in ran if "sources.failing_since <=" in statement]
    async with desk.database.reading() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {failing}", ran[failing])
        steps = [row[3] for row in plan]
    assert any("ix_sources_failing" in step for step in steps), steps
    assert "SEARCH subscriptions USING INDEX ix_subscriptions_source_id_id (source_id=?)" in steps
    # Nor all schedules to find those that are due.
    (due,) = [statement for statement in ran if "ORDER BY digest_schedules.due_at" in statement]
    async with desk.database.reading() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {due}", ran[due])
        steps = [row[3] for row in plan]
    assert steps[0] == "SEARCH digest_schedules USING INDEX ix_digest_schedules_due (due_at<?)"
    assert not any("TEMP B-TREE" in step for step in steps), steps
    # However many follow something, each word of an article is one look into the index.
    (looked_up,) = [statement for statement in ran if "follows.lookup =" in statement]
    async with desk.database.reading() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {looked_up}", ran[looked_up])
        steps = [row[3] for row in plan]
    assert "SEARCH follows USING INDEX ix_follows_lookup (guild_id=? AND kind=? AND lookup=?)" in steps, steps


async def test_a_scan_would_be_seen(desk: Desk):
    async with desk.database.reading() as connection:
        plan = await connection.execute(text("EXPLAIN QUERY PLAN SELECT * FROM articles WHERE title = 'x'"))
        assert [row[3] for row in plan] == ["SCAN articles"]
