"""Which entries are new: never by date, never by title, and never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.identify import Recognised, identify, possible_identities, revision_of, told_apart
from bot.feeds.items import Item, entries_of
from bot.feeds.model import Document, Entry

START = datetime(2026, 3, 1, tzinfo=UTC)


def entry(name: str, day: int | None = None, **changes: object) -> Entry:
    published = START + timedelta(days=day) if day is not None else None
    plain = Entry(f"id-{name}", f"https://harbour.test/{name}", f"Title {name}", published_at=published)
    return replace(plain, **changes)  # type: ignore[arg-type]


def document(*entries: Entry) -> Document:
    return Document("The Harbour", entries=entries)


def known(*entries: Entry) -> dict[str, str]:
    return {entry.identity: revision_of(entry) for entry in entries}


def names(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.identity.removeprefix("id-") for entry in entries]


A, B, C = entry("a", 0), entry("b", 1), entry("c", 2)

SECOND_POLLS = {
    "nothing happened": (document(C, B, A), [], []),
    "a new entry": (document(entry("d", 3), C, B, A), ["d"], []),
    "new ones come oldest first": (document(entry("e", 4), entry("d", 3), C), ["d", "e"], []),
    "oldest first also where the document is": (document(C, entry("d", 3), entry("e", 4)), ["d", "e"], []),
    "undated ones by the document's order": (document(entry("e"), entry("d"), C), ["d", "e"], []),
    "reordered": (document(A, C, B), [], []),
    "edited title": (document(C, entry("b", 1, title="Other words"), A), [], ["b"]),
    "edited text": (document(C, entry("b", 1, content_html="<p>More.</p>"), A), [], ["b"]),
    "moved to another address": (document(entry("b", 1, url="https://harbour.test/b2")), [], ["b"]),
    "changed date alone": (document(C, entry("b", 9, updated_at=START), A), [], []),
    "an image's signature changed": (document(C), [], []),
    "fell out of the document": (document(C), [], []),
    "listed twice": (document(entry("d", 3), entry("d", 3, title="Again"), C), ["d"], []),
    "a known one listed twice": (document(C, entry("c", 2, title="Again")), [], []),
    "empty": (document(), [], []),
}


@pytest.mark.parametrize("case", SECOND_POLLS.values(), ids=SECOND_POLLS.keys())
def test_second_poll(case: tuple[Document, list[str], list[str]]) -> None:
    now, new, revised = case
    found = identify(now, known(A, B, C))
    assert (names(found.new), names(found.revised)) == (new, revised)


def test_on_a_first_poll_all_is_new_and_comes_oldest_first() -> None:
    assert names(identify(document(B, C, A), {}).new) == ["a", "b", "c"]


def test_signed_image_addresses_are_no_revision() -> None:
    one = entry("a", image_url="https://img.test/a.jpg?sig=1")
    assert revision_of(one) == revision_of(entry("a", image_url="https://img.test/a.jpg?sig=2"))
    assert revision_of(one) != revision_of(entry("a", image_url="https://img.test/b.jpg?sig=1"))


def test_words_that_wander_between_fields_are_a_revision() -> None:
    assert revision_of(entry("a", title="ab", url="c")) != revision_of(entry("a", title="a", url="bc"))


def test_an_entry_whose_guid_ceases_to_be_repeated_is_still_known() -> None:
    twin = entry("a", identity=told_apart("guid", "https://harbour.test/a"))
    alone = entry("a", identity="guid")
    assert identify(document(alone), known(twin)) == Recognised()
    edited = replace(alone, title="Other words")
    assert identify(document(edited), known(twin)).revised == (replace(edited, identity=twin.identity),)


def test_what_may_be_stored_is_asked_for_under_all_its_identities() -> None:
    twin = entry("a", identity=told_apart("guid", "https://harbour.test/a"))
    assert {"guid", twin.identity} <= possible_identities(document(twin))
    assert {"guid", twin.identity} <= possible_identities(document(entry("a", identity="guid")))


def test_an_entry_whose_guid_begins_to_be_repeated_is_still_known() -> None:
    alone = entry("a", identity="guid")
    twins = [entry(name, identity=told_apart("guid", f"https://harbour.test/{name}")) for name in "ab"]
    assert identify(document(*twins), known(alone)).new == (twins[1],)


TWINS = {
    "short": ("guid", "https://harbour.test/a"),
    "a long guid": ("g" * 2_000, "https://harbour.test/a"),
    "a long link": ("guid", "https://harbour.test/" + "a" * 2_000),
    "both long": ("g" * 2_000, "https://harbour.test/" + "a" * 2_000),
    "together too long": ("g" * 300, "https://harbour.test/" + "a" * 300),
    "at the limit": ("g" * 478, "https://harbour.test/a"),
    "a long headline instead of a link": ("g" * 490, None),
}


@pytest.mark.parametrize(("guid", "link"), TWINS.values(), ids=TWINS.keys())
def test_a_guid_that_is_repeated_for_a_while_posts_nothing_again(guid: str, link: str | None) -> None:
    def poll(*names: str) -> Document:
        items = [Item(guid=guid, link=link and link + name, title=f"Title {name}" * 20) for name in names]
        return document(*entries_of(items, "https://harbour.test/feed"))

    stored: dict[str, str] = {}
    for now, new in (
        (poll("x"), 1),
        (poll("x", "y"), 1),
        (poll("x", "y"), 0),
        (poll("y"), 0),
        (poll("x"), 0),
    ):
        asked = {identity: stored[identity] for identity in possible_identities(now) if identity in stored}
        found = identify(now, asked)
        assert (len(found.new), found.revised) == (new, ())
        stored |= known(*found.new)
    assert all(len(identity.encode()) < 600 for identity in stored)


entries = st.lists(
    st.builds(
        entry, st.sampled_from("abcdefgh"), st.none() | st.integers(0, 9), title=st.sampled_from("xyz")
    ),
    max_size=12,
)


@given(entries, entries)
def test_what_was_seen_is_never_new_again(first: list[Entry], second: list[Entry]) -> None:
    before = identify(document(*first), {})
    assert {e.identity for e in before.new} == {e.identity for e in first}
    stored = known(*before.new)
    after = identify(document(*second), stored)
    assert {e.identity for e in after.new} == {e.identity for e in second} - set(stored)
    assert {e.identity for e in after.revised} <= set(stored)
    assert len({e.identity for e in after.new}) == len(after.new)


@given(entries, st.randoms())
def test_order_in_the_document_decides_nothing_about_what_is_new(some: list[Entry], random: object) -> None:
    shuffled = list({e.identity: e for e in some}.values())
    straight = identify(document(*shuffled), known(A))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    mixed = identify(document(*shuffled), known(A))
    assert set(straight.new) == set(mixed.new)
    assert set(straight.revised) == set(mixed.revised)


@pytest.mark.parametrize(
    ("guid", "link", "stored"),
    [
        ("?p=1&id=7", None, "?p=1&id;=7"),
        ("AT&T", None, "AT&T;"),
        ("x?n=1&copy=2", None, "x?n=1©=2"),
        ("https://a.test/?n=1&lang=en", "https://a.test/1", "https://a.test/?n=1〈=en"),
        ("", "https://a.test/?n=1&lang=en", "//a.test?n=1%E2%8C%A9%3Den"),
        ("", "https://a.test/n1&copy=1", "//a.test/n1©=1"),
    ],
)
def test_what_the_first_edition_read_out_of_an_ampersand_is_still_known(
    guid: str, link: str | None, stored: str
) -> None:
    now = Document("", entries=entries_of([Item(guid=guid, link=link, title="R&D")], ""))
    assert stored in possible_identities(now)
    found = identify(now, {stored: "as it was read then"})
    assert (found.new, [entry.identity for entry in found.revised]) == ((), [stored])
