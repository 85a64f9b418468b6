"""An entry stays itself through all that publishers do to their documents: shown over generated ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.cut import MARK_BYTES
from bot.feeds.identify import (
    Alike,
    Recognised,
    follow,
    identify,
    possible_identities,
    revision_of,
    words_of,
)
from bot.feeds.items import Item, entries_of
from bot.feeds.model import Document, Entry
from tests.examples import examples

FEED = "https://harbour.test/feed"
START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Store:
    """What is stored of a source, asked and filled as the harvest does it."""

    known: dict[str, str]
    entries: dict[str, Entry] = field(default_factory=dict)

    def poll(self, items: list[Item], *, seen: int = 0, link: str | None = None) -> Recognised:
        """Poll a document, `seen` entries of which are cut away as seen before."""
        entries = entries_of(items, FEED)
        document = Document("H", link, entries=entries, marks=bytes(MARK_BYTES * (len(entries) + seen)))
        asked = {name: self.known[name] for name in possible_identities(document) if name in self.known}
        found = follow(document, identify(document, asked), self._alike())
        for before, after in found.renamed:
            self.known[after], self.entries[after] = self.known.pop(before), self.entries.pop(before)
        for entry in (*found.new, *found.revised):
            self.known[entry.identity], self.entries[entry.identity] = revision_of(entry), entry
        return found

    def _alike(self) -> dict[str, Alike]:
        return {
            words: Alike(identity, revision_of(entry), entry.url, entry.published_at)
            for identity, entry in self.entries.items()
            if (words := words_of(entry))
        }


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
@settings(max_examples=examples(12), deadline=None)
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
@settings(max_examples=examples(12), deadline=None)
@given(documents())
def test_dates_alone_are_no_revision(edit: Callable[[Item], Item], items: list[Item]) -> None:
    store = Store({})
    store.poll(items)
    assert store.poll([edit(item) for item in items]) == Recognised()


@settings(max_examples=examples(12), deadline=None)
@given(documents(), st.randoms())
def test_order_and_signatures_of_images_are_no_revision(items: list[Item], chance: Random) -> None:
    store = Store({})
    store.poll([replace(item, images=("/i.jpg?sig=1",)) for item in items])
    chance.shuffle(items)
    assert store.poll([replace(item, images=("/i.jpg?sig=2",)) for item in items]) == Recognised()


@settings(max_examples=examples(12), deadline=None)
@given(documents())
def test_edited_words_are_a_revision_of_each(items: list[Item]) -> None:
    store = Store({})
    first = store.poll(items).new
    found = store.poll([EDITS["an edited title"](item) for item in items])
    assert {entry.identity for entry in found.revised} == {entry.identity for entry in first}


@settings(max_examples=examples(25), deadline=None)
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


@settings(max_examples=examples(25), deadline=None)
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


def old(count: int, *, dated: bool) -> list[Item]:
    """What a source held before it changed its guids."""
    return [
        Item(
            f"?p={n}",
            f"https://harbour.test/?p={n}",
            f"Title {n}",
            content_html=f'<p><img src="http://harbour.test/{n}.jpg">Words of {n}.</p>',
            published_at=START + timedelta(hours=n) if dated else None,
        )
        for n in range(count)
    ]


def changed_guid(item: Item) -> Item:
    return replace(item, guid=f"slug-{item.guid[3:]}")


def changed_site(item: Item) -> Item:
    """Guid, link, pictures and the markup around the words are others."""
    link = f"https://pier.test/{item.guid[3:]}-slug"
    content = item.content_html.replace("<p>", "<div class=x>").replace("http://harbour", "//cdn.pier")
    return replace(changed_guid(item), link=link, content_html=content)


def published_anew(item: Item) -> Item:
    return replace(item, published_at=START + timedelta(days=400))


CHANGES: dict[str, tuple[Callable[[Item], Item], bool, int]] = {
    "guids, with dates": (changed_guid, True, 20),
    "guids, without dates": (changed_guid, False, 20),
    "guids, of one entry alone": (changed_guid, True, 1),
    "guids, of one entry alone without a date": (changed_guid, False, 1),
    "guids and dates": (lambda item: published_anew(changed_guid(item)), True, 20),
    "guids and links, with dates": (changed_site, True, 20),
    "guids and links, without dates": (changed_site, False, 20),
    "guids and links, of two with dates": (changed_site, True, 2),
}


@pytest.mark.parametrize(("change", "dated", "count"), CHANGES.values(), ids=CHANGES.keys())
def test_what_gets_guids_that_nothing_leads_to_is_not_new(
    change: Callable[[Item], Item], dated: bool, count: int
) -> None:
    store = Store({})
    items = old(20, dated=dated)
    store.poll(items)
    changed = [change(item) for item in items[:count]]
    found = store.poll(changed, seen=20 - count)
    assert found.new == ()
    assert sorted(found.renamed) == sorted((item.guid, f"slug-{item.guid[3:]}") for item in items[:count])
    assert store.poll(changed) == Recognised(), "the next poll knows them by their new guids"
    edited = store.poll([replace(item, title="Corrected") for item in changed])
    assert (edited.new, len(edited.revised)) == ((), count), "and they can be corrected as all others"


def test_what_is_published_while_all_guids_change_is_posted() -> None:
    store = Store({})
    store.poll(old(20, dated=True))
    found = store.poll([changed_site(item) for item in old(21, dated=True)])
    assert [entry.title for entry in found.new] == ["Title 20"]
    assert len(found.renamed) == 20


def test_articles_whose_links_moved_are_corrected() -> None:
    store = Store({})
    store.poll(old(20, dated=True))
    found = store.poll([changed_site(item) for item in old(20, dated=True)])
    assert {entry.identity for entry in found.revised} == {after for _, after in found.renamed}
    assert all(entry.url and entry.url.startswith("https://pier.test/") for entry in found.revised)


def test_guids_that_come_and_go_post_nothing() -> None:
    """Two servers behind one address that do not agree on their guids."""
    store = Store({})
    one = old(20, dated=False)
    other = [changed_guid(item) for item in one]
    store.poll(one)
    assert [store.poll(items).new for items in (other, one, other, one)] == [()] * 4


AGAIN: dict[str, list[Item]] = {
    "the thread of every week, with its date": [published_anew(changed_site(old(1, dated=True)[0]))],
    "the threads of every day, with dates": [
        published_anew(changed_site(item)) for item in old(4, dated=True)
    ],
    "one with another link": [changed_site(old(1, dated=True)[0])],
    "a few without dates, with other links": [changed_site(item) for item in old(4, dated=False)],
    "one that is announced again under its link": [published_anew(changed_guid(old(1, dated=True)[0]))],
    "words alone, of neither": [Item("a", None, ""), Item("b", None, "")],
}


@pytest.mark.parametrize("items", AGAIN.values(), ids=AGAIN.keys())
def test_words_that_come_again_are_new_where_nothing_says_that_guids_changed(items: list[Item]) -> None:
    store = Store({})
    store.poll(old(20, dated=items[0].published_at is not None))
    assert len(store.poll(items, seen=16).new) == len(items)


@pytest.mark.parametrize("place", ["https://status.test", "https://status.test/now"])
def test_a_link_to_the_site_itself_proves_nothing(place: str) -> None:
    store = Store({})
    store.poll([Item("1", place, "Something broke"), Item("0", place, "All is well")], link=place)
    assert len(store.poll([Item("2", place, "Something broke")], seen=2, link=place).new) == 1


def test_what_still_stands_in_the_document_was_not_renamed() -> None:
    store = Store({})
    items = old(3, dated=True)
    store.poll(items)
    assert len(store.poll([*items, *map(changed_site, items)]).new) == 3


def test_each_stored_article_is_found_again_once() -> None:
    store = Store({})
    store.poll(old(2, dated=True))
    twice = [
        replace(changed_guid(item), guid=f"{n}-{item.guid}") for item in old(2, dated=True) for n in "ab"
    ]
    twice = [replace(item, link=f"{item.link}&{item.guid[0]}") for item in twice]
    found = store.poll(twice)
    assert (len(found.new), len(found.renamed)) == (2, 2)


def test_words_are_the_same_whatever_markup_and_pictures_are_around_them() -> None:
    one, other = entries_of([old(1, dated=True)[0], changed_site(old(1, dated=True)[0])], FEED)
    assert words_of(one) == words_of(other) != words_of(replace(one, title="Other"))
    assert words_of(replace(one, content_html="<p>Other words.</p>")) != words_of(one)
    assert words_of(Entry("x", "https://harbour.test/x", "")) is None
