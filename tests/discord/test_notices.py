"""The message that a source fails, and its button, as a channel and its people see them."""

from __future__ import annotations

from datetime import timedelta

from bot.client import BroadsheetBot
from bot.newsroom.notices import Notices
from storage import Store
from storage.records import SourceFailed
from tests.discord.conftest import Press, Town, Web, utc_now


async def test_admins_read_why_a_source_fails_and_have_it_tried_again(
    town: Town, bot: BroadsheetBot, store: Store, press: Press, web: Web
) -> None:
    await press.publish("First")
    (subscription,) = await store.subscriptions.all()
    source, long_ago = subscription.source, utc_now() - timedelta(days=4)
    failed = SourceFailed(source.id, "town.example asks for a login (401).", utc_now() + timedelta(days=1))
    await store.harvest.store([], long_ago, failed=[failed])

    notices = Notices(store, bot.publisher, clock=utc_now, may_send=lambda: True)
    await town.deny_bot("send_messages")
    await notices.tell_due()
    assert len(await town.alice.messages(town.channel_id)) == 1, "only the card"
    await town.deny_bot()
    await notices.tell_due()
    await notices.tell_due()
    told, _card = await town.alice.messages(town.channel_id)
    (embed,) = told["embeds"]
    assert embed["title"] == "The Town Crier can't be read any more"
    assert "asks for a login (401)" in embed["description"]
    assert f"<t:{int(long_ago.timestamp())}:D>" in embed["description"]
    assert "nothing is deleted" in embed["description"]

    (button,) = told["components"][0]["components"]
    assert button["label"] == "Try again"
    refused = await town.bob.click(told, button["custom_id"])
    assert "Manage Server" in refused.content
    web.problem = "town.example still asks for a login (401)."
    answer = await town.alice.click(told, button["custom_id"])
    assert answer.content == (
        "**The Town Crier** still can't be read. town.example still asks for a login (401)."
    )
    web.problem = None
    answer = await town.alice.click(told, button["custom_id"])
    assert answer.content == "**The Town Crier** can be read: 1 new article was found."
    assert web.polled == [source.id, source.id]
