"""When hubs are asked, renewed, left and forgotten; what of a source's naming is followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.feeds.hub import Named
from bot.newsroom.websub import (
    LEASE,
    Step,
    back_off,
    changes,
    granted_lease,
    is_trustworthy,
    look_after,
    next_step,
    signature_holds,
)
from storage import Hub, HubState, Source, Store
from tests.hub import NOW, Exchange, PushHub, exchange
from tests.web.conftest import on_sqlite

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOURCE = Source(1, "https://a.example/", "", None, None, None, None, "digest", NOW, NOW, NOW, 0, None)
HUB = Hub(5, 1, "https://hub.example/", "https://a.example/", "", "", "", HubState.ACTIVE, NOW)


@pytest.mark.parametrize(
    ("state", "lease_left", "attempts", "idle", "expected"),
    [
        (HubState.WANTED, None, 0, False, Step.ASK),
        (HubState.WANTED, None, 9, False, Step.ASK),
        (HubState.WANTED, None, 0, True, Step.END),
        (HubState.ACTIVE, 9 * DAY, 0, False, Step.WAIT),
        (HubState.ACTIVE, 2 * DAY, 0, False, Step.ASK),
        (HubState.ACTIVE, -DAY, 3, False, Step.ASK),
        (HubState.ACTIVE, 9 * DAY, 0, True, Step.END),
        (HubState.ENDING, None, 0, False, Step.FORGET),
        (HubState.ENDING, -DAY, 0, False, Step.FORGET),
        (HubState.ENDING, DAY, 2, True, Step.SAY_GOODBYE),
        (HubState.ENDING, DAY, 3, True, Step.FORGET),
    ],
)
def test_what_is_done_about_a_hub(
    state: HubState, lease_left: timedelta | None, attempts: int, idle: bool, expected: Step
) -> None:
    lease_ends_at = None if lease_left is None else NOW + lease_left
    hub = replace(HUB, state=state, lease_ends_at=lease_ends_at, attempts=attempts)
    assert next_step(hub, replace(SOURCE, next_poll_at=None if idle else NOW), NOW) is expected


def test_leases_and_back_offs_have_bounds() -> None:
    assert [granted_lease(text) for text in (None, "3600", "0", "-1", "1e9", "", "٣", "9" * 11)] == [
        LEASE, HOUR, None, None, None, None, None, None,
    ]  # fmt: skip
    assert granted_lease("9" * 10) == 30 * DAY
    assert [look_after(lease) for lease in (10 * DAY, DAY, timedelta(seconds=1))] == [DAY, 0.8 * DAY, HOUR]
    assert [back_off(attempts) for attempts in (0, 1, 2, 3, 99)] == [HOUR, HOUR, 2 * HOUR, 4 * HOUR, 7 * DAY]
    assert back_off(1, 5 * HOUR) == 5 * HOUR
    assert back_off(1, 99 * DAY) == 7 * DAY


def test_a_signature_is_held_against_a_known_one() -> None:
    """The digests are those that `openssl dgst -hmac key` makes of the sentence."""
    body = b"The quick brown fox jumps over the lazy dog"
    sha1 = "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"
    sha256 = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    for good in (f"sha1={sha1}", f"sha256={sha256}", f" SHA256={sha256.upper()} "):
        assert signature_holds(good, "key", body), good
    for bad in (None, "", "=", sha256, f"sha1={sha256}", f"md5={sha1}", f"sha256={sha256[:-1]}", "sha256=ß"):
        assert not signature_holds(bad, "key", body), bad


def test_whom_to_believe() -> None:
    assert is_trustworthy(HUB, SOURCE)
    plain = replace(HUB, url="http://hub.example/")
    assert not is_trustworthy(plain, SOURCE), "what is read over https is not taken from whom everybody hears"
    assert is_trustworthy(plain, replace(SOURCE, url="http://a.example/"))
    assert not is_trustworthy(HUB, replace(SOURCE, digest=None)), "it is to be read in full"


def test_what_documents_name_is_held_against_what_is_known() -> None:
    same, other = Named(HUB.url, HUB.topic), Named("https://new.example/", HUB.topic)
    known = {1: HUB}
    assert changes({1: same, 2: None}, known) == ([], {})
    assert changes({1: other}, known) == ([5], {1: other})
    assert changes({1: Named(HUB.url, "https://a.example/moved")}, known)[0] == [5]
    assert changes({1: None, 2: same}, known) == ([5], {2: same})


@pytest.fixture
async def town(store: Store) -> AsyncIterator[Exchange]:
    async with exchange(store) as town:
        yield town


async def grant(town: Exchange, lease: timedelta = LEASE) -> None:
    """Have the hub agree to what it was asked last."""
    hub = await town.current()
    assert hub is not None
    said = {"hub.mode": "subscribe", "hub.topic": hub.topic, "hub.challenge": "c"}
    assert await town.websub.verify(hub, said | {"hub.lease_seconds": str(int(lease.total_seconds()))}) == "c"


async def ask_when_due(town: Exchange) -> list[dict[str, str]]:
    """Let time pass until a hub is to be looked at, and do so."""
    due = await town.store.hubs.next_due_at()
    assert due is not None
    town.now = max(due, town.now)
    return await town.ask()


async def test_a_hub_is_asked_once_and_renewed_before_its_lease_ends(town: Exchange) -> None:
    await town.subscribe()
    assert [form["hub.mode"] for form in await town.ask()] == ["subscribe"]
    await grant(town)
    days = []
    while town.now < NOW + 30 * DAY:
        if await ask_when_due(town):
            days.append((town.now - NOW).days)
            hub = await town.current()
            assert hub is not None
            assert hub.lease_ends_at is not None
            assert hub.lease_ends_at - town.now == 2 * DAY, "it pushes on while it is renewed"
            await grant(town)
    assert days == [8, 16, 24]


@on_sqlite
async def test_a_hub_that_is_silent_or_fails_is_asked_more_and_more_seldom(town: Exchange) -> None:
    await town.subscribe()
    await town.ask()
    hours = []
    for status in (202, 503, 404, 202, 500):
        town.hub.status = status
        assert await ask_when_due(town)
        hours.append((town.now - NOW) / HOUR)
    assert hours == [1, 3, 7, 15, 31]
    town.hub.status, town.hub.headers = 429, {"Retry-After": "604800"}
    await ask_when_due(town)
    hub = await town.current()
    assert hub is not None
    assert hub.next_at == town.now + 7 * DAY
    assert hub.problem == "127.0.0.1 answered with status 429."
    assert (await town.source()).problem is None, "the source is well"


@on_sqlite
async def test_a_hub_that_moved_for_now_is_followed(town: Exchange) -> None:
    town.press.head = town.links(hub=f"{town.hub.url}moved")
    await town.subscribe()
    [form] = await town.ask()
    assert form["hub.topic"] == town.press.feed_url


async def test_another_hub_is_wanted_and_the_one_before_is_told(town: Exchange) -> None:
    await town.subscribe()
    [first] = await town.ask()
    await grant(town)
    town.press.head = town.links(topic=f"{town.press.url}/new.xml")
    town.press.publish("Two")
    await town.poll()
    by_mode = {form["hub.mode"]: form for form in await town.ask()}
    assert by_mode["unsubscribe"]["hub.callback"] == first["hub.callback"]
    assert by_mode["subscribe"]["hub.topic"] == f"{town.press.url}/new.xml"
    assert by_mode["subscribe"]["hub.callback"] != first["hub.callback"]
    assert by_mode["subscribe"]["hub.secret"] != first["hub.secret"]

    await grant(town)
    town.press.head = ""
    town.press.publish("Three")
    await town.poll()
    assert await town.current() is None
    goodbyes = 0
    while await town.store.hubs.next_due_at():
        goodbyes += len(await ask_when_due(town))
    assert goodbyes == 5, (
        "two more for the first, which had one, and three for the second: then they are forgotten"
    )


@on_sqlite
async def test_link_headers_name_hubs_too(town: Exchange) -> None:
    town.press.head = ""
    town.press.headers["Link"] = f'<{town.hub.url}>; rel="hub", <{town.press.feed_url}>; rel="self"'
    await town.subscribe()
    assert len(await town.ask()) == 1


@on_sqlite
async def test_a_hub_at_an_inner_address_is_never_reached(town: Exchange) -> None:
    async with PushHub(host="127.0.0.2") as inner:
        town.press.head = town.links(hub=inner.url)
        await town.subscribe()
        await town.ask()
        hub = await town.current()
        assert hub is not None
        assert hub.problem
        assert (hub.attempts, hub.next_at) == (1, NOW + HOUR)

        town.hub.moves_to = inner.url
        town.press.head = town.links(hub=f"{town.hub.url}moved")
        town.press.publish("Two")
        await town.poll()
        await town.ask()
        assert (inner.asked, town.hub.asked) == ([], [])


@on_sqlite
async def test_a_source_that_is_wanted_again_has_its_hub_wanted_anew(town: Exchange) -> None:
    town.press.publish("One")
    await town.subscribe()
    await town.ask()
    await grant(town)
    [subscription] = await town.store.subscriptions.of_guild(10)
    await town.store.subscriptions.remove(subscription.id)
    before = await town.current()
    assert await ask_when_due(town) == [], "it is seen that nobody wants it"
    assert [form["hub.mode"] for form in await town.ask()] == ["unsubscribe"]
    await town.subscribe()
    again = await town.current()
    assert before is not None
    assert again is not None
    assert (again.path == before.path, again.state) == (False, HubState.WANTED)
