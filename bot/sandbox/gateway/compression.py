"""How payloads are packed for the wire: as text, in one stream of zlib or zstd, or the long ones alone.

https://docs.discord.com/developers/events/gateway#encoding-and-compression
"""

import importlib
import zlib
from collections.abc import Callable

Packer = Callable[[str], str | bytes]

# Payload compression is for what is worth it.
_PACKED_FROM = 1024


def as_text(text: str) -> str:
    """No compression."""
    return text


def long_ones(text: str) -> str | bytes:
    """Payload compression: each long payload by itself."""
    return zlib.compress(text.encode()) if len(text) >= _PACKED_FROM else text


def stream(name: str | None) -> Packer:
    """The packer of a transport compression. Raises LookupError for one that is not there."""
    if not name:
        return as_text
    if name == "zlib-stream":
        return _zlib_stream()
    if name == "zstd-stream":
        return _zstd_stream()
    raise LookupError(name)


def _zlib_stream() -> Packer:
    deflate = zlib.compressobj()
    return lambda text: deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)


def _zstd_stream() -> Packer:
    """With the language's own module, which it has from 3.14 on, or with the package zstandard."""
    try:
        own = importlib.import_module("compression.zstd").ZstdCompressor()
    except ImportError:
        pass
    else:
        return lambda text: bytes(own.compress(text.encode(), own.FLUSH_BLOCK))
    try:
        package = importlib.import_module("zstandard")
    except ImportError:
        raise LookupError("zstd-stream") from None
    packing = package.ZstdCompressor().compressobj()
    block = package.COMPRESSOBJ_FLUSH_BLOCK
    return lambda text: bytes(packing.compress(text.encode()) + packing.flush(block))
