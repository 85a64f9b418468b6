"""Without MESSAGE_CONTENT: what Discord lets through is kept, nothing is emptied, and admins are told once."""

from __future__ import annotations

from storage import Database, Store
from tests.discord.conftest import Press, StartBot, Town, each_database, eventually
from tests.discord.test_events import Watching
from tests.mirror import assert_mirror_equals


@each_database
async def test_what_somebody_points_at_is_kept_and_stays_kept(
    town: Town, press: Press, store: Store, database: Database, start_bot: StartBot
) -> None:
    alice, bob = town.alice, town.bob
    (card,) = await press.publish("Bridge open", thread=True)
    watching = Watching(press.bot.newsroom, card)
    # A reply that pings the bot comes with its words; what is written in the thread does not.
    await bob.reply(card, "With a ping")
    unseen = await bob.say("Without one", in_=card["id"])
    await watching.until_comments("With a ping")

    # Who owns the server is told, once.
    async def told() -> list[str]:
        return [
            message.embeds[0]["description"]
            for message in town.sandbox.stage.world.messages.values()
            if message.guild_id is None and message.embeds
        ]

    (notice,) = await eventually(told)
    assert notice.startswith(
        "Members of **Town** write under articles, and Discord does not show Broadsheet what."
    )
    assert "**Keep as comment**" in notice
    await bob.say("Nor this", in_=card["id"])

    # The menu hands the words over, and the votes that stand there already are read.
    await alice.react(unseen, "👍")
    kept = await alice.context_menu("Keep as comment", unseen)
    assert kept.ephemeral
    assert kept.content.startswith("Kept: this is a comment on its article now")
    await watching.until_comments("With a ping", "Without one")
    stored = await store.comments.get(int(unseen["id"]))
    assert stored is not None
    assert (stored.author_id, stored.tally.upvotes) == (int(bob.id), 1)
    assert (await bob.context_menu("Keep as comment", unseen)).content.startswith("Kept as it stands now.")
    await bob.edit(unseen, "Without one, edited")
    await watching.until_comments("With a ping", "Without one")
    await bob.context_menu("Keep as comment", await bob.message(card["id"], unseen["id"]))
    await watching.until_comments("With a ping", "Without one, edited")
    chatter = await alice.context_menu("Keep as comment", await bob.say("Chatter"))
    assert chatter.content.startswith("That message is neither in the thread of an article's card")
    own = await alice.context_menu("Keep as comment", card)
    assert own.content.startswith("Only what members wrote can be a comment.")

    # Reading the channels again, where the words are withheld, leaves them; votes and deletions are heard of.
    await press.bot.close()
    await alice.unreact(unseen, "👍")
    await alice.react(unseen, "👎")
    other = await start_bot()
    own_id = str(other.application_id)

    async def read() -> bool:
        found = await store.comments.get(int(unseen["id"]))
        return found is not None and found.tally.downvotes == 1

    await eventually(read)
    await Watching(other.newsroom, card).until_comments("With a ping", "Without one, edited")
    await bob.say("Nor that", in_=card["id"])
    await bob.delete(unseen)
    await Watching(other.newsroom, card).until_comments("With a ping")
    assert len(await told()) == 1
    await assert_mirror_equals(town.sandbox.stage.world, database, bot_id=own_id)
