"""An article out of its page: its paragraphs and nothing else, and what the page says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from random import SystemRandom

import pytest

from benchmarks.acid import TEMPLATES, Template, faults, pages
from benchmarks.articles import read_pages, scores
from benchmarks.layouts import LAYOUTS
from bot.feeds.extract import Extracted, extract

URL = "https://harbour.test/2026/crane"
HEADLINE = "New crane lifts forty tons"
ONE = "The new harbour crane arrived on Monday after a voyage of three weeks from Rotterdam."
TWO = "It lifts forty tons and replaces two older cranes that were built in 1961."
THREE = "The council paid four million for the crane, half of which came from the state."
FOUR = "Fishermen had asked for a stronger crane since the storm of 2019 sank three boats."
FIVE = "Work on the foundations begins in April and ends before the summer season starts."
BODY = (ONE, TWO, THREE, FOUR, FIVE)


def told(lines: Sequence[str] = BODY) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def page(body: str, head: str = "", attributes: str = "") -> str:
    head = f"<head><title>{HEADLINE} | Harbour</title>{head}</head>"
    return f"<!DOCTYPE html><html{attributes}>{head}<body>{body}</body></html>"


def read(body: str, head: str = "", attributes: str = "", headline: str = HEADLINE) -> Extracted:
    found = extract(page(body, head, attributes), URL, headline=headline)
    assert found is not None
    return found


def linked(**node: object) -> str:
    data = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": HEADLINE, **node}
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


# -- the text


@pytest.mark.parametrize(
    "around",
    [
        "<article><h1>{h}</h1>{t}</article>",
        "<div><h1>{h}</h1><div>{t}</div></div>",
        "<table><tr><td><a href=/>Start</a></td><td><h1>{h}</h1>{t}</td></tr></table>",
        "<h1>{h}</h1>{t}",
        "<form><div id=main><h1>{h}</h1>{t}</div></form>",
        '<div class="sidebar-none comments-open"><h1>{h}</h1>{t}</div>',
        "<header><nav><a href=/>Start</a></header></body></html><div><h1>{h}</h1>{t}</div>",
        "<h1>{h}</h1><div><section>{t}</section></div>",
    ],
)
def test_paragraphs_are_kept_in_their_order(around: str) -> None:
    assert read(around.format(h=HEADLINE, t=told())).paragraphs == BODY


def test_sub_headings_items_quotes_and_rows_are_paragraphs() -> None:
    items = "<ul><li>The old cranes go to a museum in Bristol.</li><li>A second one may follow</li></ul>"
    rows = "<table><tr><td>Height</td><td>61 metres</td></tr></table>"
    found = read(
        f"<h1>{HEADLINE}</h1>{told(BODY[:2])}<h2>What it costs</h2>{items}{rows}"
        f"<blockquote>{THREE}</blockquote>{told(BODY[3:])}"
    )
    assert found.paragraphs == (
        ONE,
        TWO,
        "What it costs",
        "The old cranes go to a museum in Bristol.",
        "A second one may follow",
        "Height 61 metres",
        THREE,
        FOUR,
        FIVE,
    )


def test_two_line_breaks_end_a_paragraph_and_one_does_at_a_sentences_end() -> None:
    found = read(
        f"<div><h1>{HEADLINE}</h1><div>{ONE}<br><br>{TWO}<br>{THREE}<br>"
        "A line\nthat<br>goes on and on until it ends.</div></div>"
    )
    assert found.paragraphs == (ONE, TWO, THREE, "A line that goes on and on until it ends.")


FURNITURE = {
    "meter": "<div><b>0 $</b> <b>2,500 $</b> <b>5,000 $</b> <b>2,640 $</b></div>",
    "meter in dirhams": "<div>0 د.إ 500 د.إ 1٬000 د.إ</div>",
    "caption by tag": "<figure><img src=/a.jpg><figcaption>The crane on Monday, from the quay.</figcaption></figure>",
    "caption by class": "<div class=wp-caption-text>The crane on Monday, seen from the quay.</div>",
    "caption that repeats the headline": f"<div><img src=/a.jpg><div>{HEADLINE} (photo: Jo)</div></div>",
    "caption that is the picture's text": '<p><img src=/a.jpg alt="From the quay"><br>From the quay</p>',
    "credit": "<p>Photo: Jo Miller / Harbour News</p>",
    "related by class": '<div class="related-posts"><p>Ice breaks in the bay and nobody was there to see it.</p></div>',
    "related links": "<h3>And then</h3><ul><li><a href=/a>Ice breaks</a></li><li><a href=/b>Ferry late</a></li></ul>",
    "teasers": "".join(
        f"<div class=x><h3><a href=/{i}>Ferry number {i} is late again</a></h3>"
        f"<p>The ferry left an hour late on day {i} of the week.</p></div>"
        for i in range(3)
    ),
    "read more": "<p>Read more: Ice breaks in the bay</p>",
    "read more in Russian": "<p>Читайте также: Лёд тронулся в заливе</p>",
    "share": '<div class="share-buttons"><span>Share on all the networks that you use every day</span></div>',
    "newsletter": '<div class="newsletter-signup"><p>Our best stories every week, straight to your inbox.</p></div>',
    "consent": "<p>By signing up, you agree to our terms of use and our policy of privacy.</p>",
    "author": '<div class="author-bio"><p>Ruth Okafor has written about harbours for twenty years.</p></div>',
    "cookies": '<div id="cookie-banner"><p>We use cookies so that this site works as it should.</p></div>',
    "button": "<button>Listen to this article</button>",
    "script": "<script>var a = 'The crane is a lie that nobody should read.';</script>",
    "comments by class": "<div class=wpd-list><div class=wpd-comment><p>The old one was quite enough.</p></div></div>",
}


@pytest.mark.parametrize("name", FURNITURE)
def test_furniture_is_left_out_wherever_it_stands(name: str) -> None:
    piece = FURNITURE[name]
    for body in (f"{told(BODY[:2])}{piece}{told(BODY[2:])}", f"{piece}{told()}", f"{told()}{piece}"):
        assert read(f"<div><h1>{HEADLINE}</h1>{body}</div>").paragraphs == BODY


def test_what_looks_like_furniture_and_holds_the_article_is_the_article() -> None:
    for names in ("sidebar", "share promo", "related newsletter"):
        assert read(f'<div class="{names}"><h1>{HEADLINE}</h1>{told()}</div>').paragraphs == BODY


COMMENTS = (
    ("Anna K.", "2 hours ago", "The old crane was good enough for all of us, and it was paid for."),
    ("tom_77", "3 March 2026 at 10:22", "My father built it in 1961. He would be sad today."),
    ("Frau Meier", "yesterday", "Who pays for the foundations, and who for the road?"),
)
SHAPES = {
    "boxes": "<div><div>{n}</div><div>{m}</div><div><p>{t}</p></div><div><a href='#'>Antworten</a></div></div>",
    "undated": "<div><div>{n}</div><div><p>{t}</p></div><div><button>Antworten</button></div></div>",
    "uncontrolled": "<div><b>{n}</b> <i>{m}</i><p>{t}</p></div>",
    "flat": "<p>{n}</p><p>{m}</p><p>{t}</p><p>Antworten</p>",
    "items": "<li><cite>{n}</cite><time>{m}</time><p>{t}</p></li>",
    "rows": "<tr><td>{n}<br>{m}</td><td><p>{t}</p></td></tr>",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_comments_without_a_name_of_their_own_are_known_by_their_shape(shape: str) -> None:
    said = "".join(SHAPES[shape].format(n=n, m=m, t=t) for n, m, t in COMMENTS)
    wrapped = {"items": f"<ul>{said}</ul>", "rows": f"<table>{said}</table>"}.get(shape, f"<div>{said}</div>")
    assert read(f"<div><h1>{HEADLINE}</h1>{told()}{wrapped}</div>").paragraphs == BODY
    between = f"<div><h1>{HEADLINE}</h1>{told(BODY[:3])}{wrapped}{told(BODY[3:])}</div>"
    assert read(between).paragraphs == BODY


def test_answers_within_answers_are_comments() -> None:
    inner = ""
    for n, m, t in COMMENTS:
        inner = (
            f"<div><div>{n}</div><div>{m}</div><p>{t}</p><a href='?replytocom=4'>Ответить</a>{inner}</div>"
        )
    assert read(f"<div><div><h1>{HEADLINE}</h1>{told()}</div><div>{inner}</div></div>").paragraphs == BODY


@pytest.mark.parametrize(
    "heading", ["3 Comments", "Комментарии (3)", "3 تعليقات", "评论 (3)", "Kommentare: 3", "1 comentario"]
)
def test_what_a_heading_calls_comments_is_left_out_even_if_there_is_one(heading: str) -> None:
    said = "<div><span>Anna</span><p>The old crane was good enough for all of us.</p></div>"
    one = f"<div><h3>{heading}</h3>{said}</div>"
    assert read(f"<div><h1>{HEADLINE}</h1>{told()}{one}</div>").paragraphs == BODY


@pytest.mark.parametrize(
    "body",
    [
        # What articles are made of and comments look like.
        "".join(f"<h3>{n}</h3><p>{t}</p>" for n, _, t in COMMENTS),
        "".join(f"<p><b>{n}:</b> {t}</p>" for n, _, t in COMMENTS),
        "<ul>" + "".join(f"<li>{n}</li><li>{t}</li>" for n, _, t in COMMENTS) + "</ul>",
        "".join(
            f"<div><h3>Room {i}</h3><p>From {i}0 March 2026</p><p>{t}</p><p>Open</p></div>"
            for i, (_, _, t) in enumerate(COMMENTS, 1)
        ),
    ],
)
def test_an_articles_own_lists_are_no_comments(body: str) -> None:
    text = "\n".join(read(f"<div><h1>{HEADLINE}</h1>{told()}{body}</div>").paragraphs)
    assert all(said in text for _, _, said in COMMENTS)
    assert text.startswith("\n".join(BODY))


def test_a_page_without_sentences_is_no_article() -> None:
    for markup in ("", "<p>", "<p>Hello</p>", "\0", "<!-- -->", "x" * 10):
        assert extract(markup, URL) is None


@pytest.mark.parametrize("templates", [TEMPLATES, LAYOUTS], ids=["acid", "layouts"])
def test_made_up_pages_keep_every_paragraph_and_nothing_else(templates: Sequence[Template]) -> None:
    seed = SystemRandom().randrange(10**9)
    for made in pages(seed, 3 * len(templates), templates):
        found = extract(made.markup, URL, headline=made.headline)
        assert found is not None, made.seed
        assert faults(made, found.paragraphs) == [], f"page {made.seed}, {made.template}, {made.language}"
        assert found.title == made.headline, made.seed


def test_a_part_with_a_name_and_a_day_is_no_comment_unless_it_can_be_answered() -> None:
    said = "The cranes of my youth were green, and nobody has told us what colour this one is."
    part = f"<p>Ruth Okafor</p><p>3 March 2026</p><p>{said}</p>"
    opening = f"<h1>{HEADLINE}</h1>{told()}"
    assert said in read(opening + part).paragraphs
    assert read(f"{opening}{part}<p><a href='#'>Reply</a></p>").paragraphs == BODY


def test_a_card_that_leads_elsewhere_is_not_read() -> None:
    inner = "<h4>Cranes of the world</h4><p>A book of cranes that were built before 1900.</p>"
    card = f"<a href='/x'><div>{inner}</div></a>"
    assert read(f"<h1>{HEADLINE}</h1>{told(BODY[:2])}{card}{told(BODY[2:])}").paragraphs == BODY


def test_real_pages_are_read_as_a_careful_reader_does() -> None:
    measured = scores(read_pages(every=6))
    if not measured:
        pytest.skip("The sample of real pages, ../shared/pages, is not here.")
    assert measured["words in common (F1)"] > 0.9
    assert measured["foreign snippets"] < 0.1


# -- what the page says of it


def test_what_linked_data_says() -> None:
    found = read(
        told(),
        linked(
            author=[{"@type": "Person", "name": "Ruth Okafor"}, {"@type": "Person", "name": "by Jo Miller"}],
            datePublished="2026-03-02T09:30:00+02:00",
            dateModified="2026-03-03",
            image={"@type": "ImageObject", "url": "/crane.jpg"},
            publisher={"@type": "Organization", "name": "The Harbour"},
            description="A crane for the harbour.",
            inLanguage="en-GB",
        ),
    )
    assert found == Extracted(
        paragraphs=BODY,
        title=HEADLINE,
        author="Ruth Okafor, Jo Miller",
        published_at=datetime(2026, 3, 2, 7, 30, tzinfo=UTC),
        image_url="https://harbour.test/crane.jpg",
        language="en",
        description="A crane for the harbour.",
        site_name="The Harbour",
        modified_at=datetime(2026, 3, 3, tzinfo=UTC),
    )


def test_people_may_be_named_elsewhere_in_a_graph() -> None:
    graph = {
        "@graph": [
            {"@type": "Article", "headline": HEADLINE, "author": {"@id": "#ruth"}},
            {"@id": "#ruth", "@type": "Person", "name": "Ruth Okafor"},
        ]
    }
    assert (
        read(told(), f'<script type="application/ld+json">{json.dumps(graph)}</script>').author
        == "Ruth Okafor"
    )


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("<meta name=author content='Ruth Okafor'>", "Ruth Okafor"),
        ("<meta property='article:author' content='https://facebook.com/ruth'>", None),
        ("<meta name=author content='By Ruth Okafor and Jo Miller'>", "Ruth Okafor, Jo Miller"),
        ("<meta name=author content='Ruth Okafor (ruth@harbour.test)'>", "Ruth Okafor"),
        ("<meta name=author content='admin'>", None),
        (
            "<meta property='og:site_name' content='The Harbour'><meta name=author content='The Harbour'>",
            None,
        ),
    ],
)
def test_authors_are_people(written: str, author: str | None) -> None:
    assert read(told(), written).author == author


@pytest.mark.parametrize(
    "line", ["By Ruth Okafor", "Von Ruth Okafor", "Автор: Ruth Okafor", "Por Ruth Okafor", "文/Ruth Okafor"]
)
def test_a_byline_below_the_headline_names_the_author(line: str) -> None:
    found = read(f"<div><h1>{HEADLINE}</h1><div>{line}</div>{told()}</div>")
    assert (found.author, found.paragraphs) == ("Ruth Okafor", BODY)


@pytest.mark.parametrize(
    "written",
    [
        "<meta property='article:published_time' content='2026-03-02T00:00:00Z'>",
        "<meta name=date content='Mon, 02 Mar 2026 00:00:00 GMT'>",
        "<h1>New crane lifts forty tons</h1><time datetime='2026-03-02'>today</time>",
        *(
            f"<h1>New crane lifts forty tons</h1><p>{day}</p>"
            for day in (
                "March 2, 2026",
                "2 March 2026",
                "2. März 2026",
                "2 марта 2026",
                "2 mars 2026",
                "2026年3月2日",
                "2026-03-02",
                "02.03.2026",
            )
        ),
    ],
)
def test_days_as_people_write_them(written: str) -> None:
    found = read(f"{written}{told()}")
    assert found.published_at == datetime(2026, 3, 2, tzinfo=UTC)


def test_the_day_that_the_page_shows_comes_before_the_one_in_its_data_unless_they_agree() -> None:
    head = linked(datePublished="2019-08-14T22:10:00Z")
    assert read(f"<h1>{HEADLINE}</h1><p>Updated March 2, 2026</p>{told()}", head).published_at == datetime(
        2026, 3, 2, tzinfo=UTC
    )
    assert read(f"<h1>{HEADLINE}</h1><p>August 14, 2019</p>{told()}", head).published_at == datetime(
        2019, 8, 14, 22, 10, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("head", "image"),
    [
        ("<meta property='og:image' content='/a.jpg'>", "https://harbour.test/a.jpg"),
        (
            "<base href='https://img.test/x/'><meta property='og:image' content='a.jpg'>",
            "https://img.test/x/a.jpg",
        ),
        (
            "<meta property='og:image' content='/static/logo.png'><meta name='twitter:image' content='/b.jpg'>",
            "https://harbour.test/b.jpg",
        ),
        ("<meta property='og:image' content='javascript:alert(1)'>", None),
        ("<meta property='og:image' content='data:image/png;base64,AAAA'>", None),
        ("<meta property='og:image' content='/img/placeholder.jpg'>", None),
        ("", None),
    ],
)
def test_lead_images(head: str, image: str | None) -> None:
    assert read(told(), head).image_url == image


@pytest.mark.parametrize(
    ("attributes", "head", "language"),
    [
        (' lang="en-US"', "", "en"),
        ("", "<meta property='og:locale' content='en_GB'>", "en"),
        (' lang="ru"', "", None),  # the text is in Latin letters
        (' lang="xx-invalid-and-long"', "", "xx"),
        ("", "", None),
    ],
)
def test_languages_are_believed_where_the_script_fits(
    attributes: str, head: str, language: str | None
) -> None:
    assert read(told(), head, attributes).language == language


@pytest.mark.parametrize(
    ("h1", "title"),
    [
        (f"<h1>{HEADLINE}</h1>", HEADLINE),
        ("<h1>The Harbour</h1>", HEADLINE),
        (
            "<h1>Harbour</h1><h1>New <i>crane</i> lifts forty tons at last</h1>",
            "New crane lifts forty tons at last",
        ),
        ("", HEADLINE),
    ],
)
def test_the_title_is_the_heading_nearest_to_what_the_page_calls_itself(h1: str, title: str) -> None:
    assert read(f"{h1}{told()}", headline="").title == title


GATES = (
    "Subscribe to continue reading",
    "Weiterlesen mit dem Abo: jetzt testen",
    "Article réservé aux abonnés",
    "Contenido exclusivo para suscriptores",
    "Оформите подписку, чтобы читать дальше",
    "هذا المقال للمشتركين فقط",
    "订阅后阅读全文",
)


@pytest.mark.parametrize(
    ("markup", "paywalled"),
    [
        (page(told(), linked(isAccessibleForFree=False)), True),
        (page(told(), linked(isAccessibleForFree="False")), True),
        (page(told(), linked(hasPart={"@type": "WebPageElement", "isAccessibleForFree": False})), True),
        (page(told(), linked(isAccessibleForFree=True)), False),
        (page(told(), "<meta property='article:content_tier' content='locked'>"), True),
        *((page(f"{told(BODY[:2])}<div><p>{gate}</p></div>"), True) for gate in GATES),
        (page(told()), False),
    ],
)
def test_paywalls_are_noticed(markup: str, paywalled: bool) -> None:
    found = extract(markup, URL)
    assert found is not None
    assert found.paywalled is paywalled


def test_the_bots_own_process_never_loads_what_reads_pages() -> None:
    code = "import sys, bot.app; print({'lxml', 'trafilatura', 'bot.feeds.extract'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"
