"""Follows, and what comes of them: told once each, whatever happens in between, and erased whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from storage import CardToPost, Store
from storage.follows import follow_on
from storage.records import (
    Brought,
    DigestEntry,
    Every,
    Follow,
    FollowKind,
    FollowToStore,
    LetterToSend,
    Listener,
    PostState,
    ScheduleToStore,
    Sighting,
)
from tests.storage.desk import GUILD, LEASE, NOW, VISIBLE, Desk, article, at, comment, poll

ADA, BEN, CY = 1, 2, 3
EARLIER = at(-9)


def wish(kind: FollowKind, what: object, **changes: Any) -> FollowToStore:
    values: dict[str, Any] = {
        "guild_id": GUILD,
        "member_id": BEN,
        "kind": kind,
        "what": str(what),
        "lookup": str(what).split(" ")[-1],
        "wording": f"{kind} {what}",
        "channel_id": None,
        "gathered": False,
        "made_in": 100,
    }
    return FollowToStore(**{**values, **changes})


async def follow(
    store: Store, kind: FollowKind, what: object, now: datetime = EARLIER, **changes: Any
) -> Follow:
    found = await store.follows.add(wish(kind, what, **changes), 50, now)
    assert found is not None
    return found


async def match_all(store: Store, now: datetime = NOW) -> int:
    """Tell all who were looked up of all that arrived; answers how many arrivals there were."""
    came = await store.tidings.arrived(0, 99)
    fitting = []
    for one in came:
        if hasattr(one, "comment_id"):
            found = await store.follows.concerned_by_comment(one.guild_id, one.article_id, one.answers)
        else:
            words = one.title.casefold().split()
            found = await store.follows.concerned(one.guild_id, one.source_id, [one.author or ""], words)
        fitting.append((one, found))
    await store.tidings.matched(fitting, now)
    return len(came)


async def write_all(store: Store, now: datetime = NOW) -> list[LetterToSend]:
    """Put all that is due into letters, one a member and place; answers them as they are to be sent."""
    found = []
    while waiting := await store.tidings.next_waiting(now, 99):
        sightings = {one.tiding_id: one for one in await store.tidings.sightings([one.id for one in waiting])}
        unseen = [one.id for one in waiting if one.id not in sightings]
        if await store.letters.write(list(sightings.values()), unseen, now):
            letter = await store.letters.next_to_send(now)
            assert letter is not None
            found.append(letter)
            # Out of the way of the next one.
            await store.letters.postpone(letter.letter, at(9999), "", True)
    return found


async def deliver(store: Store, now: datetime = NOW) -> list[LetterToSend]:
    letters = await write_all(store, now)
    for number, one in enumerate(letters):
        assert await store.letters.begin_sending(one.letter, None)
        await store.letters.sent(one.letter, 5000 + number, now)
    return letters


async def posted(desk: Desk, title: str = "The old bridge", **changes: Any) -> CardToPost:
    source = await desk.wired(100)
    one = article("a", title=title, **changes)
    await desk.store.harvest.store([Brought(poll(source), [one])], NOW)
    (card,) = await desk.send_all()
    return card


async def test_an_article_is_told_once_however_often_it_fits_and_comes(desk: Desk):
    store = desk.store
    assert await match_all(store) == 0
    await posted(desk, "Before anybody followed")
    assert await match_all(store) == 0, "where nobody follows anything, nothing is noted"
    source = (await store.subscriptions.of_channel(100))[0].source
    await follow(store, FollowKind.SOURCE, source.id, source_id=source.id)
    await follow(store, FollowKind.PHRASE, "old bridge")
    await follow(store, FollowKind.AUTHOR, "grace", member_id=CY, channel_id=100)
    await follow(store, FollowKind.PHRASE, "old bridge", guild_id=20)  # where it is not posted
    await desk.subscribe(source, 101)
    one = article("b", title="The old bridge", author="grace")
    await store.harvest.store([Brought(poll(source), [one])], NOW)
    assert await match_all(store) == 0, "not before it is in a channel"
    first, second = await desk.send_all()
    # A bot that dies here goes on with it; of one that dies in between nothing is told twice.
    assert await match_all(store) == 2
    letters = {one.letter.member_id: one for one in await deliver(store)}
    assert set(letters) == {BEN, CY}
    (line,) = letters[BEN].lines
    assert (line.kind, line.title, line.said_by) == (FollowKind.SOURCE, "The old bridge", None)
    assert line.message_id in {1000 + first.post.id, 1000 + second.post.id}
    assert letters[CY].letter.channel_id == 100
    await desk.subscribe(source, 102, newest=1)
    await desk.ingest(source)
    await desk.send_all()
    assert await match_all(store) == 1
    assert await deliver(store) == []
    assert await store.letters.sent_since(BEN, at(-60)) == [NOW]
    assert await store.letters.next_due_at() is None


async def test_comments_and_replies_are_told_as_long_as_they_stand(desk: Desk):
    store = desk.store
    card = await posted(desk)
    await follow(store, FollowKind.COMMENTS, card.article.id, article_id=card.article.id)
    await follow(store, FollowKind.REPLIES, "", member_id=ADA, lookup=str(ADA))
    told = card.article.id
    await store.comments.record(comment(5, told, author_id=ADA))
    await store.comments.record(comment(6, told, author_id=BEN, author_name="Ben", reply_to_id=5, text="No."))
    await store.comments.record(comment(7, told, author_id=CY))
    await store.comments.remove([7])
    assert await match_all(store) == 2
    letters = await write_all(store)
    by_member = {one.letter.member_id: one for one in letters}
    (line,) = by_member[ADA].lines
    assert (line.kind, line.said_by, line.said, line.message_id) == (FollowKind.REPLIES, "Ben", "No.", 6)
    # What is deleted or hidden while it waits is not in the letter any more, and one that is empty is none.
    assert [line.message_id for line in by_member[BEN].lines] == [5, 6]
    await store.privacy.hide_name(GUILD, BEN, NOW)
    await store.letters.postpone(by_member[ADA].letter, NOW, "", True)
    nameless = await store.letters.next_to_send(NOW)
    assert nameless is not None
    assert [(line.said_by, line.said) for line in nameless.lines] == [("A member", "No.")]
    await store.comments.remove([6])
    await store.moderation.hide(GUILD, 5, hidden=True)
    async with desk.database.writing() as connection:
        await connection.execute(text("UPDATE letters SET due_at = created_at"))
    left = await store.letters.next_to_send(NOW)
    assert left is not None
    assert left.lines == ()
    await store.letters.give_up(left.letter, PostState.DELETED, "")


async def test_what_is_taken_back_while_its_letter_waits_is_not_told(desk: Desk):
    store = desk.store
    await follow(store, FollowKind.PHRASE, "bridge")
    await posted(desk, "Old bridge")
    await match_all(store)
    (letter,) = await write_all(store)
    assert len(letter.lines) == 1
    async with desk.database.writing() as connection:
        await connection.execute(text("UPDATE articles SET retracted_at = first_seen_at"))
    await store.letters.postpone(letter.letter, NOW, "", True)
    left = await store.letters.next_to_send(NOW)
    assert left is not None
    assert left.lines == ()


async def test_a_digest_tells_who_follows_only_of_what_had_no_card(desk: Desk):
    store = desk.store
    card = await posted(desk, "Old bridge")
    source = (await store.subscriptions.of_channel(100))[0].source
    await desk.ingest(source, "b")
    async with desk.database.reading() as connection:
        over = (await connection.execute(text("SELECT max(id) FROM articles"))).scalar_one()
    await follow(store, FollowKind.SOURCE, source.id, source_id=source.id)
    # The one posted long before Ben followed is named in a digest of the month, in a forum.
    wish = ScheduleToStore(GUILD, 300, Every.MONTH, 9, 1, "UTC", forum=True)
    schedule = await store.schedules.put(wish, NOW, NOW, NOW)
    assert schedule is not None
    entries = (
        DigestEntry(card.article.id, 1, message_id=1000 + card.post.id),
        DigestEntry(over, 2, over=True),
    )
    assert await store.schedules.write(schedule, "Best", entries, until=NOW, due_at=at(99), now=NOW)
    (digest,) = await store.digests.claim(NOW, 9, LEASE)
    assert await store.digests.begin_sending(digest.digest, None, NOW)
    assert await store.digests.sent(digest.digest, 777, NOW)
    assert await match_all(store) == 1
    (waiting,) = await store.tidings.next_waiting(NOW, 9)
    # In a forum a digest stands in its own post, visible as the forum is.
    assert await store.tidings.sightings([waiting.id]) == [Sighting(waiting.id, 300, 777, 777)]


async def test_what_can_not_be_told_waits_and_goes_on(desk: Desk):
    store = desk.store
    await follow(store, FollowKind.PHRASE, "bridge")
    await posted(desk, "Old bridge")
    await match_all(store)
    (first,) = await write_all(store)
    assert await store.letters.begin_sending(first.letter, 77)
    # An attempt that ended unclear keeps where it is looked for.
    await store.letters.postpone(first.letter, at(1), "", False)
    again = await store.letters.next_to_send(at(1))
    assert again is not None
    assert (again.letter.state, again.letter.after_id) == (PostState.SENDING, 77)
    assert await store.letters.on_its_way(BEN) == at(1)
    # Direct messages are closed: it waits, and so does what comes.
    await store.letters.closed(again.letter, NOW)
    source = (await store.subscriptions.of_channel(100))[0].source
    new = article("b", title="New bridge")
    await store.harvest.store([Brought(poll(source), [new])], NOW)
    await desk.send_all()
    await match_all(store)
    assert await write_all(store) == []
    assert await store.follows.closed_untold(9) == [(BEN, GUILD, 100)]
    assert await store.follows.mark_closed_told(BEN, NOW)
    assert not await store.follows.mark_closed_told(BEN, NOW)
    assert not await store.follows.came(BEN, at(-1), NOW), "not so soon after it was tried"
    assert await store.follows.came(BEN, NOW, at(2))
    (gathered,) = await deliver(store, at(2))
    assert [line.title for line in gathered.lines] == ["Old bridge", "New bridge"]
    assert (await store.follows.listener(BEN)).closed_told_at is None
    # A channel that can't be used: directly, from then on.
    channel = await follow(store, FollowKind.PHRASE, "bridge", channel_id=100)
    await store.harvest.store([Brought(poll(source), [article("c", title="A bridge")])], NOW)
    await desk.send_all()
    await match_all(store)
    (there,) = await write_all(store)
    assert there.letter.channel_id == 100
    await store.letters.tell_directly(there.letter, NOW)
    (directly,) = await deliver(store)
    assert directly.letter.channel_id is None
    assert (await store.follows.of_member(GUILD, BEN))[0] == replace(channel, channel_id=None)


async def test_stopping_leaving_and_forgetting_end_all_of_it(desk: Desk):
    store = desk.store
    card = await posted(desk)
    source = (await store.subscriptions.of_channel(100))[0].source
    stopped = await follow(store, FollowKind.SOURCE, source.id, source_id=source.id)
    await follow(store, FollowKind.PHRASE, "bridge", member_id=CY)
    await follow(store, FollowKind.PHRASE, "bridge", member_id=ADA)
    await store.follows.settle(
        replace(Listener(ADA), time_zone="Asia/Tokyo", quiet_from=1, quiet_until=2), NOW
    )
    await store.harvest.store([Brought(poll(source), [article("b", title="New bridge")])], NOW)
    await desk.send_all()
    await match_all(store)
    assert await store.follows.remove(stopped.id, CY) is None, "it is Ben's"
    assert await store.follows.remove(stopped.id, BEN) == stopped
    await store.tidings.member_left(GUILD, CY)
    (letter,) = await write_all(store)
    assert letter.letter.member_id == ADA
    kept = await store.privacy.kept_of(ADA)
    assert [(one.kind, one.wording) for one in kept.follows] == [(FollowKind.PHRASE, "phrase bridge")]
    assert [(one.title, one.told) for one in kept.told] == [("New bridge", False)]
    assert kept.listener is not None
    assert kept.listener.time_zone == "Asia/Tokyo"
    await store.privacy.forget(ADA, NOW)
    while (await store.privacy.erase_some(ADA, NOW)).more:
        pass
    nothing = await store.privacy.kept_of(ADA)
    assert (nothing.follows, nothing.told, nothing.listener) == ((), (), None)
    with pytest.raises(LookupError):
        await follow(store, FollowKind.PHRASE, "bridge", member_id=ADA)
    # A guild that the bot leaves: nothing waits, and after a week nothing is kept.
    await follow(store, FollowKind.COMMENTS, card.article.id, article_id=card.article.id)
    await store.comments.record(comment(8, card.article.id))
    await store.guilds.left(GUILD, NOW)
    assert await match_all(store) == 0
    while (await store.retention.erase_guild(GUILD, NOW)).more:
        pass
    async with desk.database.reading() as connection:
        for table in ("follows", "tidings", "letters", "arrivals"):
            counted = await connection.scalar(text(f"SELECT count(*) FROM {table} WHERE guild_id = {GUILD}"))
            assert (table, counted) == (table, 0)


async def test_a_follow_is_kept_once_goes_where_its_source_goes_and_ends_with_what_is_old(desk: Desk):
    store = desk.store
    card = await posted(desk)
    source = (await store.subscriptions.of_channel(100))[0].source
    other = await desk.source("mail")
    first = await follow(store, FollowKind.SOURCE, source.id, source_id=source.id)
    again = await follow(store, FollowKind.SOURCE, source.id, source_id=source.id, gathered=True)
    assert (again.id, again.gathered) == (first.id, True)
    assert await store.follows.add(wish(FollowKind.PHRASE, "one too many"), 1, NOW) is None
    async with desk.database.writing() as connection:
        await follow_on(connection, source.id, other.id)
    (moved,) = await store.follows.of_member(GUILD, BEN)
    assert moved.what == str(other.id)
    assert await store.follows.concerned(GUILD, other.id, [], []) == [moved]
    await store.follows.tell_otherwise(GUILD, BEN, NOW, gathered=False, channel_id=101)
    assert (await store.follows.of_member(GUILD, BEN))[0].channel_id == 101
    await follow(store, FollowKind.COMMENTS, card.article.id, article_id=card.article.id)
    await store.comments.record(comment(5, card.article.id))
    await match_all(store)
    assert len(await deliver(store)) == 1
    assert await store.tidings.forget(NOW, 9) == 0
    assert await store.tidings.forget(NOW + timedelta(days=1), 9) == 2
    assert await store.follows.authors(GUILD, 9, visible=VISIBLE) == []


async def test_where_something_is_seen_is_told_by_the_channel_that_shows_it(desk: Desk):
    store = desk.store
    await follow(store, FollowKind.PHRASE, "bridge")
    card = await posted(desk, "Old bridge")
    await follow(store, FollowKind.COMMENTS, card.article.id, article_id=card.article.id)
    message = 1000 + card.post.id
    # A thread that a member made from the card has the card's id, and is as visible as the card's channel.
    await store.comments.record(comment(5, card.article.id, channel_id=message))
    await match_all(store)
    ids = [one.id for one in await store.tidings.next_waiting(NOW, 9)]
    assert await store.tidings.sightings(ids) == [
        Sighting(ids[0], 100, 100, message),
        Sighting(ids[1], 100, message, 5),
    ]
