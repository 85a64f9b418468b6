"""What people do with messages: write, answer, react, pin, talk in threads and in private, look."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from bot.sandbox.scenario.client import Client
from bot.sandbox.scenario.things import Event, Json, Message, Thing, id_of, message_of, path_of

# What is looked for in messages: a text that occurs in one, or a function that says yes to one.
Wanted = str | Callable[[Json], bool]
Files = Mapping[str, bytes]

_PUBLIC_THREAD, _PRIVATE_THREAD = 11, 12


class Talking(Client):
    """A client that writes and reads."""

    def __init__(self, base_url: str, username: str, token: str) -> None:
        super().__init__(base_url, username, token)
        self._here: str | None = None

    def enter(self, channel: Thing) -> None:
        """Open a channel: there one writes and uses commands from now on, unless told otherwise."""
        self._here = id_of(channel)

    def _place(self, told: Thing | None) -> str:
        place = self._here if told is None else id_of(told)
        assert place is not None, f"{self.username} is in no channel: enter one, or say in_=…"
        return place

    # Writing

    async def say(self, text: str = "", in_: Thing | None = None, files: Files | None = None) -> Json:
        """Write a message, with files by name."""
        return dict(await self._write(self._place(in_), {"content": text}, files))

    async def reply(
        self, message: Message, text: str = "", ping: bool = True, files: Files | None = None
    ) -> Json:
        """Answer a message where it stands, with or without the ping to its author."""
        raw = message_of(message)
        body = {
            "content": text,
            "message_reference": {"message_id": raw["id"], "channel_id": raw["channel_id"]},
            "allowed_mentions": {"parse": ["users", "roles", "everyone"], "replied_user": ping},
        }
        return await self._write(raw["channel_id"], body, files)

    async def _write(self, channel_id: str, body: Json, files: Files | None) -> Json:
        return dict(await self.request("POST", f"/channels/{channel_id}/messages", body, files))

    async def edit(self, message: Message, text: str) -> Json:
        """Write one's message anew."""
        return dict(await self.request("PATCH", path_of(message), {"content": text}))

    async def delete(self, message: Message) -> None:
        """Delete a message."""
        await self.request("DELETE", path_of(message))

    async def react(self, message: Message, emoji: str) -> None:
        """Add one's reaction: the emoji itself, or `name:id` of a custom one."""
        await self.request("PUT", f"{path_of(message)}/reactions/{quote(emoji)}/@me")

    async def unreact(self, message: Message, emoji: str) -> None:
        """Take one's reaction back."""
        await self.request("DELETE", f"{path_of(message)}/reactions/{quote(emoji)}/@me")

    async def clear_reactions(self, message: Message, emoji: str | None = None) -> None:
        """Take everybody's reactions off a message; those of one emoji, if it is named."""
        which = f"/{quote(emoji)}" if emoji is not None else ""
        await self.request("DELETE", f"{path_of(message)}/reactions{which}")

    async def pin(self, message: Message) -> None:
        """Pin a message in its channel."""
        await self.request("PUT", self._pin_path(message))

    async def unpin(self, message: Message) -> None:
        """Unpin a message."""
        await self.request("DELETE", self._pin_path(message))

    @staticmethod
    def _pin_path(message: Message) -> str:
        raw = message_of(message)
        return f"/channels/{raw['channel_id']}/messages/pins/{raw['id']}"

    # Reading

    async def message(self, channel: Thing, message_id: str) -> Json:
        """One message, as it stands now."""
        return dict(await self.request("GET", f"/channels/{id_of(channel)}/messages/{message_id}"))

    async def messages(self, channel: Thing | None = None, **query: Any) -> list[Json]:
        """Newest first; `limit`, `before`, `after`, `around` as Discord has them."""
        return list(await self.request("GET", f"/channels/{self._place(channel)}/messages", **query))

    async def sees(self, channel: Thing, wanted: Wanted, timeout: float = 5) -> Json:
        """The newest message of a channel that is wanted: one that stands there, or comes or becomes so in time.

        Raises AssertionError with what the channel holds instead.
        """
        channel_id = id_of(channel)
        since = self.mark()
        standing = await self.messages(channel_id)
        found = next((one for one in standing if _fits(wanted, one)), None)
        if found is not None:
            return found

        def fits(event: Event) -> bool:
            here = (
                event.name in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and event.data["channel_id"] == channel_id
            )
            return here and _fits(wanted, event.data)

        event = await self._hear(fits, timeout, since)
        if event is not None:
            return event.data
        held = "; ".join(_line(one) for one in reversed(await self.messages(channel_id, limit=10)))
        raise AssertionError(
            f"{self._how_long(timeout)} for {_described(wanted)} that did not come to channel {channel_id}; "
            f"it holds {held or 'nothing'}."
        )

    # Threads

    async def start_thread(self, message: Message, name: str) -> Json:
        """A thread on a message."""
        return await self._new_thread(f"{path_of(message)}/threads", {"name": name})

    async def open_thread(self, name: str, in_: Thing | None = None, private: bool = False) -> Json:
        """A thread that hangs on no message."""
        body = {"name": name, "type": _PRIVATE_THREAD if private else _PUBLIC_THREAD}
        return await self._new_thread(f"/channels/{self._place(in_)}/threads", body)

    async def post(
        self, forum: Thing, title: str, text: str, tags: tuple[Thing, ...] = (), files: Files | None = None
    ) -> Json:
        """A forum post: the thread, with its first message under `message`."""
        body: Json = {
            "name": title,
            "message": {"content": text},
            "applied_tags": [id_of(one) for one in tags],
        }
        return await self._new_thread(f"/channels/{id_of(forum)}/threads", body, files)

    async def _new_thread(self, path: str, body: Json, files: Files | None = None) -> Json:
        thread = dict(await self.request("POST", path, body, files))
        self._guild_of[thread["id"]] = thread["guild_id"]
        return thread

    async def archive(self, thread: Thing, locked: bool | None = None) -> Json:
        """Close a thread; `locked`, so that only moderators open it again."""
        body = {"archived": True} if locked is None else {"archived": True, "locked": locked}
        return dict(await self.request("PATCH", f"/channels/{id_of(thread)}", body))

    async def reopen(self, thread: Thing, locked: bool | None = None) -> Json:
        """Open an archived thread again; with `locked` False, unlock it too."""
        body = {"archived": False} if locked is None else {"archived": False, "locked": locked}
        return dict(await self.request("PATCH", f"/channels/{id_of(thread)}", body))

    async def join_thread(self, thread: Thing) -> None:
        """Follow a thread."""
        await self.request("PUT", f"/channels/{id_of(thread)}/thread-members/@me")

    async def leave_thread(self, thread: Thing) -> None:
        """Follow a thread no longer."""
        await self.request("DELETE", f"/channels/{id_of(thread)}/thread-members/@me")

    # In private

    async def open_direct(self, who: Thing) -> Json:
        """The direct channel with somebody."""
        return dict(await self.request("POST", "/users/@me/channels", {"recipient_id": id_of(who)}))

    async def whisper(self, who: Thing, text: str = "", files: Files | None = None) -> Json:
        """Write somebody a direct message."""
        return await self.say(text, await self.open_direct(who), files)

    async def inbox(self) -> list[Json]:
        """What others wrote in one's direct channels, newest first; at most 50 of each."""
        found = []
        for channel in await self.request("GET", "/users/@me/channels"):
            found += [one for one in await self.messages(channel) if one["author"]["id"] != self.id]
        return sorted(found, key=lambda one: int(one["id"]), reverse=True)

    async def receives(self, wanted: Wanted, timeout: float = 5) -> Json:
        """The newest direct message from somebody else that is wanted: in the inbox already, or in time.

        Raises AssertionError with what the inbox holds instead.
        """
        since = self.mark()
        found = next((one for one in await self.inbox() if _fits(wanted, one)), None)
        if found is not None:
            return found

        def fits(event: Event) -> bool:
            direct = event.name == "MESSAGE_CREATE" and event.data.get("guild_id") is None
            return direct and event.data["author"]["id"] != self.id and _fits(wanted, event.data)

        event = await self._hear(fits, timeout, since)
        if event is not None:
            return event.data
        held = "; ".join(_line(one) for one in reversed(await self.inbox()))
        raise AssertionError(
            f"{self._how_long(timeout)} for {_described(wanted)} that did not come to the inbox; "
            f"it holds {held or 'nothing'}."
        )

    async def close_direct_messages(self, closed: bool = True) -> None:
        """Take direct messages from members of one's guilds no longer; or again."""
        guilds = await self.request("GET", "/users/@me/guilds")
        restricted = [one["id"] for one in guilds] if closed else []
        body = {"default_guilds_restricted": closed, "restricted_guilds": restricted}
        await self.request("PATCH", "/users/@me/settings", body)


def _fits(wanted: Wanted, message: Json) -> bool:
    return wanted in message["content"] if isinstance(wanted, str) else wanted(message)


def _described(wanted: Wanted) -> str:
    return f"a message with {wanted!r}" if isinstance(wanted, str) else "a message"


def _line(message: Json) -> str:
    """A message in a few words, for sentences about what went wrong."""
    titles = [str(one.get("title", "untitled")) for one in message.get("embeds", ())]
    shown = f" [{', '.join(titles)}]" if titles else ""
    return f"{message['author']['username']}: {message['content'][:80]!r}{shown}"
