"""Reading what was given to a control route: each value once, with a sentence for what is wrong."""

from typing import Any


class Wrong(ValueError):
    """What was given cannot be read; the text is a sentence for the one who gave it."""


class Given:
    """The values of one JSON object. `finish` says what nobody asked for, so that no misspelt name goes unseen."""

    def __init__(self, values: object) -> None:
        if not isinstance(values, dict):
            raise Wrong("A JSON object is needed here.")
        self._values: dict[str, Any] = dict(values)

    def has(self, name: str) -> bool:
        """Whether a value was given and not read yet; null counts as not given."""
        return self._values.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        value = self._take(name, default)
        if not isinstance(value, str) or not value:
            raise Wrong(f"{name} has to be a text.")
        return value

    def optional_text(self, name: str) -> str | None:
        """A text, or None where none was given."""
        return self.text(name) if self.has(name) else None

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of a few texts."""
        value = self.text(name, default)
        if value not in choices:
            raise Wrong(f"{name} has to be one of {', '.join(choices)}.")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 1 << 63:
            raise Wrong(f"{name} has to be a whole number of at most 64 bits.")
        return value

    def seconds(self, name: str, default: float | None = None) -> float:
        """A span of up to ten years."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 315_360_000:
            raise Wrong(f"{name} has to be a number of seconds, 0 or more.")
        return float(value)

    def optional_seconds(self, name: str) -> float | None:
        """A span, or None where none was given."""
        return self.seconds(name) if self.has(name) else None

    def share(self, name: str) -> float:
        """A part of all: above 0, at most 1."""
        value = self._take(name, None)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise Wrong(f"{name} has to be a number above 0 and at most 1.")
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise Wrong(f"{name} has to be true or false.")
        return value

    def part(self, name: str) -> "Given":
        """An object within."""
        value = self._take(name, None)
        if not isinstance(value, dict):
            raise Wrong(f"{name} has to be an object.")
        return Given(value)

    def finish(self) -> None:
        """Raises Wrong for what was given and not read."""
        unread = sorted(name for name, value in self._values.items() if value is not None)
        if unread:
            raise Wrong(f"Nothing here takes {', '.join(unread)}.")

    def _take(self, name: str, default: object) -> Any:
        value = self._values.pop(name, None)
        value = default if value is None else value
        if value is None:
            raise Wrong(f"{name} is missing.")
        return value
