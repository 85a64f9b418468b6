"""Wires sources to channels: finds the feed behind an address, stores the wish, wakes the poller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.feeds.discover import Finder, Found, NotFound, Several
from bot.feeds.links import as_address
from bot.feeds.model import Candidate
from bot.feeds.own_headers import read_headers, with_header
from bot.feeds.sites import spelled_out
from bot.newsroom.rounds import Clock
from bot.newsroom.wishes import USUAL_WAIT
from storage import Store
from storage.records import Length, Reading, SameStory, Subscription, SubscriptionToStore, Wishes


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The channel gets the source's articles from now on.

    `before` is how the subscription was until now, where the channel got them already.
    """

    subscription: Subscription
    before: Subscription | None = None


@dataclass(frozen=True, slots=True)
class SeveralFeeds:
    """The address names several feeds: somebody must choose."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class NotSubscribed:
    """Nothing to follow was found; `sentence` says why and what to try."""

    sentence: str


class Subscriptions:
    """The wishes of a guild's admins."""

    def __init__(self, store: Store, finder: Finder, *, clock: Clock, on_change: Callable[[], None]) -> None:
        self._store = store
        self._finder = finder
        self._clock = clock
        self._on_change = on_change

    async def subscribe(
        self,
        guild_id: int,
        channel_id: int,
        address: str,
        *,
        wishes: Wishes | None = None,
        by: int | None = None,
        newest: int = 1,
        selector: str | None = None,
        headers: str | None = None,
        forum: bool = False,
    ) -> Subscribed | SeveralFeeds | NotSubscribed:
        """Follow what is found at `address` (see `bot.feeds.discover`) in a channel.

        With a CSS `selector` the page itself is followed: the links to articles that are chosen by it.
        The `newest` articles are posted at once, so that one sees that it works; what is older is remembered
        and not posted. A channel that follows it already has its subscription changed as it is wished. The operator's
        own `headers` (see `bot.feeds.own_headers`) are sent with every request; where the channel follows the source
        already, nobody has to name them again. `forum`: the channel is one.
        """
        wished = wishes or Wishes()
        if headers is None and selector is None:
            followed = await self._behind_login(guild_id, channel_id, address)
            if followed is not None:
                changed = await self._store.subscriptions.change(followed.id, wished)
                return Subscribed(changed or followed, followed)
        own = read_headers(headers)
        match await self._finder.find(address, selector, own):
            case NotFound(sentence=sentence):
                return NotSubscribed(sentence)
            case Several(candidates=candidates):
                return SeveralFeeds(candidates)
            case Found(feed_url=url, document=document, kind=kind, selector=chosen_by):
                now = self._clock()
                source = await self._store.sources.add(
                    url,
                    document.title or _host(url),
                    document.link,
                    document.icon_url,
                    kind=kind,
                    selector=chosen_by,
                )
                if own:
                    kept = source.headers
                    for name, value in own.items():
                        kept = with_header(kept, name, value)
                    await self._store.sources.set_headers(source.id, kept, now)
                subscription, created = await self._store.subscriptions.add(
                    SubscriptionToStore(
                        guild_id=guild_id,
                        channel_id=channel_id,
                        source_id=source.id,
                        thread=bool(wished.thread),
                        newest=newest,
                        created_by=by,
                        reading=wished.reading or Reading.NEEDED,
                        length=wished.length or Length.NORMAL,
                        same_story=wished.same_story or SameStory.MERGE,
                        announce=bool(wished.announce),
                        pin=bool(wished.pin),
                        longest_wait=wished.longest_wait or USUAL_WAIT,
                        forum=forum,
                        at_most=wished.at_most or None,
                    ),
                    now,
                )
                if not created:
                    changed = await self._store.subscriptions.change(subscription.id, wished)
                    return Subscribed(changed or subscription, subscription)
                self._on_change()
                return Subscribed(subscription)

    async def kept_headers(self, address: str) -> str | None:
        """The operator's own headers for the source at this very address, for the operator alone to use again."""
        source = await self._store.sources.by_url(as_address(spelled_out(address)))
        return source.headers if source else None

    async def _behind_login(self, guild_id: int, channel_id: int, address: str) -> Subscription | None:
        """The channel's subscription to a source that is read with the operator's headers, by nobody without them."""
        url = as_address(spelled_out(address))
        for one in await self._store.subscriptions.of_channel(channel_id):
            if one.guild_id == guild_id and one.source.url == url and one.source.headers:
                return one
        return None

    async def unsubscribe(self, guild_id: int, subscription_id: int) -> Subscription | None:
        """End a subscription of this guild; None where it has none of this id. What was posted stays."""
        subscription = await self._store.subscriptions.get(subscription_id)
        if subscription is None or subscription.guild_id != guild_id:
            return None
        await self._store.subscriptions.remove(subscription_id)
        return subscription

    async def of_guild(self, guild_id: int) -> list[Subscription]:
        """A guild's subscriptions, oldest first."""
        return await self._store.subscriptions.of_guild(guild_id)


def _host(url: str) -> str:
    """What a feed without a title is called: never its address, which may hold a subscriber's own secret."""
    return urlsplit(url).hostname or "A source without a title"
