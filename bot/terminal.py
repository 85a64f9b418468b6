"""What the command line prints: sentences and small tables for people, JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TextIO

from bot.cards.words import minutes_for
from bot.columns import cells, columns, fitted
from bot.desk import Newest, Preview, SourceShown
from bot.feeds.discover import NotFound, Several
from bot.feeds.model import Candidate
from bot.feeds.own_headers import read_headers
from bot.newsroom.reads import Polled
from bot.newsroom.source_status import (
    DAYS,
    about_failures,
    about_found,
    about_held_back,
    about_move,
    about_next,
    about_pace,
    condition_of,
    picture,
    shown_address,
)
from bot.newsroom.subscriptions import NotSubscribed, SeveralFeeds, Subscribed
from bot.newsroom.wishes import about_changes, about_wishes, listed
from storage.records import Origin, Source, Subscription

DONE, FAILED = 0, 1
PREVIEWED = 5
WIDEST_TITLE = 28


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor looked at: whether it is well, and the sentence about it."""

    name: str
    ok: bool
    sentence: str


class NobodyReads(Exception):
    """Whoever read what is printed has gone, as `head` does after its lines."""


class Terminal:
    """Prints answers; those that come back as numbers are exit codes. Raises NobodyReads."""

    def __init__(self, out: TextIO, *, json: bool) -> None:
        self._out = out
        self._json = json

    def line(self, text: str = "") -> None:
        """Print a line at once."""
        try:
            print(text, file=self._out, flush=True)
        except BrokenPipeError:
            raise NobodyReads from None

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
        feed_url = shown_address(preview.feed_url)
        if self._json:
            self._dump(
                {
                    "feed_url": feed_url,
                    "kind": preview.kind,
                    "format": preview.format or None,
                    "selector": preview.selector,
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
                    "newest": _newest_shape(preview.newest) if preview.newest else None,
                }
            )
            return DONE
        count = len(preview.articles)
        held = {0: "no articles yet", 1: "1 article"}.get(count, f"{count} articles, newest first")
        self.line(f"{preview.title or feed_url}: {held}")
        self.line(f"  {about_found(preview.kind, preview.format, count)}: {feed_url}")
        if preview.selector:
            self.line(f"  chosen by the selector {preview.selector}")
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
            if article is preview.articles[-1] and preview.newest:
                self._newest(preview.newest)
        if count > PREVIEWED:
            self.line(f"\n  and {count - PREVIEWED} more; --json shows all.")
        return DONE

    def _newest(self, newest: Newest) -> None:
        """Print how the newest article's card would tell it."""
        told = newest.telling
        facts = (
            f"Its card tells it from {'its page' if newest.origin is Origin.PAGE else 'the feed'}",
            _count(told.words, "word"),
            f"{minutes} min read" if told.whole and (minutes := minutes_for(told.words)) else "",
            f"language {told.language}" if told.language else "",
            "for subscribers only" if newest.paywalled else "",
            f"image {newest.image}" if newest.image else "",
        )
        self.line()
        self.line(
            textwrap.fill(
                ", ".join(filter(None, facts)), 100, initial_indent="    ", subsequent_indent="    "
            )
        )
        if newest.problem:
            problem = f"Its page was not read: {newest.problem}"
            self.line(textwrap.fill(problem, 100, initial_indent="    ", subsequent_indent="    "))
        for name, text in (("short", told.short), ("normal", told.normal), ("long", told.long)):
            if text:
                self.line(
                    textwrap.fill(text, 100, initial_indent=f"    {name:<8}", subsequent_indent=" " * 12)
                )

    def subscribed(self, answer: Subscribed | SeveralFeeds | NotSubscribed) -> int:
        """Print what became of a wish to subscribe."""
        if isinstance(answer, NotSubscribed):
            return self._fail(answer.sentence)
        if isinstance(answer, SeveralFeeds):
            return self._candidates(answer.candidates)
        title, channel = _name(answer.subscription.source), answer.subscription.channel_id
        if answer.before is None:
            wishes = about_wishes(answer.subscription)
            how = f", with {listed(wishes)}" if wishes else ""
            self.line(
                f"{title} is posted into channel {channel} from now on{how}; its newest article comes first."
            )
        else:
            changes = about_changes(answer.before, answer.subscription)
            now = f"; from now on with {listed(changes)}" if changes else ""
            self.line(f"{title} is already posted into channel {channel}{now}.")
        return DONE

    def unsubscribed(self, subscription: Subscription) -> int:
        """Print that a subscription ended."""
        self.line(f"{_name(subscription.source)} is no longer posted into channel {subscription.channel_id}.")
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
                            "url": shown_address(one.source.url),
                        },
                        "guild_id": str(one.guild_id),
                        "channel_id": str(one.channel_id),
                        "thread": one.thread,
                        "summary": one.length.value,
                        "pages": one.reading.value,
                        "same_story": one.same_story.value,
                        "forum": one.forum,
                        "announce": one.announce,
                        "pin": one.pin,
                        "wait_hours": round(one.longest_wait / timedelta(hours=1)),
                        "at_most": one.at_most,
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
            wishes = about_wishes(one)
            how = f", with {listed(wishes)}" if wishes else ""
            self.line(
                f"{one.id:>5}  {_name(one.source)} → channel {one.channel_id} (server {one.guild_id}){how}"
            )
            if one.source.problem:
                self.line(f"       {one.source.problem}")
        return DONE

    def sources(self, sources: Sequence[SourceShown], now: datetime) -> int:
        """Print the sources: how each is doing, when it is read, how often it publishes, what went wrong."""
        if self._json:
            self._dump([_source_shape(one) for one in sources])
            return DONE
        if not sources:
            self.line("No source is known yet; the first subscription brings one.")
            return DONE
        rows: list[tuple[str, ...]] = [("ID", "SOURCE", "STATE", "READ", "NEXT", f"LAST {DAYS} DAYS")]
        rows += [_source_row(one, now) for one in sources]
        header, *lines = columns(rows)
        self.line(header)
        indent = " " * (max(cells(row[0]) for row in rows) + 2)
        for line, one in zip(lines, sources, strict=True):
            self.line(line)
            for detail in _source_details(one, now):
                self.line(indent + detail)
        return DONE

    def header_set(self, source: Source, name: str, sent: bool) -> None:
        """Print that a header is sent with every request for a source, or not any more."""
        now = "is sent to its own server from now on" if sent else "is not sent any more"
        self.line(f"{_name(source)}: the header {name} {now}.")

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
                        "held_back": one.held_back,
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
                if one.held_back:
                    news += f"; {one.held_back} of the new ones held back as old news"
                self.line(f"{_name(one.source)}: {one.problem or news}")
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


def _newest_shape(newest: Newest) -> dict[str, Any]:
    told = newest.telling
    return {
        "text": newest.origin.value,
        "words": told.words,
        "whole": told.whole,
        "language": told.language,
        "paywalled": newest.paywalled,
        "problem": newest.problem,
        "image": newest.image,
        "summaries": {"short": told.short, "normal": told.normal, "long": told.long},
    }


def _name(source: Source) -> str:
    return source.title or shown_address(source.url)


def _source_row(shown: SourceShown, now: datetime) -> tuple[str, ...]:
    source, wanted = shown.listed.source, shown.listed.subscriptions > 0
    return (
        str(source.id),
        fitted(_name(source), WIDEST_TITLE),
        condition_of(source, wanted=wanted).value,
        _ago(source.last_success_at, now) if source.last_success_at else "never",
        _ago(max(source.next_poll_at, now), now) if source.next_poll_at else "not planned",
        picture(shown.pace.days),
    )


def _source_details(shown: SourceShown, now: datetime) -> list[str]:
    """What does not fit into a row, in lines: what is read, what it brought, where it moves, what went wrong."""

    def when(moment: datetime) -> str:
        return _ago(moment, now)

    listed, source = shown.listed, shown.listed.source
    selector = f"Chosen by the selector {source.selector}." if source.selector else ""
    facts = (
        about_found(source.kind, source.format, source.entries),
        f"{_count(listed.articles, 'article')} stored, {_count(listed.subscriptions, 'subscription')}",
        about_pace(shown.pace),
        about_held_back(shown.pace, when),
    )
    brought = "; ".join(filter(None, facts))
    sent = f"Sent with every request: {', '.join(read_headers(source.headers))}." if source.headers else ""
    due = f"Next: {about_next(source, now, when)}." if source.pushed_until or source.not_before else ""
    problem = " ".join(filter(None, (source.problem, about_failures(source, when))))
    lines = (shown_address(source.url), selector, brought, sent, due, about_move(source), problem)
    return [line for line in lines if line]


def _source_shape(shown: SourceShown) -> dict[str, Any]:
    listed, source = shown.listed, shown.listed.source
    return {
        "id": str(source.id),
        "url": shown_address(source.url),
        "title": source.title,
        "kind": source.kind,
        "format": source.format or None,
        "entries": source.entries,
        "selector": source.selector,
        "state": condition_of(source, wanted=listed.subscriptions > 0).value,
        "subscriptions": listed.subscriptions,
        "articles": listed.articles,
        "last_polled_at": _time(source.last_polled_at),
        "last_success_at": _time(source.last_success_at),
        "newest_at": _time(shown.pace.newest_at),
        "next_poll_at": _time(source.next_poll_at),
        "not_before": _time(source.not_before),
        "pushed_until": _time(source.pushed_until),
        "published_by_day": list(shown.pace.days),
        "held_back": shown.pace.held_back,
        "held_back_at": _time(shown.pace.held_back_at),
        "failures": source.failures,
        "failing_since": _time(source.failing_since),
        "moved_to": shown_address(source.moved_to) if source.moved_to else None,
        "headers": sorted(read_headers(source.headers)),
        "problem": source.problem,
    }


def _ago(moment: datetime, now: datetime) -> str:
    """How far a moment is from now, roughly: "4 min ago", "in 3 h"."""
    minutes = round(abs(moment - now).total_seconds() / 60)
    if minutes < 1:
        return "just now" if moment < now else "now"
    if minutes < 120:
        far = f"{minutes} min"
    elif minutes < 48 * 60:
        far = f"{round(minutes / 60)} h"
    else:
        far = f"{round(minutes / (24 * 60))} d"
    return f"{far} ago" if moment < now else f"in {far}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")
