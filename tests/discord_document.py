"""Holds REST exchanges against Discord's own OpenAPI document, where that file is at hand."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs

DOCUMENT = Path(__file__).resolve().parents[2] / "shared" / "discord" / "openapi.json"
Check = Callable[[str, str, Any, int, Any], list[str]]
_PLACE = re.compile(r"\{[^}]*\}")
_METHODS = ("get", "put", "post", "patch", "delete")


def load_checker(path: Path = DOCUMENT) -> Check | None:
    """A check of requests and answers against the document; None where the file is absent.

    Operations that the document lacks (people's own routes) pass unchecked, and so do the bodies of
    requests that were refused. A schema is compiled when it is first needed.
    """
    if not path.exists():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    _allow_what_discord_does(document)
    return _Checker(document).check


def _allow_what_discord_does(document: dict[str, Any]) -> None:
    """Widen the document where Discord's reference and discord.py say otherwise."""
    schemas = document["components"]["schemas"]
    # Permissions are strings of digits: https://discord.com/developers/docs/topics/permissions
    overwrite = document["paths"]["/channels/{channel_id}/permissions/{overwrite_id}"]["put"]["requestBody"]
    for schema, keys in (
        (overwrite["content"]["application/json"]["schema"], ("allow", "deny")),
        (schemas["ChannelPermissionOverwriteRequest"], ("allow", "deny")),
        (schemas["CreateRoleRequest"], ("permissions",)),
        (schemas["UpdateRoleRequestPartial"], ("permissions",)),
    ):
        for key in keys:
            number = dict(schema["properties"][key])
            schema["properties"][key] = {"anyOf": [number, {"type": "string", "pattern": "^[0-9]+$"}]}
    # Ids are read as integers too, and discord.py sends some that way.
    strict = dict(schemas["SnowflakeType"])
    schemas["SnowflakeType"] = {"anyOf": [strict, {"type": "integer", "minimum": 0}]}
    # Media channels: https://discord.com/developers/docs/resources/channel#channel-object-channel-types
    media = 16
    schemas["ChannelTypes"]["oneOf"].append({"title": "GUILD_MEDIA", "const": media})
    schemas["GuildChannelResponse"]["properties"]["type"]["enum"].append(media)
    for name in ("CreateGuildChannelRequest", "UpdateGuildChannelRequestPartial"):
        schemas[name]["properties"]["type"]["oneOf"][1]["enum"].append(media)
    # https://discord.com/developers/docs/resources/application#edit-current-application
    described = schemas["ApplicationFormPartial"]["properties"]
    described["description"] = {"anyOf": [described["description"], {"type": "string", "maxLength": 400}]}
    # Forwards: https://discord.com/developers/docs/resources/message#message-reference-types
    schemas["MessageReferenceType"]["oneOf"].append({"title": "FORWARD", "const": 1})
    # The codes within a 50035's tree are names: https://discord.com/developers/docs/reference#error-messages
    named = {"type": "object", "required": ["code", "message"], "properties": {"code": {"type": "string"}}}
    schemas["InnerErrors"]["properties"]["_errors"]["items"] = named


class _Checker:
    def __init__(self, document: dict[str, Any]) -> None:
        self._components = document["components"]
        self._operations = {
            (method.upper(), _PLACE.sub("{}", template)): operation
            for template, operations in document["paths"].items()
            for method, operation in operations.items()
            if method in _METHODS
        }
        self._validators: dict[tuple[str, str, str], Any] = {}

    def check(self, method: str, template: str, sent: Any, status: int, answered: Any) -> list[str]:
        """What the document has against an exchange, a sentence for each complaint."""
        key = (method, _PLACE.sub("{}", template))
        operation = self._operations.get(key)
        if operation is None:
            return []
        complaints = []
        if status < 400 and sent is not None:
            content = operation.get("requestBody", {}).get("content", {})
            schema = (content.get("application/json") or content.get("multipart/form-data") or {}).get(
                "schema"
            )
            complaints += self._against(schema, (*key, "request"), sent)
        response = self._response(operation, status)
        if response is None:
            return [*complaints, f"the document has no answer {status} here"]
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if answered is not None or schema is not None:
            complaints += self._against(schema, (*key, str(status)), answered)
        return complaints

    def _response(self, operation: dict[str, Any], status: int) -> dict[str, Any] | None:
        responses = operation["responses"]
        found = responses.get(str(status)) or responses.get(f"{status // 100}XX")
        if found is None:
            # Server errors and the like are not described.
            return {} if status >= 500 else None
        if "$ref" in found:
            found = self._components["responses"][found["$ref"].rsplit("/", 1)[-1]]
        return dict(found)

    def _against(self, schema: Any, key: tuple[str, str, str], value: Any) -> list[str]:
        if schema is None:
            return []
        if key not in self._validators:
            whole = {**schema, "components": self._components}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        return [
            f"{key[2]} at /{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
            for error in self._validators[key].iter_errors(value)
        ]
