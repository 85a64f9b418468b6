"""What the command line prints: sentences and small tables for people, JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from bot.desk import Preview
from bot.feeds.discover import NotFound, Several
from bot.feeds.model import Candidate
from bot.newsroom.harvest import Polled
from bot.newsroom.subscriptions import NotSubscribed, SeveralFeeds, Subscribed
from storage.records import Source, SourceListed, Subscription

DONE, FAILED = 0, 1
PREVIEWED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor looked at: whether it is well, and the sentence about it."""

    name: str
    ok: bool
    sentence: str


class Terminal:
    """Prints answers; those that come back as numbers are exit codes."""

    def __init__(self, out: TextIO, *, json: bool) -> None:
        self._out = out
        self._json = json

    def line(self, text: str = "") -> None:
        """Print a line at once."""
        print(text, file=self._out, flush=True)

    def findings(self, findings: Sequence[Finding]) -> None:
        """Print what the doctor found."""
        if self._json:
            self._dump([{"name": f.name, "ok": f.ok, "sentence": f.sentence} for f in findings])
            return
        for finding in findings:
            self.line(f"{'ok ' if finding.ok else 'NO '} {finding.name}: {finding.sentence}")

    def preview(self, preview: Preview | Several | NotFound) -> int:
        """Print what following an address would bring."""
        if isinstance(preview, NotFound):
            return self._fail(preview.sentence)
        if isinstance(preview, Several):
            return self._candidates(preview.candidates)
        if self._json:
            self._dump(
                {
                    "feed_url": preview.feed_url,
                    "title": preview.title,
                    "link": preview.link,
                    "articles": [
                        {
                            "id": article.identity,
                            "url": article.url,
                            "title": article.title,
                            "author": article.author,
                            "summary": article.summary,
                            "image": article.image_url,
                            "published_at": _time(article.published_at),
                        }
                        for article in reversed(preview.articles)
                    ],
                }
            )
            return DONE
        count = len(preview.articles)
        self.line(f"{preview.title or preview.feed_url}: {_count(count, 'article')}, newest first")
        self.line(f"  feed: {preview.feed_url}")
        for article in preview.articles[: -PREVIEWED - 1 : -1]:
            self.line()
            self.line(f"  {article.title}")
            about = " · ".join(
                filter(
                    None, (article.author, _day(article.published_at), "image" if article.image_url else "")
                )
            )
            for text in (about, article.url or "", article.summary):
                if text:
                    self.line(textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="    "))
        if count > PREVIEWED:
            self.line(f"\n  and {count - PREVIEWED} more; --json shows all.")
        return DONE

    def subscribed(self, answer: Subscribed | SeveralFeeds | NotSubscribed) -> int:
        """Print what became of a wish to subscribe."""
        if isinstance(answer, NotSubscribed):
            return self._fail(answer.sentence)
        if isinstance(answer, SeveralFeeds):
            return self._candidates(answer.candidates)
        title, channel = answer.subscription.source.title, answer.subscription.channel_id
        if answer.created:
            self.line(
                f"{title} is posted into channel {channel} from now on; its newest article comes first."
            )
        else:
            self.line(f"{title} is already posted into channel {channel}.")
        return DONE

    def unsubscribed(self, subscription: Subscription) -> int:
        """Print that a subscription ended."""
        self.line(f"{subscription.source.title} is no longer posted into channel {subscription.channel_id}.")
        return DONE

    def subscriptions(self, subscriptions: Sequence[Subscription]) -> int:
        """Print which source goes where."""
        if self._json:
            self._dump(
                [
                    {
                        "id": str(one.id),
                        "source": {
                            "id": str(one.source.id),
                            "title": one.source.title,
                            "url": one.source.url,
                        },
                        "guild_id": str(one.guild_id),
                        "channel_id": str(one.channel_id),
                        "thread": one.thread,
                        "problem": one.source.problem,
                    }
                    for one in subscriptions
                ]
            )
            return DONE
        if not subscriptions:
            self.line(
                "No channel follows a source yet. In Discord: /subscribe; here: subscribe --channel ID URL."
            )
        for one in subscriptions:
            thread = ", with a thread per post" if one.thread else ""
            self.line(
                f"{one.id:>5}  {one.source.title} → channel {one.channel_id} (server {one.guild_id}){thread}"
            )
            if one.source.problem:
                self.line(f"       {one.source.problem}")
        return DONE

    def sources(self, sources: Sequence[SourceListed]) -> int:
        """Print the sources with their state."""
        if self._json:
            self._dump(
                [
                    {
                        "id": str(one.source.id),
                        "url": one.source.url,
                        "title": one.source.title,
                        "subscriptions": one.subscriptions,
                        "articles": one.articles,
                        "last_polled_at": _time(one.source.last_polled_at),
                        "last_success_at": _time(one.source.last_success_at),
                        "next_poll_at": _time(one.source.next_poll_at),
                        "failures": one.source.failures,
                        "problem": one.source.problem,
                    }
                    for one in sources
                ]
            )
            return DONE
        if not sources:
            self.line("No source is known yet; the first subscription brings one.")
        for one in sources:
            source = one.source
            self.line(f"{source.id:>5}  {source.title}  {source.url}")
            self.line(
                f"       {_count(one.articles, 'article')}, {_count(one.subscriptions, 'subscription')}, "
                f"read {_day(source.last_success_at) or 'never'}, next {_day(source.next_poll_at) or 'not planned'}"
            )
            if source.problem:
                self.line(f"       {source.problem}")
        return DONE

    def header_set(self, source: Source, name: str, sent: bool) -> None:
        """Print that a header is sent with every request for a source, or not any more."""
        now = "is sent to its own server from now on" if sent else "is not sent any more"
        self.line(f"{source.title or 'This source'}: the header {name} {now}.")

    def polled(self, polled: Sequence[Polled]) -> int:
        """Print what polls came to; FAILED where one source could not be read."""
        if self._json:
            self._dump(
                [
                    {
                        "source": str(one.source.id),
                        "articles": one.articles,
                        "revisions": one.revisions,
                        "posts": one.posts,
                        "problem": one.problem,
                    }
                    for one in polled
                ]
            )
        elif not polled:
            self.line("No source is wanted by a channel, so there is nothing to read.")
        else:
            for one in polled:
                news = (
                    f"{_count(one.articles, 'new article')}, {_count(one.revisions, 'revised article')}, "
                    f"{_count(one.posts, 'post')} queued"
                )
                self.line(f"{one.source.title}: {one.problem or news}")
        return FAILED if any(one.problem for one in polled) else DONE

    def _candidates(self, candidates: Sequence[Candidate]) -> int:
        if self._json:
            self._dump({"candidates": [{"url": c.url, "title": c.title, "kind": c.kind} for c in candidates]})
        else:
            self.line("This page names several feeds. Choose one and give its address instead:")
            for candidate in candidates:
                self.line(f"  {candidate.url}  {candidate.title}")
        return FAILED

    def _fail(self, sentence: str) -> int:
        if self._json:
            self._dump({"error": sentence})
        else:
            self.line(sentence)
        return FAILED

    def _dump(self, answer: Any) -> None:
        self.line(json.dumps(answer, ensure_ascii=False, indent=2))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")
