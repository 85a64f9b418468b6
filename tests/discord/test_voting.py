"""How a server votes: its own emoji with weights, who may vote, and what becomes of a vote that does not count."""

import asyncio

import pytest

from bot.client import BroadsheetBot
from bot.newsroom.emoji import read_emoji
from bot.newsroom.newsroom import Newsroom
from storage import Store
from tests.discord.conftest import Press, StartBot, Town, eventually
from tests.discord.test_commands import shown
from tests.discord.test_events import Watching


@pytest.mark.parametrize(
    ("typed", "emoji"),
    [
        ("👍", "👍"),
        (" 🚀 ", "🚀"),
        ("❤️", "❤️"),
        ("\u2764", "\u2764\ufe0f"),
        ("👍\ufe0f", "👍"),
        ("\U0001f3f3\u200d\U0001f308", "🏳️\u200d🌈"),
        ("\U0001f575\u200d\u2642", "🕵️\u200d♂️"),
        ("\u261d🏽", "☝🏽"),
        ("3\u20e3", "3\ufe0f\u20e3"),
        ("🩷", "🩷"),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",) * 2,
        ("°", None),
        ("▲", None),
        ("〒", None),
        ("\ufe0f", None),
        ("👍🏽", "👍🏽"),
        ("🏳️‍🌈", "🏳️‍🌈"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("🇩🇪", "🇩🇪"),
        ("3️⃣", "3️⃣"),
        ("<:yes:1234>", "yes:1234"),
        ("<a:party_cat:99>", "party_cat:99"),
        ("yes", None),
        ("", None),
        ("+1", None),
        ("👍👎", None),
        ("👍 👎", None),
        ("👍 yes", None),
        (":thumbsup:", None),
        ("3", None),
    ],
)
def test_one_emoji_is_read(typed: str, emoji: str | None) -> None:
    assert read_emoji(typed) == emoji


async def test_an_admin_chooses_what_is_a_vote(
    town: Town, press: Press, newsroom: Newsroom, store: Store
) -> None:
    (card,) = await press.publish("Bridge open")
    watching = Watching(newsroom, card)
    await town.alice.react(card, "👍")
    await town.bob.react(card, "🚀")
    await watching.until_votes(1, 0)

    first = await town.alice.slash("settings votes list")
    assert first.ephemeral
    assert "**For:** 👍\n**Against:** 👎\n**Who may vote:** everybody" in shown(first)
    added = await town.alice.slash("settings votes add", emoji="🚀", weight=3)
    assert "**For:** 👍 · 🚀 (counts 3 times)" in shown(added)
    assert "is being counted anew" in shown(added)
    await newsroom.vote_rules.recount()
    await watching.until_votes(4, 0)
    against = await town.alice.slash("settings votes add", emoji="💤", counts="against", weight=2)
    assert "**Against:** 👎 · 💤 (counts 2 times)" in shown(against)
    await town.bob.react(card, "💤")
    await watching.until_votes(1, 2)

    removed = await town.alice.slash("settings votes remove", emoji="👍")
    assert "**For:** 🚀 (counts 3 times)" in shown(removed)
    last = await town.alice.slash("settings votes remove", emoji="🚀")
    assert "At least one emoji must be a vote for" in shown(last)
    unknown = await town.alice.slash("settings votes remove", emoji="🐙")
    assert "🐙 is no vote here" in shown(unknown)
    words = await town.alice.slash("settings votes add", emoji="yes please")
    assert "That is no emoji" in shown(words)
    foreign = await town.alice.slash("settings votes add", emoji="<:theirs:123456789012345678>")
    assert "not of this server" in shown(foreign)
    names = await town.alice.slash("settings votes names", shown=True)
    assert "`/who voted`" in shown(names)


async def test_what_admins_choose_at_once_is_all_chosen(newsroom: Newsroom, bot: BroadsheetBot) -> None:
    (guild,) = bot.guilds
    emoji = ("🚀", "💤", "🐙", "❤️")
    await asyncio.gather(*(newsroom.vote_rules.add(guild.id, one, 1) for one in emoji))
    await asyncio.gather(*(newsroom.vote_rules.allow(guild.id, one, True) for one in (1, 2, 3)))
    rules = await newsroom.vote_rules.of(guild.id)
    assert [one.emoji for one in rules.emoji] == ["👍", "👎", *emoji]
    assert rules.voter_roles == {1, 2, 3}
    # The same by another name is not one more.
    assert await newsroom.vote_rules.remove(guild.id, "\u2764") == await newsroom.vote_rules.of(guild.id)
    assert len((await newsroom.vote_rules.add(guild.id, "🚀\ufe0f", 2)).emoji) == 5


async def test_new_cards_offer_the_servers_own_emoji(town: Town, press: Press, bot: BroadsheetBot) -> None:
    made = await town.alice.request(
        "POST",
        f"/guilds/{town.guild_id}/emojis",
        {"name": "yes", "image": "data:image/png;base64,iVBORw0KGgo="},
    )
    own = f"yes:{made['id']}"
    added = await town.alice.slash("settings votes add", emoji=f"<:{own}>")
    assert f"👍 · <:{own}>" in shown(added)
    (card,) = await press.publish("Bridge open")
    offered = (await town.alice.message(town.channel_id, card["id"]))["reactions"]
    assert [one["emoji"]["name"] for one in offered] == ["👍", "👎", "yes"]


async def test_a_vote_that_does_not_count_is_taken_back_and_explained_once(
    town: Town, press: Press, newsroom: Newsroom, store: Store, bot: BroadsheetBot
) -> None:
    (card,) = await press.publish("Bridge open")
    watching = Watching(newsroom, card)
    comment = await town.bob.reply(card, "Finally!")
    await watching.until_comments("Finally!")
    conversations = await town.bob.request(
        "POST", "/users/@me/channels", {"recipients": [town.application.id]}
    )

    async def told() -> list[str]:
        messages = await town.bob.request("GET", f"/channels/{conversations['id']}/messages")
        return [message["embeds"][0]["description"] for message in messages]

    await town.bob.react(comment, "👍")
    (sentence,) = await eventually(told)
    assert "Nobody votes on a comment of their own, so it is not counted." in sentence

    await town.alice.request(
        "PATCH", f"/guilds/{town.guild_id}/roles/{town.guild_id}", {"permissions": str(0x7FFF_FFFF)}
    )
    role = await town.alice.request("POST", f"/guilds/{town.guild_id}/roles", {"name": "Readers"})
    allowed = await town.alice.slash("settings votes role", role=role["id"])
    assert f"members with <@&{role['id']}>" in shown(allowed)
    await town.bob.react(card, "👎")

    async def gone() -> bool:
        standing = (await town.alice.message(town.channel_id, card["id"]))["reactions"]
        return all(one["count"] == 1 for one in standing)

    await eventually(gone)
    await eventually(lambda: _is(told, 2))
    assert "Only members with certain roles vote there" in (await told())[0]
    assert "so it was taken back" in (await told())[0]
    await watching.until_votes(0, 0)
    await town.alice.request("PUT", f"/guilds/{town.guild_id}/members/{town.bob.id}/roles/{role['id']}")
    await town.bob.react(card, "👎")
    await watching.until_votes(0, 1)
    assert len(await told()) == 2

    # A role that was deleted can't be chosen any more, so that there is another way to let everybody vote.
    await town.alice.request("DELETE", f"/guilds/{town.guild_id}/roles/{role['id']}")
    everybody = await town.alice.slash("settings votes role")
    assert "**Who may vote:** everybody" in shown(everybody)
    await town.alice.react(card, "👍")
    await watching.until_votes(1, 1)


async def test_a_vote_that_was_missed_counts_only_if_its_member_may_vote(
    town: Town, press: Press, newsroom: Newsroom, store: Store, start_bot: StartBot
) -> None:
    (card,) = await press.publish("Bridge open")
    role = await town.alice.request("POST", f"/guilds/{town.guild_id}/roles", {"name": "Readers"})
    await town.alice.slash("settings votes role", role=role["id"])
    await press.bot.close()
    await town.alice.request("PUT", f"/guilds/{town.guild_id}/members/{town.bob.id}/roles/{role['id']}")
    await town.bob.react(card, "👎")
    await town.alice.react(card, "👍")
    await start_bot()
    await Watching(newsroom, card).until_votes(0, 1)
    mirrored = await store.votes.mirrored([int(card["id"])])
    assert mirrored[int(card["id"])].keys() == {"👍", "👎"}


async def _is(told: object, count: int) -> bool:
    return len(await told()) == count  # type: ignore[operator]
