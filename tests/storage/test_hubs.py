"""Hubs as they are kept: one a source, claimed when due, trusted as long as they earn it."""

from __future__ import annotations

from datetime import timedelta

from storage import Hub, HubState, HubToStore, Source, Store
from tests.storage.desk import LEASE, NOW, Desk, at

BASE = "https://news.example"
DAY = timedelta(days=1)


def wish(source: Source, path: str = "p1", url: str = "https://hub.example/") -> HubToStore:
    return HubToStore(source.id, url, source.url, BASE, path, f"secret of {path}")


async def current(store: Store, source: Source) -> Hub:
    return (await store.hubs.of_sources([source.id]))[source.id]


async def active(desk: Desk, name: str = "news") -> tuple[Source, Hub]:
    """A source whose hub pushes for another day, and has told something."""
    source, hubs = await desk.wired(100, name=name), desk.store.hubs
    await hubs.replace([], [wish(source, f"path of {name}")], NOW)
    hub = await current(desk.store, source)
    assert await hubs.begin_asking(hub.id, NOW)
    assert await hubs.verified(hub.id, NOW + DAY, at(60))
    await hubs.told(hub.id, NOW, b"\x00\x00\x00\x01")
    return source, await current(desk.store, source)


async def pushed(desk: Desk, source: Source) -> Source:
    found = await desk.store.sources.get(source.id)
    assert found is not None
    return found


async def test_a_source_has_one_hub_beside_those_that_end(desk: Desk):
    source, hubs = await desk.wired(100), desk.store.hubs
    await hubs.replace([], [wish(source, "p1")], NOW)
    await hubs.replace([], [wish(source, "p2")], NOW)
    first = await current(desk.store, source)
    assert (first.path, first.state, first.next_at) == ("p1", HubState.WANTED, NOW)
    await hubs.replace([first.id], [wish(source, "p3", "https://other.example/")], at(1))
    assert (await current(desk.store, source)).path == "p3"
    found = await hubs.by_path("p1")
    assert found is not None
    assert (found[0].state, found[1].id) == (HubState.ENDING, source.id)
    assert await hubs.by_path("p2") is None
    assert "p1" not in repr(first)
    assert "secret" not in repr(first).replace("secret=", "")


async def test_hubs_are_claimed_when_they_are_due_and_come_back_when_the_claim_ends(desk: Desk):
    source, hubs = await desk.wired(100), desk.store.hubs
    assert await hubs.next_due_at() is None
    await hubs.replace([], [wish(source)], at(5))
    assert await hubs.claim_due(NOW, 9, LEASE) == []
    [(hub, whose)] = await hubs.claim_due(at(5), 9, LEASE)
    assert (hub.url, whose.id) == ("https://hub.example/", source.id)
    assert await hubs.claim_due(at(5), 9, LEASE) == []
    assert await hubs.next_due_at() == at(5) + LEASE
    await hubs.look_again(hub.id, at(7))
    assert await hubs.next_due_at() == at(7)
    await hubs.remove(hub.id)
    assert not await hubs.begin_asking(hub.id, at(7))


async def test_only_what_was_asked_is_verified_and_a_late_answer_changes_nothing(desk: Desk):
    source, hubs = await desk.wired(100), desk.store.hubs
    await hubs.replace([], [wish(source)], NOW)
    hub = await current(desk.store, source)
    assert not await hubs.verified(hub.id, NOW + DAY, at(60))
    await hubs.begin_asking(hub.id, NOW)
    assert await hubs.verified(hub.id, NOW + DAY, at(60))
    assert not await hubs.asked(hub.id, NOW, at(1), "It answered with status 500."), (
        "it verified while it was asked"
    )
    hub = await current(desk.store, source)
    assert (hub.state, hub.lease_ends_at, hub.next_at, hub.attempts, hub.problem) == (
        HubState.ACTIVE,
        NOW + DAY,
        at(60),
        0,
        None,
    )
    await hubs.replace([hub.id], [], NOW)
    await hubs.begin_asking(hub.id, at(1))
    assert not await hubs.verified(hub.id, NOW + DAY, at(60)), "it is to end"


async def test_trust_is_earned_by_telling_and_lasts_over_a_renewal(desk: Desk):
    source, hub = await active(desk)
    hubs = desk.store.hubs
    known = await pushed(desk, source)
    assert (known.pushed_until, known.rhythm) == (NOW + DAY, b"\x00\x00\x00\x01")
    await hubs.begin_asking(hub.id, at(60))
    await hubs.verified(hub.id, NOW + 2 * DAY, at(120))
    assert (await pushed(desk, source)).pushed_until == NOW + 2 * DAY
    await hubs.denied(hub.id, at(300), "No.")
    assert (await pushed(desk, source)).pushed_until is None
    hub = await current(desk.store, source)
    assert (hub.state, hub.lease_ends_at, hub.problem, hub.attempts) == (HubState.WANTED, None, "No.", 1)


async def test_trust_ends_with_the_hub_and_with_what_it_did_not_tell(desk: Desk):
    source, hub = await active(desk)
    other, _ = await active(desk, "other")
    await desk.store.hubs.replace([hub.id], [], NOW)
    assert (await pushed(desk, source)).pushed_until is None
    assert (await pushed(desk, source)).next_poll_at == at(10)
    await desk.store.hubs.missed([other.id], at(3))
    assert (await pushed(desk, other)).pushed_until is None
    assert (await pushed(desk, other)).next_poll_at == at(3)
    await desk.store.hubs.poll_by(other.id, at(9))
    assert (await pushed(desk, other)).next_poll_at == at(3), "only ever sooner"


async def test_after_a_start_no_hub_is_trusted_and_a_new_address_is_told_to_all(desk: Desk):
    source, _ = await active(desk)
    ended, hub = await active(desk, "ended")
    hubs = desk.store.hubs
    await hubs.replace([hub.id], [], NOW)
    await hubs.begin(None, at(1), at(2))
    known = await pushed(desk, source)
    assert (known.pushed_until, known.next_poll_at) == (None, at(2))
    await hubs.begin(BASE, at(1), at(2))
    assert (await current(desk.store, source)).state is HubState.ACTIVE
    await hubs.begin("https://new.example", at(1), at(2))
    moved = await current(desk.store, source)
    assert (moved.state, moved.base, moved.next_at, moved.lease_ends_at) == (
        HubState.WANTED,
        "https://new.example",
        at(1),
        None,
    )
    found = await hubs.by_path("path of ended")
    assert found is not None
    assert (found[0].base, found[0].state, found[1].id) == (BASE, HubState.ENDING, ended.id)
