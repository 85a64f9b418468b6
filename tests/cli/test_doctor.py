"""The doctor: well where all is well, and a sentence for each thing that is not."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web

from bot.sandbox import Sandbox
from tests.cli.commands import Ended, Shell
from tests.journey.conftest import PERMISSIONS, Town
from tests.model_server import opened


def findings(ended: Ended) -> dict[str, tuple[bool, str]]:
    return {one["name"]: (one["ok"], one["sentence"]) for one in ended.json}


async def test_all_well(connected: Shell, town: Town) -> None:
    text, program = await asyncio.gather(connected.run("doctor"), connected.run("doctor", "--json"))
    assert (text.code, text.err) == (0, "")
    lines = text.out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "ok  python",
        "ok  database",
        "ok  discord",
        "ok  fetch",
        "ok  model",
        "ok  web",
    ]
    assert program.code == 0
    found = findings(program)
    assert all(ok for ok, _ in found.values())
    assert found["discord"][1].startswith(
        "The token is Broadsheet#0000's. Invite it with: https://discord.com/"
    )
    for part in (f"client_id={town.application.id}", f"permissions={PERMISSIONS}"):
        assert part in found["discord"][1]
    assert "is not there yet; it will be made at the start" in found["database"][1]
    assert not list(connected.folder.rglob("*.db*")), "the doctor changes nothing"
    assert found["fetch"][1] == "Sources on private addresses are refused; 127.0.0.1 is opened."
    assert town.application.token not in text.out + program.out


@pytest.mark.refusals(1)
async def test_each_thing_that_is_wrong_is_named_and_the_others_are_still_looked_at(
    connected: Shell, sandbox: Sandbox, town: Town
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        cases: dict[str, tuple[dict[str, str], str, str]] = {
            "no token": ({"DISCORD_TOKEN": ""}, "discord", "There is no DISCORD_TOKEN"),
            "wrong token": ({"DISCORD_TOKEN": "wrong.token"}, "discord", "Discord does not know this token."),
            "no Discord there": (
                {"DISCORD_API_URL": "http://127.0.0.1:1/api/v10"},
                "discord",
                "Discord can't be reached. Check this machine's connection, and DISCORD_API_URL",
            ),
            "a model without a server": (
                {"SUMMARY_MODEL": "m"},
                "model",
                "SUMMARY_MODEL or SUMMARY_API_KEY is set",
            ),
            "no model there": (
                {"SUMMARY_API_URL": "http://127.0.0.1:1/v1", "SUMMARY_MODEL": "m"},
                "model",
                "Check SUMMARY_API_URL, SUMMARY_MODEL and SUMMARY_API_KEY",
            ),
            "no database there": (
                {"DATABASE_URL": "postgresql://me:geheim@127.0.0.1:1/news"},
                "database",
                "The database me@127.0.0.1:1/news cannot be reached.",
            ),
            "no network": ({"FETCH_ALLOW": "10.0.0.1/8"}, "fetch", "FETCH_ALLOW can't be used"),
            "taken port": (
                {"WEB_PORT": str(port)},
                "web",
                f"127.0.0.1:{port} is taken by another program, perhaps a running Broadsheet",
            ),
            "no address of this machine": ({"WEB_HOST": "192.0.2.1"}, "web", "Set WEB_HOST to an address of"),
        }
        ends = await asyncio.gather(
            *(connected.run("doctor", "--json", **environment) for environment, _, _ in cases.values())
        )
    for ended, (case, (_, wrong, said)) in zip(ends, cases.items(), strict=True):
        found = findings(ended)
        assert ended.code == 1, case
        assert said in found[wrong][1], case
        assert [name for name, (ok, _) in found.items() if not ok] == [wrong], case
        assert ended.err == "", case
        assert "geheim" not in ended.out
        assert town.application.token not in ended.out


async def test_a_model_that_refuses_the_key_is_told_once(connected: Shell) -> None:
    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.Response(status=401)

    async with opened(refuse) as (server, _, _):
        ended = await connected.run("doctor", "--json", SUMMARY_API_URL=server.url, SUMMARY_MODEL="m")
    well, sentence = findings(ended)["model"]
    assert not well
    assert "it refuses the key (SUMMARY_API_KEY). Check" in sentence
    assert ended.err == ""
