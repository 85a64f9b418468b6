"""What a card says beside its summary, in short phrases: by whom, how long, who else tells it, what changed. Pure.

All that comes from sources is cut and escaped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from bot.cards.text import directed, escape, escaped_line, line, linked
from storage.records import AlsoCovered, Article, Tally

WORDS_A_MINUTE = 230
# Of fewer words nobody asks how long they take; often they are not all of the article.
FEWEST_TIMED = 100
MOST_TAGS, LONGEST_TAG, LONGEST_AUTHOR = 3, 24, 80
MOST_NAMED, LONGEST_NAME, LONGEST_TITLE, LONGEST_CORRECTION = 5, 40, 100, 300
# A longer address would take the room of the summary: what it leads to is named without it.
LONGEST_LINK = 300
_NO_TAGS = frozenset(
    ("uncategorized", "uncategorised", "general", "news", "all", "blog", "articles", "posts")
)


def about(article: Article, source: str, *, whole: bool, by_model: bool = False) -> str:
    """By whom, how long to read, hear or see, for whom, and on what: one line of markup, empty where none is known.

    How long it takes to read can be said only where the `whole` text is known.
    """
    author = line(article.author or "", LONGEST_AUTHOR)
    parts = (
        f"By {directed(escape(author))}" if author and author.casefold() != source.casefold() else "",
        _length(article, whole=whole),
        "🔒 Subscribers only" if article.paywalled else "",
        ", ".join(directed(escape(tag)) for tag in _tags(article, source)),
        "Summary by a language model" if by_model else "",
    )
    return " · ".join(filter(None, parts))


def _length(article: Article, *, whole: bool) -> str:
    if article.media_kind and article.media_url:
        thing = {"audio": "episode", "video": "video"}.get(article.media_kind, "")
        if article.media_duration_s:
            return f"{duration(article.media_duration_s)} {thing}".strip()
        return thing.capitalize()
    minutes = reading_minutes(article, whole=whole)
    return f"{minutes} min read" if minutes else ""


def reading_minutes(article: Article, *, whole: bool) -> int | None:
    """How many minutes an article takes to read; None for what is heard or seen, or not known as a `whole`."""
    if article.media_kind and article.media_url:
        return None
    # Behind a wall only the beginning was counted.
    return minutes_for(article.word_count or 0) if whole and not article.paywalled else None


def minutes_for(words: int) -> int | None:
    """How many minutes so many words take to read; None for a few."""
    return -(-words // WORDS_A_MINUTE) if words >= FEWEST_TIMED else None


def duration(seconds: int) -> str:
    """A length of time for people: "40 s", "48 min", "1 h 12 min"."""
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min")) if count)


def _tags(article: Article, source: str) -> list[str]:
    """The first few tags that say something: whole ones, each once, none that every article could have."""
    said = {source.casefold(), line(article.title, LONGEST_TITLE).casefold(), *_NO_TAGS}
    tags: list[str] = []
    for written in article.tags:
        tag = line(written, 2 * LONGEST_TAG).strip("#").strip()
        if len(tag) <= LONGEST_TAG and tag.casefold() not in said and any(map(str.isalpha, tag)):
            said.add(tag.casefold())
            tags.append(tag)
    return tags[:MOST_TAGS]


def updated(article: Article) -> str:
    """What a revision changed where it matters, and when; empty where nothing did."""
    changed = escaped_line(article.correction or "", LONGEST_CORRECTION)
    if not changed:
        return ""
    return f"Updated{f' {ago(article.corrected_at)}' if article.corrected_at else ''}. {changed}"


def retracted(article: Article) -> str:
    """That the publisher took the article back, and when; empty where it did not."""
    if article.retracted_at is None:
        return ""
    return f"**Retracted** {ago(article.retracted_at)}: its publisher has taken this article back."


def also_told(also: Sequence[AlsoCovered], source: str) -> str:
    """Who else than this source tells the same: each once, a few by name and the others counted.

    Another feed of the same name is the same publication's.
    """
    names: dict[str, str] = {}
    for other in also:
        name = line(other.source_title, LONGEST_NAME) or _host(other.source_url)
        if name.casefold() != source.casefold():
            names.setdefault(name.casefold(), linked(name, other.url, LONGEST_LINK))
    if not names:
        return ""
    named = list(names.values())
    if (more := len(named) - MOST_NAMED) > 0:
        named[MOST_NAMED:] = ["1 more" if more == 1 else f"{more} more"]
    return f"Also covered by {_listed(named)}"


def told_before(earlier: AlsoCovered | None, guild_id: int) -> str:
    """What was told before of a story that goes on, with the way to its card."""
    if earlier is None or earlier.channel_id is None or earlier.message_id is None:
        return ""
    title = line(earlier.title, LONGEST_TITLE) or "an article"
    return (
        f"Earlier: {linked(title, jump_url(guild_id, earlier.channel_id, earlier.message_id), LONGEST_LINK)}"
    )


def jump_url(guild_id: int, channel_id: int, message_id: int) -> str:
    """The address by which Discord's clients go to a message."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"


def score(tally: Tally) -> str:
    """Votes for minus votes against, with a sign that says which are more."""
    return f"{'▲' if tally.score >= 0 else '▼'} {abs(tally.score)}"


def ago(moment: datetime) -> str:
    """A moment as Discord shows it in the reader's own time and language ("5 minutes ago")."""
    return f"<t:{int(moment.timestamp())}:R>"


def _host(url: str) -> str:
    return line(urlsplit(url).hostname or url, LONGEST_NAME) or "another source"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
