"""An entry stays itself through all that publishers do to their documents: shown over generated ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.identify import Recognised, identify, possible_identities, revision_of
from bot.feeds.items import Item, entries_of
from bot.feeds.model import Document

FEED = "https://harbour.test/feed"
START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Store:
    """What is stored of a source, asked and filled as the harvest does it."""

    known: dict[str, str]

    def poll(self, items: list[Item]) -> Recognised:
        document = Document("H", entries=entries_of(items, FEED))
        asked = {name: self.known[name] for name in possible_identities(document) if name in self.known}
        found = identify(document, asked)
        self.known |= {entry.identity: revision_of(entry) for entry in (*found.new, *found.revised)}
        return found


def guids(kind: str, n: int, link: str) -> str:
    return {
        "link": link,
        "number": str(n),
        "tag": f"tag:harbour.test,2026:{n}",
        "shared": "same",
        "none": "",
    }[kind]


@st.composite
def documents(draw: st.DrawFn) -> list[Item]:
    """Items of one source: with guids of one kind or another, each with a link of its own."""
    kinds = draw(
        st.lists(st.sampled_from(["link", "number", "tag", "none", "shared"]), min_size=1, max_size=8)
    )
    items = []
    for n, kind in enumerate(kinds):
        link = f"https://harbour.test/{draw(st.sampled_from(['a', 'news', '2026/03']))}/{n}"
        published = draw(st.none() | st.integers(0, 400).map(lambda hours: START + timedelta(hours=hours)))
        items.append(
            Item(guids(kind, n, link), link, f"Title {n}", content_html=f"<p>{n}</p>", published_at=published)
        )
    return items


def link_changed(change: Callable[[str], str]) -> Callable[[Item], Item]:
    """The link in another spelling, where a guid that is not shared, or no guid, says what the item is."""
    return lambda item: item if item.guid == "same" else replace(item, link=change(item.link or ""))


EDITS: dict[str, Callable[[Item], Item]] = {
    "an edited title": lambda item: replace(item, title=f"{item.title}, corrected"),
    "an edited text": lambda item: replace(item, content_html="<p>Other words.</p>"),
    "another date": lambda item: replace(item, published_at=START + timedelta(days=90)),
    "no date": lambda item: replace(item, published_at=None),
    "an image": lambda item: replace(item, images=("/i.jpg?sig=1",)),
    "http": link_changed(lambda link: link.replace("https://", "http://")),
    "www": link_changed(lambda link: link.replace("://", "://www.")),
    "a closing slash": link_changed(lambda link: f"{link}/"),
    "a fragment": link_changed(lambda link: f"{link}#comments"),
    "a campaign": link_changed(
        lambda link: f"{link}?utm_source=rss&utm_medium=feed&fbclid=1&gclid=2&mc_cid=3"
    ),
    "guids by http": lambda item: replace(item, guid=item.guid.replace("https://", "http://")),
    "guids with www": lambda item: replace(item, guid=item.guid.replace("https://", "https://www.")),
    "guids with a closing slash": lambda item: replace(
        item, guid=f"{item.guid}/" if "://" in item.guid else item.guid
    ),
}
UNSEEN = ("another date", "no date")  # what no reader sees is no revision


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
@settings(max_examples=25, deadline=None)
@given(documents(), st.randoms())
def test_an_edit_of_any_kind_makes_nothing_new(
    edit: Callable[[Item], Item], items: list[Item], chance: Random
) -> None:
    store = Store({})
    assert len(store.poll(items).new) == len(items)
    edited = [edit(item) for item in items]
    chance.shuffle(edited)
    assert store.poll(edited).new == ()
    assert store.poll(edited) == Recognised(), "and what was corrected once is not corrected again"


@pytest.mark.parametrize("edit", [EDITS[name] for name in UNSEEN], ids=UNSEEN)
@settings(max_examples=25, deadline=None)
@given(documents())
def test_dates_alone_are_no_revision(edit: Callable[[Item], Item], items: list[Item]) -> None:
    store = Store({})
    store.poll(items)
    assert store.poll([edit(item) for item in items]) == Recognised()


@settings(max_examples=25, deadline=None)
@given(documents(), st.randoms())
def test_order_and_signatures_of_images_are_no_revision(items: list[Item], chance: Random) -> None:
    store = Store({})
    store.poll([replace(item, images=("/i.jpg?sig=1",)) for item in items])
    chance.shuffle(items)
    assert store.poll([replace(item, images=("/i.jpg?sig=2",)) for item in items]) == Recognised()


@settings(max_examples=25, deadline=None)
@given(documents())
def test_edited_words_are_a_revision_of_each(items: list[Item]) -> None:
    store = Store({})
    first = store.poll(items).new
    found = store.poll([EDITS["an edited title"](item) for item in items])
    assert {entry.identity for entry in found.revised} == {entry.identity for entry in first}


@settings(max_examples=50, deadline=None)
@given(documents(), st.integers(0, 7), st.integers(0, 7))
def test_a_repeated_guid_changes_no_other_identity(items: list[Item], one: int, other: int) -> None:
    before = [entry.identity for entry in entries_of(items, FEED)]
    repeated = [
        *items,
        replace(items[one % len(items)], link=f"https://harbour.test/twin/{other}", title="Twin"),
    ]
    after = [entry.identity for entry in entries_of(repeated, FEED)]
    shared = items[one % len(items)].guid
    for item, was, now in zip(items, before, after, strict=False):
        assert was == now or (shared and item.guid == shared)


@settings(max_examples=50, deadline=None)
@given(documents())
def test_a_window_that_moves_posts_each_once(items: list[Item]) -> None:
    # One guid that goes from item to item cannot be told from one item that is edited.
    items = [item for item in items if item.guid != "same"]
    store = Store({})
    posted = [
        entry.url
        for end in range(1, len(items) + 3)
        for entry in store.poll(items[max(0, end - 3) : end]).new
    ]
    assert sorted(filter(None, posted)) == sorted({item.link for item in items if item.link})


MIGRATIONS: dict[str, Callable[[Item], Item]] = {
    "guids to https": lambda item: replace(item, guid=item.guid.replace("http://", "https://")),
    "guids given up": lambda item: replace(item, guid=""),
    "guids given up, and to https": lambda item: replace(
        item, guid="", link=(item.link or "").replace("http:", "https:")
    ),
}


@pytest.mark.parametrize("migration", MIGRATIONS.values(), ids=MIGRATIONS.keys())
def test_a_site_that_changes_all_its_guids_posts_nothing_again(migration: Callable[[Item], Item]) -> None:
    links = [f"http://www.harbour.test/{n}" for n in range(30)]
    items = [Item(link, link, f"Title {n}", content_html=f"<p>{n}</p>") for n, link in enumerate(links)]
    store = Store({})
    store.poll(items)
    assert store.poll([migration(item) for item in items]).new == ()


def test_a_site_that_begins_to_have_guids_posts_nothing_again() -> None:
    items = [Item("", f"https://harbour.test/{n}", f"Title {n}") for n in range(30)]
    store = Store({})
    store.poll(items)
    assert (
        store.poll([replace(item, guid=f"https://harbour.test/?p={n}") for n, item in enumerate(items)])
        == Recognised()
    )


def test_new_items_under_one_link_are_new() -> None:
    """A status page links all its items to itself: a new guid is a new item there, as its words tell."""
    store = Store({})
    store.poll([Item("", "https://status.test/", "All is well")])
    assert len(store.poll([Item("2", "https://status.test/", "Something broke")]).new) == 1
    assert len(store.poll([Item("3", "https://status.test/", "Something broke")]).new) == 1
