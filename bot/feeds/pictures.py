"""An article's image: whether a card can link to it as it is, or has to bring it along, or does without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.feeds.articles import NotRead, not_read
from bot.feeds.fetch import Fetcher
from bot.feeds.model import Changed, Failed
from bot.feeds.workers import Workers

# Discord asks for images without saying from which page, and shows no larger ones.
MOST_LINKED = 8 * 1024 * 1024
# As Discord can show them: a server that has an image in several formats sends one of these.
_ACCEPT = "image/png, image/jpeg, image/gif, image/webp, */*;q=0.1"
# Refusals of who does not come from the publisher's own page.
_OWN_GUESTS_ONLY = (401, 403, 404)


@dataclass(frozen=True, slots=True)
class Shown:
    """An image that a card can show: by linking to it, or as `picture`, its media type and bytes."""

    picture: tuple[str, bytes] | None = field(default=None, repr=False)


async def look_at(
    fetcher: Fetcher,
    workers: Workers,
    url: str,
    page_url: str | None,
    own: Mapping[str, str] | None = None,
) -> Shown | NotRead:
    """Fetch an image as Discord would and look at it.

    One that only comes to whoever comes from `page_url`, or with the operator's `own` headers, or that Discord does not
    reach or show, is made small. Discord shows http addresses too (its documentation of embeds).
    """
    outcome = await fetcher.fetch(url, accept=_ACCEPT)
    attach = False
    if page_url and isinstance(outcome, Failed) and outcome.status in _OWN_GUESTS_ONLY:
        guest = {**(own or {}), "Referer": _without_login(page_url)}
        outcome = await fetcher.fetch(url, own=guest, accept=_ACCEPT)
        attach = True
    if not isinstance(outcome, Changed):
        return not_read(outcome)
    linked = not attach and _is_shown(outcome) and await _is_reached(fetcher, url, outcome.url)
    examined = await workers.examine(outcome.body, attach=not linked)
    return NotRead(examined.problem) if examined.problem else Shown(examined.picture)


def _is_shown(outcome: Changed) -> bool:
    return outcome.content_type.startswith("image/") and len(outcome.body) <= MOST_LINKED


async def _is_reached(fetcher: Fetcher, url: str, found_at: str) -> bool:
    """Whether Discord gets to an image as we did, by way of a redirect perhaps."""
    return await fetcher.is_public(url) and await fetcher.is_public(found_at)


def _without_login(url: str) -> str:
    """A page's address as browsers name it to others: without a login and without what follows a "#"."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
