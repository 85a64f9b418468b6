"""An article out of its page: its paragraphs, and what the page says of it. Runs in the worker only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bot.feeds.extract.about import About
from bot.feeds.extract.body import body_of
from bot.feeds.extract.markup import lines_of, parse
from bot.feeds.extract.residue import without_residue

__all__ = ["Extracted", "extract"]

_FEWEST_WORDS = 8
_MOST_PICTURES = 500
_MOST_LINES = 8_000


@dataclass(frozen=True, slots=True)
class Extracted:
    """An article as its page has it. All texts are clean and plain; times are aware and UTC.

    `paragraphs` are the article's own, in their order: sub-headings, list items and a table's rows are paragraphs
    too. `author` names people, joined with commas. `image_url` is the lead picture, absolute, http or https.
    `language` is an ISO 639-1 code. `description` is the publisher's, "" where there is none. `paywalled` says that
    strangers are shown only the beginning.
    """

    paragraphs: tuple[str, ...]
    title: str
    author: str | None = None
    published_at: datetime | None = None
    image_url: str | None = None
    language: str | None = None
    description: str = ""
    site_name: str = ""
    paywalled: bool = False
    modified_at: datetime | None = None


def extract(markup: str, url: str, *, headline: str = "") -> Extracted | None:
    """Read the article on a page that was found at `url` and that its feed called `headline`.

    None where the page holds no article. Never raises, whatever the page holds.
    """
    root = parse(markup)
    if root is None:
        return None
    lines = list(islice(lines_of(root), _MOST_LINES))
    about = About(root, url, lines, headline)
    author = about.author()
    alts = [node.get("alt") or "" for node in islice(root.iter("img", "amp-img"), _MOST_PICTURES)]
    body = without_residue(body_of(root, lines), about.titles(), alts, author)
    words = sum(line.words for line in body)
    if words < _FEWEST_WORDS:
        return None
    paragraphs = tuple(line.text for line in body)
    return Extracted(
        paragraphs=paragraphs,
        title=about.title,
        author=author,
        published_at=about.published_at(),
        image_url=about.image_url(),
        language=about.language(" ".join(paragraphs[:5])),
        description=about.description(),
        site_name=about.site_name,
        paywalled=about.is_paywalled(lines, words),
        modified_at=about.modified_at(),
    )
