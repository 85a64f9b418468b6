"""The two kinds of 429: the one that says when to come back, and the one that stands at the edge and says no more."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from bot.sandbox.errors import Refusal

Scope = Literal["user", "shared", "global"]
# Discord's load balancer adds it to every answer; here it is on these alone, where discord.py asks for it: a 429
# without it is a ban.
_VIA = {"Via": "1.1 google"}
_MESSAGES: dict[Scope, str] = {
    "user": "You are being rate limited.",
    "shared": "The resource is being rate limited.",
    "global": "You are being rate limited.",
}


class TooMany(Refusal):
    """A 429. `headers` go with its answer; `counts` says whether it is one of an address's invalid requests."""

    def __init__(self, body: dict[str, Any], headers: Mapping[str, str], counts: bool) -> None:
        super().__init__(429, body.get("code", 0), body["message"])
        self._body = body
        self.headers = headers
        self.counts = counts

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        return dict(self._body)


def limited(
    scope: Scope,
    retry_after: float,
    code: int | None = None,
    message: str | None = None,
    bucket: Mapping[str, str] | None = None,
) -> TooMany:
    """A 429 that says to come back in so many seconds; `bucket` are the headers of the bucket that was met.

    https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit
    """
    body: dict[str, Any] = {
        "message": message or _MESSAGES[scope],
        "retry_after": retry_after,
        "global": scope == "global",
    }
    if code is not None:
        body["code"] = code
    headers = {
        **(bucket or {}),
        **_VIA,
        "Retry-After": str(math.ceil(retry_after)),
        "X-RateLimit-Scope": scope,
    }
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    return TooMany(body, headers, counts=scope != "shared")


def banned() -> TooMany:
    """What Cloudflare answers an address that is banned: nothing of Discord's, and no time to come back.

    https://github.com/discord/discord-api-docs/issues/5810
    """
    message = (
        "You are being blocked from accessing our API temporarily due to exceeding our rate limits frequently. "
        "Please read our docs at https://discord.com/developers/docs/topics/rate-limits to prevent this moving "
        "forward."
    )
    return TooMany({"message": message, "code": 0}, {}, counts=False)
