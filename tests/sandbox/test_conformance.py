"""Every route held against the official document: made-up requests, real ids, no 500, no shape it does not know."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.prepare import Prepared, prepare
from bot.sandbox.routes.table import ROUTES
from tests.discord_document import DOCUMENT, Check

_PLACE = re.compile(r"\{([^}]*)\}")
_EXAMPLES = settings(
    max_examples=settings().max_examples // 25,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@dataclass
class Furnished:
    """A sandbox that runs in a thread of its own, and things in it to ask for: ids by parameter name."""

    sandbox: Sandbox
    town: Prepared
    ids: dict[str, list[str]]

    @property
    def tokens(self) -> list[str]:
        """A bot, an admin, a member."""
        people = [one.token for one in self.town.people.values()]
        return [f"Bot {self.town.bot_token}", *people]


@contextmanager
def furnished(check: Check | None) -> Iterator[Furnished]:
    """A fresh world with one of everything."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def on_loop(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    sandbox = Sandbox(limits=Limits.off(), check=check)
    on_loop(sandbox.__aenter__())
    try:
        town = on_loop(
            prepare(
                sandbox, "Town", {"news": 0, "wire": 5, "board": 15}, ["ada", "bob"], "Press", (1 << 53) - 1
            )
        )
        yield Furnished(sandbox, town, _furnish(sandbox, town))
    finally:
        on_loop(sandbox.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def _furnish(sandbox: Sandbox, town: Prepared) -> dict[str, list[str]]:
    """Put a message, a thread, a forum post, a webhook, a role … into the town."""
    ada, bob = (town.people[name] for name in ("ada", "bob"))

    def ask(method: str, path: str, body: Any = None, token: str = ada.token) -> Any:
        answer = requests.request(
            method, sandbox.api_url + path, json=body, headers={"Authorization": token}, timeout=10
        )
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    bot = f"Bot {town.bot_token}"
    news, wire, board = (town.channels[name] for name in ("news", "wire", "board"))
    card = ask("POST", f"/channels/{news}/messages", {"content": "An article"}, bot)
    talk = ask("POST", f"/channels/{news}/messages", {"content": "A remark"}, bob.token)
    story = ask("POST", f"/channels/{wire}/messages", {"content": "News for all"}, bot)
    ask("PUT", f"/channels/{news}/messages/{card['id']}/reactions/👍/@me", None, ada.token)
    thread = ask("POST", f"/channels/{news}/messages/{talk['id']}/threads", {"name": "Doubts"}, bob.token)
    post = ask("POST", f"/channels/{board}/threads", {"name": "A post", "message": {"content": "Hello"}}, bot)
    hook = ask("POST", f"/channels/{news}/webhooks", {"name": "Herald"})
    role = ask("POST", f"/guilds/{town.guild_id}/roles", {"name": "Readers"})
    invite = ask("POST", f"/channels/{news}/invites", {})
    command = ask(
        "POST",
        f"/applications/{town.application_id}/commands",
        {"name": "top", "type": 1, "description": "The front page"},
        bot,
    )
    acted = {
        "type": 2,
        "application_id": town.application_id,
        "guild_id": town.guild_id,
        "channel_id": news,
        "session_id": "0",
        "data": {"id": command["id"], "name": "top", "type": 1, "version": command["version"]},
    }
    ask("POST", "/interactions", acted)
    [pending] = sandbox.stage.pending._by_id.values()
    return {
        "guild_id": [town.guild_id],
        "channel_id": [news, wire, board, thread["id"], post["id"]],
        "thread_id": [thread["id"], post["id"]],
        "message_id": [card["id"], talk["id"], story["id"], post["id"]],
        "user_id": [ada.id, bob.id, town.application_id],
        "application_id": [town.application_id],
        "command_id": [command["id"]],
        "role_id": [role["id"], town.guild_id],
        "overwrite_id": [role["id"], town.guild_id, bob.id],
        "webhook_id": [hook["id"], town.application_id],
        "webhook_token": [hook["token"], pending.token],
        "interaction_id": [pending.id],
        "interaction_token": [pending.token],
        "token": [pending.token],
        "code": [invite["code"]],
        "emoji": ["👍"],
        "emoji_name": ["👍"],
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
    operation: Any, check: Check | None
) -> None:
    with furnished(check) as place:

        @_EXAMPLES
        @given(case=operation.as_strategy(), data=st.data())
        def ask(case: Any, data: st.DataObject) -> None:
            case.path_parameters = {
                name: data.draw(st.sampled_from(place.ids.get(name, [str(value)])))
                for name, value in (case.path_parameters or {}).items()
            }
            token = data.draw(st.sampled_from(place.tokens))
            answer = case.call(base_url=place.sandbox.api_url, headers={"Authorization": token}, timeout=10)
            assert answer.status_code < 500, answer.text

        ask()
        assert not place.sandbox.violations, "\n".join(place.sandbox.violations[:5])
        assert not place.sandbox.unknown_routes


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
def test_no_body_of_any_shape_breaks_a_route(method: str) -> None:
    routes = [one for one in ROUTES if one.method == method]
    bodies = st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=5) | _JSON
    with furnished(None) as place:

        @settings(_EXAMPLES, max_examples=_EXAMPLES.max_examples * 25)
        @given(route=st.sampled_from(routes), body=bodies, data=st.data())
        def ask(route: Any, body: Any, data: st.DataObject) -> None:
            path = _PLACE.sub(
                lambda found: data.draw(st.sampled_from(place.ids.get(found[1], ["0", "x", "9" * 25]))),
                route.template,
            )
            answer = requests.request(
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
