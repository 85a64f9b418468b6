"""What of an article is read, what is taken from it, and when it is tried again. Pure."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from bot.feeds.articles import NotRead
from bot.feeds.links import are_one
from bot.feeds.model import ArticlePage, Telling
from bot.feeds.own_headers import read_headers
from bot.feeds.text import count_words
from storage.readings import wants_page
from storage.records import ArticleRead, ArticleToRead, ImageSeen, Origin, Source, TextStored

MOST_ATTEMPTS = 3
# An article that is claimed again and again was never done with: reading or storing it fails each time. Claims end
# while it waits for a slow host too, hence so many.
MOST_CLAIMS = 20
# The first is within the time that posts wait, the second after what usually passes.
PAUSES = (timedelta(seconds=12), timedelta(minutes=10))
# A server that asks for more is not asked again: nobody looks at the card then.
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_TITLE, LONGEST_AUTHOR = 500, 200


def _endings(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The endings of what is no page, whatever else it may be.
_FILES = _endings(
    "7z aac aif aiff atom avi avif bmp csv doc docx epub exe flac gif gz ico ics jpeg jpg json m3u m3u8 m4a m4b m4v "
    "mkv mov mp3 mp4 mpeg mpg odt oga ogg ogv opus pdf png ppt pptx ps rar rss rtf svg tar tgz tif tiff torrent txt "
    "wav webm webp wma wmv xls xlsx xml xz zip"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an article is to be fetched: its `page`, its `image`."""

    page: bool
    image: bool


def what_to_read(todo: ArticleToRead) -> Wanted:
    """Decide what is still to be fetched, by what its posts want to show and what is known already."""
    article, whole = todo.article, todo.feed is not None and todo.feed.whole
    page = (
        (todo.anew or not todo.has_page)
        and not article.paywalled
        and any(wants_page(wish, whole=whole) for wish in todo.wishes)
        and is_page(article.url, todo.source.url, article.media_url)
    )
    return Wanted(page, article.image_url is not None and not article.image_checked)


def is_page(url: str | None, source_url: str, media_url: str | None) -> bool:
    """Whether there may be an article at this address: neither a file, nor the player, nor its source itself."""
    if not url or url == media_url or are_one(url, source_url):
        return False
    parts = urlsplit(url)
    name, dot, ending = parts.path.rpartition("/")[2].rpartition(".")
    return parts.scheme in ("http", "https") and not (name and dot and ending.lower() in _FILES)


def take(
    todo: ArticleToRead, page: ArticlePage | None, image: ImageSeen | None, now: datetime
) -> ArticleRead:
    """What is stored of a page and an image; what the feed said stays, and its text where the page tells less."""
    if page is None:
        return ArticleRead(todo.id, image=image)
    telling, feed_words = page.telling, count_words(todo.feed.body) if todo.feed else 0
    better = telling.words > feed_words
    dated = page.published_at is not None and page.published_at <= now + timedelta(days=1)
    return ArticleRead(
        todo.id,
        text=text_of(telling, Origin.PAGE) if better else None,
        word_count=telling.words if better else None,
        shingles=telling.shingles if better else b"",
        title=page.title[:LONGEST_TITLE] if page.title and _has_no_title(todo) else None,
        author=page.author[:LONGEST_AUTHOR] if page.author else None,
        published_at=page.published_at if dated else None,
        language=telling.language,
        paywalled=page.paywalled,
        image=image,
    )


def doubted(todo: ArticleToRead, missing: NotRead) -> NotRead:
    """A page's absence as it is judged: where there was one, "not found" (404) may be a mishap and is tried again."""
    return replace(missing, passing=True) if _was_there(todo) and missing.status == 404 else missing


def takes_back(todo: ArticleToRead, missing: NotRead | None, again: datetime | None) -> bool:
    """Whether a page that was there tells by its absence that the article was taken back: 410, or 404 to the last."""
    absent = missing is not None and missing.status in (404, 410)
    return absent and again is None and _was_there(todo)


def _was_there(todo: ArticleToRead) -> bool:
    return todo.anew and todo.has_page


def login_for(url: str, source: Source) -> dict[str, str]:
    """The headers that the operator gave for a source, login and all, where they may be sent: to its own origin."""
    there, home = urlsplit(url), urlsplit(source.url)
    if (there.scheme, there.netloc) != (home.scheme, home.netloc.rpartition("@")[2]):
        return {}
    own = read_headers(source.headers)
    if home.username and not any(name.lower() == "authorization" for name in own):
        login = f"{unquote(home.username)}:{unquote(home.password or '')}"
        own["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
    return own


def text_of(telling: Telling, origin: Origin) -> TextStored:
    """A telling as it is stored."""
    return TextStored(origin.value, telling.text, telling.whole, telling.short, telling.normal, telling.long)


def again_at(now: datetime, attempts: int, asked: timedelta | None) -> datetime | None:
    """When an article is tried again after so many attempts; a server may ask for more time. None: no more."""
    if attempts >= MOST_ATTEMPTS or (asked is not None and asked > LONGEST_PAUSE):
        return None
    return now + max(PAUSES[attempts - 1], asked or timedelta())


def _has_no_title(todo: ArticleToRead) -> bool:
    """Whether the title says nothing: neither a title nor a word of text was in the feed."""
    return todo.article.title in (todo.article.url, "Untitled")
