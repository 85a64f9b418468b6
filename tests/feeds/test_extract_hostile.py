"""Pages that are meant to harm, or were spoilt on their way: reading them never raises and takes no long time."""

from __future__ import annotations

import json
import random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.acid import pages
from bot.feeds.extract import extract

URL = "https://harbour.test/crane"
TOLD = "<p>The new harbour crane arrived on Monday after a voyage of three weeks from Rotterdam.</p>" * 5
COMMENT = (
    "<div><b>Anna</b> <i>2 hours ago</i><p>It is so very true what he says there.</p><a href='#'>Reply</a>"
)
LONGEST_S = 8.0  # of CPU; on a quiet machine none takes 2

ENTITIES = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
ENTITIES = f"<!DOCTYPE x [{ENTITIES}]><p>&a11;"
DATA = '<script type="application/ld+json">'
HOSTILE = {
    "nothing but control characters": "\0\x01\x02" * 1_000,
    "lone surrogates": "\ud800\udfff" * 100 + TOLD,
    "100,000 nested boxes": "<div>" * 100_000 + TOLD,
    "100,000 nested letters": "<b>" * 100_000 + TOLD,
    "nested tables": "<table><tr><td>" * 50_000 + TOLD,
    "nested comments": COMMENT * 2_000,
    "4,000 comments": (COMMENT + "</div>") * 4_000,
    "a tag of 100,000 attributes": "<p " + " ".join(f"a{i}=1" for i in range(100_000)) + ">" + TOLD,
    "tags of 490 attributes": ("<p " + " ".join(f"a{i}=1" for i in range(490)) + ">x") * 300,
    "a class of a million names": '<p class="' + "comments " * 200_000 + '">' + TOLD,
    "100,000 paragraphs": "<p>x</p>" * 100_000,
    "links": "<li><a href='/a'>One more headline of today</a></li>" * 15_000,
    "line breaks": "a.<br>" * 50_000,
    "entities": "&amp;" * 500_000,
    "an entity bomb": ENTITIES,
    "comments that never end": "<!--" * 500_000,
    "scripts that never end": "<script>" * 200_000,
    "quotes that never end": '<p a="' * 100_000,
    "angles": "<" * 2_000_000,
    "one word": "a" * 1_000_000,
    "dots": ". " * 300_000,
    "marks": "<p>a" + "\u0301" * 1_000_000,
    "half moments": ("<p>" + "1-" * 55 + "</p>") * 4_000,
    "nested data": DATA + "[" * 100_000 + "</script>" + TOLD,
    "data of a huge number": DATA + '{"@type":"NewsArticle","name":' + "9" * 9_000 + "}</script>" + TOLD,
    "authors without end": "<meta name=author content='" + "a and " * 200_000 + "'>" + TOLD,
    "a title of separators": "<title>" + "a | " * 500_000 + "</title>" + TOLD,
    "rows": "<table>" + "<tr>" * 30_000,
    "frames": "<frameset><frame>" + TOLD,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_end_soon(name: str) -> None:
    began = process_time()
    found = extract(HOSTILE[name], URL)
    assert process_time() - began < LONGEST_S
    assert found is None or all(
        text and text == text.strip() and text.isprintable() for text in found.paragraphs
    )


def test_time_grows_no_faster_than_the_page() -> None:
    one = (
        COMMENT
        + "</div><p>The crane is here, and so is the ferry.</p><div><h3><a href='/a'>Ferry is late</a></h3></div>"
    )

    def spent(times: int) -> float:
        began = process_time()
        extract(f"<h1>Crane</h1>{TOLD}" + one * times, URL)
        return process_time() - began

    # Eight times the page: a quadratic way would take sixty-four times as long. Each at best of several.
    most = 24 * min(spent(400) for _ in range(3)) + 0.05
    assert any(spent(3_200) < most for _ in range(3))


TAGS = [
    "p",
    "/p",
    "div",
    "/div",
    "li",
    "ul",
    "table",
    "tr",
    "td",
    "/td",
    "br",
    "a",
    "/a",
    "h1",
    "/h1",
    "h2",
    "time",
    "/time",
    "button",
    "/button",
    "article",
    "/article",
    "figure",
    "form",
    "svg",
    "script",
    "/script",
    "title",
    "/body",
    "html",
]
PIECES = st.sampled_from(
    [
        *(f"<{tag}>" for tag in TAGS),
        *("<!--", "-->", "<div class=comments>", "<a href=/x>", "<a href='#'>", "<time datetime=2026-03-02>"),
        *("<meta property=og:image content=x>", "<meta name=author content='A, B & C'>", "<base href=//[>"),
        *(
            "<img alt=x>",
            "Anna",
            "2 hours ago",
            "Reply",
            "3 Comments",
            "5,000 $",
            "The crane is here.",
            "起重机到了。",
        ),
        *(
            "وصلت الرافعة.",
            "&#0;",
            "&#xD800;",
            "The new crane arrived on Monday after a voyage of three weeks. ",
        ),
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_soup_is_read_without_a_word(pieces: list[str]) -> None:
    found = extract("".join(pieces), URL)
    assert found is None or found == extract("".join(pieces), URL)


NAMES = ["@id", "@type", "@value", "name", "url", "@graph", "isAccessibleForFree"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from(["NewsArticle", "#a", "2026"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        *(
            "@id",
            "@graph",
            "headline",
            "author",
            "datePublished",
            "dateModified",
            "image",
            "publisher",
            "description",
        ),
        *("inLanguage", "isAccessibleForFree", "hasPart", "mainEntity", "name"),
    ]
)


@given(st.dictionaries(KEYS, VALUES, max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_linked_data_is_read_without_a_word(node: dict[str, object]) -> None:
    data = json.dumps({"@type": "NewsArticle", **node})
    assert extract(f'<script type="application/ld+json">{data}</script>{TOLD}', URL) is not None


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_meta_is_read_without_a_word(author: str, day: str, address: str) -> None:
    metas = f'<meta name="author" content="{author}"><meta name="date" content="{day}">'
    metas += f'<meta property="og:image" content="{address}">'
    extract(f"{metas}<h1>{author}</h1><p>{day}</p>{TOLD}", address, headline=author)


def test_spoilt_pages_are_read_without_a_word() -> None:
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    for made in pages(seed, 28):
        markup = made.markup
        for _ in range(3):
            at, length = chance.randrange(len(markup)), chance.randrange(1, 400)
            change = chance.choice(
                (markup[at : at + length] * 2, "", "<", '"', "\0", "</div>" * 9, "<table>", "<!--")
            )
            markup = markup[:at] + change + markup[at + length :]
        try:
            extract(markup, "https://press.test/a", headline=made.headline)
        except Exception as error:
            raise AssertionError(f"page {made.seed}, spoilt") from error
