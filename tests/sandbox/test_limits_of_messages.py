"""What a message may hold, point, carry and be told twice, over JSON and over forms with files."""

import io
import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.sandbox.bodies import FILE_AT_MOST
from bot.sandbox.routes.messages import page_of
from bot.sandbox.scenario import Json, Person, Refused
from bot.sandbox.things import Message
from tests.sandbox.conftest import Town

V2, SUPPRESS_EMBEDS = 1 << 15, 1 << 2


async def refused(doing: Any) -> int:
    with pytest.raises(Refused) as no:
        await doing
    return no.value.code


def codes_in(tree: Any) -> set[str]:
    """All codes of a 50035's tree."""
    if not isinstance(tree, dict):
        return set()
    own = {one["code"] for one in tree.get("_errors", ())}
    return own.union(*(codes_in(node) for key, node in tree.items() if key != "_errors"))


async def errors_of(doing: Any) -> set[str]:
    with pytest.raises(Refused) as no:
        await doing
    assert no.value.code == 50035
    return codes_in(no.value.body["errors"])


def embed(**parts: Any) -> Json:
    return {"embeds": [{"title": "t", **parts}]}


async def test_every_text_fits_to_the_unit_and_not_one_more(town: Town) -> None:
    path = f"/channels/{town.channel_id}/messages"
    # Emoji count as two units, as UTF-16 writes them.
    fits: list[Any] = [
        ("content", 2000, lambda text: {"content": text}),
        ("title", 256, lambda text: embed(title=text)),
        ("description", 4096, lambda text: embed(description=text)),
        ("footer", 2048, lambda text: embed(footer={"text": text})),
        ("author", 256, lambda text: embed(author={"name": text})),
        ("field name", 256, lambda text: embed(fields=[{"name": text, "value": "v"}])),
        ("field value", 1024, lambda text: embed(fields=[{"name": "n", "value": text}])),
        ("nonce", 25, lambda text: {"content": "x", "nonce": text}),
    ]
    for name, most, body in fits:
        await town.bob.request("POST", path, body("😀" * (most // 2) + "x" * (most % 2)))
        found = await errors_of(town.bob.request("POST", path, body("😀" * (most // 2) + "xx")))
        assert found & {"BASE_TYPE_MAX_LENGTH", "BASE_TYPE_BAD_LENGTH"}, name
    full = [{"description": "d" * 3000}, {"description": "d" * 2999, "title": "t"}]
    await town.bob.request("POST", path, {"embeds": full})
    full[1]["title"] = "tt"
    assert await errors_of(town.bob.request("POST", path, {"embeds": full})) == {"MAX_EMBED_SIZE_EXCEEDED"}
    ten = {"embeds": [{"title": "t", "fields": [{"name": "n", "value": "v"}] * 25}] * 10}
    await town.bob.request("POST", path, ten)
    ten["embeds"][0]["fields"].append({"name": "n", "value": "v"})
    assert await errors_of(town.bob.request("POST", path, ten)) == {"BASE_TYPE_BAD_LENGTH"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"content": "x", "tts": "yes"}, "BOOLEAN_TYPE_CONVERT"),
        ({"content": "x", "enforce_nonce": 1}, "BOOLEAN_TYPE_CONVERT"),
        ({"content": "x", "flags": "4"}, "NUMBER_TYPE_COERCE"),
        ({"content": ["x"]}, "STRING_TYPE_CONVERT"),
        ({"content": "x", "embeds": {}}, "LIST_TYPE_CONVERT"),
        ({"content": "x", "message_reference": "1"}, "MODEL_TYPE_CONVERT"),
        ({"content": "x", "message_reference": {}}, "BASE_TYPE_REQUIRED"),
        ({"content": "x", "message_reference": {"message_id": "x"}}, "NUMBER_TYPE_COERCE"),
        ({"content": "x", "message_reference": {"message_id": "1", "type": 2}}, "BASE_TYPE_CHOICES"),
        ({"message_reference": {"message_id": "1", "type": 1}}, "BASE_TYPE_REQUIRED"),
        ({"content": "x", "allowed_mentions": []}, "MODEL_TYPE_CONVERT"),
        ({"content": "x", "allowed_mentions": {"parse": [[]]}}, "BASE_TYPE_CHOICES"),
        (
            {"content": "x", "allowed_mentions": {"users": [str(n) for n in range(101)]}},
            "BASE_TYPE_BAD_LENGTH",
        ),
        ({"content": "x", "attachments": [{"id": "0"}]}, "ATTACHMENT_NOT_FOUND"),
        ({"content": "x", "attachments": [{}]}, "BASE_TYPE_REQUIRED"),
        ({"content": "x", "sticker_ids": ["x"]}, "NUMBER_TYPE_COERCE"),
        ({"content": "x", "poll": {"question": {"text": "?"}}}, "SANDBOX_HAS_NO_POLLS"),
        ({"content": "x", "embeds": [{"timestamp": "noon"}]}, "DATE_TIME_TYPE_PARSE"),
        ({"content": "x", "embeds": [{"timestamp": "0001-01-01T00:00:00+23:00"}]}, "DATE_TIME_TYPE_PARSE"),
    ],
)
async def test_a_body_of_a_wrong_shape_is_told_where(town: Town, body: Json, code: str) -> None:
    path = f"/channels/{town.channel_id}/messages"
    assert code in await errors_of(town.bob.request("POST", path, body))


async def test_what_is_nothing_is_refused_and_what_is_not_for_all_is_shown_to_all(town: Town) -> None:
    path = f"/channels/{town.channel_id}/messages"
    for body in ({}, {"content": None}, {"content": " \n"}, {"embeds": []}, {"tts": False}):
        assert await refused(town.bob.request("POST", path, body)) == 50006
    assert await refused(town.bob.request("POST", path, {"content": "x", "sticker_ids": ["1"]})) == 50081
    assert await refused(town.bob.request("POST", path, [1])) == 50109
    # Flags that are not the author's to set are not taken.
    sent = await town.bob.request("POST", path, {"content": "x", "flags": 1 | 2 | 32 | 64 | 128 | 4096})
    assert sent["flags"] == 4096


class Form:
    """A form with files, posted as a browser would; `send` gives status and code."""

    def __init__(self, person: Person, channel_id: str) -> None:
        self._url = f"{person.base_url}/api/v10/channels/{channel_id}/messages"
        self._headers = {"Authorization": person.token}

    async def send(self, payload: Any, *files: tuple[str, bytes], **headers: str) -> tuple[int, Json]:
        form = aiohttp.FormData(default_to_multipart=True)
        if payload is not None:
            form.add_field("payload_json", payload if isinstance(payload, str) else json.dumps(payload))
        for name, data in files:
            form.add_field(name, io.BytesIO(data), filename=f"{name[6:-1]}.txt", content_type="text/plain")
        return await self.raw(form, **headers)

    async def raw(self, data: Any, **headers: str) -> tuple[int, Json]:
        async with (
            aiohttp.ClientSession(headers=self._headers | headers) as session,
            session.post(self._url, data=data) as response,
        ):
            return response.status, await response.json()


async def test_files_are_matched_counted_and_weighed(town: Town) -> None:
    form = Form(town.bob, town.channel_id)
    two = {"attachments": [{"id": 1, "description": "second", "filename": "a b/ü.txt"}, {"id": "0"}]}
    status, sent = await form.send(two, ("files[0]", b"one"), ("files[1]", b"two!"))
    assert status == 200
    assert [(one["filename"], one["size"]) for one in sent["attachments"]] == [
        ("a b/ü.txt", 4),
        ("0.txt", 3),
    ]
    async with aiohttp.ClientSession() as session:
        for one, data in zip(sent["attachments"], (b"two!", b"one"), strict=True):
            async with session.get(one["url"]) as response:
                assert await response.read() == data
    # A picture of an embed may be one of the files.
    embeds = {"embeds": [{"title": "t", "image": {"url": "attachment://0.txt"}}]}
    _, shown = await form.send(embeds, ("files[0]", b"picture"))
    assert shown["embeds"][0]["image"]["url"] == shown["attachments"][0]["url"]
    # Without payload_json the fields of the form are the body.
    plain = aiohttp.FormData({"content": "plain"}, default_to_multipart=True)
    assert (await form.raw(plain))[1]["content"] == "plain"
    eleven = [(f"files[{number}]", b"x") for number in range(11)]
    assert (await form.send({}, *eleven))[1]["code"] == 50035
    assert (await form.send({}, eleven[0], eleven[0]))[1]["code"] == 50035
    assert (await form.send({}, ("files[0]", bytes(FILE_AT_MOST))))[0] == 200
    status, body = await form.send({}, ("files[0]", bytes(FILE_AT_MOST + 1)))
    assert (status, body["code"]) == (413, 40005)
    kept = await town.bob.request(
        "PATCH",
        f"/channels/{town.channel_id}/messages/{sent['id']}",
        {"attachments": [{"id": sent["attachments"][1]["id"]}, {"id": "77"}]},
    )
    assert [one["filename"] for one in kept["attachments"]] == ["0.txt"]


async def test_a_broken_form_is_a_bad_request_and_no_failure(town: Town) -> None:
    form = Form(town.bob, town.channel_id)
    assert (await form.send("{half"))[1]["code"] == 50109
    assert (await form.send('"text"'))[1]["code"] == 50109
    kind = "multipart/form-data; boundary=b"
    part = b'--b\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n{"content": "x"}'
    for given_kind, data in (
        ("multipart/form-data", part + b"\r\n--b--\r\n"),
        (kind, b"no part at all"),
        (kind, part),
        (kind, b""),
        (kind, part.replace(b"payload_json", b"\x1b") + b"\r\n--b--\r\n"),
        (kind, part.replace(b"Content-Disposition", b"Content-Encoding: gzip\r\nContent-Disposition")),
        (kind, part.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: odd\r\n\r\n") + b"\r\n--b--\r\n"),
    ):
        status, body = await form.raw(data, **{"Content-Type": given_kind})
        assert (status, body["code"]) in ((400, 50109), (400, 50006)), (given_kind, data)
    status, body = await form.raw(
        io.BytesIO(b" " * (26 * 1024 * 1024)), **{"Content-Type": "application/json"}
    )
    assert (status, body["code"]) == (413, 40005)
    assert await town.bob.messages(town.channel_id) == []


async def test_a_reply_points_into_its_channel_and_not_at_the_system(town: Town) -> None:
    alice, bob = town.alice, town.bob
    path = f"/channels/{town.channel_id}/messages"
    other = await alice.create_channel(town.guild_id, "other")
    far = await alice.say("far", in_=other["id"])
    near = await alice.say("near", in_=town.channel_id)

    async def reply(message_id: str, **more: Any) -> Json:
        reference = {"message_id": message_id, **more}
        return dict(await bob.request("POST", path, {"content": "re", "message_reference": reference}))

    assert await errors_of(reply(far["id"])) == {"MESSAGE_REFERENCE_UNKNOWN_MESSAGE"}
    assert (await reply(far["id"], fail_if_not_exists=False))["type"] == 0
    answer = await reply(near["id"])
    assert (answer["type"], answer["referenced_message"]["id"]) == (19, near["id"])
    assert [one["id"] for one in answer["mentions"]] == [alice.id]
    await alice.request("PUT", f"{path}/pins/{near['id']}")
    [notice, *_] = await bob.messages(town.channel_id)
    assert await errors_of(reply(notice["id"])) == {"REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE"}
    await alice.delete(near)
    assert (await bob.message(town.channel_id, answer["id"]))["referenced_message"] is None


async def test_a_forward_carries_what_its_sender_can_read(town: Town) -> None:
    alice, bob = town.alice, town.bob
    other = await alice.create_channel(town.guild_id, "other")
    source = await alice.say("Read this", in_=other["id"])
    path = f"/channels/{town.channel_id}/messages"
    reference = {"type": 1, "message_id": source["id"], "channel_id": other["id"]}
    sent = await bob.request("POST", path, {"message_reference": reference})
    assert (sent["content"], sent["type"], sent["flags"]) == ("", 0, 1 << 14)
    assert sent["message_snapshots"][0]["message"]["content"] == "Read this"
    await alice.edit(source, "Read that")
    again = await bob.message(town.channel_id, sent["id"])
    assert again["message_snapshots"][0]["message"]["content"] == "Read this"
    assert "referenced_message" not in again
    extra = {"content": "and this", "message_reference": reference}
    assert await errors_of(bob.request("POST", path, extra)) == {"MESSAGE_FORWARD_WITH_CONTENT"}
    await alice.overwrite(other["id"], town.guild_id, deny=1 << 10)
    found = await errors_of(bob.request("POST", path, {"message_reference": reference}))
    assert found == {"MESSAGE_REFERENCE_UNKNOWN_MESSAGE"}


async def test_a_bot_without_the_content_reads_it_neither_by_forward_nor_by_quote(
    town: Town, bot: Person
) -> None:
    path = f"/channels/{town.channel_id}/messages"
    await town.alice.request("PATCH", f"/applications/{town.application.id}", {"flags": 0})
    secret = await town.alice.say("Between us")
    forward = {"message_reference": {"type": 1, "message_id": secret["id"], "channel_id": town.channel_id}}
    assert await refused(bot.request("POST", path, forward)) == 160014
    quoting = await bot.request(
        "POST", path, {"content": "re", "message_reference": {"message_id": secret["id"]}}
    )
    assert (quoting["content"], quoting["referenced_message"]["content"]) == ("re", "")
    mention = await town.alice.say(f"<@{bot.id}> over to you")
    forward["message_reference"]["message_id"] = mention["id"]
    assert (await bot.request("POST", path, forward))["message_snapshots"][0]["message"]["content"]


async def test_a_nonce_is_its_authors_for_minutes(town: Town) -> None:
    path = f"/channels/{town.channel_id}/messages"
    body = {"content": "once", "nonce": "n", "enforce_nonce": True}
    first = await town.bob.request("POST", path, body)
    town.sandbox.clock.advance(299)
    assert (await town.bob.request("POST", path, body))["id"] == first["id"]
    town.sandbox.clock.advance(2)
    second = await town.bob.request("POST", path, body)
    assert second["id"] != first["id"]
    await town.bob.delete(second)
    assert await refused(town.bob.request("POST", path, body)) == 10008
    assert (await town.alice.request("POST", path, body))["content"] == "once"


async def test_an_edit_keeps_what_it_does_not_name_and_layouts_stay_layouts(town: Town) -> None:
    alice, bob = town.alice, town.bob
    path = f"/channels/{town.channel_id}/messages"
    message = await bob.request("POST", path, {"content": "x", "embeds": [{"title": "t"}]})
    own = f"{path}/{message['id']}"
    assert (await bob.request("PATCH", own, {"content": ""}))["embeds"]
    assert await refused(bob.request("PATCH", own, {"embeds": []})) == 50006
    assert await refused(alice.request("PATCH", own, {"content": "mine"})) == 50005
    edited_at = (await bob.message(town.channel_id, message["id"]))["edited_timestamp"]
    assert edited_at is not None
    town.sandbox.clock.advance(60)
    hidden = await alice.request("PATCH", own, {"flags": SUPPRESS_EMBEDS})
    assert (hidden["flags"], hidden["edited_timestamp"]) == (SUPPRESS_EMBEDS, edited_at)
    assert (await alice.request("PATCH", own, {"flags": 0}))["flags"] == 0
    layout = {"flags": V2, "components": [{"type": 10, "content": "laid out"}]}
    found = await errors_of(bob.request("PATCH", own, layout))
    assert found == {"MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}
    changed = await bob.request("PATCH", own, {**layout, "content": None, "embeds": []})
    assert (changed["flags"], changed["content"]) == (V2, "")
    assert (await bob.request("PATCH", own, {"flags": 0}))["flags"] == V2
    found = await errors_of(bob.request("PATCH", own, {"content": "back"}))
    assert found == {"MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}


async def test_bulk_deletion_has_bounds_and_an_age(town: Town) -> None:
    path = f"/channels/{town.channel_id}/messages/bulk-delete"
    old = (await town.bob.say("old"))["id"]
    town.sandbox.clock.advance(14 * 24 * 3600 + 1)
    ids = [(await town.bob.say(str(number)))["id"] for number in range(3)]

    def bulk(messages: Any) -> Any:
        return town.alice.request("POST", path, {"messages": messages})

    assert await refused(bulk([old, ids[0]])) == 50034
    assert await errors_of(bulk([ids[0], ids[0]])) == {"SET_TYPE_ALREADY_CONTAINS_VALUE"}
    assert await errors_of(bulk([ids[0], str(int(ids[0])).zfill(20)])) == {"SET_TYPE_ALREADY_CONTAINS_VALUE"}
    unknown = [str(int(ids[2]) + one) for one in range(1, 101)]
    for wrong in ([ids[0]], [*unknown, ids[0]], "all", None, ["x", "y"]):
        assert await refused(bulk(wrong)) == 50035
    await bulk([ids[0], ids[2], unknown[0]])
    assert [one["id"] for one in await town.bob.messages(town.channel_id)] == [ids[1], old]
    direct = await town.alice.open_direct(town.bob.id)
    place = f"/channels/{direct['id']}/messages/bulk-delete"
    assert await refused(town.alice.request("POST", place, {"messages": ids[:2]})) == 50003


async def test_a_channel_has_250_pins_and_the_system_says_which(town: Town) -> None:
    stage, alice = town.sandbox.stage, town.alice
    for _ in range(249):
        at = stage.stamp()
        one = Message(
            stage.make_id(), town.channel_id, town.bob.id, at, town.guild_id, content="x", pinned_at=at
        )
        stage.world.add_message(one)
    message = await town.bob.say("the last")
    pins = f"/channels/{town.channel_id}/messages/pins"
    await alice.request("PUT", f"{pins}/{message['id']}")
    [notice, pinned, *_] = await town.bob.messages(town.channel_id)
    assert (notice["type"], notice["message_reference"]["message_id"]) == (6, message["id"])
    assert (pinned["pinned"], notice["author"]["id"]) == (True, alice.id)
    assert await refused(alice.request("PUT", f"{pins}/{notice['id']}")) == 50021
    other = await town.bob.say("one more")
    assert await refused(alice.request("PUT", f"{pins}/{other['id']}")) == 30003
    first = await town.bob.request("GET", pins, limit=2)
    assert (first["items"][0]["message"]["id"], first["has_more"]) == (message["id"], True)
    rest = await town.bob.request("GET", pins, limit=2, before=first["items"][0]["pinned_at"])
    assert rest["items"][0]["message"]["id"] == first["items"][1]["message"]["id"]
    for query in ({"limit": 51}, {"limit": 0}, {"before": "now"}):
        assert await refused(town.bob.request("GET", pins, **query)) == 50035


@given(
    some.lists(some.integers(1, 40), unique=True).map(sorted),
    some.integers(1, 12),
    some.sampled_from(["before", "after", "around", None]),
    some.integers(0, 41),
)
def test_a_page_is_what_a_plain_list_says(ids: list[int], limit: int, side: str | None, anchor: int) -> None:
    sides = {} if side is None else {side: anchor}
    page = page_of(ids, limit, **sides)
    if side == "after":
        expected = [one for one in ids if one > anchor][:limit]
    elif side == "around":
        below, above = [one for one in ids if one < anchor], [one for one in ids if one >= anchor]
        expected = [*below[len(below) - min(len(below), limit // 2) :], *above][:limit]
    else:
        fitting = [one for one in ids if side is None or one < anchor]
        expected = fitting[max(0, len(fitting) - limit) :]
    assert page == expected


async def test_lists_refuse_a_nonsense_query(town: Town) -> None:
    path = f"/channels/{town.channel_id}/messages"
    queries: list[Json] = [{"limit": one} for one in ("0", "101", "-1", "x", "²", "1.5", "", "9" * 5000)]
    queries += [{key: one} for key in ("before", "after", "around") for one in ("x", "-1", "²", "9" * 30)]
    for query in queries:
        assert await refused(town.bob.request("GET", path, **query)) == 50035, query


async def test_an_edit_fits_ten_files_in_all_and_shows_only_its_own(town: Town) -> None:
    alice, path = town.alice, f"/channels/{town.channel_id}/messages"
    full = await alice.say("ten", files={f"{n}.txt": b"1" for n in range(10)})
    own = f"{path}/{full['id']}"
    assert await refused(alice.request("PATCH", own, {"content": "x"}, files={"a.txt": b"1"})) == 30015
    kept = {"attachments": [{"id": one["id"]} for one in full["attachments"][:9]]}
    assert len((await alice.request("PATCH", own, kept, files={"a.txt": b"1"}))["attachments"]) == 10

    def picture(name: str) -> Json:
        return {"flags": V2, "components": [{"type": 13, "file": {"url": f"attachment://{name}"}}]}

    hook = await alice.request("POST", f"/channels/{town.channel_id}/webhooks", {"name": "Wire"})
    address = f"/webhooks/{hook['id']}/{hook['token']}"
    written = await alice.request("POST", address, {"content": "x"}, wait="true")
    laid_out = await alice.request("POST", path, picture("a.txt"), files={"a.txt": b"1"})
    missing = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
    for place, body in (
        (f"{path}/{laid_out['id']}", picture("no.txt")),
        (f"{path}/{laid_out['id']}", {"attachments": []}),
        (f"{address}/messages/{written['id']}?with_components=true", {**picture("no.txt"), "content": ""}),
    ):
        assert await errors_of(alice.request("PATCH", place, body)) == {missing}, place
    await alice.request("PATCH", f"{path}/{laid_out['id']}", picture("b.txt"), files={"b.txt": b"1"})
