"""What was written where a member may not read is not shown to them, by no command and no button."""

from bot.client import BroadsheetBot
from bot.newsroom.newsroom import Newsroom
from bot.newsroom.ports import Later, Left
from bot.publisher import DiscordSight
from cogs.visibility import public_channels
from tests.discord.conftest import Moderation, Press, Town, eventually


async def test_a_channel_that_one_cannot_see_is_not_listed_found_or_offered(
    town: Town, mods: Moderation
) -> None:
    for person, sees in ((town.bob, False), (town.alice, True)):
        for command, options in (("top", {}), ("comments", {}), ("comments", {"article": "secret"})):
            reply = await person.slash(command, options, in_=town.channel_id)
            assert ("Secret plan" in str(reply.raw)) == sees, (command, options)
        offered = await person.autocomplete("comments", "article", "plan", in_=town.channel_id)
        assert [choice["name"] for choice in offered] == ["Secret plan · The Town Crier"] * sees
    known = (await town.alice.autocomplete("comments", "article", ""))[0]
    guessed = await town.bob.slash("comments", article=known["value"])
    assert "No article here has these words" in guessed.content
    seen = await town.alice.slash("comments", article=known["value"])
    assert "Tell nobody" in str(seen.raw)


async def test_an_answer_for_everybody_shows_what_everybody_there_may_see(
    town: Town, mods: Moderation
) -> None:
    lobby = await town.alice.slash("top", public=True)
    assert "Secret plan" not in str(lobby.raw)
    inside = await town.alice.slash("top", public=True, in_=mods.channel_id)
    assert "Secret plan" in str(inside.raw)


async def test_comments_of_a_hidden_channel_are_left_out_of_an_article_that_is_elsewhere_too(
    town: Town, mods: Moderation, press: Press, newsroom: Newsroom
) -> None:
    (open_card,) = await press.publish(newest=1)
    button = open_card["components"][0]["components"][0]["custom_id"]
    await town.alice.reply(open_card, "In the open")

    async def written() -> bool:
        listed = await newsroom.front_page.by_message(int(open_card["id"]), visible={int(town.channel_id)})
        return listed is not None and listed.comment_count == 2

    await eventually(written)
    for person, sees in ((town.bob, False), (town.alice, True)):
        page = await person.click(open_card, button)
        assert "In the open" in str(page.raw)
        assert ("Tell nobody" in str(page.raw)) == sees


async def test_a_digest_is_of_what_its_readers_may_read(
    town: Town, mods: Moderation, bot: BroadsheetBot
) -> None:
    sight, guild_id = DiscordSight(bot), int(town.guild_id)
    secret, lobby = int(mods.channel_id), int(town.channel_id)
    for channel_id, member_id, sees in (
        (lobby, None, {lobby}),
        (secret, None, {lobby, secret}),
        (9, int(town.bob.id), {lobby}),
        (9, int(town.alice.id), {lobby, secret}),
    ):
        seen = await sight.visible(guild_id, channel_id, member_id)
        assert isinstance(seen, frozenset)
        assert seen & {lobby, secret} == sees
    assert isinstance(await sight.visible(guild_id, 9, 4711), Left)
    assert isinstance(await sight.visible(99, lobby, None), Later)


async def test_the_public_may_read_what_everyone_may(
    town: Town, mods: Moderation, bot: BroadsheetBot, press: Press
) -> None:
    message = await town.alice.say("Here")
    thread = await town.alice.start_thread(message, "Talk")
    inside = await town.alice.start_thread(await town.alice.say("Here", in_=mods.channel_id), "Plans")
    guild = bot.guilds[0]

    async def told() -> bool:
        return {int(thread["id"]), int(inside["id"])} <= {one.id for one in guild.threads}

    await eventually(told)
    seen = public_channels(bot, guild.id)
    assert seen is not None
    assert {int(town.channel_id), int(thread["id"])} <= seen
    assert not {int(mods.channel_id), int(inside["id"])} & seen
    assert public_channels(bot, 99) is None
