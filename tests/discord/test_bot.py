"""The bot itself: intents, login and its failures, commands told once, reconciliation after each new session."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.client import (
    BroadsheetBot,
    definitions,
    intents,
    invite_url,
)
from bot.config import Settings
from bot.login import DiscordProblem, login_problem, point_at
from bot.newsroom.mirror import Reconciled
from bot.newsroom.newsroom import Newsroom
from bot.newsroom.ports import ChannelReader
from storage import DatabaseBusy
from tests.discord.conftest import BOT_PERMISSIONS, StartBot, Town, eventually


@pytest.mark.parametrize(("message_content", "value"), [(False, 1537), (True, 34305)])
def test_the_bot_listens_to_no_more_than_it_needs(message_content: bool, value: int) -> None:
    assert intents(message_content=message_content).value == value


def test_the_invite_link_asks_for_the_smallest_permissions() -> None:
    link = invite_url(123)
    assert "client_id=123" in link
    assert "permissions=309237730368" in link
    assert "scope=bot+applications.commands" in link


async def test_the_bot_caches_no_members_and_no_messages(town: Town, bot: BroadsheetBot) -> None:
    await town.bob.say("hello")
    await eventually(lambda: _same(bot.get_channel(int(town.channel_id)).last_message_id))  # type: ignore[union-attr]
    assert list(bot.cached_messages) == []
    assert [member.id for member in bot.guilds[0].members] == [bot.user.id]  # type: ignore[union-attr]
    assert bot.allowed_mentions is not None
    assert bot.allowed_mentions.to_dict() == {"parse": []}
    assert logging.getLogger("discord").level == logging.INFO


async def _same(value: Any) -> Any:
    return value


async def test_every_command_is_described(bot: BroadsheetBot) -> None:
    told = {command.qualified_name: command for command in bot.tree.walk_commands()}
    admins = {
        "subscribe",
        "unsubscribe",
        "subscriptions",
        "source",
        "source status",
        "source check",
        "settings",
        "settings language",
        "settings votes",
        "settings retention",
        *(f"settings votes {name}" for name in ("list", "add", "remove", "role", "names")),
    }
    privacy = {name for name in told if name.partition(" ")[0] == "privacy"}
    floor = {"top", "comments", "who", "who voted", "leaderboard", "stats"}
    digest = {"digest", *(f"digest {name}" for name in ("schedule", "mine", "now", "list"))}
    kinds = ("source", "phrase", "author", "article", "replies", "list", "settings")
    follows = {"follow", *(f"follow {kind}" for kind in kinds)}
    assert set(told) == admins | floor | privacy | digest | follows
    assert {menu.name for menu in bot.tree.get_commands(type=discord.AppCommandType.message)} == {
        "Hide from the page",
        "Show again",
        "Close comments",
        "Open comments again",
        "Comment on a passage",
        "Keep as comment",
    }
    for command in told.values():
        assert len(command.description) > 10
        if isinstance(command, app_commands.Command):
            assert all(len(option.description) > 10 for option in command.parameters), command.name


async def test_commands_are_told_once_and_again_only_when_changed(town: Town, start_bot: StartBot) -> None:
    first = await start_bot()
    ids = {command["id"] for command in await town.alice.commands(town.guild_id)}
    known = await first.http.get_global_commands(int(town.application.id))
    await first.close()

    second = await start_bot()
    again = await second.http.get_global_commands(int(town.application.id))
    assert [command["version"] for command in again] == [command["version"] for command in known]
    assert {command["id"] for command in await town.alice.commands(town.guild_id)} == ids
    fewer = [command.to_dict(second.tree) for command in second.tree.get_commands()][:2]
    await second.http.bulk_upsert_global_commands(int(town.application.id), fewer)  # type: ignore[arg-type]
    await second.close()

    await start_bot()
    assert len(await town.alice.commands(town.guild_id)) == len(ids)


def test_definitions_are_the_same_whoever_wrote_them_down() -> None:
    ours = {
        "name": "a",
        "type": 1,
        "description": "b",
        "nsfw": False,
        "dm_permission": True,
        "default_member_permissions": 32,
        "contexts": [0],
        "options": [{"type": 3, "name": "x", "description": "y", "required": False, "autocomplete": True}],
    }
    discords = {
        "id": "1",
        "application_id": "2",
        "version": "3",
        "name": "a",
        "type": 1,
        "description": "b",
        "default_member_permissions": "32",
        "contexts": [0],
        "options": [
            {"type": 3, "name": "x", "description": "y", "autocomplete": True, "name_localizations": None}
        ],
    }
    assert definitions([ours]) == definitions([discords])
    for changed in (
        {"description": "c"},
        {"default_member_permissions": "8"},
        {"contexts": [0, 1]},
        {"options": []},
        {"options": [{**discords["options"][0], "required": True}]},  # type: ignore[index]
    ):
        assert definitions([ours]) != definitions([{**discords, **changed}])


@dataclass
class Reading:
    """A reconciler that says when it is asked and ends when it is let."""

    asked: list[set[int]] = field(default_factory=list)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    async def run(
        self, reader: ChannelReader, guild_ids: Collection[int], channel_ids: Collection[int]
    ) -> Reconciled:
        self.asked.append(set(guild_ids))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.may_end.wait()
        self.at_once -= 1
        return Reconciled()

    async def times(self, wanted: int) -> bool:
        return len(self.asked) == wanted


async def test_each_new_session_is_reconciled_never_twice_at_once(town: Town, start_bot: StartBot) -> None:
    reading = Reading()
    bot = await start_bot(reconciler=reading)
    await eventually(lambda: reading.times(1))
    assert reading.asked == [{int(town.guild_id)}]
    bot.on_gap()
    bot.on_gap()
    await asyncio.sleep(0)
    assert len(reading.asked) == 1
    reading.may_end.set()
    await eventually(lambda: reading.times(2))  # the gaps that came meanwhile are read together
    assert reading.most_at_once == 1


async def test_a_resumed_session_is_not_reconciled(town: Town, start_bot: StartBot) -> None:
    reading = Reading()
    reading.may_end.set()
    bot = await start_bot(reconciler=reading)
    await eventually(lambda: reading.times(1))
    resumed = asyncio.create_task(bot.wait_for("resumed", timeout=10))
    await asyncio.sleep(0)
    await town.sandbox.disconnect_all(4000)
    await resumed
    assert len(reading.asked) == 1


async def test_what_the_database_could_not_take_is_read_again_in_its_server(
    town: Town, start_bot: StartBot
) -> None:
    class Failing:
        async def reacted(self, message_id: int, member_id: int, emoji: str, roles: Collection[int]) -> None:
            raise DatabaseBusy("The database is locked.")

    village = await town.alice.create_guild("Village")
    await town.alice.install(town.application, village["id"], BOT_PERMISSIONS)
    reading = Reading()
    reading.may_end.set()
    await start_bot(reconciler=reading, votes=Failing())
    await eventually(lambda: reading.times(1))
    assert reading.asked == [{int(town.guild_id), int(village["id"])}]
    await town.bob.react(await town.bob.say("hello"), "👍")
    await eventually(lambda: reading.times(2))
    assert reading.asked[1:] == [{int(town.guild_id)}]


async def test_a_failed_reconciliation_ends_nothing(town: Town, start_bot: StartBot) -> None:
    class Failing:
        async def run(
            self, reader: ChannelReader, guild_ids: Collection[int], channel_ids: Collection[int]
        ) -> None:
            raise RuntimeError("the database is away")

    bot = await start_bot(reconciler=Failing())
    await town.bob.say("hello")
    assert bot.is_ready()


@pytest.mark.refusals(1)
async def test_a_wrong_token_is_told_and_does_not_pass(town: Town, newsroom: Newsroom) -> None:
    point_at(town.sandbox.api_url, town.sandbox.gateway_url)
    async with BroadsheetBot(newsroom, Settings()) as bot:
        with pytest.raises(DiscordProblem, match="DISCORD_TOKEN") as problem:
            await bot.start("wrong")
    assert not problem.value.passing


async def test_an_unreachable_server_passes(town: Town, newsroom: Newsroom) -> None:
    point_at("http://127.0.0.1:9/api/v10", "ws://127.0.0.1:9/")
    bot = BroadsheetBot(newsroom, Settings(), guild_ready_timeout=0.05)
    with pytest.raises(DiscordProblem, match="can't be reached") as problem:
        await bot.start(town.application.token)
    assert problem.value.passing
    point_at(town.sandbox.api_url, town.sandbox.gateway_url)
    session = asyncio.create_task(bot.start(town.application.token))
    async with asyncio.timeout(10):
        await bot.ready.wait()
    await bot.close()
    await asyncio.wait((session,))


@pytest.mark.parametrize(
    ("error", "said", "passing"),
    [
        (discord.LoginFailure("no"), "DISCORD_TOKEN", False),
        (discord.PrivilegedIntentsRequired(None), "Message Content Intent", False),
        (ConnectionResetError(), "broke", True),
        (discord.GatewayNotFound(), "broke", True),
    ],
)
def test_why_a_login_failed(error: Exception, said: str, passing: bool) -> None:
    problem = login_problem(error)
    assert said in str(problem)
    assert problem.passing is passing


async def test_parts_of_messages_break_no_session(town: Town, newsroom: Newsroom, bot: BroadsheetBot) -> None:
    update = bot._connection.parsers["MESSAGE_UPDATE"]
    update({"id": "1", "channel_id": town.channel_id, "guild_id": town.guild_id, "embeds": []})
    assert bot.is_ready()


async def test_a_failed_command_apologises_with_an_id_that_is_logged(
    town: Town, start_bot: StartBot, newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        async def page(self, *_: object, **__: object) -> None:
            raise RuntimeError("the database is away")

    await start_bot(front_page=Broken())
    reply = await town.bob.slash("top")
    assert reply.ephemeral
    assert "Something went wrong" in reply.content
    error_id = reply.content.split("`")[1]
    (record,) = [record for record in caplog.records if error_id in record.getMessage()]
    assert record.exc_info is not None
    assert "/top" in record.getMessage()
