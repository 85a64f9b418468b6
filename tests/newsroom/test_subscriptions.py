"""Subscribing to what only the operator's login opens: who follows it may change how it comes, nobody else reads it."""

from __future__ import annotations

from bot.feeds.discover import Finder
from bot.feeds.fetch import Fetcher
from bot.feeds.workers import Workers
from bot.newsroom.subscriptions import NotSubscribed, Subscribed, Subscriptions
from storage import Store
from storage.records import Length, Wishes
from tests.feeds.conftest import fetcher, workers  # noqa: F401 - fixtures are found by their names
from tests.newsroom.test_reader import NOW
from tests.press import Press

GUILD, CHANNEL = 10, 20
LOGIN = '{"Authorization": "Bearer hush"}'


async def test_a_source_behind_a_login_is_changed_by_who_follows_it_and_read_by_nobody_else(
    store: Store,
    fetcher: Fetcher,  # noqa: F811
    workers: Workers,  # noqa: F811
) -> None:
    subscriptions = Subscriptions(store, Finder(fetcher, workers), clock=lambda: NOW, on_change=lambda: None)
    async with Press(login="Bearer hush") as press:
        press.publish("Ferry runs at night")
        first = await subscriptions.subscribe(GUILD, CHANNEL, press.feed_url, headers=LOGIN)
        assert isinstance(first, Subscribed)
        press.requests.clear()
        again = await subscriptions.subscribe(
            GUILD, CHANNEL, press.feed_url, wishes=Wishes(length=Length.LONG)
        )
        assert isinstance(again, Subscribed)
        assert (again.before, again.subscription.length) == (first.subscription, Length.LONG)
        assert press.requests == []
        for guild_id, channel_id in ((GUILD, 21), (11, CHANNEL)):
            refused = await subscriptions.subscribe(guild_id, channel_id, press.feed_url)
            assert isinstance(refused, NotSubscribed)
            assert "Who runs Broadsheet can follow it with a login" in refused.sentence
