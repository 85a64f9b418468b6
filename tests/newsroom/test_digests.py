"""What waited too long goes into one digest, sent once, before newer posts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.newsroom.digests import gather
from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Refused, Unclear
from storage import Store
from storage.records import DigestToPost
from tests.newsroom.channel import Channel, Clock, deliver_all, queue

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)
FORBIDDEN = Away("Allow Send Messages.")


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def wait_in_vain(store: Store, clock: Clock, titles: list[str], **wishes: object) -> None:
    """Posts that a channel which is away keeps for longer than their subscription's hour."""
    await queue(store, titles, longest_wait=HOUR, **wishes)
    await deliver_all(store, Channel(send=[FORBIDDEN]), clock)
    clock.now += HOUR


async def test_what_waited_too_long_comes_in_one_message_before_newer_posts(
    store: Store, clock: Clock
) -> None:
    await wait_in_vain(store, clock, ["One", "Two", "Three"])
    await queue(store, ["Four"], longest_wait=HOUR, now=clock.now)
    channel = Channel()
    await deliver_all(store, channel, clock)
    assert channel.asked == ["send_digest", "send", "vote 👍", "vote 👎", "read"]
    [digest] = channel.digests
    assert [line.title for line in digest.articles] == ["One", "Two", "Three"]
    assert digest.count == 3
    clock.now += 10 * HOUR
    await deliver_all(store, channel, clock)
    assert len(channel.asked) == 5, "and never again"


@pytest.mark.parametrize(
    ("found", "asked_then"),
    [
        pytest.param(Done(777), ["find_digest"], id="it had arrived: never sent again"),
        pytest.param(Missing(), ["find_digest", "send_digest"], id="it had not: sent again"),
    ],
)
async def test_a_digest_whose_end_is_unclear_is_looked_for_like_a_post(
    store: Store, clock: Clock, found: Outcome, asked_then: list[str]
) -> None:
    await wait_in_vain(store, clock, ["One"])
    channel = Channel(send_digest=[Unclear("The connection broke.")], find_digest=[found])
    await deliver_all(store, channel, clock)
    await queue(store, ["Late"], longest_wait=HOUR, now=clock.now)
    clock.now += HOUR
    await deliver_all(store, channel, clock)
    assert channel.asked[: 1 + len(asked_then)] == ["send_digest", *asked_then]
    await deliver_all(store, channel, clock)
    titles = [[line.title for line in digest.articles] for digest in channel.digests]
    assert titles == [["One"]] * (len(titles) - 1) + [["Late"]], "what came meanwhile is in the next one"


async def test_what_waited_too_long_is_never_sent_by_itself(store: Store, clock: Clock) -> None:
    """Also where it could not be gathered, since a digest was on its way that ended just now."""
    await queue(store, ["One"], longest_wait=HOUR)
    clock.now += HOUR
    assert await store.posts.claim(clock(), 1, HOUR) == []
    await deliver_all(store, channel := Channel(), clock)
    assert channel.asked == ["send_digest"]


@on_sqlite
async def test_a_digest_waits_with_its_channel_and_takes_more(store: Store, clock: Clock) -> None:
    await wait_in_vain(store, clock, ["One"])
    channel = Channel(send_digest=[FORBIDDEN, Later("Slow down.")])
    await deliver_all(store, channel, clock)
    await queue(store, ["Two"], longest_wait=HOUR, now=clock.now)
    clock.now += HOUR
    await deliver_all(store, channel, clock)
    clock.now += HOUR
    await deliver_all(store, channel, clock)
    assert channel.asked == ["send_digest"] * 3
    assert [line.title for line in channel.digests[-1].articles] == ["One", "Two"]


@on_sqlite
async def test_a_digest_that_is_refused_does_not_hold_up_the_channel(store: Store, clock: Clock) -> None:
    await wait_in_vain(store, clock, ["One"])
    await queue(store, ["Two"], longest_wait=HOUR, now=clock.now)
    channel = Channel(send_digest=[Refused("Malformed.")])
    await deliver_all(store, channel, clock)
    assert channel.asked == ["send_digest", "send", "vote 👍", "vote 👎", "read"]


async def test_one_article_that_discord_refuses_costs_no_other_its_place(store: Store, clock: Clock) -> None:
    titles = [f"Article {number}" for number in range(9)]
    await wait_in_vain(store, clock, titles)
    await queue(store, ["Newer"], longest_wait=HOUR, now=clock.now)
    channel = Censor("Article 7")
    await deliver_all(store, channel, clock)
    assert channel.told == [titles[:4], titles[4:6], ["Article 6"], ["Article 8"]]
    assert channel.asked[-4:] == ["send", "vote 👍", "vote 👎", "read"], "and then what is newer"
    assert channel.asked.count("send_digest") == 4 + 5, "each refusal halves what may be at fault"


class Censor(Channel):
    """A channel that refuses every digest that names one article."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.told: list[list[str]] = []
        self._title = title

    async def send_digest(self, digest: DigestToPost) -> Outcome:
        names = [line.title for line in digest.articles]
        if self._title in names:
            self.asked.append("send_digest")
            return Refused("AutoMod stopped it.")
        self.told.append(names)
        return await super().send_digest(digest)


@on_sqlite
async def test_a_digest_that_was_deleted_at_once_does_not_come_again_in_parts(
    store: Store, clock: Clock
) -> None:
    await wait_in_vain(store, clock, ["One", "Two"])
    channel = Channel(send_digest=[Unclear("The connection broke."), Missing()])
    await deliver_all(store, channel, clock)
    clock.now += HOUR
    await deliver_all(store, channel, clock)
    clock.now += HOUR
    await deliver_all(store, channel, clock)
    assert channel.asked == ["send_digest", "find_digest", "send_digest"]


@on_sqlite
async def test_a_post_that_may_be_there_already_is_not_gathered(store: Store, clock: Clock) -> None:
    await queue(store, ["One"], longest_wait=HOUR)
    channel = Channel(send=[Unclear("The connection broke.")], find=[Done(777)])
    await deliver_all(store, channel, clock)
    clock.now += 2 * HOUR
    await deliver_all(store, channel, clock)
    assert channel.asked == ["send", "find", "vote 👍", "vote 👎", "read"]


@on_sqlite
async def test_a_process_that_dies_with_a_digest_leaves_it_to_be_looked_for(
    store: Store, clock: Clock
) -> None:
    await wait_in_vain(store, clock, ["One"])
    await gather(store, clock())
    [digest] = await store.digests.claim(clock(), 1, HOUR)
    assert await store.digests.begin_sending(digest.digest, 500, clock())
    channel = Channel(find_digest=[Done(501)])
    await deliver_all(store, channel, clock)
    assert channel.asked == ["find_digest"]
