"""Reading request bodies: every broken rule of a form is collected, then refused together as a 50035."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.errors import invalid_form
from bot.sandbox.snowflakes import is_snowflake

Path = tuple[str | int, ...]


def length(text: str) -> int:
    """A text's length as Discord's clients count it: in UTF-16 units, so that most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Form:
    """A body being read. Each reader notes what is wrong at its place and gives back what can be used."""

    def __init__(self) -> None:
        self._errors: dict[str, Any] = {}

    def wrong(self, path: Path, code: str, message: str) -> None:
        """Note an error at a place, such as ("embeds", 0, "title").

        A node of Discord's tree has errors of its own or of its parts: those that come first stay.
        """
        node = self._errors
        for part in path:
            if "_errors" in node:
                return
            node = node.setdefault(str(part), {})
        if not node or "_errors" in node:
            node.setdefault("_errors", []).append({"code": code, "message": message})

    def finish(self) -> None:
        """Raise the 50035 with all errors, if there are any."""
        if self._errors:
            raise invalid_form(self._errors)

    def missing(self, path: Path) -> None:
        """Note that a required field is not there."""
        self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")

    def text(
        self, body: Mapping[str, Any], key: str, path: Path, most: int, least: int = 0, required: bool = False
    ) -> str | None:
        """A text of `least` to `most` units; None where it is absent or null."""
        value = body.get(key)
        place = (*path, key)
        if value is None:
            if required:
                self.missing(place)
            return None
        if not isinstance(value, str):
            self.wrong(place, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
            return None
        size = length(value.strip()) if least else length(value)
        if size < least or length(value) > most:
            if least:
                if size == 0 and required:
                    self.missing(place)
                else:
                    message = f"Must be between {least} and {most} in length."
                    self.wrong(place, "BASE_TYPE_BAD_LENGTH", message)
            else:
                self.wrong(place, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        return value

    def truth(self, body: Mapping[str, Any], key: str, path: Path, default: bool = False) -> bool:
        """True or false; the default where it is absent or null."""
        value = body.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            message = "Could not interpret value as boolean."
            self.wrong((*path, key), "BOOLEAN_TYPE_CONVERT", message)
            return default
        return value

    def number(
        self, body: Mapping[str, Any], key: str, path: Path, default: int, least: int, most: int
    ) -> int:
        """An integer within bounds; the default where it is absent or null."""
        value = body.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong((*path, key), "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            return default
        if value < least:
            message = f"int value should be greater than or equal to {least}."
            self.wrong((*path, key), "NUMBER_TYPE_MIN", message)
        elif value > most:
            message = f"int value should be less than or equal to {most}."
            self.wrong((*path, key), "NUMBER_TYPE_MAX", message)
        return value

    def choice(
        self, body: Mapping[str, Any], key: str, path: Path, default: int, allowed: tuple[int, ...]
    ) -> int:
        """An integer out of a few; the default where it is absent or null."""
        value = body.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or value not in allowed:
            self.wrong((*path, key), "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
            return default
        return int(value)

    def items(self, body: Mapping[str, Any], key: str, path: Path, most: int, least: int = 0) -> list[Any]:
        """A list of `least` to `most` items; an empty one where it is absent or null."""
        value = body.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong((*path, key), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not least <= len(value) <= most:
            message = f"Must be between {least} and {most} in length."
            self.wrong((*path, key), "BASE_TYPE_BAD_LENGTH", message)
            return value[:most]
        return value

    def objects(
        self, body: Mapping[str, Any], key: str, path: Path, most: int, least: int = 0
    ) -> list[tuple[Path, Mapping[str, Any]]]:
        """The objects of a list, each with its place."""
        found = []
        for index, value in enumerate(self.items(body, key, path, most, least)):
            if isinstance(value, Mapping):
                found.append(((*path, key, index), value))
            else:
                message = "Only dictionaries may be used in a ModelType"
                self.wrong((*path, key, index), "MODEL_TYPE_CONVERT", message)
        return found

    def rows(self, body: Any) -> list[tuple[Path, Mapping[str, Any]]]:
        """The objects of a body that is a list itself, each with its place."""
        if not isinstance(body, list):
            self.wrong((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        found: list[tuple[Path, Mapping[str, Any]]] = []
        for index, value in enumerate(body):
            if isinstance(value, Mapping):
                found.append(((index,), value))
            else:
                message = "Only dictionaries may be used in a ModelType"
                self.wrong((index,), "MODEL_TYPE_CONVERT", message)
        return found

    def permissions(self, body: Mapping[str, Any], key: str, path: Path, default: int = 0) -> int:
        """A set of permissions, written as a string of digits or as an integer."""
        value = body.get(key)
        if value is None:
            return default
        # Written as ids are; that it is short comes first, as int() does not read thousands of digits.
        if not is_snowflake(value) or int(value) >= 1 << 63:
            self.wrong((*path, key), "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            return default
        return int(value)

    def snowflakes(self, body: Mapping[str, Any], key: str, path: Path, most: int) -> list[str]:
        """A list of ids, as strings."""
        values = self.items(body, key, path, most)
        for index, value in enumerate(values):
            if not is_snowflake(value):
                message = f'Value "{value}" is not snowflake.'
                self.wrong((*path, key, index), "NUMBER_TYPE_COERCE", message)
        return [str(value) for value in values if is_snowflake(value)]

    def snowflake(self, body: Mapping[str, Any], key: str, path: Path) -> str | None:
        """An id as a string; None where it is absent or null."""
        value = body.get(key)
        if value is None:
            return None
        if not is_snowflake(value):
            self.wrong((*path, key), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
            return None
        return str(value)

    def nonce(self, body: Mapping[str, Any], key: str, path: Path) -> str | int | None:
        """A nonce: a text of at most 25 characters or an integer of 64 bits; None where it is absent or null."""
        value = body.get(key)
        if value is None:
            return None
        place = (*path, key)
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.wrong(place, "NONCE_TYPE_INVALID", "Invalid nonce type.")
            return None
        if isinstance(value, str) and length(value) > 25:
            self.wrong(place, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        elif isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
            self.wrong(place, "NONCE_TYPE_INVALID", "An integer nonce must fit into 64 bits.")
        return value

    def model(self, body: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any] | None:
        """An object; None where it is absent or null."""
        value = body.get(key)
        if value is not None and not isinstance(value, Mapping):
            self.wrong((*path, key), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return None
        return value

    def url(
        self, body: Mapping[str, Any], key: str, path: Path, most: int = 2048, attachments: bool = False
    ) -> str | None:
        """A web address; attachment://name too where `attachments`."""
        value = self.text(body, key, path, most)
        if value is None:
            return None
        schemes = ("http", "https", "attachment") if attachments else ("http", "https", "discord")
        try:
            parts = urlsplit(value)
            # Reading the port is what finds one over 65535.
            scheme, whole = parts.scheme.lower(), bool(parts.netloc) and parts.port != 0
        except ValueError:
            scheme, whole = value.partition(":")[0].lower(), False
        if scheme not in schemes:
            message = f'Scheme "{scheme}" is not supported. Scheme must be one of {schemes}.'
            self.wrong((*path, key), "URL_TYPE_INVALID_SCHEME", message)
        elif not whole or any(one.isspace() for one in value):
            self.wrong((*path, key), "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        return value
