"""What each failure of Discord or the network means for a post."""

import asyncio
import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.ports import Away, Done, Later, Missing, Refused, Unclear
from bot.publisher import outcome_of
from bot.publisher.attempts import HeldBack


def answer(status: int, code: int = 0, **headers: str) -> discord.HTTPException:
    """The exception that discord.py raises for an answer of this status and code."""
    kind = {403: discord.Forbidden, 404: discord.NotFound}.get(status, discord.HTTPException)
    if status >= 500:
        kind = discord.DiscordServerError
    response: Any = SimpleNamespace(
        status=status, reason="", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return kind(response, {"code": code, "message": "said in English"})


def connector_error() -> aiohttp.ClientConnectorError:
    key = ConnectionKey("discord.example", 443, True, True, None, None, None)
    return aiohttp.ClientConnectorError(key, OSError(111, "refused"))


TABLE = [
    ("gateway failed, perhaps after the deed", answer(502), Unclear),
    ("server failed", answer(500), Unclear),
    ("unavailable", answer(503), Unclear),
    ("connection cut", aiohttp.ServerDisconnectedError(), Unclear),
    ("connection reset", ConnectionResetError(104, "reset"), Unclear),
    ("body cut", aiohttp.ClientPayloadError(), Unclear),
    ("no answer in time", TimeoutError(), Unclear),
    ("socket timed out while waiting", aiohttp.SocketTimeoutError(), Unclear),
    ("answer is no JSON", json.JSONDecodeError("x", "", 0), Unclear),
    ("nobody listens", connector_error(), Later),
    ("no connection in time", aiohttp.ConnectionTimeoutError(), Later),
    ("token withdrawn", answer(401), Later),
    ("old announcement edited too often", answer(429, 20022), Later),
    ("write limit of the channel", answer(429, 20028), Later),
    ("too many threads", answer(400, 160006), Later),
    ("unknown channel", answer(404, 10003), Away),
    ("unknown server", answer(404, 10004), Away),
    ("missing access", answer(403, 50001), Away),
    ("missing permission", answer(403, 50013), Away),
    ("not a text channel", answer(400, 50008), Away),
    ("forum wants a tag", answer(400, 40067), Away),
    ("thread archived", answer(400, 50083), Away),
    ("thread locked", answer(400, 160005), Away),
    ("forbidden for another reason", answer(403, 40001), Away),
    ("not found for another reason", answer(404), Away),
    ("member takes no direct messages", answer(403, 50007), Away),
    ("slow mode", answer(429, 20016), Later),
    ("thread full", answer(400, 30033), Later),
    ("Discord overloaded, said so", answer(503, 130000), Later),
    ("a pause that discord.py would not sleep out", discord.RateLimited(900.0), Later),
    ("a request that was held back", HeldBack("Not ours."), Later),
    ("unknown message", answer(404, 10008), Missing),
    ("published already", answer(400, 40033), Done),
    ("pins full", answer(400, 30003), Refused),
    ("not an announcement channel", answer(400, 50024), Refused),
    ("message of Discord's own", answer(403, 50021), Refused),
    ("stopped by the server's rules", answer(400, 200000), Refused),
    ("thread exists", answer(400, 160004), Done),
    ("invalid form body", answer(400, 50035), Refused),
    ("empty message", answer(400, 50006), Refused),
    ("reactions full", answer(400, 30010), Refused),
    ("unknown emoji", answer(400, 10014), Refused),
    ("blocked by a member", answer(403, 90001), Refused),
    ("anything else that is refused", answer(400, 99999), Refused),
]


@pytest.mark.parametrize(("name", "trouble", "expected"), TABLE)
def test_outcome(name: str, trouble: Exception, expected: type) -> None:
    assert type(outcome_of(trouble)) is expected


@pytest.mark.parametrize(
    ("trouble", "after"),
    [
        (discord.RateLimited(75.5), timedelta(seconds=75.5)),
        (answer(429, Retry_After="12"), timedelta(seconds=12)),
        (answer(429), timedelta(seconds=30)),
    ],
)
def test_a_pause_that_discord_asks_for_is_kept(trouble: Exception, after: timedelta) -> None:
    assert outcome_of(trouble) == Later("Discord asked for a pause.", after)


@given(
    status=st.integers(300, 599),
    code=st.one_of(
        st.none(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.none(), max_size=1)
    ),
    pause=st.one_of(st.text(max_size=8), st.floats().map(str), st.integers().map(str)),
    for_all=st.booleans(),
)
def test_no_answer_is_raised_and_every_pause_can_be_kept(
    status: int, code: Any, pause: str, for_all: bool
) -> None:
    outcome = outcome_of(answer(status, code, Retry_After=pause), for_all=for_all)
    if isinstance(outcome, Later) and outcome.after is not None:
        assert timedelta(0) <= outcome.after <= timedelta(days=1)


@pytest.mark.parametrize("mistake", [ValueError("ours"), KeyError("ours"), asyncio.CancelledError()])
def test_mistakes_of_ours_are_raised(mistake: BaseException) -> None:
    with pytest.raises(type(mistake)):
        outcome_of(mistake)


def test_sentences_say_what_to_do_and_hold_no_english_of_discords() -> None:
    for _, trouble, expected in TABLE:
        outcome = outcome_of(trouble)
        if isinstance(outcome, Away | Refused | Later | Unclear):
            assert outcome.sentence.endswith("."), outcome
            assert "said in English" not in outcome.sentence
        if expected is Away:
            assert any(word in outcome.sentence for word in ("llow", "ubscribe", "nvite", "Check", "Open"))  # type: ignore[union-attr]
