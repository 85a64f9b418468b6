"""Pictures that come as data URIs: avatars, icons, emoji. They are kept as the text they came as.

https://discord.com/developers/docs/reference#image-data
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form

_DATA_URI = re.compile(r"data:(image/(?:png|jpeg|jpg|gif|webp));base64,", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was looked at: its type by its own bytes, and those."""

    kind: str
    data: bytes

    @property
    def animated(self) -> bool:
        """Whether it can move: GIFs do, and WebPs with the animation bit."""
        return self.kind == "image/gif" or (self.data[12:16] == b"VP8X" and bool(self.data[20:21][0] & 2))

    @property
    def key(self) -> str:
        """Its name as Discord gives one to avatars and icons: a hash, with `a_` in front if it moves."""
        digest = hashlib.md5(self.data, usedforsecurity=False).hexdigest()
        return f"a_{digest}" if self.animated else digest

    @property
    def text(self) -> str:
        """It as a data URI."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode()}"


def read(form: Form, body: Mapping[str, Any], key: str, most: int) -> Picture | None:
    """The picture of a form of at most `most` bytes; None where it is absent or null.

    Raises 50046 for bytes that are none of PNG, JPEG, GIF and WebP.
    """
    text = body.get(key)
    if text is None:
        return None
    found = _DATA_URI.match(text) if isinstance(text, str) else None
    if found is None:
        form.wrong((key,), "IMAGE_INVALID", "Invalid image data")
        return None
    try:
        data = base64.b64decode(text[found.end() :], validate=True)
    except (binascii.Error, ValueError):
        form.wrong((key,), "IMAGE_INVALID", "Invalid image data")
        return None
    if len(data) > most:
        form.wrong((key,), "BINARY_TYPE_MAX_SIZE", f"File cannot be larger than {most / 1024} kb.")
        return None
    return Picture(_kind(data), data)


def demand(form: Form, body: Mapping[str, Any], key: str, most: int) -> Picture:
    """The picture that a form must have; the form is finished with it, so read the rest of it before."""
    picture = read(form, body, key, most)
    if body.get(key) is None:
        form.missing((key,))
    form.finish()
    # A picture that could not be read was noted above, so this is never the answer to a form.
    if picture is None:
        raise refusal(50046)
    return picture


def opened(text: str) -> Picture:
    """The picture of a data URI that was kept."""
    head, _, packed = text.partition(";base64,")
    return Picture(head.removeprefix("data:"), base64.b64decode(packed))


def _kind(data: bytes) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP" and len(data) > 20:
        return "image/webp"
    raise refusal(50046)
