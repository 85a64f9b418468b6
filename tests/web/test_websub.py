"""Hubs at the web server's door: they verify and push over real HTTP, honestly and not."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import World, open_websub
from bot.feeds.discover import Finder
from bot.newsroom.newsroom import open_newsroom
from bot.newsroom.timing import SAFETY_NET
from bot.newsroom.websub import WebSub
from bot.web import Health, WebServer
from bot.web.rate import BURST
from storage import HubState, Store
from tests.hub import BASE, INTERVAL, NOW, Exchange, exchange
from tests.web.conftest import SETTINGS, on_sqlite


async def well() -> Health:
    return Health(alive=True, ready=True, sentence="All is well.")


@pytest.fixture
async def town(store: Store) -> AsyncIterator[Exchange]:
    """An exchange whose hub reaches a web server, after the first poll of a feed that names the hub."""
    async with exchange(store) as town:
        newsroom = open_newsroom(
            store,
            Finder(town.fetcher, town.workers),
            clock=town.clock,
            poll=town.poller.poll,
            on_subscriptions=lambda: None,
            websub=town.websub,
        )
        web = WebServer(
            newsroom,
            health=well,
            settings=replace(SETTINGS, web_public_url=BASE),
            clock=town.clock,
            public_channels=lambda guild_id: None,
        )
        async with web:
            town.hub.leads_to = web.url
            town.press.publish("One")
            await town.subscribe()
            yield town


async def pushing(town: Exchange) -> None:
    """Have the hub push from now on."""
    await town.ask()
    assert await town.hub.verify() == (200, "c-1")


async def stored(town: Exchange) -> set[str]:
    source = await town.source()
    [listed] = [one for one in await town.store.sources.listed() if one.source.id == source.id]
    known = await town.store.harvest.known({source.id: [f"piece-{number}" for number in range(1, 20)]})
    assert listed.articles == len(known[source.id])
    return set(known[source.id])


async def test_what_a_hub_pushes_is_posted_and_polling_becomes_the_safety_net(town: Exchange) -> None:
    [form] = await town.ask()
    assert form.keys() == {"hub.mode", "hub.topic", "hub.callback", "hub.secret", "hub.lease_seconds"}
    assert form["hub.callback"].startswith(f"{BASE}/websub/")
    assert len(form["hub.callback"].rpartition("/")[2]) >= 43
    assert 43 <= len(form["hub.secret"]) < 200, "32 random bytes, and the most that the recommendation takes"
    assert await town.hub.verify() == (200, "c-1")

    before = await town.source()
    assert before.pushed_until is None, "a hub that has told nothing yet is not relied on"
    rings = town.rings
    two = town.press.publish("Two")
    assert await town.hub.push(town.press.document([two])) == 202
    assert await stored(town) == {"piece-1", "piece-2"}, "what is not in a push is not gone"
    assert town.rings == rings + 1
    source = await town.source()
    assert source.pushed_until == town.now + timedelta(days=10)
    assert (source.etag, source.marks, source.last_polled_at) == (
        before.etag,
        before.marks,
        before.last_polled_at,
    )

    town.now += INTERVAL
    polled = await town.poll()
    assert (polled.articles, polled.posts) == (0, 0)
    assert (await town.source()).next_poll_at == town.now + SAFETY_NET

    town.press.publish("Three")
    town.now += SAFETY_NET
    assert (await town.poll()).articles == 1
    source = await town.source()
    assert (source.pushed_until, source.next_poll_at) == (None, town.now + INTERVAL), "no push had told of it"


async def test_a_hub_may_verify_before_it_has_answered(town: Exchange) -> None:
    town.hub.eager = True
    await town.ask()
    assert town.hub.verified == [(200, "c-1")]
    hub = await town.current()
    assert hub is not None
    assert (hub.state, hub.attempts, hub.next_at) == (HubState.ACTIVE, 0, town.now + timedelta(days=1))


LIES = [
    {"topic": "http://127.0.0.1/another.xml"},
    {"mode": "unsubscribe"},
    {"mode": "publish"},
    {"mode": "denied", "topic": "http://127.0.0.1/another.xml"},
    {"challenge": ""},
    {"challenge": "c" * 2049},
    {"lease_seconds": "0"},
    {"lease_seconds": "forever"},
    {"lease_seconds": "-5"},
]


@on_sqlite
async def test_what_was_not_asked_for_is_not_confirmed(town: Exchange) -> None:
    await town.ask()
    for changes in LIES:
        status, text = await town.hub.verify(**changes)
        assert (status, "c-1" in text) == (404, False), changes
        hub = await town.current()
        assert hub is not None
        assert hub.state is HubState.WANTED, changes
    assert await town.hub.verify() == (200, "c-1")
    assert (await town.hub.verify())[0] == 404, "a verification holds once"
    town.hub.asked[-1]["hub.callback"] += "x"
    assert (await town.hub.verify())[0] == 404


async def test_without_a_good_signature_a_push_has_no_effect(town: Exchange) -> None:
    await pushing(town)
    for number, method in enumerate(("sha1", "sha256", "sha384", "sha512"), 1):
        assert await town.hub.push(town.press.document([town.press.publish(method)]), method) == 202
        assert len(await stored(town)) == number + 1, method
    before = await stored(town)
    await town.store.hubs.begin(None, town.now, town.now)
    body = town.press.document([town.press.publish("Six")])
    secret = town.hub.asked[-1]["hub.secret"]
    good = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    for signature in ("", "sha256=", "sha256=" + "0" * 64, f"md5={good}", good, f"sha1={good}", "sha256=é"):
        assert await town.hub.push(body, signature=signature) == 202, signature
    assert await town.hub.push(body, secret="another") == 202
    assert await town.hub.push(body + b" ", signature=f"sha256={good}") == 202
    assert await stored(town) == before
    assert (await town.source()).pushed_until is None


async def test_a_push_that_is_repeated_changes_nothing_and_an_old_one_reverts_nothing(town: Exchange) -> None:
    await pushing(town)
    two = town.press.publish("Two")
    old = town.press.document([two])
    await town.hub.push(old)
    rings = town.rings
    assert await town.hub.push(old) == 202
    assert (town.rings, town.dues) == (rings, 0)

    two.title = "Two, corrected"
    town.now += INTERVAL
    assert (await town.poll()).revisions == 1
    assert await town.hub.push(old) == 202
    assert town.dues == 1, "what a hub says of a known article is only a reason to look"
    assert (await town.source()).next_poll_at == town.now + timedelta(minutes=1)
    town.now += timedelta(minutes=1)
    assert (await town.poll()).revisions == 0


@on_sqlite
async def test_a_push_without_a_feed_has_the_source_polled_soon(town: Exchange) -> None:
    await town.ask()
    assert await town.hub.push(b"") == 202
    assert town.dues == 0, "it is not verified yet"
    await town.hub.verify()
    for body in (b"", b"ping", b"<!doctype html><html></html>"):
        town.now += timedelta(minutes=1)
        assert await town.hub.push(body) == 202
        assert (await town.source()).next_poll_at == NOW + timedelta(minutes=1)
    assert town.dues == 3
    town.hub.asked[-1]["hub.callback"] += "x"
    assert await town.hub.push(b"") == 410


async def test_where_nobody_wants_a_source_any_more_its_hub_is_told(town: Exchange) -> None:
    await pushing(town)
    [subscription] = await town.store.subscriptions.of_guild(10)
    await town.store.subscriptions.remove(subscription.id)
    assert await town.hub.push(town.press.document([town.press.publish("Two")])) == 202
    assert await stored(town) == {"piece-1"}
    [form] = await town.ask()
    assert form["hub.mode"] == "unsubscribe"
    assert form.keys() == {"hub.mode", "hub.topic", "hub.callback"}
    assert (await town.hub.verify(mode="subscribe"))[0] == 404
    assert await town.hub.verify() == (200, "c-1")
    assert await town.hub.push(b"", secret="") == 410
    assert await town.store.hubs.next_due_at() is None


async def test_a_hub_that_denies_is_left_alone_for_a_day(town: Exchange) -> None:
    await pushing(town)
    await town.hub.push(town.press.document([town.press.publish("Two")]))
    assert (await town.source()).pushed_until
    assert await town.hub.verify(mode="denied", reason="<script>") == (200, "")
    hub = await town.current()
    assert hub is not None
    assert (hub.state, hub.next_at, (await town.source()).pushed_until) == (
        HubState.WANTED,
        town.now + timedelta(days=1),
        None,
    )
    assert await town.hub.push(town.press.document([town.press.publish("Three")])) == 202
    assert await stored(town) == {"piece-1", "piece-2"}


@on_sqlite
async def test_too_much_is_refused(town: Exchange) -> None:
    await pushing(town)
    assert await town.hub.push(b" " * (10 * 1024 * 1024 + 1)) == 413
    assert await town.hub.push(b" " * 100_000) == 202
    statuses = [await town.hub.push(b"", signature="sha256=0") for _ in range(BURST)]
    assert (statuses[0], statuses[-1]) == (202, 429)


@on_sqlite
async def test_without_a_public_address_no_hub_is_asked_and_none_is_let_in(town: Exchange) -> None:
    await pushing(town)
    await town.hub.push(town.press.document([town.press.publish("Two")]))
    assert (await town.source()).pushed_until
    world = World(town.fetcher, town.workers, town.workers, Finder(town.fetcher, town.workers))
    known = {"on_posts": lambda: None, "on_due": lambda: None}
    assert isinstance(
        await open_websub(replace(SETTINGS, web_public_url=BASE), town.store, world, **known), WebSub
    )
    assert (await town.source()).pushed_until is None, "a start trusts nobody"

    assert await open_websub(SETTINGS, town.store, world, **known) is None
    newsroom = open_newsroom(
        town.store, world.finder, clock=town.clock, on_subscriptions=lambda: None, poll=town.poller.poll
    )
    web = WebServer(
        newsroom, health=well, settings=SETTINGS, clock=town.clock, public_channels=lambda guild_id: None
    )
    async with web:
        town.hub.leads_to = web.url
        assert (await town.hub.verify())[0] == 404
        assert await town.hub.push(b"") == 404
