"""The commands, as members and admins use them."""

import pytest
from discord.http import Route

from bot.client import BroadsheetBot
from bot.feeds.discover import Several
from bot.feeds.model import Candidate
from bot.newsroom.newsroom import Newsroom
from bot.sandbox.scenario import Json, Reply
from cogs.subscriptions import SubscriptionsCog
from storage import Length, Reading, Store
from tests.discord.conftest import Press, StartBot, Town, Web, eventually


def shown(reply: Reply) -> str:
    """The text of an answer: content, or its embed."""
    return reply.content or str(reply.embeds[0].get("description", ""))


def ids(reply: Reply) -> dict[str, str]:
    """The custom ids of an answer's buttons, by label."""
    return {button["label"]: button["custom_id"] for row in reply.components for button in row["components"]}


async def test_a_source_is_subscribed_listed_and_unsubscribed(
    town: Town, bot: BroadsheetBot, web: Web
) -> None:
    web.feed("https://town.example/feed.xml", "The *Town* Crier")
    nothing = await town.alice.slash("subscriptions")
    assert "follows no source yet" in shown(nothing)

    options = {"url": "https://town.example/feed.xml"}
    reply = await town.alice.slash("subscribe", options)
    assert reply.ephemeral
    assert rf"**The \*Town\* Crier** now comes into <#{town.channel_id}>" in shown(reply)
    assert "newest article comes within" in shown(reply)
    again = await town.alice.slash("subscribe", options)
    assert "already" in shown(again)

    listed = await town.alice.slash("subscriptions")
    assert rf"**The \*Town\* Crier** → <#{town.channel_id}>" in shown(listed)

    (choice,) = await town.alice.autocomplete("unsubscribe", "source", "crier")
    assert choice["name"] == "The *Town* Crier → #news"
    assert await town.alice.autocomplete("unsubscribe", "source", "other") == []
    gone = await town.alice.slash("unsubscribe", source=choice["value"])
    assert "no longer comes into" in shown(gone)
    unknown = await town.alice.slash("unsubscribe", source="crier")
    assert "`/subscriptions` lists" in shown(unknown)


async def test_subscribing_again_changes_how_a_source_comes(town: Town, bot: BroadsheetBot, web: Web) -> None:
    web.feed("https://town.example/feed.xml", "Crier")
    url = "https://town.example/feed.xml"
    first = await town.alice.slash("subscribe", url=url, summary="long", same_story="post")
    long = "long summaries and stories that another source told first posted all the same"
    assert f"**Crier** now comes into <#{town.channel_id}>, with {long}." in shown(first)
    again = await town.alice.slash("subscribe", url=url, pages="never", thread=True)
    now = "from now on with a thread for each article and articles' pages never read."
    assert f"**Crier** comes into <#{town.channel_id}> already; {now}" in shown(again)
    later = await town.alice.slash("subscribe", url=url, wait="168")
    assert "from now on with posts that wait for a week at most." in shown(later)
    refused = await town.alice.slash("subscribe", url=url, announce=True)
    assert f"<#{town.channel_id}> is no announcement channel" in shown(refused)
    refused = await town.alice.slash("subscribe", url=url, pin=True)
    assert "**Pin Messages**" in shown(refused)
    same = await town.alice.slash("subscribe", url=url)
    assert f"**Crier** comes into <#{town.channel_id}> already. `/subscriptions`" in shown(same)
    listed = shown(await town.alice.slash("subscriptions"))
    assert (
        f"**Crier** → <#{town.channel_id}>\n{url.replace(':', chr(92) + ':')}\nWith a thread for each article, long "
        "summaries, articles' pages never read, stories that another source told first posted all the same and "
        "posts that wait for a week at most."
    ) in listed


async def test_where_nothing_is_found_the_answer_says_what_to_try(town: Town, bot: BroadsheetBot) -> None:
    options = {"url": "https://empty.example"}
    reply = await town.alice.slash("subscribe", options)
    assert shown(reply).endswith("Try the address of its feed.")


async def test_of_several_feeds_one_is_chosen(
    town: Town, bot: BroadsheetBot, web: Web, newsroom: Newsroom
) -> None:
    web.sites["https://town.example"] = Several(
        (
            Candidate("https://town.example/all.xml", "All", "rss"),
            Candidate("https://town.example/sport.xml", "Sport", "atom"),
        )
    )
    web.feed("https://town.example/sport.xml", "Town Sport")
    options = {"url": "https://town.example", "thread": True, "summary": "full", "pages": "always"}
    reply = await town.alice.slash("subscribe", options)
    menu = reply.components[0]["components"][0]
    assert [option["label"] for option in menu["options"]] == ["All", "Sport"]
    answer = await town.alice.choose(reply, menu["options"][1]["value"])
    assert "**Town Sport** now comes" in shown(answer)
    (subscription,) = await newsroom.subscriptions.of_guild(int(town.guild_id))
    assert (subscription.source.url, subscription.thread) == ("https://town.example/sport.xml", True)
    assert (subscription.length, subscription.reading) == (Length.FULL, Reading.ALWAYS)


async def test_the_links_of_a_page_are_chosen_by_a_selector(
    town: Town, bot: BroadsheetBot, web: Web, newsroom: Newsroom
) -> None:
    web.pages["https://town.example/news", "h2 a"] = "Town News"
    reply = await town.alice.slash("subscribe", url="https://town.example/news", selector="h2 a")
    assert "**Town News** now comes" in shown(reply)
    assert "reads the links to articles on that page" in shown(reply)
    (subscription,) = await newsroom.subscriptions.of_guild(int(town.guild_id))
    assert (subscription.source.kind, subscription.source.selector) == ("page", "h2 a")


async def test_missing_permissions_are_named_before_anything_is_stored(
    town: Town, bot: BroadsheetBot, web: Web, newsroom: Newsroom
) -> None:
    web.feed("https://town.example/feed.xml", "Crier")
    await town.deny_bot("embed_links", "create_public_threads")
    channel = bot.guilds[0].get_channel(int(town.channel_id))
    assert channel is not None

    async def told() -> bool:
        return not channel.permissions_for(channel.guild.me).embed_links

    await eventually(told)
    options = {"url": "https://town.example/feed.xml", "thread": True}
    reply = await town.alice.slash("subscribe", options)
    assert "lacks **Embed Links** and **Create Public Threads**" in shown(reply)
    assert "allow these for Broadsheet's role" in shown(reply)
    assert await newsroom.subscriptions.of_guild(int(town.guild_id)) == []


async def test_a_member_without_the_permission_is_told_or_not_even_offered(
    town: Town, bot: BroadsheetBot, newsroom: Newsroom
) -> None:
    offered = {command["name"] for command in await town.bob.commands(town.guild_id)}
    if "subscribe" in offered:
        options = {"url": "https://town.example/feed.xml"}
        reply = await town.bob.slash("subscribe", options)
        assert "**Manage Server**" in shown(reply)
    assert {"top", "comments"} <= offered
    assert not {"subscribe", "unsubscribe", "subscriptions"} & offered
    assert await newsroom.subscriptions.of_guild(int(town.guild_id)) == []


async def test_articles_are_ranked_and_paged(town: Town, press: Press, newsroom: Newsroom) -> None:
    empty = await town.bob.slash("top")
    assert "No articles here yet" in shown(empty)

    cards = await press.publish(*(f"Article {number:02}" for number in range(12)))
    await town.bob.react(cards[4], "👍")

    async def counted() -> bool:
        listed = await newsroom.front_page.by_message(int(cards[4]["id"]), visible={int(town.channel_id)})
        return listed is not None and listed.tally.upvotes == 1

    await eventually(counted)
    reply = await town.bob.slash("top", sort="top")
    assert reply.ephemeral
    lines = shown(reply).split("\n")
    jump = f"https://discord.com/channels/{town.guild_id}/{town.channel_id}/{cards[4]['id']}"
    assert lines[0] == f"**[Article 04]({jump})**"
    assert lines[1].startswith("▲ 1 · 💬 0 · The Town Crier · <t:")
    assert len(lines) == 29

    more = await town.bob.click(reply, ids(reply)["More"])
    assert more.raw["id"] == reply.raw["id"]
    assert shown(more).count("**[Article") == 2
    start = await town.bob.click(more, ids(more)["From the start"])
    assert shown(start) == shown(reply)


async def test_a_public_list_is_paged_for_the_one_who_asks(town: Town, press: Press) -> None:
    await press.publish(*(f"Article {number:02}" for number in range(11)))
    public = await town.alice.slash("top", public=True, sort="new")
    assert not public.ephemeral
    more = await town.bob.click(public, ids(public)["More"])
    assert more.ephemeral
    assert more.raw["id"] != public.raw["id"]


async def test_comments_are_shown_from_the_card_also_after_a_restart(
    town: Town, press: Press, newsroom: Newsroom, start_bot: StartBot
) -> None:
    (card,) = await press.publish("Bridge *open*")
    button = card["components"][0]["components"][0]["custom_id"]
    none_yet = await town.bob.click(card, button)
    assert none_yet.ephemeral
    assert shown(none_yet) == "No comments yet. Reply to the card, with the ping left on, to comment."

    first = await town.bob.reply(card, "First")
    second = await town.alice.reply(card, "> It is told\nSecond")
    await town.alice.react(second, "👍")

    async def written() -> bool:
        listed = await newsroom.front_page.by_message(int(card["id"]), visible={int(town.channel_id)})
        return listed is not None and listed.comment_count == 2

    await eventually(written)
    await press.bot.close()
    await start_bot()
    page = await town.bob.click(card, button)
    assert page.embeds[0]["title"] == r"Bridge \*open\*"
    assert f"{town.channel_id}/{first['id']}" in shown(page)
    assert shown(page).index("Second") < shown(page).index("First")
    assert "*“It is told”*" in shown(page)
    oldest = await town.bob.click(page, ids(page)["Oldest"])
    assert oldest.raw["id"] == page.raw["id"]
    assert shown(oldest).index("First") < shown(oldest).index("Second")


async def test_comments_are_asked_for_by_title(town: Town, press: Press) -> None:
    await press.publish("Bridge open", "Fair begins")
    (choice,) = await town.bob.autocomplete("comments", "article", "bridge")
    assert choice["name"] == "Bridge open · The Town Crier"
    reply = await town.bob.slash("comments", article=choice["value"])
    assert reply.embeds[0]["title"] == "Bridge open"
    typed = await town.bob.slash("comments", article="fair")
    assert typed.embeds[0]["title"] == "Fair begins"
    unknown = await town.bob.slash("comments", article="circus")
    assert "look at `/top`" in shown(unknown)


async def test_without_a_title_an_article_is_chosen_from_a_menu(town: Town, press: Press) -> None:
    none_yet = await town.bob.slash("comments")
    assert "No articles here yet" in shown(none_yet)
    await press.publish("Bridge open", "Fair begins")
    offered = await town.bob.slash("comments")
    assert "Choose an article" in shown(offered)
    ((menu,),) = (row["components"] for row in offered.components)
    fair = next(option for option in menu["options"] if option["label"] == "Fair begins")
    assert fair["description"] == "▲ 0 · 💬 0 · The Town Crier"
    page = await town.bob.choose(offered, fair["value"])
    assert (page.raw["id"], page.embeds[0]["title"]) == (offered.raw["id"], "Fair begins")


async def test_inside_a_thread_the_article_is_known(town: Town, press: Press) -> None:
    (card,) = await press.publish("Bridge open", thread=True)
    thread = card["thread"]["id"]
    await town.bob.wait_for(lambda event: event.name == "THREAD_CREATE" and event.data["id"] == thread)
    reply = await town.bob.slash("comments", in_=thread)
    assert reply.embeds[0]["title"] == "Bridge open"


async def test_a_thread_takes_cards_but_no_threads(
    town: Town, bot: BroadsheetBot, web: Web, newsroom: Newsroom
) -> None:
    web.feed("https://town.example/feed.xml", "Crier")
    message = await town.alice.say("Here")
    thread = await town.alice.start_thread(message, "Talk")
    options = {"url": "https://town.example/feed.xml", "channel": thread["id"]}
    refused = await town.alice.slash("subscribe", {**options, "thread": True})
    assert "no threads within threads" in shown(refused)
    reply = await town.alice.slash("subscribe", options)
    assert f"now comes into <#{thread['id']}>" in shown(reply)


async def test_a_locked_thread_is_refused_and_an_archived_one_is_used(
    town: Town, bot: BroadsheetBot, web: Web, newsroom: Newsroom
) -> None:
    web.feed("https://town.example/feed.xml", "Crier")
    answers = {}
    for change in ({"locked": True}, {"archived": True}, {"archived": True, "locked": True}):
        message = await town.alice.say("Here")
        thread = await town.alice.start_thread(message, "Talk")
        path = f"/channels/{thread['id']}"
        await town.alice.request("PATCH", path, change)

        async def told(thread_id: int = int(thread["id"]), archived: bool = "archived" in change) -> bool:
            cached = bot.guilds[0].get_thread(thread_id)
            return cached is None if archived else cached is not None and cached.locked

        await eventually(told)
        options = {"url": "https://town.example/feed.xml", "channel": thread["id"]}
        reply = await town.alice.slash("subscribe", options)
        answers[tuple(change)] = shown(reply).replace(thread["id"], "here")
    assert "<#here> is locked" in answers["locked",]
    assert "now comes into <#here>" in answers["archived",]
    assert "<#here> is locked" in answers["archived", "locked"]
    assert len(await newsroom.subscriptions.of_guild(int(town.guild_id))) == 1


async def test_subscriptions_are_paged_for_admins_alone(
    town: Town, bot: BroadsheetBot, newsroom: Newsroom, web: Web
) -> None:
    for number in range(12):
        url = f"https://{number}.example/feed.xml?key=geheim"
        web.feed(url, f"Source {number:02}")
        await newsroom.subscriptions.subscribe(int(town.guild_id), int(town.channel_id), url)
    first = await town.alice.slash("subscriptions")
    assert shown(first).count("**Source") == 10
    assert "geheim" not in str(first.raw)
    second = await town.alice.click(first, ids(first)["More"])
    assert second.raw["id"] == first.raw["id"]
    assert shown(second).count("**Source") == 2
    # A button that somebody else made is no way around the permission.
    await bot.http.request(
        Route("POST", "/channels/{channel_id}/messages", channel_id=town.channel_id),
        json={"content": "old", "components": first.components},
    )
    (message,) = await town.bob.messages(town.channel_id)
    refused = await town.bob.click(message, ids(first)["More"])
    assert "**Manage Server**" in shown(refused)


async def test_a_blocked_channel_is_seen_in_the_list(
    town: Town, press: Press, bot: BroadsheetBot, store: Store
) -> None:
    await press.publish("Bridge open")
    await town.deny_bot("embed_links")
    channel = bot.guilds[0].get_channel(int(town.channel_id))
    assert channel is not None

    async def told() -> bool:
        return not channel.permissions_for(channel.guild.me).embed_links

    await eventually(told)
    assert await press.publish("Fair begins", "Fair ends") == []
    listed = await town.alice.slash("subscriptions")
    assert f"⚠ 2 articles wait. In <#{town.channel_id}> Broadsheet lacks **Embed Links**" in shown(listed)


async def test_a_menu_of_feeds_that_has_ended_says_so(
    town: Town, bot: BroadsheetBot, web: Web, start_bot: StartBot, newsroom: Newsroom
) -> None:
    sites = tuple(Candidate(f"https://town.example/{name}.xml", name, "rss") for name in ("all", "sport"))
    web.sites["https://town.example"] = Several(sites)
    options = {"url": "https://town.example"}
    offered = await town.alice.slash("subscribe", options)
    await bot.close()
    again = await start_bot()
    late = await town.alice.choose(offered, "0")
    assert (late.raw["id"], late.components) == (offered.raw["id"], [])
    assert "Use `/subscribe` again" in shown(late)
    assert await newsroom.subscriptions.of_guild(int(town.guild_id)) == []

    await again.remove_cog("subscriptions")
    await again.add_cog(SubscriptionsCog(newsroom.subscriptions, choose_within=0.1))
    since = town.alice.mark()
    offered = await town.alice.slash("subscribe", options)
    ended = await town.alice.wait_for(
        lambda event: (
            event.name == "MESSAGE_UPDATE"
            and event.data["id"] == offered.raw["id"]
            and "has ended" in event.data["content"]
        ),
        since=since,
    )
    assert ended.data["components"] == []


async def test_the_button_of_a_card_shows_more_on_its_topic(town: Town, press: Press) -> None:
    def button(card: Json) -> str:
        labelled = {one["label"]: one for one in card["components"][0]["components"]}
        return str(labelled["More on this topic"]["custom_id"])

    (first,) = await press.publish("Ferry engine fails in the harbour")
    alone = await town.bob.click(first, button(first))
    assert "No other article on this topic" in shown(alone)
    (second,) = await press.publish("Harbour ferry: engine failure explained")
    reply = await town.bob.click(second, button(second))
    assert reply.ephemeral
    assert "Ferry engine fails in the harbour" in shown(reply)
    assert f"/{town.channel_id}/{first['id']})" in shown(reply)


@pytest.mark.parametrize(
    "custom_id", ["comments:unknown", "comments-page:99:newest::sort", "related:unknown"]
)
async def test_a_button_of_an_article_that_is_gone_says_so(
    town: Town, bot: BroadsheetBot, custom_id: str
) -> None:
    await bot.http.request(
        Route("POST", "/channels/{channel_id}/messages", channel_id=town.channel_id),
        json={
            "content": "old",
            "components": [
                {"type": 1, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": custom_id}]}
            ],
        },
    )
    (message,) = await town.bob.messages(town.channel_id)
    reply = await town.bob.click(message, custom_id)
    assert "no longer has this article" in shown(reply)


async def test_articles_of_one_source_or_channel_are_ranked(town: Town, press: Press) -> None:
    await press.publish(*(f"Article {number:02}" for number in range(12)))
    other = await town.alice.create_channel(town.guild_id, "sport")
    await press.queue("Game won", channel_id=other["id"], source="The Ball")
    await press.deliver()
    (choice,) = await town.bob.autocomplete("top", "source", "crier")
    assert choice["name"] == "The Town Crier"
    reply = await town.bob.slash("top", sort="new", source=choice["value"])
    assert shown(reply).count("**[Article") == 10
    more = await town.bob.click(reply, ids(reply)["More"])
    assert shown(more).count("**[Article") == 2
    ball = await town.bob.slash("top", source="the ball", sort="controversial")
    assert shown(ball).count("**[") == shown(ball).count("**[Game won") == 1
    there = await town.bob.slash("top", channel=other["id"], period="all")
    assert shown(there).startswith(f"In <#{other['id']}>\n\n**[Game won]")
    none = await town.bob.slash("top", channel=other["id"], source=choice["value"])
    assert "No such articles here" in shown(none)
    unknown = await town.bob.slash("top", source="The Moon")
    assert "No such source" in shown(unknown)
    hidden = str(1 << 10)
    overwrite = {"type": 0, "deny": hidden, "allow": "0"}
    await town.alice.request("PUT", f"/channels/{other['id']}/permissions/{town.guild_id}", overwrite)

    async def is_hidden() -> bool:
        return await town.bob.autocomplete("top", "source", "ball") == []

    await eventually(is_hidden)
