"""What every route works on: the world, its clock, who is told of changes, and the journal."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox.access import Access
from bot.sandbox.clock import Clock, Timer
from bot.sandbox.files import Files, named_by
from bot.sandbox.gateway.gateway import Gateway
from bot.sandbox.limits import Limits
from bot.sandbox.pictures import Picture
from bot.sandbox.routes.pending import Pending
from bot.sandbox.snowflakes import Snowflakes, stamp
from bot.sandbox.things import Channel, Guild, Message
from bot.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the journal: what was done, by whom, where."""

    at: datetime
    action: str
    actor_id: str
    guild_id: str | None = None
    channel_id: str | None = None
    message_id: str | None = None
    detail: str = ""


class Stage:
    """Everything a route works on."""

    def __init__(self, world: World, clock: Clock, limits: Limits | None = None) -> None:
        self.world = world
        self.clock = clock
        self.now = clock.now
        self.ids = Snowflakes(clock.now, world.last_id)
        self.access = Access(world, clock.now)
        self.gateway = Gateway(world, self.access, clock, limits or Limits(), self.note)
        self.pending = Pending()
        self.journal: deque[Deed] = deque(maxlen=100_000)
        # How many lines were ever written: the number of the newest one.
        self.noted = 0
        self.files = Files(self._named_files)
        # When commands were made within the past day: (application, guild or None) to the times.
        self.commands_made: dict[tuple[str, str | None], deque[datetime]] = {}
        # Nonces of the past minutes: (author, nonce) to (message id, when).
        self.nonces: dict[tuple[str, str], tuple[str, datetime]] = {}
        # When open threads will archive, by their ids.
        self.archivals: dict[str, Timer] = {}
        # When people last did something in a channel with slow mode: (what, channel, user) to when.
        self.slowed: dict[tuple[str, str, str], datetime] = {}

    def make_id(self) -> str:
        """A new id, remembered so that it is never given twice, also after a restart."""
        made = self.ids.make()
        self.world.last_id = self.ids.last
        return made

    def keep_picture(self, picture: Picture | None) -> str | None:
        """Keep an avatar or icon; gives the key that it is found by."""
        if picture is None:
            return None
        self.world.pictures[picture.key] = picture.text
        return picture.key

    def remove_channel(self, channel: Channel) -> None:
        """Take a channel away, with its threads and what was remembered of them."""
        for one in (channel, *self.world.threads_of(channel.id)):
            self.access.forget(one)
            timer = self.archivals.pop(one.id, None)
            if timer is not None:
                timer.cancel()
        self.world.remove_channel(channel)

    def remove_guild(self, guild: Guild) -> None:
        """Take a guild away, with its channels."""
        for channel in self.world.channels_of(guild.id):
            self.remove_channel(channel)
        self.world.remove_guild(guild)

    def _named_files(self) -> Iterator[str]:
        """The attachments that are in a message, an ephemeral one too, or were given to a bot just now."""
        for message in self.world.messages.values():
            if message.attachments or message.snapshots:
                yield from named_by(message)
        for hidden, _ in self.pending.ephemeral.values():
            yield from named_by(hidden)
        for interaction in self.pending.all():
            yield from interaction.attachments

    def stamp(self) -> str:
        """Now, as Discord writes it."""
        return stamp(self.now())

    def note(self, action: str, actor_id: str, message: Message | None = None, **where: str | None) -> None:
        """Write a line into the journal; a change that is noted is also saved."""
        self.world.version += 1
        if message is not None:
            where = {
                "guild_id": message.guild_id,
                "channel_id": message.channel_id,
                "message_id": message.id,
                **where,
            }
        detail = where.pop("detail", None) or ""
        self.noted += 1
        self.journal.append(Deed(self.now(), action, actor_id, detail=detail, **where))
