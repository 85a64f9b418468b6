"""What is kept of a member: told whole, erased whole, and not stored any more."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from storage import Database, Store, SubscriptionToStore, Tally
from storage.erasing import forgotten_among
from storage.records import AnswerKept, Verdict
from tests.databases import RANKS, nonces
from tests.storage.desk import GUILD, NOW, VISIBLE, Desk, at, comment
from tests.votes import add

UP = "👍"
ADA, BEN = 1, 2
EVERY_TABLE = ("reactions", "comments", "members", "nameless", "vote_answers")


async def furnished(desk: Desk) -> tuple[int, int, int]:
    """Two guilds with a card of one article; Ada and Ben vote and talk in both. Its id, and the two messages."""
    source = await desk.wired(100)
    await desk.subscribe(source, 200, guild_id=20)
    await desk.ingest(source, "b")
    cards = sorted(await desk.send_all(), key=lambda card: card.post.guild_id)
    article_id = cards[-1].article.id
    here, there = (1000 + card.post.id for card in cards if card.article.id == article_id)
    stored, votes = desk.store.comments, desk.store.votes
    for member in (ADA, BEN):
        for message in (here, there):
            assert await add(votes, message, member, UP, NOW)
    await stored.record(comment(1, article_id, author_id=ADA, author_name="Ada", quote="So it is."))
    await stored.record(comment(2, article_id, author_id=BEN, author_name="Ben", reply_to_id=1))
    await stored.record(
        comment(3, article_id, author_id=ADA, author_name="Countess", guild_id=20, channel_id=200)
    )
    await add(votes, 2, ADA, "❤️", at(1))
    await add(votes, 2, ADA, UP, at(2))
    return article_id, here, there


async def forget(store: Store, member_id: int) -> tuple[int, int]:
    await store.privacy.forget(member_id, NOW)
    votes = comments = 0
    while (erased := await store.privacy.erase_some(member_id, NOW)).more:
        votes, comments = votes + erased.votes, comments + erased.comments
    return votes, comments


async def stands(desk: Desk, article_id: int, guild_id: int = GUILD) -> tuple[Tally, int]:
    listed = await desk.store.frontpage.one(guild_id, article_id, visible=VISIBLE)
    assert listed is not None
    return listed.tally, listed.comment_count


async def rows_of(desk: Desk, member_id: int) -> int:
    """In how many rows of whichever table a member is named, but that they are forgotten."""
    async with desk.database.reading() as connection:
        found = 0
        for table in EVERY_TABLE:
            column = "author_id" if table == "comments" else "member_id"
            counting = text(f"SELECT count(*) FROM {table} WHERE {column} = :member")
            found += (await connection.execute(counting, {"member": member_id})).scalar_one()
        return found


async def test_all_that_is_kept_of_a_member_is_told(desk: Desk):
    article_id, here, there = await furnished(desk)
    source = await desk.source("mail")
    await desk.store.subscriptions.add(SubscriptionToStore(GUILD, 101, source.id, False, 0, ADA), NOW)
    await desk.store.privacy.hide_name(20, ADA, NOW)
    await desk.store.guilds.seen(GUILD, "Harbour", NOW)
    await desk.store.vote_rules.answered(20, ADA, Verdict.OWN_COMMENT)
    kept = await desk.store.privacy.kept_of(ADA)
    assert kept.answers == (AnswerKept(20, Verdict.OWN_COMMENT),)
    assert [(one.guild_id, one.guild_name, one.name, one.hidden) for one in kept.names] == [
        (GUILD, "Harbour", "Ada", False),
        (20, None, "Countess", True),
    ]
    votes = [(one.guild_id, one.message_id, one.channel_id, one.on_comment, one.emoji) for one in kept.votes]
    assert sorted(votes) == sorted(
        [
            (GUILD, 2, 100, True, "❤️"),
            (GUILD, 2, 100, True, UP),
            (GUILD, here, 100, False, UP),
            (20, there, 200, False, UP),
        ]
    )
    assert {one.title for one in kept.votes} == {"Title of b"}
    assert [(one.guild_id, one.message_id, one.quote, one.text) for one in kept.comments] == [
        (GUILD, 1, "So it is.", "Well said."),
        (20, 3, None, "Well said."),
    ]
    assert [(one.channel_id, one.url) for one in kept.sources] == [(101, source.url)]
    assert kept.forgotten_since is None
    nobody = await desk.store.privacy.kept_of(99)
    assert (nobody.names, nobody.votes, nobody.comments, nobody.sources) == ((), (), (), ())
    assert article_id


async def test_many_votes_are_told_page_by_page(desk: Desk, monkeypatch):
    await furnished(desk)
    whole = await desk.store.privacy.kept_of(ADA)
    monkeypatch.setattr("storage.privacy.PAGE", 1)
    assert await desk.store.privacy.kept_of(ADA) == whole


async def test_who_is_forgotten_is_erased_everywhere_and_others_are_not(desk: Desk):
    article_id, *_ = await furnished(desk)
    await desk.store.privacy.hide_name(20, ADA, NOW)
    assert await desk.store.vote_rules.answered(GUILD, ADA, Verdict.OWN_COMMENT)
    source = await desk.source("mail")
    await desk.store.subscriptions.add(SubscriptionToStore(GUILD, 101, source.id, False, 0, ADA), NOW)
    assert await rows_of(desk, ADA) == 10
    ben = await desk.store.privacy.kept_of(BEN)
    assert await forget(desk.store, ADA) == (4, 2)
    assert await rows_of(desk, ADA) == 0
    kept = await desk.store.privacy.kept_of(ADA)
    assert (kept.forgotten_since, kept.sources) == (NOW, ())
    assert await stands(desk, article_id) == (Tally(1, 0), 1)
    assert await stands(desk, article_id, 20) == (Tally(1, 0), 0)
    bens = await desk.store.comments.get(2)
    assert bens is not None
    assert bens.tally == Tally(0, 0)
    assert await desk.store.privacy.kept_of(BEN) == ben


async def test_nothing_is_stored_of_who_is_forgotten_until_they_come_back(desk: Desk):
    article_id, here, _ = await furnished(desk)
    store = desk.store
    assert not await store.privacy.allow(ADA)
    await forget(store, ADA)
    await add(store.votes, here, ADA, UP, NOW)
    await store.votes.replace(here, {UP: [ADA, BEN], "❤️": [ADA]}, NOW)
    assert not await store.comments.record(comment(9, article_id, author_id=ADA))
    assert not await store.vote_rules.answered(GUILD, ADA, Verdict.OWN_COMMENT)
    assert await store.comments.get(9) is None
    assert await rows_of(desk, ADA) == 0
    assert await store.votes.mirrored([here]) == {here: {UP: frozenset({BEN})}}
    assert await store.privacy.forgotten((ADA, BEN)) == {ADA}
    assert await store.privacy.allow(ADA)
    await add(store.votes, here, ADA, UP, NOW)
    assert await store.comments.record(comment(9, article_id, author_id=ADA))
    assert await stands(desk, article_id) == (Tally(2, 0), 2)


async def test_a_forgetting_that_was_interrupted_is_known(desk: Desk, monkeypatch):
    await furnished(desk)
    monkeypatch.setattr("storage.privacy.MESSAGES", 1)
    await desk.store.privacy.forget(ADA, NOW)
    first = await desk.store.privacy.erase_some(ADA, NOW)
    assert (first.votes, first.more) == (2, True), (
        "both reactions on one message, and no more in one transaction"
    )
    assert await desk.store.privacy.unfinished(9) == [ADA]
    assert await forget(desk.store, ADA) == (2, 2)
    assert await desk.store.privacy.unfinished(9) == []


async def test_what_is_being_stored_while_somebody_is_forgotten_is_waited_for(desk: Desk, database_url: str):
    _, here, _ = await furnished(desk)
    other_database = await Database.open(database_url)
    other = Store(other_database, ranks=RANKS, nonce=nonces())
    assert await other.privacy.unfinished(1) == []  # it is connected
    async with desk.database.writing() as connection:
        assert await forgotten_among(connection, (ADA,)) == frozenset()
        forgetting = asyncio.create_task(forget(other, ADA))
        assert (await asyncio.wait((forgetting,), timeout=0.2))[0] == set()
        late = text("UPDATE reactions SET emoji = 'late' WHERE message_id = :here AND member_id = :ada")
        await connection.execute(late, {"here": here, "ada": ADA})
    assert await forgetting == (4, 2)
    assert await rows_of(desk, ADA) == 0
    await other_database.close()


async def test_names_are_hidden_by_guild(desk: Desk):
    privacy = desk.store.privacy
    for _ in range(2):
        await privacy.hide_name(GUILD, ADA, NOW)
    assert await privacy.hidden(GUILD, [ADA, BEN]) == {ADA}
    assert await privacy.hidden(20, [ADA, BEN]) == set()
    assert await privacy.hidden(GUILD, []) == set()
    await privacy.show_name(GUILD, ADA)
    assert await privacy.hidden(GUILD, [ADA]) == set()


async def test_nothing_new_is_kept_of_who_is_forgotten(desk: Desk):
    await furnished(desk)
    await forget(desk.store, ADA)
    source = await desk.source("mail")
    wish = SubscriptionToStore(GUILD, 101, source.id, False, 0, ADA)
    added, _ = await desk.store.subscriptions.add(wish, NOW)
    assert added.created_by is None
    assert not await desk.store.privacy.hide_name(GUILD, ADA, NOW)
    assert not await desk.store.vote_rules.answered(GUILD, ADA, Verdict.OWN_COMMENT)
    kept = await desk.store.privacy.kept_of(ADA)
    assert (kept.names, kept.votes, kept.comments, kept.sources, kept.answers) == ((), (), (), (), ())
    assert await desk.store.privacy.hide_name(GUILD, BEN, NOW)


async def test_a_name_goes_with_the_last_comment_in_its_guild(desk: Desk):
    article_id, _, _ = await furnished(desk)

    async def names() -> list[tuple[int, str | None]]:
        return [(one.guild_id, one.name) for one in (await desk.store.privacy.kept_of(ADA)).names]

    await desk.store.comments.record(comment(4, article_id, author_id=ADA, author_name="Ada"))
    await desk.store.comments.remove([1, 2])
    assert await names() == [(GUILD, "Ada"), (20, "Countess")]
    assert (await desk.store.privacy.kept_of(BEN)).names == ()
    while (await desk.store.retention.erase_old(20, at(1))).more:
        pass
    assert await names() == [(GUILD, "Ada")]
    await desk.store.comments.remove_channel(100)
    assert await names() == []
