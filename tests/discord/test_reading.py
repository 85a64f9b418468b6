"""Messages are the same whether they are heard when they come or read afterwards."""

from __future__ import annotations

from dataclasses import replace

import discord

from bot.config import Settings
from bot.newsroom.ports import MessageSeen
from bot.publisher import message_seen
from bot.publisher.messages import message_read
from tests.discord.conftest import READS_CONTENT, StartBot, Town, eventually


async def test_what_is_heard_and_what_is_read_are_one(town: Town, start_bot: StartBot) -> None:
    await town.alice.allow_intents(town.application, READS_CONTENT)
    bot = await start_bot(Settings(message_content=True))
    heard: dict[int, MessageSeen | None] = {}

    async def hear(message: discord.Message) -> None:
        heard[message.id] = message_seen(message)

    bot.add_listener(hear, "on_message")
    plain = await town.alice.say("With a file", files={"notes.txt": b"words"})
    reply = await town.bob.reply(plain, "> With a file\nSo it is")
    await town.alice.delete(await town.alice.reply(reply, "What answers this loses it"))
    await town.alice.pin(plain)  # Discord itself notes that in the channel
    await town.alice.start_thread(reply, "A thread")
    hook = await town.alice.request("POST", f"/channels/{town.channel_id}/webhooks", {"name": "Crier"})
    await town.alice.request("POST", f"/webhooks/{hook['id']}/{hook['token']}", {"content": "Hear me"})
    last = await town.bob.say("The end")

    async def all_heard() -> bool:
        return int(last["id"]) in heard

    await eventually(all_heard)
    read = {one.message_id: one async for one in bot.reader.messages(int(town.channel_id), 0)}
    shown = {message_id: one for message_id, one in heard.items() if one is not None and message_id in read}
    assert {message_id: replace(one, thread=None) for message_id, one in read.items()} == shown
    assert [one.text for one in read.values()] == [
        "With a file",
        "> With a file\nSo it is",
        "Hear me",
        "The end",
    ]
    assert read[int(reply["id"])].thread is not None
    assert [one.by_bot for one in read.values()] == [False, False, True, False]


def test_an_edit_a_custom_emoji_and_super_reactions_are_read() -> None:
    told = {
        "id": "175928847299117063",
        "channel_id": "2",
        "type": 0,
        "author": {"id": "3", "username": "ann", "global_name": "Ann"},
        "content": "Words",
        "edited_timestamp": "2026-03-01T12:00:00.5+00:00",
        "reactions": [
            {"emoji": {"id": "9", "name": "yes"}, "count": 3, "me": True, "count_details": {"burst": 1}},
            {"emoji": {"id": None, "name": "👍"}, "count": 1, "me": True, "count_details": {"burst": 0}},
        ],
    }
    seen = message_read(told, 1)
    assert seen is not None
    assert (seen.author_name, dict(seen.reactions)) == ("Ann", {"yes:9": 2})
    assert seen.super_reactions == {"yes:9"}
    assert (seen.edited_at and seen.edited_at.isoformat()) == "2026-03-01T12:00:00.500000+00:00"
    assert seen.created_at.isoformat() == "2016-04-30T11:18:25.796000+00:00"
