"""What came to a source as new and is no news: it is remembered, and not posted. Pure.

Old entries come back under new names when a site changes its guids, links and words at once, when a damaged document
is read further than before, when a page's longest list is suddenly another one, or when somebody else has taken over
the address. A channel must not be flooded then; and what a source does publish must not be lost. So both rules ask
for more than one sign, and neither ever holds back a single entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.feeds.cut import unpack
from bot.feeds.identify import Recognised
from bot.feeds.links import are_one
from bot.feeds.model import Document, Entry
from bot.newsroom.timing import TOGETHER, last_published
from storage.records import Source

# So late an entry may come and be news: it waited for an editor, or was dated by its day or in another zone.
LATE = timedelta(days=7)
# A single entry that is new is no flood.
_SEVERAL = 2
# Nor are so many, where most of the document is known.
_FEW = 5


def old_news(source: Source, new: Sequence[Entry], entries: int) -> list[Entry]:
    """Those of several new entries that a reader of the source has had already, or never would have.

    Their date lies more than a week before the source was last read (not before now: what was published while it
    could not be read, or while nobody wanted it, is news), and before what the source last published. The second tells
    sources that are always late, as courts and archives are, from those that repeat themselves.

    One that comes alone is posted whatever its date: a post dated back by a month, an old film put on a playlist. What
    comes in numbers like that, as when a blog brings in its archive, is not; and with it comes the newest that the
    source had, which is as old as that. A few are posted too, where at most half of the document's `entries` are new:
    a court publishes its decisions in no order, a list of the month's best takes in what is three weeks old.
    """
    read_at, latest = source.last_success_at, last_published(source.rhythm)
    if read_at is None or (source.entries == 0 and latest is None):  # it was empty until now
        return []
    dated = [(entry, moment) for entry in new if (moment := _moment(entry)) and moment < read_at - LATE]
    if latest is None:
        old = [entry for entry, _ in dated]
    elif sum(moment < latest for _, moment in dated) >= _SEVERAL:
        old = [entry for entry, moment in dated if moment < latest + TOGETHER]
    else:
        old = []
    few = len(old) <= _FEW and 2 * len(new) <= entries
    return [] if few or len(old) < _SEVERAL else old


def is_another_feed(
    source: Source, document: Document, found: Recognised, *, familiar: bool, moved: int | None
) -> bool:
    """Whether what stands at a source's address is not its own: several new entries, and nothing that was there before.

    `familiar` says that some entry of the document is stored already; `moved` counts for how many polls redirects have
    led elsewhere (0 for those that are not for good), None where there was none. Without a redirect that is for good,
    the document has to call itself otherwise than the source, or to be a page, of which another list may have been
    taken for its articles: a short feed without dates may well be all new between two polls, as may one that always
    stands behind a redirect. So may a redirected one or a page, if all was published since the source was last read;
    but not on the first redirect that is for good.
    """
    read_at = source.last_success_at
    if read_at is None or source.entries == 0 or len(found.new) < _SEVERAL or familiar or found.renamed:
        return False
    if not unpack(document.marks).isdisjoint(unpack(source.marks or b"")):
        return False
    if not moved and source.kind != "page" and not _calls_itself_otherwise(source, document):
        return False
    return moved == 1 or any((moment := _moment(entry)) is None or moment < read_at for entry in found.new)


def _calls_itself_otherwise(source: Source, document: Document) -> bool:
    """Whether a document has another title than its source had, and no link that says that it is the same."""
    if not source.title or not document.title or document.title == source.title:
        return False
    return not (source.link and document.link and are_one(source.link, document.link))


def _moment(entry: Entry) -> datetime | None:
    """When it was published; or changed, where only that is said, which is never earlier."""
    return entry.published_at or entry.updated_at
