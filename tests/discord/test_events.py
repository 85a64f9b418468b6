"""What members do in Discord reaches the newsroom: votes, comments, edits, deletions, servers."""

from datetime import UTC, datetime, timedelta

from bot.client import BroadsheetBot
from bot.config import Settings
from bot.newsroom.comment_tree import CommentSort
from bot.newsroom.newsroom import Newsroom
from bot.sandbox.scenario import Json
from storage import Store
from storage.records import Listed
from tests.discord.conftest import BOT_PERMISSIONS, READS_CONTENT, Press, StartBot, Town, eventually


class Watching:
    """What the newsroom knows of one card's article."""

    def __init__(self, newsroom: Newsroom, message: Json) -> None:
        self._newsroom = newsroom
        self._message_id = int(message["id"])
        self._channel_id = int(message["channel_id"])

    async def listed(self) -> Listed:
        listed = await self._newsroom.front_page.by_message(self._message_id, visible={self._channel_id})
        assert listed is not None
        return listed

    async def until_votes(self, up: int, down: int) -> None:
        async def counted() -> bool:
            tally = (await self.listed()).tally
            return (tally.upvotes, tally.downvotes) == (up, down)

        await eventually(counted)

    async def until_comments(self, *texts: str) -> None:
        async def written() -> bool:
            article = await self.listed()
            page = await self._newsroom.comments.page(
                article.guild_id, article.article.id, CommentSort.OLDEST, visible={self._channel_id}
            )
            return [line.comment.text for line in page.items] == list(texts)

        await eventually(written)


async def test_reactions_of_members_are_votes(town: Town, press: Press, newsroom: Newsroom) -> None:
    (card,) = await press.publish("Bridge open")
    watching = Watching(newsroom, card)
    await town.alice.react(card, "👍")
    await town.bob.react(card, "👎")
    await watching.until_votes(1, 1)
    await town.bob.unreact(card, "👎")
    await watching.until_votes(1, 0)
    await town.bob.react(card, "👍")
    await watching.until_votes(2, 0)
    path = f"/channels/{town.channel_id}/messages/{card['id']}/reactions"
    await town.alice.request("DELETE", f"{path}/%F0%9F%91%8D")
    await watching.until_votes(0, 0)
    await town.bob.react(card, "👎")
    await watching.until_votes(0, 1)
    await town.alice.request("DELETE", path)
    await watching.until_votes(0, 0)


async def test_replies_are_comments_edited_and_deleted(town: Town, press: Press, newsroom: Newsroom) -> None:
    (card,) = await press.publish("Bridge open")
    watching = Watching(newsroom, card)
    await town.bob.say("Chatter beside it")
    reply = await town.bob.reply(card, "Finaly!")
    await watching.until_comments("Finaly!")
    await town.bob.edit(reply, "Finally!")
    await watching.until_comments("Finally!")
    second = await town.alice.reply(card, "At last")
    await watching.until_comments("Finally!", "At last")
    await town.bob.delete(reply)
    await watching.until_comments("At last")
    more = await town.alice.reply(card, "Once more")
    await watching.until_comments("At last", "Once more")
    body = {"messages": [second["id"], more["id"]]}
    await town.alice.request("POST", f"/channels/{town.channel_id}/messages/bulk-delete", body)
    await watching.until_comments()


async def test_withheld_text_is_no_edit(town: Town, press: Press, newsroom: Newsroom) -> None:
    (card,) = await press.publish("Bridge open")
    watching = Watching(newsroom, card)
    # Without the ping and without MESSAGE_CONTENT the bot is shown an empty message.
    await town.bob.reply(card, "Unseen", ping=False)
    await town.bob.reply(card, "Seen")
    await watching.until_comments("Seen")


async def test_a_threads_messages_are_comments_until_it_is_deleted(
    town: Town, store: Store, newsroom: Newsroom, start_bot: StartBot
) -> None:
    await town.alice.allow_intents(town.application, READS_CONTENT)
    bot = await start_bot(Settings(message_content=True))
    (card,) = await Press(town, store, bot).publish("Bridge open", thread=True)
    watching = Watching(newsroom, card)
    await town.bob.say("In the thread", in_=card["thread"]["id"])
    await watching.until_comments("In the thread")
    await town.alice.request("DELETE", f"/channels/{card['thread']['id']}")
    await watching.until_comments()


async def test_a_deleted_card_and_a_deleted_channel_take_their_articles_along(
    town: Town, press: Press, newsroom: Newsroom
) -> None:
    first, second = await press.publish("Bridge open", "Fair begins")

    visible = {int(town.channel_id)}

    async def gone(message: Json) -> bool:
        return await newsroom.front_page.by_message(int(message["id"]), visible=visible) is None

    await town.alice.delete(first)
    await eventually(lambda: gone(first))
    assert not await gone(second)
    await town.alice.request("DELETE", f"/channels/{town.channel_id}")
    await eventually(lambda: gone(second))


async def test_servers_are_known_by_name(town: Town, store: Store, bot: BroadsheetBot) -> None:
    async def named(guild_id: str, name: str) -> bool:
        return await store.guilds.name(int(guild_id)) == name

    await eventually(lambda: named(town.guild_id, "Town"))  # known since the session began
    village = await town.alice.create_guild("Village")
    await town.alice.install(town.application, village["id"], 309237730368)
    await eventually(lambda: named(village["id"], "Village"))


async def test_where_the_bot_was_removed_nothing_is_delivered(
    town: Town, press: Press, store: Store, bot: BroadsheetBot
) -> None:
    await press.publish("Bridge open")
    await town.alice.request("DELETE", f"/guilds/{town.guild_id}/members/{town.application.id}")

    async def removed() -> bool:
        return not bot.guilds

    await eventually(removed)
    assert await press.publish("Fair begins", "Rain") == []


async def test_what_was_missed_while_the_bot_was_not_in_the_server_is_read_again(
    town: Town, press: Press, newsroom: Newsroom, store: Store
) -> None:
    (card,) = await press.publish("Bridge open")
    watching = Watching(newsroom, card)
    await town.bob.react(card, "👍")
    await watching.until_votes(1, 0)
    await town.alice.kick(town.guild_id, town.application)

    async def left() -> bool:
        return int(town.guild_id) not in await store.guilds.present()

    await eventually(left)
    now = datetime.now(UTC) + timedelta(days=2)
    assert await store.posts.to_sweep(now, now - timedelta(days=14), 9) == []
    await town.bob.unreact(card, "👍")
    await town.alice.react(card, "👎")
    await town.alice.install(town.application, {"id": town.guild_id}, BOT_PERMISSIONS)
    await watching.until_votes(0, 1)
    (post,) = await store.posts.to_sweep(now, now - timedelta(days=14), 9)
    assert post.message_id == int(card["id"])
