"""The requests that one call makes: which leave, which are repeated, and what their answers come to in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web
from discord.http import Route

from bot.client import BroadsheetBot
from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Refused, Unclear
from bot.publisher.outcomes import settled
from bot.sandbox.faults.requests import Cut, Edge, Limited, Status
from bot.sandbox.scenario import Json
from storage.records import CardToPost
from tests.discord.conftest import StartBot, Town, eventually

MakeCard = Callable[..., CardToPost]
MESSAGES = "/channels/*/messages"
THREADS = "/channels/*/threads"
# Whether it may leave is asked before a request's headers, and again before its body.
OF_A_REQUEST = 2


class Tenure:
    """Whether this process is the one bot: for so many questions more, forever if None."""

    def __init__(self) -> None:
        self.questions: int | None = None

    def holds(self) -> bool:
        if self.questions is None:
            return True
        self.questions -= 1
        return self.questions >= 0


@pytest.fixture
def tenure() -> Tenure:
    return Tenure()


@pytest.fixture
async def guarded(start_bot: StartBot, tenure: Tenure) -> BroadsheetBot:
    """The town's bot, which sends only while it holds the lease."""
    return await start_bot(may_send=tenure.holds)


async def forum_of(town: Town, bot: BroadsheetBot, **more: object) -> Json:
    """A forum that the bot knows of."""
    forum = await town.alice.create_channel(town.guild_id, "reading", kind=15, **more)

    async def known() -> bool:
        return bot.get_channel(int(forum["id"])) is not None

    await eventually(known)
    return forum


def posts_in(town: Town, forum: Json) -> list[str]:
    """The names of a forum's posts, archived ones too."""
    channels = town.sandbox.stage.world.channels.values()
    return [one.name for one in channels if one.parent_id == forum["id"] and one.thread is not None]


async def test_without_the_lease_nothing_is_changed(
    town: Town, guarded: BroadsheetBot, tenure: Tenure, to_post: MakeCard
) -> None:
    outcome = await guarded.publisher.send(to_post())
    assert isinstance(outcome, Done)
    sent = replace(to_post().post, message_id=outcome.id)
    card = replace(to_post(), post=sent)
    tenure.questions = 0
    before = await town.alice.message(town.channel_id, str(outcome.id))
    for call in (
        guarded.publisher.send(to_post(nonce="another")),
        guarded.publisher.open_thread(card),
        guarded.publisher.place_vote(card, "👍"),
        guarded.publisher.refresh(replace(card, comment_count=3)),
    ):
        assert isinstance(await call, Later)
    assert await town.alice.messages(town.channel_id) == [before]


@pytest.mark.refusals(1)
async def test_the_lease_that_is_lost_while_a_limit_is_slept_out_stops_the_request(
    town: Town, guarded: BroadsheetBot, tenure: Tenure, to_post: MakeCard
) -> None:
    town.sandbox.faults.next("POST", MESSAGES, Limited("user", 0.05))
    tenure.questions = OF_A_REQUEST
    outcome = await guarded.publisher.send(to_post())
    assert outcome == Later("Another bot may have taken the database over.")
    assert await town.alice.messages(town.channel_id) == []


async def test_the_lease_that_is_lost_between_headers_and_body_stops_the_request(
    town: Town, guarded: BroadsheetBot, tenure: Tenure, to_post: MakeCard
) -> None:
    tenure.questions = OF_A_REQUEST - 1
    assert isinstance(await guarded.publisher.send(to_post()), Later)
    assert await town.alice.messages(town.channel_id) == []


async def test_the_lease_that_is_lost_while_an_answer_fails_leaves_the_end_unclear(
    town: Town, guarded: BroadsheetBot, tenure: Tenure, to_post: MakeCard
) -> None:
    town.sandbox.faults.next("POST", MESSAGES, Status(502), when="after")
    tenure.questions = OF_A_REQUEST
    assert isinstance(await guarded.publisher.send(to_post()), Unclear)
    assert len(await town.alice.messages(town.channel_id)) == 1


@pytest.mark.refusals(1)
async def test_a_refusal_after_an_answer_that_was_lost_is_unclear(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    town.sandbox.faults.next("POST", MESSAGES, Status(502), when="after")
    town.sandbox.faults.next("POST", MESSAGES, Limited("shared", 3600))
    assert isinstance(await bot.publisher.send(to_post()), Unclear)
    assert isinstance(await bot.publisher.find(to_post(after_id=0)), Done)


@pytest.mark.parametrize("failure", [Status(502), Cut()])
async def test_a_forum_post_whose_answer_is_lost_is_made_once_and_found(
    town: Town, bot: BroadsheetBot, to_post: MakeCard, failure: Status | Cut
) -> None:
    forum = await forum_of(town, bot)
    card = to_post(channel_id=int(forum["id"]), forum=True)
    town.sandbox.faults.next("POST", THREADS, failure, when="after")
    assert isinstance(await bot.publisher.send(card), Unclear)
    assert posts_in(town, forum) == ["The bridge is open again"]
    assert isinstance(await bot.publisher.find(card), Done)


@pytest.mark.refusals(1)
async def test_a_forum_post_is_tried_again_where_discord_asked_for_a_pause(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    forum = await forum_of(town, bot)
    town.sandbox.faults.next("POST", THREADS, Limited("user", 0.02))
    assert isinstance(await bot.publisher.send(to_post(channel_id=int(forum["id"]), forum=True)), Done)
    assert len(posts_in(town, forum)) == 1


@pytest.mark.refusals(2)
@pytest.mark.parametrize(
    ("failure", "everywhere"),
    [(Limited("shared", 900), False), (Limited("global", 900), True), (Edge(429), True), (Status(401), True)],
)
async def test_a_pause_for_the_whole_bot_is_told_from_one_for_a_channel(
    town: Town, bot: BroadsheetBot, to_post: MakeCard, failure: Limited | Edge | Status, everywhere: bool
) -> None:
    town.sandbox.faults.next("POST", MESSAGES, failure)
    outcome = await bot.publisher.send(to_post())
    assert isinstance(outcome, Later)
    assert outcome.everywhere is everywhere
    assert outcome.after is not None
    if isinstance(failure, Limited):
        assert outcome.after.total_seconds() == pytest.approx(900, abs=1)


async def test_a_server_that_the_bot_left_is_told_from_a_channel_that_is_gone(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    assert bot.user is not None
    await town.alice.kick(town.guild_id, {"id": str(bot.user.id)})

    async def left() -> bool:
        return not bot.guilds

    await eventually(left)
    for call in (bot.publisher.send(to_post()), bot.publisher.find(to_post())):
        outcome = await call
        assert isinstance(outcome, Away)
        assert not outcome.gone
        assert "no longer in this server" in outcome.sentence


@pytest.mark.parametrize(
    ("outcome", "has_left", "unclear", "comes_to"),
    [
        (Unclear("x"), False, False, Later("x")),
        (Unclear("x"), True, True, Unclear("x")),
        (Later("x"), True, True, Unclear("x")),
        (Later("x"), True, False, Later("x")),
        (Refused("x"), True, True, Unclear("x")),
        (Away("x"), True, True, Unclear("x")),
        (Away("x", gone=True), True, True, Away("x", gone=True)),
        (Done(1), True, True, Done(1)),
    ],
)
def test_several_requests_come_to_one_outcome(
    outcome: Outcome, has_left: bool, unclear: bool, comes_to: Outcome
) -> None:
    assert settled(outcome, has_left, unclear) == comes_to


NONSENSE = [
    (200, "application/json", "{"),
    (200, "application/json", "[]"),
    (200, "application/json", '{"id": {}}'),
    (200, "application/json", '[{"id": "9", "author": 7}]'),
    (200, "application/json", '[{"id": "9", "author": {"id": "OWN"}, "components": [[]]}]'),
    (
        200,
        "application/json",
        '{"threads": [{"id": "9", "thread_metadata": {"archive_timestamp": "2026-01-01"}}]}',
    ),
    (200, "application/json", '"well"'),
    (200, "application/json", "null"),
    (200, "text/html", "<html>It works!</html>"),
    (429, "application/json", '{"retry_after": "soon"}'),
    (429, "application/json", "[]"),
    (429, "application/json", '{"retry_after": 1e300}'),
    (400, "application/json", '{"code": [], "message": 5}'),
    (400, "application/json", '{"code": 50035, "errors": {"embeds": {"_errors": 7}}}'),
    (400, "application/json", '{"errors": "all"}'),
    (403, "application/json", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")),
    (503, "text/html", "<html>upstream</html>"),
]


@asynccontextmanager
async def answering(status: int, kind: str, body: str) -> AsyncIterator[None]:
    """In Discord's place somebody answers every request like this."""

    async def answer(_: web.Request) -> web.Response:
        headers = {"Content-Type": kind, "Via": "1.1 edge", "X-Ratelimit-Limit": "many"}
        return web.Response(status=status, body=body.encode(), headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    before = Route.BASE
    Route.BASE = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        Route.BASE = before
        await runner.cleanup()


async def test_no_answer_however_odd_is_raised(
    town: Town, bot: BroadsheetBot, to_post: MakeCard, caplog: pytest.LogCaptureFixture
) -> None:
    forum = await forum_of(town, bot)
    sent = to_post(message_id=5)
    for status, kind, body in NONSENSE:
        assert bot.user is not None
        body = body.replace("OWN", str(bot.user.id))
        async with answering(status, kind, body), asyncio.timeout(5):
            outcomes = [
                await bot.publisher.send(to_post()),
                await bot.publisher.send(to_post(channel_id=int(forum["id"]), forum=True)),
                await bot.publisher.place_vote(sent, "👍"),
                await bot.publisher.refresh(sent),
                await bot.publisher.find(to_post(after_id=1)),
                await bot.publisher.find(to_post(channel_id=int(forum["id"]), forum=True, after_id=1)),
            ]
        for made in outcomes[:2]:
            assert not isinstance(made, Done), (status, kind, body)
        # An empty list is Discord's way to say that there is nothing; all else shows nothing.
        if body != "[]" or status != 200:
            assert not any(isinstance(one, Done | Missing) for one in outcomes[4:])
