"""Delivery: every end that an attempt can have, step by step, with a real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.feeds.shingles import pack, shingles
from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Refused, Unclear
from storage import Store
from storage.records import (
    ArticleToStore,
    Brought,
    Post,
    PostState,
    SameStory,
    SourceUpdate,
    SubscriptionToStore,
    TextStored,
)
from tests.databases import database_url  # noqa: F401 - on PostgreSQL every day, too
from tests.newsroom.channel import CHANNEL, GUILD, NOW, Channel, Clock, deliver_one, queue


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_post_is_sent_threaded_seeded_and_finished(store: Store, clock: Clock) -> None:
    await queue(store, ["One"], thread=True)
    channel = Channel()
    card = await deliver_one(store, channel, clock)
    assert channel.asked == ["send", "thread", "vote 👍", "vote 👎", "read"]
    assert card is not None
    assert card.post.state is PostState.SENT
    assert (card.post.message_id, card.post.thread_id, card.post.seeded) == (1001, 1002, 2)
    assert card.post.finished_at == NOW
    assert await deliver_one(store, channel, clock) is None


@pytest.mark.parametrize(
    ("found", "asked_then"),
    [
        pytest.param(
            Done(777), ["find", "vote 👍", "vote 👎", "read"], id="it had arrived: never sent again"
        ),
        pytest.param(Missing(), ["find", "send", "vote 👍", "vote 👎", "read"], id="it had not: sent again"),
        pytest.param(Away("No history."), ["find"], id="nobody can tell: it waits"),
        pytest.param(Unclear("Broken."), ["find"], id="the look itself failed: it waits"),
    ],
)
async def test_an_unclear_attempt_is_looked_for_before_anything_is_sent(
    store: Store, clock: Clock, found: Outcome, asked_then: list[str]
) -> None:
    await queue(store, ["One"])
    channel = Channel(send=[Unclear("The connection broke.")], find=[found])
    card = await deliver_one(store, channel, clock)
    assert card is not None
    assert (card.post.state, card.post.after_id) == (PostState.SENDING, 999)
    assert await deliver_one(store, channel, clock) is None, "it is not tried again at once"

    clock.now += timedelta(minutes=1)
    card = await deliver_one(store, channel, clock)
    assert channel.asked == ["send", *asked_then]
    assert card is not None
    assert (card.post.state is PostState.SENT) == ("vote 👍" in asked_then)
    assert not isinstance(found, Done) or card.post.message_id == 777


async def test_a_process_that_died_while_sending_leaves_a_post_that_is_looked_for(
    store: Store, clock: Clock
) -> None:
    await queue(store, ["One"])
    (claimed,) = await store.posts.claim(NOW, 1, timedelta(minutes=5))
    await store.posts.begin_sending(claimed.post, 500, NOW)
    # The next process frees what the dead one held.
    await store.posts.release_leases()
    channel = Channel(find=[Done(501)])
    card = await deliver_one(store, channel, clock)
    assert channel.asked[0] == "find"
    assert "send" not in channel.asked
    assert card is not None
    assert card.post.message_id == 501


async def test_what_surely_was_not_sent_is_sent_again_when_discord_says(store: Store, clock: Clock) -> None:
    await queue(store, ["One"])
    channel = Channel(send=[Later("Slow down.", timedelta(minutes=10))])
    card = await deliver_one(store, channel, clock)
    assert card is not None
    assert (card.post.state, card.post.problem) == (PostState.READY, "Slow down.")
    clock.now += timedelta(minutes=9)
    assert await deliver_one(store, channel, clock) is None
    clock.now += timedelta(minutes=1)
    await deliver_one(store, channel, clock)
    assert channel.asked == ["send", "send", "vote 👍", "vote 👎", "read"]


async def test_a_refused_post_does_not_hold_up_the_next(store: Store, clock: Clock) -> None:
    await queue(store, ["Bad", "Good"])
    channel = Channel(send=[Refused("Malformed.")])
    bad = await deliver_one(store, channel, clock)
    good = await deliver_one(store, channel, clock)
    assert bad is not None
    assert good is not None
    assert (bad.post.state, bad.article.title) == (PostState.REFUSED, "Bad")
    assert (good.post.state, good.article.title) == (PostState.SENT, "Good")


async def test_a_card_that_was_deleted_while_its_nonce_is_remembered_is_not_posted_again(
    store: Store, clock: Clock
) -> None:
    await queue(store, ["One"])
    channel = Channel(send=[Unclear("The connection broke."), Missing()])
    await deliver_one(store, channel, clock)
    clock.now += timedelta(minutes=1)
    card = await deliver_one(store, channel, clock)
    assert channel.asked == ["send", "find", "send"]
    assert card is not None
    assert card.post.state is PostState.REFUSED


async def test_a_channel_that_is_away_keeps_its_posts_in_order(store: Store, clock: Clock) -> None:
    await queue(store, ["One", "Two"])
    channel = Channel(send=[Away("Allow Send Messages.")])
    await deliver_one(store, channel, clock)
    assert await deliver_one(store, channel, clock) is None, "the second post waits with the first"
    clock.now += timedelta(minutes=6)
    titles = []
    while (card := await deliver_one(store, channel, clock)) is not None:
        titles.append(card.article.title)
    assert titles == ["One", "Two"]


@pytest.mark.parametrize("step", ["thread", "vote"])
async def test_steps_after_the_message_go_on_where_they_stopped(
    store: Store, clock: Clock, step: str
) -> None:
    await queue(store, ["One"], thread=True)
    channel = Channel(**{step: [Unclear("The connection broke.")]})
    await deliver_one(store, channel, clock)
    clock.now += timedelta(minutes=1)
    card = await deliver_one(store, channel, clock)
    assert card is not None
    assert card.post.finished_at is not None
    assert channel.asked.count("send") == 1
    assert channel.asked.count("thread") == (2 if step == "thread" else 1)
    assert channel.asked[-3:] == ["vote 👍", "vote 👎", "read"]


async def test_where_no_more_threads_can_be_the_channel_goes_on_without(store: Store, clock: Clock) -> None:
    await queue(store, ["One", "Two"], thread=True)
    full = Later("1,000 threads are open.", timedelta(minutes=10), lasting=True)
    channel = Channel(thread=[full] * 2)
    for _ in range(2):
        card = await deliver_one(store, channel, clock)
        assert card is not None
        assert card.post.finished_at is not None
    assert channel.asked.count("thread") == channel.asked.count("send") == 2


async def test_a_thread_that_fails_again_and_again_does_not_hold_up_the_channel(
    store: Store, clock: Clock
) -> None:
    await queue(store, ["One", "Two"], thread=True)
    channel = Channel(thread=[Later("Too many open threads.")] * 8)
    while await deliver_one(store, channel, clock) is not None or clock.now < NOW + timedelta(minutes=20):
        clock.now += timedelta(minutes=1)
    assert channel.asked.count("send") == 2
    assert await store.posts.next_due_at(NOW) is None


@pytest.mark.parametrize(
    ("lost", "state"),
    [
        pytest.param("before", PostState.READY, id="before anything was begun"),
        pytest.param("newest", PostState.READY, id="while it began: surely nothing was sent"),
        pytest.param("find", PostState.SENDING, id="while it looked for an earlier attempt"),
    ],
)
async def test_a_bot_that_lost_its_database_to_another_sends_nothing(
    store: Store, clock: Clock, lost: str, state: PostState
) -> None:
    await queue(store, ["One"])
    channel = Channel(send=[Unclear("The connection broke.")])
    if lost == "find":
        await deliver_one(store, channel, clock)
        clock.now += timedelta(minutes=1)
        channel.asked.clear()

    async def lose() -> None:
        channel.ours = False

    channel.ours = lost != "before"
    channel.meanwhile = {lost: lose}
    card = await deliver_one(store, channel, clock)
    assert "send" not in channel.asked
    assert lost != "before" or not channel.places, "nothing is asked at all"
    assert card is not None
    assert card.post.state is state
    channel.ours, channel.meanwhile, clock.now = True, {}, clock.now + timedelta(minutes=1)
    channel.asked.clear()
    channel.answers.clear()
    await deliver_one(store, channel, clock)
    assert channel.asked[:2] == (["find", "send"] if lost == "find" else ["send", "vote 👍"])


async def test_a_channel_that_is_gone_is_told_of(store: Store, clock: Clock) -> None:
    await queue(store, ["One"])
    channel = Channel(send=[Away("The channel is gone.", gone=True)])
    await deliver_one(store, channel, clock)
    assert channel.asked == ["send", "end"]


async def test_a_channel_that_was_gone_before_anything_was_sent_is_told_of(
    store: Store, clock: Clock
) -> None:
    await queue(store, ["One"])
    channel = Channel()
    channel.newest = Away("The channel is gone.", gone=True)
    card = await deliver_one(store, channel, clock)
    assert channel.asked == ["end"]
    assert card is not None
    assert card.post.state is PostState.READY


async def test_a_step_that_can_never_be_done_is_left_out(store: Store, clock: Clock) -> None:
    await queue(store, ["One"], thread=True)
    card = await deliver_one(store, Channel(thread=[Refused("No threads here.")]), clock)
    assert card is not None
    assert (card.post.finished_at, card.post.thread_id) == (NOW, None)


async def test_a_card_deleted_before_it_was_finished_is_let_go(store: Store, clock: Clock) -> None:
    await queue(store, ["One"])
    card = await deliver_one(store, Channel(vote=[Missing()]), clock)
    assert card is not None
    assert card.post.state is PostState.DELETED
    assert await store.posts.next_due_at(NOW) is None


async def copied(store: Store, clock: Clock, channel: Channel) -> Post:
    """A post in its channel, and one of a copy that goes into its thread; answers the latter."""
    await queue(store, ["One"])
    first = await deliver_one(store, channel, clock)
    assert first is not None
    source = await store.sources.add("https://mail.test/feed", "The Mail", None, None)
    wish = SubscriptionToStore(
        GUILD, CHANNEL, source.id, thread=True, newest=1, created_by=None, same_story=SameStory.THREAD
    )
    await store.subscriptions.add(wish, NOW)
    kept = pack(shingles(" ".join(f"word{number}" for number in range(200))))
    update = SourceUpdate(source.id, "The Mail", None, None, None, None, None, NOW)
    text = TextStored("feed", "Summary.", True, "", "Summary.", "")
    article = ArticleToStore("Two", "r", None, "Two", None, "Summary.", None, None, text=text, shingles=kept)
    again = replace(article, identity="One", title="One", revision="r2")
    first_source = first.source
    told = replace(update, source_id=first_source.id, title=first_source.title)
    await store.harvest.store([Brought(told, [replace(again, identity="One, whole")])], NOW)
    whole = await deliver_one(store, channel, clock)
    assert whole is not None
    await store.harvest.store([Brought(update, [article])], NOW)
    channel.asked.clear()
    channel.places.clear()
    (claimed,) = await store.posts.claim(clock(), 1, timedelta(minutes=5))
    await store.posts.release_leases()
    assert claimed.post.beside_id == whole.post.id
    return claimed.post


async def test_a_post_beside_another_goes_into_its_thread(store: Store, clock: Clock) -> None:
    channel = Channel()
    post = await copied(store, clock, channel)
    card = await deliver_one(store, channel, clock)
    assert card is not None
    first = await store.posts.card(post.beside_id or 0)
    assert first is not None
    assert first.post.thread_id == card.post.place == channel.places[0]
    assert channel.asked == ["thread", "send", "vote 👍", "vote 👎", "read"], "threads hold no threads"
    assert (card.post.state, card.post.channel_id) == (PostState.SENT, CHANNEL)
    (tracked, *_) = [one for one in await store.posts.tracked(NOW) if one.channel_id == card.post.place]
    assert [one.id for one in tracked.posts] == [post.id]


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        pytest.param({"thread": [Refused("No threads here.")]}, ["thread", "send"], id="none can be opened"),
        pytest.param({"thread": [Away("No permission.")]}, ["thread", "send"], id="none may be opened"),
        pytest.param({"send": [Away("Locked.")]}, ["thread", "send", "send"], id="it is locked"),
        pytest.param({"send": [Away("Gone.", gone=True)]}, ["thread", "send", "send"], id="it is gone"),
        pytest.param(
            {"send": [Unclear("Broken.")], "find": [Away("Gone.", gone=True)]},
            ["thread", "send", "find", "send"],
            id="it is gone after an unclear attempt",
        ),
    ],
)
async def test_without_that_thread_it_goes_into_the_channel(
    store: Store, clock: Clock, answers: dict[str, list[Outcome]], asked: list[str]
) -> None:
    channel = Channel()
    post = await copied(store, clock, channel)
    channel.answers.update({name: list(waiting) for name, waiting in answers.items()})
    for _ in range(4):
        await deliver_one(store, channel, clock)
        clock.now += timedelta(minutes=1)
    card = await store.posts.card(post.id)
    assert card is not None
    # What the copy's own subscription wished for holds again.
    assert channel.asked == [*asked, "thread", "vote 👍", "vote 👎", "read"]
    assert (card.post.state, card.post.place, card.post.beside_id) == (PostState.SENT, CHANNEL, None)


async def test_a_thread_that_can_not_be_opened_now_is_waited_for(store: Store, clock: Clock) -> None:
    channel = Channel()
    await copied(store, clock, channel)
    channel.answers["thread"] = [Later("Too many open threads.")]
    await deliver_one(store, channel, clock)
    assert channel.asked == ["thread"]
    clock.now += timedelta(minutes=1)
    card = await deliver_one(store, channel, clock)
    assert card is not None
    assert card.post.place != CHANNEL


async def test_once_the_first_is_deleted_the_copy_goes_into_the_channel(store: Store, clock: Clock) -> None:
    channel = Channel()
    post = await copied(store, clock, channel)
    first = await store.posts.card(post.beside_id or 0)
    assert first is not None
    await store.posts.message_deleted([first.post.message_id or 0], NOW)
    await deliver_one(store, channel, clock)
    card = await deliver_one(store, channel, clock)
    assert card is not None
    assert (card.post.state, card.post.place) == (PostState.SENT, CHANNEL)


async def test_a_thread_that_is_deleted_takes_what_is_beside_its_post_along(
    store: Store, clock: Clock
) -> None:
    channel = Channel()
    post = await copied(store, clock, channel)
    card = await deliver_one(store, channel, clock)
    assert card is not None
    assert await store.posts.channel_deleted(card.post.place, NOW) == 1
    gone, first = await store.posts.card(post.id), await store.posts.card(post.beside_id or 0)
    assert gone is not None
    assert first is not None
    assert (gone.post.state, first.post.state) == (PostState.DELETED, PostState.SENT)
