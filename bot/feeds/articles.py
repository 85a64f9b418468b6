"""An article's page: fetched with a source's manners, and read in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.feeds.fetch import Fetcher
from bot.feeds.model import ArticlePage, Changed, Failed, Outcome, Unreadable
from bot.feeds.workers import Workers

MOST_PAGE = 3 * 1024 * 1024  # bytes; of 181 pages of news the largest has 2.4 million
_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_PAGES = ("text/html", "application/xhtml+xml")
# What a server says that may answer otherwise the next time.
_PASSING_STATUSES = (408, 425, 429)
_PASSING_KINDS = ("timeout", "dns", "connection")


@dataclass(frozen=True, slots=True)
class NotRead:
    """A page or an image that did not come. `passing`: it may come later, not before `after` if that is said.

    `status` is the HTTP status, where the server gave one for a reason.
    """

    sentence: str
    passing: bool = False
    after: timedelta | None = None
    status: int | None = None


async def read_page(
    fetcher: Fetcher, workers: Workers, url: str, headline: str, own: Mapping[str, str] | None = None
) -> ArticlePage | NotRead:
    """Fetch the page of an article and read it; `headline` is the title that its feed gives it.

    The operator's `own` headers are sent to the address's own origin alone.
    """
    outcome = await fetcher.fetch(url, own=own, accept=_ACCEPT, most=MOST_PAGE)
    if not isinstance(outcome, Changed):
        return not_read(outcome)
    if outcome.content_type not in _PAGES:
        return NotRead(f"It is no page but {outcome.content_type or 'of no known type'}.")
    page = await workers.read_page(outcome.body, outcome.charset, outcome.url, headline)
    return NotRead(page.sentence) if isinstance(page, Unreadable) else page


def not_read(outcome: Outcome) -> NotRead:
    """Say why nothing came, and whether that may pass."""
    match outcome:
        case Failed(sentence=sentence, retry_after=after, kind=kind, status=status):
            overloaded = status is not None and (status >= 500 or status in _PASSING_STATUSES)
            return NotRead(sentence, kind in _PASSING_KINDS or overloaded, after, status)
        case Changed():
            raise ValueError("what came was read")
        case _:
            return NotRead("It is gone for good.", status=410)
