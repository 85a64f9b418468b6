"""The description is true: every route is in it, and every answer is as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from bot.web.app import make_app
from tests.storage.desk import GUILD, article
from tests.web.conftest import PAGE, SETTINGS, Site, on_sqlite


def validator(document: dict[str, Any], path: str, status: int) -> jsonschema_rs.Draft202012Validator:
    """A validator of what the description promises for an answer."""
    answer = document["paths"][path]["get"]["responses"][str(status)]
    schema = answer["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": document["components"]}, validate_formats=True
    )


def parameters(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for parameter in item["get"]["parameters"]:
            yield path, parameter


@on_sqlite
async def test_every_route_is_described_and_nothing_else(site: Site) -> None:
    document = await site.get("/api/openapi.json")
    app = make_app(
        site.newsroom,
        health=site.look_at_health,
        settings=SETTINGS,
        clock=site.clock,
        public_channels=site.public.get,
    )
    assert {resource.canonical for resource in app.router.resources()} == set(document["paths"])


@on_sqlite
async def test_every_answer_is_as_described(site: Site) -> None:
    document = await site.get("/api/openapi.json")
    ids = await site.publish(
        article("a1", author="Ines", image_url="https://news.example/a.png"),
        article("a2", url=None),
        article("a3"),
    )
    await site.say(5001, ids[0])
    await site.say(5002, ids[0], reply_to_id=5001, quote="Well")
    one = "/api/v1/guilds/{guild}/articles/{article}"
    for template, path, status in (
        ("/", "/", 200),
        ("/healthz", "/healthz", 200),
        ("/readyz", "/readyz", 200),
        ("/api/openapi.json", "/api/openapi.json", 200),
        ("/api/v1/guilds/{guild}/articles", PAGE, 200),
        ("/api/v1/guilds/{guild}/articles", f"{PAGE}?limit=1", 200),
        ("/api/v1/guilds/{guild}/articles", f"{PAGE}?limit=x", 400),
        (one, f"{PAGE}/{ids[0]}", 200),
        (one, f"{PAGE}/{ids[1]}", 200),
        (one, f"{PAGE}/999", 404),
        (f"{one}/comments", f"{PAGE}/{ids[0]}/comments", 200),
        (f"{one}/comments", f"{PAGE}/999/comments", 404),
    ):
        validator(document, template, status).validate(await site.get(path, status))


@on_sqlite
async def test_every_word_that_is_offered_is_taken_and_every_bound_holds(site: Site) -> None:
    document = await site.get("/api/openapi.json")
    (article_id,) = await site.publish(article("a1"))
    tried = 0
    for path, parameter in parameters(document):
        schema, name = parameter["schema"], parameter["name"]
        where = path.format(guild=GUILD, article=article_id)
        for word in schema.get("enum", ()):
            await site.get(where, **{name: word})
            tried += 1
        if "maximum" in schema:
            await site.get(where, **{name: schema["maximum"]})
            await site.get(where, 400, **{name: schema["maximum"] + 1})
            await site.get(where, 400, **{name: schema["minimum"] - 1})
    assert tried == 6 + 4 + 3
