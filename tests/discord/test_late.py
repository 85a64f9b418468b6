"""What becomes of a channel that can't be used: a notice, the way back, and one message for what came too late."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from discord.http import Route
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import away_card, digest_card, digest_title, late_card, mark, read_digest_button, units
from bot.client import BroadsheetBot
from bot.newsroom.away import AwayNotices
from bot.newsroom.ports import Away, Done, Missing
from bot.sandbox.errors import Refusal
from bot.sandbox.faults.requests import Cut
from bot.sandbox.routes import posting
from storage import Store
from storage.records import AwayToTell, Digest, DigestLine, DigestToPost, PostState
from tests.discord.conftest import BOT_PERMISSIONS, Press, Town, eventually, utc_now

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DIGEST = Digest(1, 10, 20, PostState.READY, "f" * 20, None, None, None, 0, None, 1, False, NOW)
HOUR = timedelta(hours=1)
VIEW_CHANNEL = 1 << 10


def article(title: str, source: str = "The Tide", url: str | None = "https://tide.example/1") -> DigestLine:
    return DigestLine(title, url, source, f"https://{source.lower().replace(' ', '')}.example/feed.xml")


def digest(*articles: DigestLine, count: int | None = None) -> DigestToPost:
    return DigestToPost(DIGEST, articles, len(articles) if count is None else count)


def test_articles_stand_under_their_sources_and_none_is_crowded_out() -> None:
    many = [article(f"Tide {number}") for number in range(45)]
    card = digest_card(digest(*many, article("Bench", "Workbench"), count=60))
    text = card.embed.description or ""
    assert card.embed.title == "60 articles that came late"
    assert (
        text.index("**The Tide**")
        < text.index("[Tide 0](https://tide.example/1)")
        < text.index("**Workbench**")
    )
    assert "[Bench](" in text
    shown = text.count("](https://")
    assert f"… and {60 - shown} more." in text
    assert [button.label for button in card.rows[0]] == ["Show all 60"]
    assert mark(card.rows[0][0].custom_id or "") == DIGEST.nonce


def test_pages_lead_on_and_back() -> None:
    late = digest(*[article(f"Tide {number}") for number in range(10)], count=25)
    card = late_card(late, 10)
    assert [(button.label, button.disabled) for button in card.rows[0]] == [("Back", False), ("More", False)]
    assert [read_digest_button(button.custom_id or "") for button in card.rows[0]] == [
        (DIGEST.nonce, 0),
        (DIGEST.nonce, 20),
    ]
    assert card.embed.footer.text == "11–20 of 25, oldest first"
    assert read_digest_button("comments:0123") is None


lines = st.builds(
    DigestLine,
    st.text(max_size=600),
    st.none() | st.just("https://tide.example/" + "x" * 250) | st.text(max_size=80),
    st.text(max_size=200),
    st.sampled_from(["https://a.example", "https://b.example", "https://c.example", "x"]),
)


@given(st.lists(lines, max_size=50), st.integers(0, 100_000))
def test_whatever_it_names_it_fits_discords_limits(articles: list[DigestLine], more: int) -> None:
    late = digest(*articles, count=len(articles) + more)
    assert 1 <= units(digest_title(late)) <= 100
    for card in (digest_card(late), late_card(digest(*articles[:10], count=late.count), 0)):
        assert units(card.embed.title or "") <= 256
        assert units(card.embed.description or "") <= 4096
        assert len(card.embed) <= 6000
        assert all(1 <= len(button.label) <= 80 for row in card.rows for button in row)


def test_a_page_of_ten_sources_with_long_addresses_is_one_that_discord_takes() -> None:
    longest = "https://tide.example/" + "x" * 279
    ten = [article("*" * 200, f"{'_' * 200} {number}", longest) for number in range(10)]
    text = late_card(digest(*ten), 0).embed.description or ""
    assert units(text) <= 4096
    assert text.count("\n- ") == 10, "all are named"
    assert longest in (late_card(digest(*ten[:5]), 0).embed.description or "")
    short = article("Short", "Tenth")
    assert "[Short](https://tide.example/1)" in (
        late_card(digest(*ten[:9], short), 0).embed.description or ""
    )


def test_titles_work_nowhere_in_a_digest() -> None:
    card = digest_card(digest(article("[x](https://evil.example) @everyone <@1> ](https://evil.example)")))
    text = card.embed.description or ""
    assert "(https://evil" not in text
    assert text.count("](") == 1
    assert "@everyone" not in text
    assert "<@" not in text


def test_admins_read_which_channel_why_since_when_and_what_to_do() -> None:
    notice = AwayToTell(20, 10, NOW, "In <#20> Broadsheet lacks **Send Messages**. Allow it.", 37, (), ())
    inside, outside = away_card(notice), away_card(notice, "Harbour *Town*")
    assert inside.embed.title == "37 articles wait for a channel that can't be used"
    text = outside.embed.description or ""
    for words in (
        "<#20> in **Harbour \\*Town\\***",
        f"<t:{int(NOW.timestamp())}:f>",
        "lacks **Send Messages**",
        "37",
    ):
        assert words in text
    assert "`/unsubscribe`" in text
    assert "Harbour" not in (inside.embed.description or "")
    assert "wait" not in (away_card(replace(notice, waiting=0)).embed.title or "")
    many = away_card(replace(notice, also_away=tuple(range(100, 123)))).embed.description or ""
    assert "can't post into <#100>, <#101>" in many
    assert "<#119> and 3 more either" in many
    assert "into <#31> either" in (away_card(replace(notice, also_away=(31,))).embed.description or "")


@pytest.mark.parametrize("forum", [False, True])
async def test_a_digest_comes_once_and_shows_all_to_who_asks(
    town: Town, bot: BroadsheetBot, press: Press, store: Store, forum: bool
) -> None:
    channel_id = town.channel_id
    if forum:
        channel_id = (await town.alice.create_channel(town.guild_id, "reading", kind=15))["id"]
        await eventually_known(bot, channel_id)
    titles = [f"Article {number}" for number in range(13)]
    await press.queue(*titles, channel_id=channel_id, forum=forum, longest_wait=HOUR)
    route = "/channels/*/threads" if forum else "/channels/*/messages"
    town.sandbox.faults.next("POST", route, Cut(), when="after")
    await press.deliver(after=2 * HOUR)
    await press.deliver(after=3 * HOUR)
    world = town.sandbox.stage.world
    if forum:
        [post] = [one for one in world.channels.values() if one.parent_id == channel_id]
        assert post.name == "13 articles that came late"
        channel_id = post.id
    [message] = await town.alice.messages(channel_id)
    assert message["embeds"][0]["title"] == "13 articles that came late"
    assert message["embeds"][0]["description"].count("Article") == 13

    [button] = message["components"][0]["components"]
    page = await town.bob.click(message, button["custom_id"])
    assert page.ephemeral
    assert page.embeds[0]["description"].count("Article") == 10
    more = page.components[0]["components"][1]["custom_id"]
    page = await town.bob.click(page, more)
    assert page.embeds[0]["description"].count("Article") == 3
    assert page.embeds[0]["footer"]["text"] == "11–13 of 13, oldest first"


async def test_a_digest_that_automod_stops_for_one_article_comes_in_parts_without_it(
    town: Town, bot: BroadsheetBot, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = posting.demand_writable

    def automod(stage: Any, user: Any, channel: Any, draft: Any) -> None:
        if "Article 7" in repr(draft):
            raise Refusal(400, 200000, "Message was blocked by automatic moderation")
        allowed(stage, user, channel, draft)

    monkeypatch.setattr(posting, "demand_writable", automod)
    await press.queue(*[f"Article {number}" for number in range(9)], longest_wait=HOUR)
    for _ in range(10):
        await press.deliver(after=2 * HOUR)
    messages = sorted(await town.alice.messages(town.channel_id), key=lambda one: int(one["id"]))
    told = [re.findall(r"Article (\d)", one["embeds"][0]["description"]) for one in messages]
    assert told == [list("0123"), list("45"), ["6"], ["8"]]


async def test_a_digest_shows_nothing_to_who_cannot_see_its_channel(
    town: Town, bot: BroadsheetBot, press: Press
) -> None:
    hidden = await town.alice.create_channel(town.guild_id, "hidden")
    await eventually_known(bot, hidden["id"])
    await town.alice.overwrite(hidden["id"], town.bob, deny=VIEW_CHANNEL, member=True)
    await press.queue("Secret", channel_id=hidden["id"], longest_wait=HOUR)
    await press.deliver(after=2 * HOUR)
    [message] = await town.alice.messages(hidden)
    [button] = message["components"][0]["components"]

    async def heard() -> bool:
        channel = bot.get_channel(int(hidden["id"]))
        return isinstance(channel, discord.TextChannel) and bool(channel.overwrites)

    await eventually(heard)
    # Nobody can click on what they don't see; but ids can be sent by hand, under another message.
    forged = replace(digest(article("Open")), digest=replace(DIGEST, nonce=mark(button["custom_id"]) or ""))
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=town.channel_id)
    here = await bot.http.request(route, json=digest_card(forged).payload())
    reply = await town.bob.click(here, button["custom_id"])
    assert "Secret" not in str(reply.embeds)
    assert "can't see its channel" in reply.content
    assert "Secret" in str((await town.alice.click(here, button["custom_id"])).embeds)


async def eventually_known(bot: BroadsheetBot, channel_id: str) -> None:
    async def known() -> bool:
        return bot.get_channel(int(channel_id)) is not None

    await eventually(known)


async def test_what_was_never_sent_is_missing_and_what_is_there_is_found(
    town: Town, bot: BroadsheetBot
) -> None:
    late = digest(article("One"))
    place = {"guild_id": int(town.guild_id), "channel_id": int(town.channel_id)}
    late = replace(late, digest=replace(DIGEST, **place))
    assert await bot.publisher.find_digest(late) == Missing()
    sent = await bot.publisher.send_digest(late)
    assert isinstance(sent, Done)
    assert await bot.publisher.find_digest(late) == sent
    assert await bot.publisher.send_digest(late) == sent, "the nonce is remembered"


async def test_admins_are_told_elsewhere_and_posting_goes_on_when_it_is_mended(
    town: Town, bot: BroadsheetBot, press: Press, store: Store
) -> None:
    elsewhere = await town.alice.create_channel(town.guild_id, "elsewhere")
    await eventually_known(bot, elsewhere["id"])
    await press.queue("There", channel_id=elsewhere["id"], source="The Other")
    await town.deny_bot("send_messages")
    await refused_in(bot, town.channel_id)
    await press.queue("Here")
    await press.deliver()
    assert await town.alice.messages(town.channel_id) == []
    assert await store.away.of_guild(int(town.guild_id)) == {int(town.channel_id)}

    later = AwayNotices(
        store, bot.publisher, clock=lambda: utc_now() + timedelta(hours=25), may_send=lambda: True
    )
    await later.tell_due()
    await later.tell_due()
    told, _card = await town.alice.messages(elsewhere)
    assert told["embeds"][0]["title"] == "1 article waits for a channel that can't be used"
    assert "**Send Messages**" in told["embeds"][0]["description"]
    assert f"<#{town.channel_id}>" in told["embeds"][0]["description"]

    await town.deny_bot()

    await eventually(lambda: goes_on(store))
    await press.deliver()
    [card] = await town.alice.messages(town.channel_id)
    assert card["embeds"][0]["title"] == "Here"
    assert not await store.away.of_guild(int(town.guild_id))


async def goes_on(store: Store) -> bool:
    """Whether nothing waits for its channel, which would be tried again in minutes."""
    now = utc_now()
    return (await store.posts.next_due_at(now) or now) <= now


async def refused_in(bot: BroadsheetBot, channel_id: str) -> None:
    """Wait until the bot has heard that it may not write in the channel."""

    async def heard() -> bool:
        channel = bot.get_channel(int(channel_id))
        assert isinstance(channel, discord.TextChannel)
        return not channel.permissions_for(channel.guild.me).send_messages

    await eventually(heard)


@pytest.mark.parametrize("way", ["the channel", "a role of the bot", "a role given", "the bot invited again"])
async def test_every_way_back_is_noticed_at_once(
    town: Town, bot: BroadsheetBot, press: Press, store: Store, way: str
) -> None:
    roles = await town.alice.request("GET", f"/guilds/{town.guild_id}/roles")
    [own] = [one for one in roles if one["name"] == "Broadsheet"]
    assert bot.user is not None
    await press.queue("Here")
    match way:
        case "the channel":
            await town.deny_bot("send_messages")
        case "a role of the bot" | "a role given":
            await town.alice.set_role(town.guild_id, {"id": town.guild_id}, 0)
            await town.alice.set_role(town.guild_id, own, VIEW_CHANNEL)
        case _:
            pass
    if way != "the bot invited again":
        await refused_in(bot, town.channel_id)
        await press.deliver()
    else:
        await store.away.note(int(town.channel_id), int(town.guild_id), utc_now(), "Invite it again.")
    assert await store.away.of_guild(int(town.guild_id))
    assert not await goes_on(store) or way == "the bot invited again"
    match way:
        case "the channel":
            await town.deny_bot()
        case "a role of the bot":
            await town.alice.set_role(town.guild_id, own, int(own["permissions"]))
        case "a role given":
            poster = await town.alice.create_role(town.guild_id, "Poster", int(own["permissions"]))
            await town.alice.give_role(town.guild_id, {"id": str(bot.user.id)}, poster)
        case _:
            await town.alice.kick(town.guild_id, {"id": str(bot.user.id)})
            await town.alice.install(town.application, {"id": town.guild_id}, BOT_PERMISSIONS)

    async def back() -> bool:
        return not await store.away.of_guild(int(town.guild_id))

    if way != "the bot invited again":
        await eventually(lambda: goes_on(store))
        await press.deliver()
    await eventually(back)


async def test_a_change_that_does_not_mend_it_leaves_it_away(
    town: Town, bot: BroadsheetBot, press: Press, store: Store
) -> None:
    await press.queue("Here", thread=True)
    await town.deny_bot("create_public_threads")

    async def heard() -> bool:
        channel = bot.get_channel(int(town.channel_id))
        assert isinstance(channel, discord.TextChannel)
        return not channel.permissions_for(channel.guild.me).create_public_threads

    await eventually(heard)
    await press.deliver()
    since = await store.away.of_guild(int(town.guild_id))
    await town.alice.change_channel({"id": town.channel_id}, name="renamed")
    await eventually(lambda: renamed(bot, town))
    assert await store.away.of_guild(int(town.guild_id)) == since == {int(town.channel_id)}
    assert not await goes_on(store)


async def test_a_forum_without_a_tag_for_it_goes_on_when_it_has_one(
    town: Town, bot: BroadsheetBot, press: Press, store: Store
) -> None:
    moderated = [{"name": "For moderators", "moderated": True}]
    forum = await town.alice.create_channel(
        town.guild_id, "reading", kind=15, flags=1 << 4, available_tags=moderated
    )
    await eventually_known(bot, forum["id"])
    await press.queue("Here", channel_id=forum["id"], forum=True)
    await press.deliver()
    assert await store.away.of_guild(int(town.guild_id)) == {int(forum["id"])}
    await town.alice.change_channel(forum, topic="What we read")

    async def heard() -> bool:
        return getattr(bot.get_channel(int(forum["id"])), "topic", "") == "What we read"

    await eventually(heard)
    assert not await goes_on(store)
    await town.alice.change_channel(forum, available_tags=[*forum["available_tags"], {"name": "News"}])

    await eventually(lambda: goes_on(store))
    await press.deliver()
    world = town.sandbox.stage.world
    assert [one.name for one in world.channels.values() if one.parent_id == forum["id"]] == ["Here"]


async def renamed(bot: BroadsheetBot, town: Town) -> bool:
    return getattr(bot.get_channel(int(town.channel_id)), "name", "") == "renamed"


async def test_who_takes_no_direct_messages_is_away_and_others_read_it(
    town: Town, bot: BroadsheetBot
) -> None:
    notice = AwayToTell(
        int(town.channel_id), int(town.guild_id), NOW, "Allow it.", 2, (), (int(town.bob.id),)
    )
    assert isinstance(await bot.publisher.tell_away_directly(notice, int(town.bob.id)), Done)
    assert isinstance(await bot.publisher.tell_away_directly(notice, 4711), Away)
    assert bot.publisher.owner_id(int(town.guild_id)) == int(town.alice.id)
    assert bot.publisher.owner_id(4711) is None
    assert bot.publisher.system_channel_id(4711) is None
