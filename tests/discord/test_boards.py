"""`/who voted`, `/leaderboard` and `/stats`, as members use them; and what the pictures show."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pytest
from PIL import Image

from bot.cards import voters_card
from bot.cards.charts import HEIGHT, WIDTH, activity_chart, source_label, sources_chart, votes_chart
from bot.newsroom.newsroom import Newsroom
from storage import Store
from storage.records import DayFigures, SourceRank, VotersOfEmoji
from tests.discord.conftest import Press, Town, utc_now
from tests.discord.records import listed
from tests.discord.test_commands import shown
from tests.discord.test_events import Watching


async def test_who_voted_is_told_where_the_server_allows_it(
    town: Town, press: Press, newsroom: Newsroom
) -> None:
    (card,) = await press.publish("Bridge open")
    (choice,) = await town.bob.autocomplete("who voted", "article", "bridge")
    told = await town.bob.slash("who voted", article=choice["value"])
    assert told.ephemeral
    assert "nobody is told who voted" in shown(told)
    await town.alice.slash("settings votes names", shown=True)
    none = await town.bob.slash("who voted", article="bridge")
    assert "Nobody has voted" in shown(none)
    await town.alice.react(card, "👍")
    await town.bob.react(card, "👎")
    await Watching(newsroom, card).until_votes(1, 1)
    told = await town.bob.slash("who voted", article=choice["value"])
    assert shown(told) == f"👍 **1** · <@{town.alice.id}>\n\n👎 **1** · <@{town.bob.id}>"
    unknown = await town.bob.slash("who voted", article="circus")
    assert "No article here" in shown(unknown)
    outside = await town.bob.slash("who voted")
    assert "No article here" in shown(outside)


def test_a_list_of_voters_fits_one_message() -> None:
    ids = tuple(range(10**18, 10**18 + 200))
    several = [VotersOfEmoji(f"{'e' * 32}:{10**18 + number}", 12_345, ids) for number in range(10)]
    text = voters_card(listed(), several).embed.description or ""
    assert 3800 < len(text) <= 4096
    assert text.count(" more") == 10
    few = [VotersOfEmoji("👍", 3, (1, 2)), VotersOfEmoji("👎", 1, ())]
    assert voters_card(listed(), few).embed.description == "👍 **3** · <@1>, <@2> and 1 more\n\n👎 **1**"


async def test_leaders_are_listed_without_those_who_do_not_want_to_be(
    town: Town, press: Press, newsroom: Newsroom, store: Store
) -> None:
    empty = await town.bob.slash("leaderboard", of="commenters")
    assert "No comments here" in shown(empty)
    (card,) = await press.publish("Bridge open")
    watching = Watching(newsroom, card)
    said = await town.bob.reply(card, "Finally!")
    await town.alice.reply(card, "Indeed")
    await watching.until_comments("Finally!", "Indeed")
    await town.alice.react(said, "👍")
    await town.alice.react(card, "👍")
    await watching.until_votes(1, 0)
    board = await town.bob.slash("leaderboard", of="commenters")
    assert shown(board) == "🥇 **bob** · ▲ 1 · 1 comment\n🥈 **alice** · ▲ 0 · 1 comment"
    await store.privacy.hide_name(int(town.guild_id), int(town.bob.id), utc_now())
    board = await town.bob.slash("leaderboard", of="commenters")
    assert shown(board) == "🥇 **alice** · ▲ 0 · 1 comment"
    sources = await town.bob.slash("leaderboard", of="sources", public=True)
    assert not sources.ephemeral
    assert shown(sources) == "🥇 **The Town Crier** · ▲ 1 · 1 article · 💬 2"
    articles = await town.bob.slash("leaderboard")
    assert shown(articles).startswith("**[Bridge open]")


@pytest.mark.parametrize("about", ["activity", "votes", "sources"])
async def test_figures_come_with_a_picture(town: Town, press: Press, about: str) -> None:
    await press.publish("Bridge open", "Fair begins")
    reply = await town.bob.slash("stats", about=about)
    assert shown(reply).startswith("2 articles · 0 comments · 0 votes for · 0 against")
    assert ("1. The Town Crier · ▲ 0" in shown(reply)) == (about == "sources")
    assert "stats.png" in reply.embeds[0]["image"]["url"]


def colours(picture: bytes) -> dict[tuple[int, int, int], int]:
    """How many points a picture has of each colour."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    assert image.size == (WIDTH, HEIGHT)
    return {colour: count for count, colour in image.getcolors(1 << 20) or () if isinstance(colour, tuple)}


GREEN, RED, GROUND = (0x5F, 0xD0, 0xA5), (0xE2, 0x67, 0x5E), (0x20, 0x24, 0x2C)


def test_bars_are_as_long_as_what_they_count() -> None:
    days = [DayFigures(date(2026, 5, 1) + timedelta(days=number)) for number in range(29)]
    shown = colours(votes_chart([*days, DayFigures(date(2026, 5, 30), votes_for=300, votes_against=100)]))
    key = 24 * 24
    assert (shown[GREEN] - key) / (shown[RED] - key) == pytest.approx(3, rel=0.1)
    one = colours(sources_chart([SourceRank(1, "A", 1, 40, 10, 0)]))
    assert (one[GREEN] - key) / (one[RED] - key) == pytest.approx(4, rel=0.1)
    little = colours(sources_chart([SourceRank(1, "A", 1, 0, 5000, 0), SourceRank(2, "B", 1, 1, 0, 0)]))
    assert little[GREEN] > key + 60, "a single vote is seen beside thousands"
    assert shown[GROUND] > WIDTH * HEIGHT * 0.8


def test_a_quiet_time_has_a_picture_too() -> None:
    days = [DayFigures(date(2026, 5, 1))]
    for picture in (votes_chart(days), activity_chart([]), sources_chart([])):
        assert colours(picture)


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("The Tide Line", "1  The Tide Line"),
        ("Öresund—Straße", "1  Oresund-Strase"),
        ("A name that is far too long", "1  A name that is far..."),
        ("日本のニュース", "1"),
        ("🦀 News", "1"),
        ("", "1"),
    ],
)
def test_a_picture_has_only_letters_that_it_can_draw(title: str, label: str) -> None:
    assert source_label(SourceRank(1, title, 0, 0, 0, 0), 0) == label
