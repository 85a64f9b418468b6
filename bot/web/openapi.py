"""The API's own description, OpenAPI 3.1. Tests hold every answer against it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from bot.newsroom.comment_tree import CommentSort
from bot.newsroom.ranking import Period
from bot.web.asked import DEFAULT_ITEMS, LONGEST_SEARCH, MOST_ITEMS
from storage.records import Sort

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}
_URL_OR_NULL: Json = {"type": ["string", "null"], "format": "uri"}
_TIME: Json = {"type": "string", "format": "date-time"}
_TIME_OR_NULL: Json = {"type": ["string", "null"], "format": "date-time"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_VOTES: Json = {"score": {"type": "integer"}, "upvotes": _COUNT, "downvotes": _COUNT}


def describe(version: str) -> Json:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Broadsheet",
            "version": version,
            "description": "A Discord guild's articles, votes and comments, read only. Ids are strings; those of "
            "guilds and comments are Discord's. Times are ISO 8601 in UTC.",
        },
        "paths": {
            "/": _get("Names this service", _schema("Entrance"), errors=()),
            "/healthz": _get(
                "Whether the process runs and its database answers", _schema("Well"), errors=(503,)
            ),
            "/readyz": _get("Whether it does its work", _schema("Well"), errors=(503,)),
            "/metrics": _get("Figures as Prometheus reads them", _TEXT, errors=(), media_type="text/plain"),
            "/api/openapi.json": _get("This document", {"type": "object"}, errors=()),
            **_articles(),
            **_comments(),
        },
        "components": {"schemas": _schemas()},
    }


def _articles() -> Json:
    guild, article = _id("guild"), _id("article")
    return {
        "/api/v1/guilds/{guild}/articles": _get(
            "A guild's articles that stand in channels which @everyone may read",
            _list_of("Article"),
            parameters=[
                guild,
                _choice("sort", Sort.HOT, "The order"),
                _choice("period", Period.ALL, "How far back articles were posted"),
                _query(
                    "q",
                    {"type": "string", "maxLength": LONGEST_SEARCH},
                    "Words that stand in the title or summary; the first eight are looked for",
                ),
                _limit("articles"),
                _cursor(),
            ],
            errors=(400, 404, 503),
        ),
        "/api/v1/guilds/{guild}/articles/{article}": _get(
            "An article as it stands in a guild",
            _schema("Article"),
            parameters=[guild, article],
            errors=(400, 404, 503),
        ),
    }


def _comments() -> Json:
    return {
        "/api/v1/guilds/{guild}/articles/{article}/comments": _get(
            "The comments on an article in a guild. Replies nest up to 24 levels; deeper ones stand side by side "
            "there. Replies are oldest first, or most voted first where that is the order. Comments in channels that "
            "not everybody may read are left out, and of very many those beyond the first 5000 of the order",
            _list_of("Comment"),
            parameters=[
                _id("guild"),
                _id("article"),
                _choice("sort", CommentSort.NEWEST, "The order of comments that answer the article itself"),
                _limit("comments that answer the article itself"),
                _cursor(),
            ],
            errors=(400, 404, 503),
        )
    }


def _schemas() -> Json:
    return {
        "Article": _object(
            id=_TEXT,
            url=_URL_OR_NULL,
            title=_TEXT,
            summary=_TEXT,
            author=_TEXT_OR_NULL,
            published_at=_TIME_OR_NULL,
            image=_URL_OR_NULL,
            tags={"type": "array", "items": _TEXT},
            reading_minutes={
                "type": ["integer", "null"],
                "minimum": 1,
                "description": "Null where not all of the text is known, or little of it, or it is heard or seen",
            },
            media={"oneOf": [_schema("Media"), {"type": "null"}]},
            source=_schema("Source"),
            **_VOTES,
            comment_count=_COUNT,
            related={"type": "array", "items": _schema("Related"), "maxItems": 3},
        ),
        "Media": _object(
            kind={"enum": ["audio", "video"]},
            url={"type": "string", "format": "uri"},
            duration_seconds={"type": ["integer", "null"], "minimum": 0},
        ),
        "Source": _object(id=_TEXT, title=_TEXT, url={"type": "string", "format": "uri"}),
        "Related": _object(id=_TEXT, title=_TEXT, url=_URL_OR_NULL),
        "Comment": _object(
            id=_TEXT,
            author=_TEXT,
            text=_TEXT,
            quote=_TEXT_OR_NULL,
            created_at=_TIME,
            edited_at=_TIME_OR_NULL,
            **_VOTES,
            replies={"type": "array", "items": _schema("Comment")},
        ),
        "Entrance": _object(name=_TEXT, version=_TEXT, api=_TEXT),
        "Well": _object(status={"const": "ok"}),
        "Error": _object(error={"type": "string", "description": "A sentence for people"}),
    }


def _object(**properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _schema(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(name: str) -> Json:
    return _object(items={"type": "array", "items": _schema(name)}, next_cursor=_TEXT_OR_NULL)


def _get(
    summary: str,
    schema: Json,
    *,
    errors: Iterable[int],
    parameters: Iterable[Json] = (),
    media_type: str = "application/json",
) -> Json:
    whenever = {421: "The host name is not this server's", 429: "Too many requests; see Retry-After"}
    meanings = {
        400: "A parameter is wrong; the sentence names it",
        404: "There is no such thing",
        503: "Not now",
        **whenever,
    }
    responses = {"200": {"description": "Here it is", "content": {media_type: {"schema": schema}}}}
    for status in sorted({*errors, *whenever}):
        content = {"application/json": {"schema": _schema("Error")}}
        responses[str(status)] = {"description": meanings[status], "content": content}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": responses}}


def _id(name: str) -> Json:
    schema = {"type": "string", "pattern": "^[0-9]{1,19}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _choice(name: str, default: StrEnum, description: str) -> Json:
    words = [choice.value for choice in type(default)]
    return _query(name, {"type": "string", "enum": words, "default": default.value}, description)


def _limit(what: str) -> Json:
    schema = {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": DEFAULT_ITEMS}
    return _query("limit", schema, f"How many {what} at most")


def _cursor() -> Json:
    return _query(
        "cursor", {"type": "string"}, "The next_cursor of the page before, asked with the same sort"
    )
