"""What people do with bots: commands, buttons, menus and dialogs, and waiting for what becomes of them."""

import itertools
from collections.abc import Mapping
from typing import Any

from bot.sandbox.scenario import filling
from bot.sandbox.scenario.talking import Talking
from bot.sandbox.scenario.things import (
    LOADING,
    Event,
    InteractionFailed,
    Json,
    Message,
    Reply,
    Thing,
    id_of,
    message_of,
)

_COMMAND, _COMPONENT, _AUTOCOMPLETE, _DIALOG = 2, 3, 4, 5
_CHAT, _OF_USER, _OF_MESSAGE = 1, 2, 3
_SECONDS = 10.0


class Using(Talking):
    """A client that uses bots.

    What it does ends with the bot's answer, a deferred one when it is there. Raises InteractionFailed where
    the bot did not answer as Discord wants it, AssertionError where nothing came in time.
    """

    def __init__(self, base_url: str, username: str, token: str) -> None:
        super().__init__(base_url, username, token)
        self._nonces = itertools.count(1)

    async def commands(self, guild: Thing) -> list[Json]:
        """The commands that this person can use in a guild."""
        return await self._index(f"/guilds/{id_of(guild)}")

    async def _index(self, of: str) -> list[Json]:
        return list((await self.request("GET", f"{of}/application-command-index"))["application_commands"])

    async def slash(
        self,
        name: str,
        options: Mapping[str, Any] | None = None,
        /,
        *,
        in_: Thing | None = None,
        timeout: float = _SECONDS,
        **more: Any,
    ) -> Reply:
        """Use a command; `"sources add"` is a subcommand.

        Options are keywords; those whose names Python or this call has taken, or cannot spell, come in a mapping.
        """
        place = self._place(in_)
        command, data = await self._command_data(name, {**(options or {}), **more}, place)
        return await self._act(_COMMAND, command["application_id"], place, data, timeout)

    async def autocomplete(
        self,
        name: str,
        focused: str,
        text: str,
        options: Mapping[str, Any] | None = None,
        /,
        *,
        in_: Thing | None = None,
        timeout: float = 5,
        **more: Any,
    ) -> list[Json]:
        """The choices offered for the focused option while `text` is written there."""
        place = self._place(in_)
        given = {**(options or {}), **more, focused: text}
        command, data = await self._command_data(name, given, place, focused)
        mark, nonce = self.mark(), self._nonce()
        await self._interact(_AUTOCOMPLETE, command["application_id"], place, data, nonce)
        wanted = "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE"
        answer = await self.wait_for(wanted, nonce=nonce, timeout=timeout, since=mark)
        return list(answer.data["choices"])

    async def context_menu(self, name: str, message: Message, timeout: float = _SECONDS) -> Reply:
        """Use a command from a message's menu."""
        raw = message_of(message)
        command = await self._find_command(name, raw["channel_id"], _OF_MESSAGE)
        data = filling.menu_data(command, raw["id"])
        return await self._act(_COMMAND, command["application_id"], raw["channel_id"], data, timeout)

    async def user_menu(
        self, name: str, who: Thing, in_: Thing | None = None, timeout: float = _SECONDS
    ) -> Reply:
        """Use a command from a member's menu."""
        place = self._place(in_)
        command = await self._find_command(name, place, _OF_USER)
        data = filling.menu_data(command, id_of(who))
        return await self._act(_COMMAND, command["application_id"], place, data, timeout)

    async def click(self, message: Message, button: str, timeout: float = _SECONDS) -> Reply:
        """Press a button by its label, custom_id or emoji: the new or changed message, or a dialog."""
        data = filling.button_data(message_of(message)["components"], button)
        return await self._use_component(message, data, timeout)

    async def choose(
        self, message: Message, *wanted: Thing, menu: str | None = None, timeout: float = _SECONDS
    ) -> Reply:
        """Choose in a menu by labels or values; members, roles and channels in a menu of such.

        The menu is the first that offers this, unless told by custom_id or placeholder.
        """
        data = filling.choice_data(message_of(message)["components"], wanted, menu)
        return await self._use_component(message, data, timeout)

    async def submit(
        self,
        dialog: Reply,
        fields: Mapping[str, Any] | None = None,
        /,
        *,
        timeout: float = _SECONDS,
        **more: Any,
    ) -> Reply:
        """Send a dialog off with its fields filled by custom_id or label; untouched ones keep their value."""
        assert dialog.modal, "This answer is a message, not a dialog."
        raw = dialog.raw
        data = {
            "id": dialog.interaction_id,
            "custom_id": raw["custom_id"],
            "components": filling.dialog_components(raw["components"], {**(fields or {}), **more}),
        }
        application_id, source = raw["application"]["id"], raw["source_message"]
        return await self._act(_DIALOG, application_id, raw["channel_id"], data, timeout, source)

    # The way of an interaction

    async def _use_component(self, message: Message, data: Json, timeout: float) -> Reply:
        raw = message_of(message)
        application_id = raw.get("application_id") or raw["author"]["id"]
        more = {"message_id": raw["id"], "message_flags": raw.get("flags", 0)}
        return await self._act(_COMPONENT, application_id, raw["channel_id"], data, timeout, raw, **more)

    async def _act(
        self,
        kind: int,
        application_id: str,
        channel_id: str,
        data: Json,
        timeout: float,
        source: Json | None = None,
        **more: Any,
    ) -> Reply:
        """Send an interaction and wait for what becomes of it; `source` is the message that it was made on."""
        mark, nonce = self.mark(), self._nonce()
        await self._interact(kind, application_id, channel_id, data, nonce, **more)
        created = await self.wait_for("INTERACTION_CREATE", nonce=nonce, timeout=timeout, since=mark)
        interaction_id = created.data["id"]
        end = await self.wait_for(lambda event: _settles(event, interaction_id), timeout=timeout, since=mark)
        if end.name == "INTERACTION_FAILURE":
            raise InteractionFailed("The application did not respond.")
        if end.name == "INTERACTION_MODAL_CREATE":
            return Reply(interaction_id, {**end.data, "source_message": source}, modal=True)
        answer = await self._answer_to(interaction_id, source, mark, timeout)
        if answer.data.get("flags", 0) & LOADING:
            answer = await self.wait_for(
                "MESSAGE_UPDATE",
                lambda message: not message.get("flags", 0) & LOADING,
                id=answer.data["id"],
                timeout=timeout,
                since=mark,
            )
        return Reply(interaction_id, answer.data)

    async def _answer_to(self, interaction_id: str, source: Json | None, mark: int, timeout: float) -> Event:
        """The message that an answered interaction made, or else the change of the one that it was made on.

        An answer may leave that message as it is: it stands for the answer then, once the time is over.
        """

        def made(event: Event) -> bool:
            metadata = event.data.get("interaction_metadata") or {}
            return event.name == "MESSAGE_CREATE" and bool(metadata.get("id") == interaction_id)

        def fits(event: Event) -> bool:
            changed = event.name == "MESSAGE_UPDATE" and source is not None
            return made(event) or (changed and bool(event.data["id"] == (source or {})["id"]))

        heard = [event for event in self.events[mark:] if fits(event)]
        if heard:
            return next(filter(made, heard), heard[-1])
        try:
            return await self.wait_for(fits, timeout=timeout, since=mark)
        except AssertionError:
            if source is None:
                raise
            return Event("MESSAGE_UPDATE", source)

    async def _interact(
        self, kind: int, application_id: str, channel_id: str, data: Json, nonce: str, **more: Any
    ) -> None:
        body: Json = {
            "type": kind,
            "application_id": application_id,
            "channel_id": channel_id,
            "session_id": self.session_id,
            "nonce": nonce,
            "data": data,
            **more,
        }
        guild_id = await self._guild_with(channel_id)
        if guild_id is not None:
            body["guild_id"] = guild_id
        await self.request("POST", "/interactions", body)

    def _nonce(self) -> str:
        return f"{self.id}-{next(self._nonces)}"[-25:]

    async def _find_command(self, name: str, channel_id: str, kind: int = _CHAT) -> Json:
        guild_id = await self._guild_with(channel_id)
        found = await self._index(f"/guilds/{guild_id}" if guild_id else f"/channels/{channel_id}")
        command = next((one for one in found if one["name"] == name and one["type"] == kind), None)
        known = ", ".join(sorted(one["name"] for one in found)) or "none"
        assert command is not None, f"{self.username} has no command {name!r}; there are {known}."
        return command

    async def _command_data(
        self, name: str, given: Mapping[str, Any], channel_id: str, focused: str = ""
    ) -> tuple[Json, Json]:
        root, *path = name.split(" ")
        command = await self._find_command(root, channel_id)
        return command, filling.command_data(command, path, given, focused)


def _settles(event: Event, interaction_id: str) -> bool:
    """Whether an event says how an interaction ended."""
    if event.name == "MESSAGE_CREATE":
        return bool((event.data.get("interaction_metadata") or {}).get("id") == interaction_id)
    ends = ("INTERACTION_SUCCESS", "INTERACTION_FAILURE", "INTERACTION_MODAL_CREATE")
    return event.name in ends and bool(event.data["id"] == interaction_id)
