"""Request bodies as they come from the wire: JSON, or a form with files and the JSON in `payload_json`."""

import zlib
from typing import Any

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError

from bot.sandbox.errors import refusal
from bot.sandbox.files import Upload
from bot.sandbox.wire import decode

# https://discord.com/developers/docs/reference#uploading-files
FILE_AT_MOST = 10 * 1024 * 1024
# Ten files of the greatest size would fit; Discord's gate closes earlier.
_BODY_AT_MOST = 25 * 1024 * 1024
_PIECE = 256 * 1024
# aiohttp's reader has no error of its own for a form that ends early, has no boundary, lies about its codes.
_UNREADABLE = (
    RequestPayloadError,
    HttpProcessingError,
    ValueError,
    AssertionError,
    LookupError,
    EOFError,
    RuntimeError,
    zlib.error,
)


async def read_body(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    """The JSON of a request and its files. Raises 40005 for too much of it, 50109 for what cannot be read."""
    if (request.content_length or 0) > _BODY_AT_MOST:
        raise refusal(40005)
    if request.content_type == "multipart/form-data":
        return await _read_form(request)
    try:
        data = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise refusal(40005) from None
    except _UNREADABLE:
        raise refusal(50109) from None
    return (_parse(data) if data else None), ()


async def read_out(request: web.Request) -> None:
    """Read what nobody looks at, so that the client has sent it all when it is answered."""
    try:
        await request.read()
    except (web.HTTPRequestEntityTooLarge, *_UNREADABLE):
        pass


async def _read_form(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    body: Any = None
    texts: dict[str, str] = {}
    files: list[Upload] = []
    left = _BODY_AT_MOST
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            data = await _read_part(part, left)
            left -= len(data)
            # Headers may hold any bytes; those that are no UTF-8 could not be told to anybody.
            name = _readable(part.name or "")
            if name == "payload_json":
                body = _parse(data)
            elif part.filename is not None:
                kind = part.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream")
                files.append(Upload(name, _readable(part.filename), _readable(kind), data))
            else:
                texts[name] = data.decode(errors="replace")
    except _UNREADABLE:
        raise refusal(50109) from None
    # Without `payload_json` the plain fields of the form are the body.
    return (texts or None if body is None else body), tuple(files)


async def _read_part(part: BodyPartReader, most: int) -> bytes:
    raw, data = bytearray(), bytearray()
    while not part.at_eof():
        raw += await part.read_chunk(_PIECE)
        if len(raw) > min(most, FILE_AT_MOST):
            raise refusal(40005)
    async for piece in part.decode_iter(raw):
        data += piece
        if len(data) > FILE_AT_MOST:
            raise refusal(40005)
    return bytes(data)


def _parse(data: bytes) -> Any:
    try:
        return decode(data)
    except ValueError:
        raise refusal(50109) from None


def _readable(text: str) -> str:
    return text.encode(errors="replace").decode()
