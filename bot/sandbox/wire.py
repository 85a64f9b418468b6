"""JSON as it goes over the wire: what comes in must be such that it can go out again."""

import json
from typing import Any


def encode(value: Any) -> str:
    """A value as compact JSON. Raises ValueError for numbers that JSON has no way to write."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def decode(data: bytes | str) -> Any:
    """The value of a JSON text.

    Raises ValueError for broken JSON and for what could not be written again: lone surrogates, which
    JSON can spell and UTF-8 cannot, numbers beyond a float, and nesting without end.
    """
    try:
        value = json.loads(data.decode() if isinstance(data, bytes) else data)
        encode(value).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value
