"""Discord's refusals: HTTP status, JSON code, message, and the tree of form errors."""

from typing import Any


class Refusal(Exception):
    """An answer that says no. `errors` is the tree of a 50035, `more` what else the body tells."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        errors: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.more = more or {}

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        body: dict[str, Any] = {"message": self.message, "code": self.code, **self.more}
        if self.errors is not None:
            body["errors"] = self.errors
        return body


# https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
_KNOWN: dict[int, tuple[int, str]] = {
    10002: (404, "Unknown Application"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10005: (400, "Unknown Integration"),
    10006: (404, "Unknown Invite"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10009: (404, "Unknown Overwrite"),
    10011: (404, "Unknown Role"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10026: (404, "Unknown Ban"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    10066: (404, "Unknown application command permissions"),
    10087: (404, "Unknown Tag"),
    20001: (403, "Bots cannot use this endpoint"),
    20012: (403, "You are not authorized to perform this action on this application"),
    20002: (403, "Only bots can use this endpoint"),
    30003: (400, "Maximum number of pins reached for the channel (250)"),
    30005: (400, "Maximum number of server roles reached (250)"),
    30007: (400, "Maximum number of webhooks reached (15)"),
    30008: (400, "Maximum number of emojis reached (50)"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30013: (400, "Maximum number of server channels reached (500)"),
    30015: (400, "Maximum number of attachments in a message reached (10)"),
    30016: (400, "Maximum number of invites reached (1000)"),
    30018: (400, "Maximum number of animated emojis reached (50)"),
    30047: (400, "Maximum number of pinned threads in a forum channel has been reached"),
    40005: (413, "Request entity too large"),
    40007: (403, "The user is banned from this guild."),
    40032: (400, "Target user is not connected to voice."),
    40033: (400, "This message has already been crossposted."),
    40060: (400, "Interaction has already been acknowledged."),
    40061: (400, "Tag names must be unique"),
    40067: (400, "A tag is required to create a forum post in this channel"),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50028: (400, "Invalid Role"),
    50034: (400, "You can only bulk delete messages that are under 14 days old."),
    50046: (400, "Invalid Asset"),
    50055: (403, "Invalid Guild"),
    50068: (400, "Invalid message type"),
    50081: (400, "Invalid Sticker"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    90001: (403, "Reaction was blocked"),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160005: (400, "Thread is locked"),
    160006: (400, "Maximum number of active threads reached"),
    160014: (400, "You cannot forward a message whose content you cannot read"),
    220001: (400, "Webhooks posted to forum channels must have a thread_name or thread_id"),
    220002: (400, "Webhooks posted to forum channels cannot have both a thread_name and thread_id"),
    220003: (400, "Webhooks can only create threads in forum channels"),
    500000: (400, "Failed to ban users"),
}


def refusal(code: int) -> Refusal:
    """Discord's refusal with this JSON code."""
    status, message = _KNOWN[code]
    return Refusal(status, code, message)


def slow_mode(retry_after: float) -> Refusal:
    """Somebody who writes again too soon in a channel with slow mode; `retry_after` in seconds."""
    message = "This action cannot be performed due to slowmode rate limit."
    return Refusal(429, 20016, message, more={"retry_after": round(retry_after, 3), "global": False})


def unauthorized() -> Refusal:
    """No token, or one that nobody has."""
    return Refusal(401, 0, "401: Unauthorized")


def not_found() -> Refusal:
    """A route that this Discord does not have."""
    return Refusal(404, 0, "404: Not Found")


def method_not_allowed() -> Refusal:
    """A route that exists, asked with another method."""
    return Refusal(405, 0, "405: Method Not Allowed")


def invalid_form(errors: dict[str, Any]) -> Refusal:
    """A body that breaks Discord's rules; `errors` is the tree that names each field."""
    return Refusal(400, 50035, "Invalid Form Body", errors)
