"""The publications' pages for people: a home page that names its feed, and a page for each article. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bot.samples.documents import FEED_NAMES, MEDIA_TYPES
from bot.samples.publications import Issue, Library

_STYLE = """
:root { color-scheme: light; --ink: #23262b; --quiet: #6a6f76; --paper: #fbf9f4; --line: #e2dccf }
body { margin: 0; background: var(--paper); color: var(--ink); font: 18px/1.65 Georgia, "Times New Roman", serif }
header { background: var(--brand); color: #fff; padding: 2.2rem 1.2rem; text-align: center }
header a { color: inherit; text-decoration: none; font-size: 2.1rem; font-weight: 700 }
header p { margin: .3rem 0 0; opacity: .85; font-style: italic }
main { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1.2rem 4rem }
article { border-bottom: 1px solid var(--line); padding: 1.2rem 0 }
h1 { font-size: 2rem; line-height: 1.2; margin: .6rem 0 }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .3rem }
h2 a { color: var(--ink); text-decoration: none }
h2 a:hover { color: var(--brand) }
img { width: 100%; height: auto; border-radius: 6px }
.byline { color: var(--quiet); font-size: .85rem; margin: 0 }
.lead { font-size: 1.15rem; color: var(--quiet) }
footer { color: var(--quiet); font-size: .85rem; text-align: center; padding: 0 1rem 2rem }
"""


def home_page(library: Library, issues: Sequence[Issue], origin: str) -> str:
    """The front page: it names its feed for programs and links its articles for people."""
    feed = f"{origin}/{library.key}/{FEED_NAMES[library.format]}"
    alternate = (
        f'<link rel="alternate" type="{MEDIA_TYPES[library.format]}" '
        f'title="{escape(library.title)}" href="{feed}">'
    )
    teasers = "".join(
        f'<article><h2><a href="{issue.path}">{escape(issue.title)}</a></h2>{_byline(issue)}'
        f"<p>{escape(issue.text.description)}</p></article>"
        for issue in issues
    )
    return _page(library, library.title, teasers, alternate)


def article_page(issue: Issue, origin: str) -> str:
    """The page of one article."""
    picture = issue.text.picture
    image = f'<img src="/pictures/{picture}" alt="" width="960" height="540">' if picture else ""
    social = f'<meta property="og:image" content="{origin}/pictures/{picture}">' if picture else ""
    description = escape(issue.text.description)
    paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in issue.paragraphs)
    return _page(
        issue.library,
        f"{issue.title} – {issue.library.title}",
        f'<h1>{escape(issue.title)}</h1>{_byline(issue)}<p class="lead">{description}</p>{image}{paragraphs}',
        f'<meta name="description" content="{description}">{social}',
    )


def film_page(seconds: int) -> str:
    """A page that plays a film of so many seconds: a moth about a lamp, drawn while one looks at it."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Moth and lamp</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        '<body style="margin:0;background:#17142b"><svg viewBox="0 0 320 180" role="img" aria-label="A moth circles '
        'a lamp"><circle cx="160" cy="90" r="18" fill="#f3d27a"/><circle r="5" fill="#cfc8e8">'
        f'<animateMotion dur="{seconds}s" path="M160 40a70 50 0 1 1-1 0z" repeatCount="indefinite"/>'
        "</circle></svg></body></html>"
    )


def _byline(issue: Issue) -> str:
    moment = issue.published_at.strftime("%H:%M")
    tags = escape(", ".join(issue.text.tags))
    return f'<p class="byline">{escape(issue.text.author)} · {moment} UTC · {tags}</p>'


def _page(library: Library, title: str, body: str, head: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}'
        f"<style>:root {{ --brand: {library.colour} }}{_STYLE}</style></head><body>"
        f'<header><a href="/{library.key}/">{escape(library.title)}</a><p>{escape(library.tagline)}</p></header>'
        f"<main>{body}</main><footer>An invented publication of an invented town, "
        "made to try Broadsheet with.</footer></body></html>"
    )
