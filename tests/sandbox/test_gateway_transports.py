"""How payloads are carried: as text, as streams of zlib and zstd, and the long ones packed by themselves."""

import zlib
from typing import Any

import aiohttp
import discord
import pytest
import zstandard

from bot.sandbox import Sandbox
from tests.sandbox.conftest import StartBot, Town
from tests.sandbox.line import GUILDS, MESSAGES, Dial


@pytest.mark.parametrize("transport", ["zlib-stream", "zstd-stream", ""])
async def test_each_transport_carries_the_same(dial: Dial, town: Town, transport: str) -> None:
    unpackers: dict[str, Any] = {
        "zlib-stream": zlib.decompressobj().decompress,
        "zstd-stream": zstandard.ZstdDecompressor().decompressobj().decompress,
        "": None,
    }
    line = await dial(f"v=10&encoding=json&compress={transport}", unpack=unpackers[transport])
    await line.identify(town.application.token, GUILDS | MESSAGES)
    await line.until("GUILD_CREATE")
    await town.alice.say(f"<@{town.application.id}> grüße 👋", town.channel_id)
    message, _ = await line.until("MESSAGE_CREATE")
    assert message["content"].endswith("grüße 👋")


async def test_payload_compression_packs_long_payloads_by_themselves(dial: Dial, town: Town) -> None:
    packed: list[int] = []

    def unpack(data: bytes) -> bytes:
        packed.append(len(data))
        return zlib.decompress(data)

    line = await dial(unpack=unpack)
    await line.identify(town.application.token, GUILDS | MESSAGES, compress=True)
    await line.until("GUILD_CREATE")
    assert packed
    line.unpack = pytest.fail
    await line.say(1, None)
    assert (await line.hear())["op"] == 11


@pytest.mark.parametrize("transport", ["zlib-stream", "zstd-stream"])
async def test_discord_py_understands_both_streams(
    town: Town, start_bot: StartBot, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    if transport == "zlib-stream":
        monkeypatch.setattr(discord.utils, "_ActiveDecompressionContext", ZlibContext)
    assert transport == discord.utils._ActiveDecompressionContext.COMPRESSION_TYPE
    bot = await start_bot()
    await town.alice.say(f"<@{town.application.id}> hello", town.channel_id)
    message = await bot.wait_heard("message")
    assert message.content.endswith("hello")


class ZlibContext:
    """What discord.py uses where no zstd is installed."""

    COMPRESSION_TYPE = "zlib-stream"

    def __init__(self) -> None:
        self.context = zlib.decompressobj()

    def decompress(self, data: bytes) -> str:
        assert data.endswith(b"\x00\x00\xff\xff")
        return self.context.decompress(data).decode()


@pytest.mark.parametrize(
    ("query", "code"),
    [("v=9", 4012), ("v=six", 4012), ("v=10&encoding=etf", 4002), ("v=10&compress=lzma", 4002)],
)
async def test_what_is_not_spoken_here_is_refused_at_once(sandbox: Sandbox, query: str, code: int) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{sandbox.gateway_url}?{query}") as socket:
        await socket.receive(timeout=5)
        assert socket.close_code == code
