"""Every route held against the official document: made-up requests, real ids, no 500, no shape it does not know."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.prepare import Prepared, PreparedPerson, prepare
from bot.sandbox.routes.table import ROUTES
from tests.discord_document import DOCUMENT, Check
from tests.examples import examples

# The smallest PNG there is.
_PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
    "RU5ErkJggg=="
)
_PLACE = re.compile(r"\{([^}]*)\}")
# The same requests in every run: a failure can be looked for. `make test-all` makes up more.
_EXAMPLES = settings(
    max_examples=examples(3),
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@dataclass
class Furnished:
    """A town in the sandbox with one of everything: ids to ask for by parameter name, tokens to ask with."""

    sandbox: Sandbox
    ids: dict[str, list[str]]
    tokens: list[str]


@pytest.fixture(scope="module")
def on_loop() -> Iterator[Callable[[Any], Any]]:
    """Runs coroutines on a loop in a thread of its own, as the requests made up here wait for their answers."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.fixture(scope="module")
def crowd(on_loop: Callable[[Any], Any], check: Check | None) -> Iterator[Sandbox]:
    sandbox = Sandbox(limits=Limits.off(), check=check)
    on_loop(sandbox.__aenter__())
    yield sandbox
    on_loop(sandbox.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False  # the environment is not looked through for proxies at every request
        yield session


@pytest.fixture
def place(crowd: Sandbox, on_loop: Callable[[Any], Any], http: requests.Session) -> Iterator[Furnished]:
    """A town that no test has touched."""
    number = len(crowd.stage.world.guilds)
    town = on_loop(
        prepare(
            crowd,
            f"Town {number}",
            {"news": 0, "wire": 5, "board": 15},
            [f"ada{number}", f"bob{number}"],
            f"Press {number}",
            (1 << 53) - 1,
        )
    )
    people = list(town.people.values())
    ids = _furnish(crowd, town, people, http)
    # A bot, an admin, a member.
    yield Furnished(crowd, ids, [f"Bot {town.bot_token}", *(one.token for one in people)])
    assert not crowd.violations, "\n".join(list(crowd.violations)[:5])
    assert not crowd.unknown_routes


def _furnish(
    sandbox: Sandbox, town: Prepared, people: list[PreparedPerson], http: requests.Session
) -> dict[str, list[str]]:
    """Put a message, a thread, a forum post, a webhook, a role, an emoji … into the town."""
    ada, bob = people

    def ask(method: str, path: str, body: Any = None, token: str = ada.token) -> Any:
        answer = http.request(
            method, sandbox.api_url + path, json=body, headers={"Authorization": token}, timeout=10
        )
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    bot, guild = f"Bot {town.bot_token}", f"/guilds/{town.guild_id}"
    news, wire, board = (town.channels[name] for name in ("news", "wire", "board"))
    card = ask("POST", f"/channels/{news}/messages", {"content": "An article"}, bot)
    talk = ask("POST", f"/channels/{news}/messages", {"content": "A remark"}, bob.token)
    story = ask("POST", f"/channels/{wire}/messages", {"content": "News for all"}, bot)
    ask("PUT", f"/channels/{news}/messages/{card['id']}/reactions/👍/@me")
    thread = ask("POST", f"/channels/{news}/messages/{talk['id']}/threads", {"name": "Doubts"}, bob.token)
    post = ask("POST", f"/channels/{board}/threads", {"name": "A post", "message": {"content": "Hello"}}, bot)
    hook = ask("POST", f"/channels/{news}/webhooks", {"name": "Herald"})
    cried = ask("POST", f"/webhooks/{hook['id']}/{hook['token']}?wait=true", {"content": "Hear me"})
    role = ask("POST", f"{guild}/roles", {"name": "Readers"})
    emoji = ask("POST", f"{guild}/emojis", {"name": "press", "image": _PICTURE})
    own_emoji = ask(
        "POST", f"/applications/{town.application_id}/emojis", {"name": "own", "image": _PICTURE}, bot
    )
    invite = ask("POST", f"/channels/{news}/invites", {})
    stranger = ask("POST", "/auth/register", {"username": f"eve{town.guild_id}"})
    ask("PUT", f"{guild}/bans/{stranger['user_id']}", {})
    asked = {"name": "top", "type": 1, "description": "The front page"}
    command = ask("POST", f"/applications/{town.application_id}/commands", asked, bot)
    local = ask("POST", f"/applications/{town.application_id}{guild}/commands", asked, bot)
    acted = {
        "type": 2,
        "application_id": town.application_id,
        "guild_id": town.guild_id,
        "channel_id": news,
        "session_id": "0",
        "data": {key: command[key] for key in ("id", "name", "type", "version")},
    }
    # One that was answered, one that waits for its answer.
    for _ in range(2):
        ask("POST", "/interactions", acted)
    answered, waiting = list(sandbox.stage.pending._by_id.values())[-2:]
    answer = {"type": 4, "data": {"content": "The best of the day"}}
    ask("POST", f"/interactions/{answered.id}/{answered.token}/callback", answer, bot)
    return {
        "guild_id": [town.guild_id],
        "channel_id": [news, wire, board, thread["id"], post["id"]],
        "thread_id": [thread["id"], post["id"]],
        "message_id": [card["id"], talk["id"], story["id"], post["id"], cried["id"], "@original"],
        "user_id": [ada.id, bob.id, town.application_id, stranger["user_id"]],
        "application_id": [town.application_id],
        "command_id": [command["id"], local["id"]],
        "role_id": [role["id"], town.guild_id],
        "overwrite_id": [role["id"], town.guild_id, bob.id],
        "emoji_id": [emoji["id"], own_emoji["id"]],
        "webhook_id": [hook["id"], town.application_id],
        "webhook_token": [hook["token"], answered.token, waiting.token],
        "interaction_id": [waiting.id, answered.id],
        "interaction_token": [waiting.token, answered.token],
        "token": [waiting.token, answered.token],
        "code": [invite["code"]],
        "emoji": ["👍", f"press:{emoji['id']}"],
        "emoji_name": ["👍", f"press:{emoji['id']}"],
    }


def _official() -> list[Any]:
    """The document's operations that the sandbox has."""
    if not DOCUMENT.exists():
        return []
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    have = {(one.method.lower(), _PLACE.sub("{}", one.template)) for one in ROUTES}
    document["paths"] = {
        template: {
            key: one
            for key, one in operations.items()
            if key == "parameters" or (key, _PLACE.sub("{}", template)) in have
        }
        for template, operations in document["paths"].items()
    }
    schema = schemathesis.openapi.from_dict(document)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.skipif(not DOCUMENT.exists(), reason="Discord's document is not at hand.")
@pytest.mark.parametrize("operation", _official(), ids=lambda one: one.label)
def test_no_made_up_request_gets_an_answer_that_the_document_does_not_know(
    operation: Any, place: Furnished, http: requests.Session
) -> None:

    @_EXAMPLES
    @given(case=operation.as_strategy(), data=st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        case.path_parameters = {
            name: data.draw(st.sampled_from(place.ids.get(name, [str(value)])))
            for name, value in (case.path_parameters or {}).items()
        }
        token = data.draw(st.sampled_from(place.tokens))
        answer = case.call(
            base_url=place.sandbox.api_url, session=http, headers={"Authorization": token}, timeout=10
        )
        assert answer.status_code < 500, answer.text

    ask()


# Fields that many bodies have, so that a made-up body is read beyond its first look.
_KEYS = re.findall(
    r"\w+",
    """name type content embeds components flags nonce data id message_id guild_id channel_id options values image
    permissions attachments message_reference allowed_mentions recipients applied_tags topic parent_id position
    permission_overwrites available_tags roles nick communication_disabled_until archived locked username avatar
    files poll sticker_ids webhook_channel_id choices description application_id session_id thread_name""",
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("method", sorted({one.method for one in ROUTES}))
def test_no_body_of_any_shape_breaks_a_route(method: str, place: Furnished, http: requests.Session) -> None:
    routes = [one for one in ROUTES if one.method == method]
    bodies = st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=5) | _JSON

    @settings(_EXAMPLES, max_examples=_EXAMPLES.max_examples * 25)
    @given(route=st.sampled_from(routes), body=bodies, data=st.data())
    def ask(route: Any, body: Any, data: st.DataObject) -> None:
        path = _PLACE.sub(
            lambda found: data.draw(st.sampled_from(place.ids.get(found[1], ["0", "x", "9" * 25]))),
            route.template,
        )
        answer = http.request(
            method,
            place.sandbox.api_url + path,
            data=json.dumps(body),
            headers={
                "Authorization": data.draw(st.sampled_from(place.tokens)),
                "Content-Type": "application/json",
            },
            params=data.draw(st.dictionaries(st.sampled_from(["limit", "after", "before"]), st.text())),
            timeout=10,
        )
        assert answer.status_code < 500, f"{method} {path} {body!r}: {answer.text}"

    ask()
    # What was sent breaks the document's rules on purpose, what is answered must not.
    assert not [one for one in place.sandbox.violations if ": request at" not in one]
    place.sandbox.violations.clear()
