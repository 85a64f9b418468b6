"""Schedules, and the digests that they bring into their channels' queues."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from storage.records import (
    DigestEntry,
    DigestToPost,
    Every,
    MemberKept,
    Schedule,
    ScheduleToStore,
    Sort,
)
from tests.storage.desk import GUILD, LEASE, NOW, VISIBLE, Desk, at, comment
from tests.votes import add as add_vote

CHANNEL, DIRECT, ADA, BEN = 100, 900, 1, 2
WISH = ScheduleToStore(GUILD, CHANNEL, Every.WEEK, 9, 0, "Europe/Berlin", most=2, created_by=BEN)
OWN = replace(WISH, channel_id=DIRECT, member_id=ADA, created_by=None)


async def put(desk: Desk, wish: ScheduleToStore = WISH) -> Schedule:
    made = await desk.store.schedules.put(wish, at(10), NOW, NOW)
    assert made is not None
    return made


async def write(desk: Desk, schedule: Schedule, *entries: DigestEntry, minutes: float = 10) -> bool:
    return await desk.store.schedules.write(
        schedule, "The week's best", entries, until=at(minutes), due_at=at(minutes + 10), now=at(minutes)
    )


async def claim(desk: Desk, minutes: float = 10) -> list[DigestToPost]:
    return await desk.store.digests.claim(at(minutes), 9, LEASE)


async def test_a_schedule_is_due_listed_and_ended(desk: Desk):
    schedules = desk.store.schedules
    assert await schedules.next_due_at() is None
    made, own = await put(desk), await put(desk, OWN)
    assert {name: getattr(made, name) for name in WISH.__dataclass_fields__} == {
        name: getattr(WISH, name) for name in WISH.__dataclass_fields__
    }
    assert await schedules.of_guild(GUILD) == [made]
    assert await schedules.of_guild(GUILD, ADA) == [own]
    again = await put(desk, replace(OWN, hour=7))
    assert await schedules.of_guild(GUILD, ADA) == [replace(own, hour=7)] == [again], "a member has one"
    assert await schedules.next_due_at() == at(10)
    assert await schedules.due(at(9), 9) == []
    assert await schedules.due(at(10), 1) == [(made, True)]
    await desk.store.away.note(CHANNEL, GUILD, NOW, "Allow it.")
    await desk.store.away.note(DIRECT, GUILD, NOW, "Allow it.")
    assert [one.channel_id for one in await desk.store.away.due(at(9), 9)] == [CHANNEL], "admins are told"
    await schedules.look_again(made, at(30))
    assert await schedules.due(at(10), 9) == [(again, True)]
    assert await schedules.remove(GUILD, again.id) is None, "it is a member's"
    assert await schedules.remove(GUILD, again.id, BEN) is None, "and not this one's"
    assert await schedules.remove(GUILD, again.id, ADA) == again
    await desk.store.guilds.left(GUILD, NOW)
    assert [is_there for _, is_there in await schedules.due(at(30), 9)] == [False]


async def test_a_digest_tells_how_things_stand_and_quotes_nobody_who_objects(desk: Desk):
    source, other = await desk.wired(CHANNEL), await desk.wired(CHANNEL, name="tide")
    await desk.ingest(source, "a", "b", "c")
    await desk.ingest(other, "d")
    cards = {card.article.identity: card for card in await desk.send_all()}
    a, b, c, d = (cards[name].article.id for name in "abcd")
    for message_id, author in ((5, ADA), (6, BEN), (7, 3)):
        await desk.store.comments.record(
            comment(message_id, a, author_id=author, author_name=f"Member {author}")
        )
        for voter in range(message_id):
            await add_vote(desk.store.votes, message_id, voter + 10, "👍", NOW)
    message = 1000 + cards["a"].post.id
    await add_vote(desk.store.votes, message, BEN, "👍", NOW)
    rated = desk.store.schedules.rated_comments
    assert [one.message_id for one in await rated(GUILD, [a, b], visible=VISIBLE)] == [7, 6, 5]
    await desk.store.moderation.hide(GUILD, 7, hidden=True)
    await desk.store.privacy.hide_name(GUILD, BEN, NOW)
    assert [(one.message_id, one.tally.score) for one in await rated(GUILD, [a], visible=VISIBLE)] == [(5, 5)]
    assert await rated(GUILD, [a], visible=[CHANNEL + 1]) == [], "a reader of other channels can't see it"
    assert await rated(GUILD, [b], visible=VISIBLE) == []

    entries = (
        DigestEntry(a, 1, message_id=message, comment_id=5),
        DigestEntry(d, 1, also=True),
        DigestEntry(b, 2, message_id=1000 + cards["b"].post.id),
        DigestEntry(c, 3, over=True),
    )
    assert await write(desk, await put(desk), *entries)
    [claimed] = await claim(desk)
    assert (claimed.digest.heading, claimed.digest.most, claimed.digest.every) == (
        "The week's best",
        2,
        Every.WEEK,
    )
    assert claimed.digest.rank is Sort.TOP
    assert [line.title[-1] for line in claimed.articles] == ["a", "b", "c"]
    assert claimed.count == 3
    first, second = claimed.stories
    assert (first.article.id, first.tally.score, first.comment_count, first.message_id) == (a, 1, 2, message)
    assert (first.channel_id, first.source_title, second.article.id) == (CHANNEL, "News", b)
    assert first.comment is not None
    assert first.comment.author_name == "Member 1"
    assert [one.source_title for one in first.also] == ["Tide"]
    assert await desk.store.schedules.stories(GUILD, entries[:3]) == claimed.stories, "as a preview shows it"

    await desk.store.privacy.hide_name(GUILD, ADA, NOW)
    await desk.store.posts.message_deleted([message], NOW)
    first = (await desk.store.schedules.stories(GUILD, entries))[0]
    assert (first.comment, first.message_id) == (None, None)
    await desk.store.comments.remove([5])
    async with desk.database.reading() as connection:
        kept = await connection.execute(text("SELECT count(comment_id) FROM digest_articles"))
    assert kept.scalar_one() == 0, "nothing of an erased comment is kept"


async def test_writing_and_moving_on_are_one_and_happen_once(desk: Desk):
    await desk.ingest(await desk.wired(CHANNEL), "a", "b")
    a, b = [card.article.id for card in await desk.send_all()]
    schedule = await put(desk)
    assert await write(desk, schedule, DigestEntry(a, 1))
    assert not await write(desk, schedule, DigestEntry(b, 1)), "a second process, or the same one again"
    assert await desk.store.schedules.next_due_at() == at(20)
    [(now_due, _)] = await desk.store.schedules.due(at(20), 9)
    assert now_due.until == at(10)

    assert await claim(desk, 20) == [], "it is to be written anew, of a later time"
    assert await desk.store.digests.next_due_at(at(20)) is None
    assert await write(desk, now_due, DigestEntry(b, 1), minutes=20)
    [claimed] = await claim(desk, 20)
    assert [story.article.id for story in claimed.stories] == [b], "only the last period's is sent"

    [(due_again, _)] = await desk.store.schedules.due(at(30), 9)
    assert not await write(desk, due_again, DigestEntry(a, 1), minutes=30), "one is on its way there"
    assert await desk.store.digests.begin_sending(claimed.digest, 5, at(30))
    assert await desk.store.digests.sent(claimed.digest, 77, at(30))
    assert await write(desk, due_again, minutes=30), "a time without articles"
    assert await claim(desk, 30) == []
    assert await desk.store.schedules.next_due_at() == at(40)


async def test_what_is_refused_goes_on_with_half_until_nothing_is_left(desk: Desk):
    await desk.ingest(await desk.wired(CHANNEL), "a", "b")
    a, b = [card.article.id for card in await desk.send_all()]
    assert await write(desk, await put(desk), DigestEntry(a, 1), DigestEntry(b, 2, over=True))
    [whole] = await claim(desk)
    assert await desk.store.digests.refuse(whole.digest, "AutoMod stopped it.", at(10))
    assert [one.article.id for one in await desk.store.schedules.over_limit(CHANNEL)] == [b], "not lost"
    [half] = await claim(desk)
    assert half.digest.nonce != whole.digest.nonce
    assert [story.article.id for story in half.stories] == [a]
    assert await desk.store.digests.refuse(half.digest, "AutoMod stopped it.", at(10))
    assert await claim(desk) == []


async def test_a_member_who_takes_no_direct_messages_is_told_once(desk: Desk):
    await desk.ingest(await desk.wired(CHANNEL), "a")
    [card] = await desk.send_all()
    assert await write(desk, await put(desk, OWN), DigestEntry(card.article.id, 1))
    [claimed] = await claim(desk)
    assert (claimed.digest.channel_id, claimed.digest.member_id) == (DIRECT, ADA)
    schedules = desk.store.schedules
    assert not await schedules.to_tell(ADA, at(10))
    await schedules.pause(claimed.digest, "They take none.")
    assert await schedules.next_due_at() is None
    assert await claim(desk, 60) == []
    assert [await schedules.to_tell(one, at(60)) for one in (BEN, ADA, ADA)] == [False, True, False]
    [again] = [await put(desk, OWN)]
    assert again.due_at == at(10)


async def test_nothing_of_a_member_or_a_guild_is_left(desk: Desk):
    await desk.ingest(await desk.wired(CHANNEL), "a", "b")
    a, b = [card.article.id for card in await desk.send_all()]
    await put(desk)
    assert await write(desk, await put(desk, OWN), DigestEntry(a, 1))
    kept: MemberKept = await desk.store.privacy.kept_of(ADA)
    [own] = kept.digests
    assert (own.guild_id, own.channel_id, own.own, own.every, own.hour, own.zone) == (
        *(GUILD, DIRECT, True),
        *("week", 9, "Europe/Berlin"),
    )
    assert [one.own for one in (await desk.store.privacy.kept_of(BEN)).digests] == [False]
    for member in (ADA, BEN):
        await desk.store.privacy.forget(member, NOW)
        while (await desk.store.privacy.erase_some(member, NOW)).more:
            pass
        assert not (await desk.store.privacy.kept_of(member)).digests
    assert await desk.store.schedules.put(OWN, at(10), NOW, NOW) is None
    [left] = await desk.store.schedules.of_guild(GUILD)
    assert left.created_by is None
    assert await write(desk, left, DigestEntry(b, 1, over=True))
    assert await desk.store.schedules.remove(GUILD, left.id) == replace(left, due_at=at(20), until=at(10))
    assert [one.article.id for one in await desk.store.schedules.over_limit(CHANNEL)] == [b], (
        "not lost with it"
    )
    assert await claim(desk) == []

    await put(desk)
    await desk.store.guilds.left(GUILD, NOW)
    while (await desk.store.retention.erase_guild(GUILD, NOW)).more:
        pass
    async with desk.database.reading() as connection:
        for table in ("digest_schedules", "over_limit", "digests"):
            assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
