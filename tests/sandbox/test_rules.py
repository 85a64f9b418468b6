"""Permissions, limits and refusals, as Discord has them."""

from typing import Any

import pytest

from bot.sandbox import permissions
from bot.sandbox.permissions import Permission
from bot.sandbox.scenario import Json, Refused
from tests.sandbox.conftest import Town

VIEW, SEND, HISTORY, REACT = (
    int(one)
    for one in (
        Permission.VIEW_CHANNEL,
        Permission.SEND_MESSAGES,
        Permission.READ_MESSAGE_HISTORY,
        Permission.ADD_REACTIONS,
    )
)


@pytest.mark.parametrize(
    ("base", "overwrites", "expected"),
    [
        pytest.param(VIEW | SEND, {}, VIEW | SEND, id="no overwrites change nothing"),
        pytest.param(VIEW | SEND, {"all": (0, SEND)}, VIEW, id="@everyone is denied"),
        pytest.param(
            VIEW | SEND, {"all": (0, SEND), "r1": (SEND, 0)}, VIEW | SEND, id="a role wins over @everyone"
        ),
        pytest.param(VIEW, {"r1": (0, SEND), "r2": (SEND, 0)}, VIEW | SEND, id="among roles allowing wins"),
        pytest.param(VIEW, {"r1": (SEND, 0), "me": (0, SEND)}, VIEW, id="the member has the last word"),
        pytest.param(
            int(Permission.ADMINISTRATOR), {"all": (0, VIEW)}, permissions.ALL, id="administrators pass"
        ),
    ],
)
def test_overwrites_count_in_discords_order(
    base: int, overwrites: dict[str, tuple[int, int]], expected: int
) -> None:
    assert permissions.in_channel(base, "all", ["r1", "r2"], "me", overwrites) == expected


def test_who_does_not_see_a_channel_may_do_nothing_in_it() -> None:
    assert permissions.with_implicit_denials(SEND | HISTORY, thread=False) == 0
    muted = VIEW | Permission.EMBED_LINKS | HISTORY
    assert permissions.with_implicit_denials(muted, thread=False) == VIEW | HISTORY


async def refused(doing: Any) -> int:
    with pytest.raises(Refused) as no:
        await doing
    return no.value.code


async def test_a_hidden_channel_is_silent_and_refuses(town: Town) -> None:
    message = await town.alice.say("before")
    await town.alice.overwrite(town.channel_id, town.guild_id, deny=VIEW)
    mark = town.bob.mark()
    await town.alice.say("hidden")
    assert await refused(town.bob.say("let me in")) == 50001
    assert await refused(town.bob.messages(town.channel_id)) == 50001
    assert await refused(town.bob.react(message, "👍")) == 50001
    await town.alice.overwrite(town.channel_id, town.bob.id, allow=VIEW, member=True)
    await town.alice.say("seen")
    await town.bob.wait_for("MESSAGE_CREATE", content="seen", since=mark)
    assert not [event for event in town.bob.events[mark:] if event.data.get("content") == "hidden"]


async def test_without_history_the_list_is_empty_and_nothing_can_be_answered(town: Town) -> None:
    message = await town.alice.say("old")
    pins = f"/channels/{town.channel_id}/messages/pins"
    await town.alice.request("PUT", f"{pins}/{message['id']}")
    assert len((await town.bob.request("GET", pins))["items"]) == 1
    await town.alice.overwrite(town.channel_id, town.guild_id, deny=HISTORY)
    assert await town.bob.messages(town.channel_id) == []
    assert await town.bob.request("GET", pins) == {"items": [], "has_more": False}
    assert await town.bob.request("GET", f"/channels/{town.channel_id}/pins") == []
    assert await refused(town.bob.message(town.channel_id, message["id"])) == 50013
    assert await refused(town.bob.react(message, "👍")) == 50013
    assert await refused(town.bob.reply(message, "re")) == 160002


async def test_only_the_first_of_an_emoji_takes_a_permission(town: Town) -> None:
    message = await town.alice.say("Vote")
    await town.alice.overwrite(town.channel_id, town.guild_id, deny=REACT)
    assert await refused(town.bob.react(message, "👍")) == 50013
    await town.alice.react(message, "👍")
    await town.bob.react(message, "👍")
    counted = await town.bob.message(town.channel_id, message["id"])
    assert (counted["reactions"][0]["count"], counted["reactions"][0]["me"]) == (2, True)


async def test_sending_counts_outside_threads_and_its_own_permission_inside(town: Town) -> None:
    message = await town.alice.say("Article")
    thread = await town.alice.start_thread(message, "Comments")
    await town.alice.overwrite(town.channel_id, town.guild_id, deny=SEND)
    assert await refused(town.bob.say("no")) == 50013
    await town.bob.say("yes", in_=thread["id"])
    denied = int(Permission.SEND_MESSAGES_IN_THREADS)
    await town.alice.overwrite(town.channel_id, town.guild_id, allow=SEND, deny=denied)
    await town.bob.say("yes")
    assert await refused(town.bob.say("no", in_=thread["id"])) == 50013


async def test_threads_exist_once_lock_and_archive(town: Town) -> None:
    message = await town.alice.say("Article")
    thread = await town.alice.start_thread(message, "Comments")
    assert thread["id"] == message["id"]
    assert await refused(town.alice.start_thread(message, "Again")) == 160004
    await town.alice.request("PATCH", f"/channels/{thread['id']}", {"locked": True})
    assert await refused(town.bob.say("locked", in_=thread["id"])) == 160005
    await town.alice.request("PATCH", f"/channels/{thread['id']}", {"archived": True})
    assert await refused(town.bob.say("archived too", in_=thread["id"])) == 50083
    await town.alice.request("DELETE", f"/channels/{thread['id']}")
    await town.bob.wait_for(lambda event: event.name == "THREAD_DELETE" and event.data["id"] == thread["id"])
    assert await refused(town.alice.messages(thread["id"])) == 10003


async def test_a_private_thread_is_seen_by_its_members(town: Town) -> None:
    body = {"name": "Editors", "type": 12}
    thread = await town.alice.request("POST", f"/channels/{town.channel_id}/threads", body)
    assert await refused(town.bob.messages(thread["id"])) == 50001
    await town.alice.request("PUT", f"/channels/{thread['id']}/thread-members/{town.bob.id}")
    assert [one["type"] for one in await town.bob.messages(thread["id"])] == [1]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/channels/1", 10003),
        ("/channels/{channel}/messages/1", 10008),
        ("/guilds/1", 10004),
        ("/invites/none", 10006),
        ("/users/1", 10013),
    ],
)
async def test_what_is_not_there_has_its_own_code(town: Town, path: str, code: int) -> None:
    assert await refused(town.bob.request("GET", path.format(channel=town.channel_id))) == code


async def test_routes_that_discord_has_not_are_written_down(town: Town) -> None:
    with pytest.raises(Refused) as no:
        await town.bob.request("GET", "/no/such/route")
    assert (no.value.status, no.value.code) == (404, 0)
    assert list(town.sandbox.unknown_routes) == ["GET /no/such/route"]
    town.sandbox.unknown_routes.clear()


BUTTON = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}


def row(*components: Json) -> Json:
    return {"type": 1, "components": list(components)}


@pytest.mark.parametrize(
    ("body", "place", "code"),
    [
        pytest.param({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH", id="content of 2001"),
        pytest.param({"content": "😀" * 1001}, "content", "BASE_TYPE_MAX_LENGTH", id="emoji count twice"),
        pytest.param(
            {"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH", id="title"
        ),
        pytest.param(
            {"embeds": [{"description": "x" * 3001}, {"description": "x" * 3000}]},
            "embeds",
            "MAX_EMBED_SIZE_EXCEEDED",
            id="6001 over all embeds",
        ),
        pytest.param(
            {"embeds": [{"fields": [{"name": "", "value": "v"}]}]},
            "embeds.0.fields.0.name",
            "BASE_TYPE_REQUIRED",
            id="field without a name",
        ),
        pytest.param(
            {"embeds": [{"title": "t", "url": "javascript:alert(1)"}]},
            "embeds.0.url",
            "URL_TYPE_INVALID_SCHEME",
            id="javascript address",
        ),
        pytest.param({"embeds": [{"title": "t"}] * 11}, "embeds", "BASE_TYPE_BAD_LENGTH", id="11 embeds"),
        pytest.param(
            {"components": [row({**BUTTON, "custom_id": str(n)}) for n in range(6)]},
            "components",
            "BASE_TYPE_BAD_LENGTH",
            id="six rows",
        ),
        pytest.param(
            {"components": [row(BUTTON, BUTTON)]},
            "components.0.components.1.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
            id="same id",
        ),
        pytest.param(
            {"components": [row({"type": 2, "style": 5, "label": "x"})]},
            "components.0.components.0.url",
            "BUTTON_COMPONENT_URL_REQUIRED",
            id="link without address",
        ),
        pytest.param(
            {"content": "x", "flags": 32768, "components": [{"type": 10, "content": "y"}]},
            "content",
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            id="v2 with content",
        ),
        pytest.param(
            {"flags": 32768, "components": [{"type": 10, "content": "y" * 2001}] * 2},
            "components",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            id="v2 text over 4000",
        ),
        pytest.param(
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
            id="mentions in conflict",
        ),
        pytest.param({"embeds": [{}]}, "embeds.0.description", "BASE_TYPE_REQUIRED", id="empty embed"),
        pytest.param(
            {"content": "x", "embeds": [{"color": 1, "url": "https://a.example"}]},
            "embeds.0.description",
            "BASE_TYPE_REQUIRED",
            id="embed that shows nothing",
        ),
        pytest.param(
            {"embeds": [{"title": " ", "description": "d"}]},
            "embeds.0.title",
            "BASE_TYPE_REQUIRED",
            id="blank title",
        ),
        pytest.param(
            {"embeds": [{"title": "t", "author": {"name": ""}}]},
            "embeds.0.author.name",
            "BASE_TYPE_REQUIRED",
            id="author without a name",
        ),
        pytest.param(
            {"embeds": [{"title": "t", "footer": {"text": " "}}]},
            "embeds.0.footer.text",
            "BASE_TYPE_REQUIRED",
            id="footer without a text",
        ),
        pytest.param(
            {"embeds": [{"title": "t", "footer": "text"}]},
            "embeds.0.footer",
            "MODEL_TYPE_CONVERT",
            id="footer of a wrong shape",
        ),
        pytest.param(
            {"embeds": [{"title": "t", "url": "https://a.example:99999/"}]},
            "embeds.0.url",
            "URL_TYPE_INVALID_URL",
            id="port 99999",
        ),
        pytest.param(
            {"embeds": [{"title": "t", "url": "https://[a/"}]},
            "embeds.0.url",
            "URL_TYPE_INVALID_URL",
            id="half an address",
        ),
        pytest.param(
            {"content": "x", "nonce": 1 << 63}, "nonce", "NONCE_TYPE_INVALID", id="nonce of 65 bits"
        ),
        pytest.param({"content": "x", "nonce": 1.5}, "nonce", "NONCE_TYPE_INVALID", id="nonce in halves"),
        pytest.param({"content": "x", "nonce": "n" * 26}, "nonce", "BASE_TYPE_MAX_LENGTH", id="nonce of 26"),
        pytest.param(
            {"content": "x", "message_reference": {"message_id": "1"}},
            "message_reference",
            "MESSAGE_REFERENCE_UNKNOWN_MESSAGE",
            id="reply to nothing",
        ),
    ],
)
async def test_a_broken_form_names_the_field(town: Town, body: Json, place: str, code: str) -> None:
    with pytest.raises(Refused) as no:
        await town.alice.request("POST", f"/channels/{town.channel_id}/messages", body)
    assert no.value.code == 50035
    node = no.value.body["errors"]
    for part in place.split("."):
        node = node[part]
    assert code in [error["code"] for error in node["_errors"]]


async def test_an_empty_message_is_not_a_message(town: Town) -> None:
    assert await refused(town.bob.say("  ")) == 50006


async def test_twenty_kinds_of_reactions_fit_on_a_message(town: Town) -> None:
    message = await town.bob.say("Vote")
    for number in range(20):
        await town.bob.react(message, chr(0x1F600 + number))
    assert await refused(town.bob.react(message, "👍")) == 30010
    assert await refused(town.bob.react(message, "thumbsup")) == 10014


@pytest.mark.parametrize(
    "emoji",
    [
        "👍",
        "❤",
        "❤️",
        "👍🏽",
        "👩‍💻",
        "🏳️‍🌈",
        "🇩🇪",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "1️⃣",
        "#⃣",
        "Ⓜ️",
    ],
)
async def test_an_emoji_is_a_reaction(town: Town, emoji: str) -> None:
    message = await town.bob.say("Vote")
    await town.bob.react(message, emoji)
    [counted] = (await town.bob.message(town.channel_id, message["id"]))["reactions"]
    assert counted["emoji"]["name"] == emoji


@pytest.mark.parametrize(
    "text", ["up", "1", "é", "→", "½", "─", "👍👍", "👍x", "🇩", "\u200d", "👍\u200d", "name:123"]
)
async def test_what_is_no_emoji_is_no_reaction(town: Town, text: str) -> None:
    message = await town.bob.say("Vote")
    assert await refused(town.bob.react(message, text)) == 10014


async def test_an_interactions_nonce_keeps_the_same_rules(town: Town) -> None:
    body = {"type": 2, "application_id": town.application.id, "channel_id": town.channel_id, "data": {}}
    assert await refused(town.bob.request("POST", "/interactions", {**body, "nonce": "n" * 26})) == 50035
    assert await refused(town.bob.request("POST", "/interactions", {**body, "nonce": 1})) == 10063
