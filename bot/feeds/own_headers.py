"""A source's own headers, as the operator stores them: a login or a key that its server asks for. Pure.

Their values are secrets: they are sent to the source's own origin, and shown nowhere.
"""

from __future__ import annotations

import json
import re

LONGEST = 4096
# What a request is made of, what says who asks, and what the validators need stays ours.
_OURS = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "expect", "host", "if-modified-since"),
        *(
            "if-none-match",
            "keep-alive",
            "range",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "user-agent",
        ),
    )
)


def read_headers(kept: str | None) -> dict[str, str]:
    """The headers out of what is stored."""
    return {str(name): str(value) for name, value in json.loads(kept).items()} if kept else {}


def with_header(kept: str | None, name: str, value: str | None) -> str | None:
    """What is to be stored with this header in it, or taken out where `value` is None; None where none is left.

    Raises ValueError, whose message is a sentence without the value, for what can't be sent.
    """
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", name, re.ASCII):
        raise ValueError(f"{name!r} is no name of a header. Names look like Authorization or X-Api-Key.")
    if name.lower() in _OURS:
        raise ValueError(f"{name} is set by Broadsheet itself and can't be changed.")
    headers = {own: said for own, said in read_headers(kept).items() if own.lower() != name.lower()}
    if value is not None:
        if not re.fullmatch(r"[ -~]+", value, re.ASCII) or len(value) > LONGEST:
            raise ValueError(
                f"The value of {name} must be one line of 1 to {LONGEST} letters, digits and signs of ASCII."
            )
        headers[name] = value
    return json.dumps(headers) if headers else None
