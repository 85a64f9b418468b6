"""The bot's connection to Discord: intents, cogs, commands, one handler for what goes wrong, sessions."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.config import Settings
from bot.login import LOGIN_TROUBLES, LONGEST_RATE_LIMIT, DiscordProblem, login_problem
from bot.newsroom.gaps import Gaps
from bot.newsroom.newsroom import Newsroom
from bot.publisher import INVITE_PERMISSIONS, DiscordPublisher, DiscordReader
from storage import DatabaseProblem

log = logging.getLogger(__name__)

COGS = (
    "cogs.guilds",
    "cogs.settings",
    "cogs.subscriptions",
    "cogs.frontpage",
    "cogs.comments",
    "cogs.feedback",
    "cogs.keeping",
    "cogs.follows",
    "cogs.related",
    "cogs.votes",
    "cogs.boards",
    "cogs.notices",
    "cogs.sources",
    "cogs.privacy",
    "cogs.moderation",
    "cogs.digests",
)

# How long, in seconds, handlers of events and commands may go on when the bot is closed.
HANDLERS_MAY_TAKE = 3.0
# The end of a session that Discord does not answer is not waited for.
SESSION_GRACE = timedelta(seconds=3)
LONGEST_RECONNECT = timedelta(minutes=5)

# https://docs.discord.com/developers/interactions/application-commands#registering-a-command
MENUS = 15


def intents(*, message_content: bool) -> discord.Intents:
    """What the bot listens to: guilds, messages and reactions (1537); with MESSAGE_CONTENT 34305."""
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_messages = wanted.guild_reactions = True
    wanted.message_content = message_content
    return wanted


def invite_url(client_id: int) -> str:
    """The address at which an admin invites the bot, with the smallest permissions that serve it."""
    return discord.utils.oauth_url(
        client_id, permissions=INVITE_PERMISSIONS, scopes=("bot", "applications.commands")
    )


class BroadsheetBot(commands.Bot):
    """discord.py's bot with Broadsheet's cogs. It caches guilds and channels, no messages and no members.

    `ready` is set once a session's guilds are known, `connected` says whether there is a session now. `publisher`
    puts cards into this bot's channels; `may_send` says whether it may, as the last thing before it does. `reader`
    reads these channels back, for the `gaps` in what was heard.
    """

    def __init__(
        self,
        newsroom: Newsroom,
        settings: Settings,
        *,
        may_send: Callable[[], bool] = lambda: True,
        **options: Any,
    ) -> None:
        # At DEBUG discord.py logs every answer and event, so tokens and members' words.
        logging.getLogger("discord").setLevel(logging.INFO)
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Commands,
            intents=intents(message_content=settings.message_content),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
            max_ratelimit_timeout=LONGEST_RATE_LIMIT,
            **options,
        )
        self.newsroom = newsroom
        self.settings = settings
        self.publisher = DiscordPublisher(self, may_send)
        self.reader = DiscordReader(self)
        self.gaps = Gaps(newsroom.reconciler, self.reader)
        self.ready = asyncio.Event()
        self.connected = False
        self._under_way: set[asyncio.Task[Any]] = set()
        self._drop_partial_updates()

    def _drop_partial_updates(self) -> None:
        # Discord sends edited messages whole; servers like it may send parts, on which discord.py 2.7's parser
        # breaks, and the session with it. A part without author and content is no edit of a comment.
        parsers = self._connection.parsers
        whole = parsers["MESSAGE_UPDATE"]

        def update(data: Any) -> None:
            if {"author", "content", "type"} <= data.keys():
                whole(data)

        parsers["MESSAGE_UPDATE"] = update

    async def setup_hook(self) -> None:
        """After login: load the cogs, tell Discord the commands where they changed."""
        for name in COGS:
            if name not in self.extensions:
                await self.load_extension(name)
        await cast(Commands, self.tree).sync_if_changed()

    async def start(self, token: str, *, reconnect: bool = True) -> None:
        """Log in and serve until closed; sessions are renewed on their own.

        Raises DiscordProblem where the login fails. A passing one leaves the bot so that `start` may be called again.
        """
        try:
            await super().start(token, reconnect=reconnect)
        except (*LOGIN_TROUBLES, OSError) as error:
            await self.http.close()
            # A closed connector can't be used again; the next login makes a new one.
            self.http.connector = discord.utils.MISSING
            raise login_problem(error) from error

    async def close(self) -> None:
        """End the session. Handlers under way may finish first: what they store must be stored whole."""
        self.ready.clear()
        await self.gaps.close()
        if self._under_way:
            await asyncio.wait(tuple(self._under_way), timeout=HANDLERS_MAY_TAKE)
        await super().close()
        if late := tuple(self._under_way):
            for task in late:
                task.cancel()
            await asyncio.wait(late)

    def _schedule_event(self, *args: Any, **kwargs: Any) -> asyncio.Task[None]:
        return self.note_under_way(super()._schedule_event(*args, **kwargs))

    def note_under_way(self, task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        """Let `close` wait for this handler."""
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def on_ready(self) -> None:
        """A session began that was not resumed (discord.py tells resumed ones as `on_resumed`)."""
        log.info("Connected to Discord as %s; number of servers: %d", self.user, len(self.guilds))
        self.connected = True
        self.ready.set()
        self.on_gap()
        await self.newsroom.guilds.in_these({guild.id for guild in self.guilds})

    async def on_resumed(self) -> None:
        """A session goes on; Discord has told everything that was missed."""
        self.connected = True

    async def on_disconnect(self) -> None:
        """The session is interrupted."""
        self.connected = False

    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """A server is out. Its threads are told anew when it is back; those told before may be archived by then."""
        guild._clear_threads()

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is back after an outage; what happened meanwhile is not told again."""
        if self.ready.is_set():
            self.gaps.begin({guild.id})

    def on_gap(self, guild_id: int | None = None) -> None:
        """Events may be missing, of this server or (None) of whichever: have the mirror put right."""
        self.gaps.begin({guild.id for guild in self.guilds} if guild_id is None else {guild_id})

    async def on_message(self, message: discord.Message, /) -> None:
        """Messages are no commands: only slash commands are. The cogs listen on their own."""

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """An event's handler failed. One about an interaction is answered, any other is logged; never its content."""
        error = sys.exception()
        if args and isinstance(args[0], discord.Interaction) and isinstance(error, Exception):
            await cast(Commands, self.tree).answer_error(args[0], error)
        else:
            log.error("The event %s could not be handled", event_method, exc_info=error)
            if isinstance(error, DatabaseProblem):
                # What the event told is read from Discord once the database answers again.
                self.on_gap(_guild_id_of(args[0]) if args else None)


def _guild_id_of(told: object) -> int | None:
    """The id of the server that an event is about, if it is about one."""
    guild_id: int | None = getattr(told, "guild_id", None)
    return getattr(getattr(told, "guild", None), "id", None) if guild_id is None else guild_id


class Commands(app_commands.CommandTree[BroadsheetBot]):
    """The slash commands: told to Discord once they changed, and one handler for their errors."""

    def add_command(self, command: Any, /, **options: Any) -> None:
        """Take up a command. Of messages' menus discord.py 2.7 takes five, Discord 15 since November 2025."""
        if not isinstance(command, app_commands.ContextMenu):
            super().add_command(command, **options)
            return
        if len(self._context_menus) == MENUS:
            raise app_commands.CommandLimitReached(guild_id=None, limit=MENUS, type=command.type)
        self._context_menus[command.name, None, command.type.value] = command

    async def sync_if_changed(self) -> None:
        """Send the commands' definitions where Discord's differ. (Discord allows 200 new ones a day.)"""
        application_id = self.client.application_id
        if application_id is None:
            raise RuntimeError("Commands are synced after login.")
        known = await self.client.http.get_global_commands(application_id)
        own = [command.to_dict(self) for command in self.get_commands()]
        if definitions(own) != definitions(cast("list[Mapping[str, Any]]", known)):
            await self.sync()
            log.info("Told Discord %d commands", len(own))

    async def _call(self, interaction: discord.Interaction[BroadsheetBot]) -> None:
        if (task := asyncio.current_task()) is not None:
            self.client.note_under_way(task)
        await super()._call(interaction)

    async def interaction_check(self, interaction: discord.Interaction[BroadsheetBot], /) -> bool:
        """Every command is about a server, but for those that say that they work in direct messages, too."""
        if interaction.guild_id is None and not _works_anywhere(interaction.command):
            raise app_commands.NoPrivateMessage
        return True

    async def on_error(
        self, interaction: discord.Interaction[BroadsheetBot], error: app_commands.AppCommandError, /
    ) -> None:
        """A command failed."""
        await self.answer_error(interaction, error)

    async def answer_error(self, interaction: discord.Interaction[BroadsheetBot], error: Exception) -> None:
        """Say in a sentence why a command or button did nothing. In this order:

        1. the member lacks a permission: which;
        2. the bot lacks one: which, where Discord tells;
        3. outside a server: where it works;
        4. a channel that the bot can't see: what to do;
        5. a command older than the bot: try again in a minute;
        6. the answer came too late, or somebody answered before: logged, nobody listens any more;
        7. everything else: an apology with an id, and the error logged under that id.
        """
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        match cause:
            case app_commands.MissingPermissions(missing_permissions=names):
                sentence = f"For this you need the permission {_titles(names)} in this server. Ask an admin."
            case app_commands.BotMissingPermissions(missing_permissions=names):
                sentence = f"Broadsheet lacks the permission {_titles(names)} here. Ask an admin to allow it."
            case discord.Forbidden():
                sentence = (
                    "Discord did not let Broadsheet do this. Check its role's permissions in this channel."
                )
            case app_commands.NoPrivateMessage():
                sentence = "This works in a server only. Use it in one that Broadsheet was invited to."
            case app_commands.TransformerError(type=discord.AppCommandOptionType.channel):
                sentence = "Broadsheet can't see that channel. Allow **View Channel** for its role there."
            case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
                sentence = "This command has just changed. Try again in a minute, or reload Discord."
            case discord.HTTPException(code=10062 | 40060):
                log.warning("An answer to %s came too late", _what(interaction))
                return
            case _:
                error_id = secrets.token_hex(4)
                log.error("%s failed (error %s)", _what(interaction), error_id, exc_info=cause)
                sentence = (
                    "Something went wrong here, and nothing is lost. Try again in a minute; if it stays, tell the "
                    f"operator this error id: `{error_id}`."
                )
        await _answer(interaction, sentence)


def _works_anywhere(command: object) -> bool:
    if not isinstance(command, app_commands.Command):
        return False
    contexts = (command.root_parent or command).allowed_contexts
    return contexts is not None and bool(contexts.dm_channel)


def definitions(commands_: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], dict[str, Any]]:
    """What of commands' definitions members see, by type and name: equal for equal commands, whoever wrote them down.

    Discord adds ids and fields, leaves out what is false or empty, and writes permissions as strings.
    """
    return {
        (command.get("type", 1), command["name"]): {
            **_definition(command),
            "permissions": str(command.get("default_member_permissions") or ""),
            "contexts": sorted(command.get("contexts") or ()),
        }
        for command in commands_
    }


def _definition(option: Mapping[str, Any]) -> dict[str, Any]:
    kept = (
        "type",
        "description",
        "required",
        "autocomplete",
        "min_value",
        "max_value",
        "min_length",
        "max_length",
    )
    return {
        **{name: option[name] for name in kept if option.get(name) not in (None, False, "")},
        "name": option["name"],
        "channel_types": sorted(option.get("channel_types") or ()),
        "choices": [(choice["name"], choice["value"]) for choice in option.get("choices") or ()],
        "options": [_definition(inner) for inner in option.get("options") or ()],
    }


async def _answer(interaction: discord.Interaction[BroadsheetBot], sentence: str) -> None:
    try:
        if interaction.type is discord.InteractionType.autocomplete:
            return
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except discord.HTTPException as error:
        log.warning("%s could not be told what went wrong: HTTP %d", _what(interaction), error.status)


def _what(interaction: discord.Interaction[BroadsheetBot]) -> str:
    command = interaction.command
    return (
        f"/{command.qualified_name}" if command is not None else f"An interaction ({interaction.type.name})"
    )


def _titles(names: Sequence[str]) -> str:
    return ", ".join(f"**{name.replace('_', ' ').replace('guild', 'server').title()}**" for name in names)


async def connect(bot: BroadsheetBot, token: str) -> None:
    """Keep the bot logged in. Trouble that may pass is waited out, longer each time up to five minutes.

    Raises DiscordProblem where trying again is of no use.
    """
    wait = timedelta(seconds=1)
    while not bot.is_closed():
        try:
            await bot.start(token)
        except DiscordProblem as problem:
            if not problem.passing:
                raise
            log.warning("%s Trying again in %d s.", problem, wait.total_seconds())
            await asyncio.sleep(wait.total_seconds())
            wait = min(wait * 2, LONGEST_RECONNECT)
    raise DiscordProblem(
        "The connection to Discord was closed for good. The log says why; start Broadsheet again.",
        passing=False,
    )


async def close_session(bot: BroadsheetBot) -> None:
    """End the session at Discord; one that does not answer is left as it is."""
    try:
        async with asyncio.timeout(SESSION_GRACE.total_seconds()):
            await bot.close()
    except TimeoutError:
        log.warning("Discord did not answer the end of the session in time")
