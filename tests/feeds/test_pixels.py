"""Images of every kind, good and hostile: what can be linked to, what is made small, what is left out."""

from __future__ import annotations

import random
import struct
import zlib
from array import array
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.feeds.model import Examined
from bot.feeds.pixels import LONGEST_ATTACHED, MOST_ATTACHED, examine
from bot.feeds.workers import Workers


def drawn(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """A slope of colours."""
    slope = Image.linear_gradient("L").resize((width, height))
    bands = {"RGB": (slope, slope.rotate(180), slope), "RGBA": (slope, slope, slope, slope)}
    return Image.merge(mode, bands[mode]) if mode in bands else slope.convert(mode)


def packed(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    """What no encoder makes small."""
    return Image.frombytes("RGB", (width, height), random.Random(5).randbytes(width * height * 3))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))


def png_that_claims(width: int, height: int) -> bytes:
    head = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(9_000_000))) + chunk(b"IEND", b"")


def opened(examined: Examined) -> Image.Image:
    assert examined.problem is None
    assert examined.picture is not None
    media_type, data = examined.picture
    assert len(data) <= MOST_ATTACHED
    image = Image.open(BytesIO(data))
    assert image.get_format_mimetype() == media_type
    assert max(image.size) <= LONGEST_ATTACHED
    return image


@pytest.mark.parametrize(
    "data",
    [
        packed(drawn(), "PNG"),
        packed(drawn(mode="RGBA"), "PNG"),
        packed(drawn(mode="L"), "PNG"),
        packed(drawn(mode="P"), "PNG"),
        packed(drawn(), "JPEG"),
        packed(drawn(mode="CMYK"), "JPEG"),
        packed(drawn(), "JPEG", progressive=True),
        packed(drawn(), "WEBP"),
        packed(drawn(), "GIF"),
        packed(drawn(), "GIF", save_all=True, append_images=[drawn().rotate(90)]),
        packed(drawn(200, 100), "PNG"),
        packed(drawn(100, 400), "PNG"),
        packed(drawn(3000, 2000), "JPEG"),
        packed(noise(1500, 1000), "JPEG"),
    ],
)
def test_usual_images_are_linked_to_and_made_small_where_that_is_wished(data: bytes):
    assert examine(data, attach=False) == Examined()
    opened(examine(data, attach=True))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "can't be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "can't be read"),
        (b"<!doctype html><p>Not found", "can't be read"),
        (packed(drawn(), "BMP"), "can't be read"),
        (packed(drawn(), "TIFF"), "can't be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 300\n", "can't be read"),
        (packed(drawn(), "PNG")[:-300], "can't be read"),
        (packed(drawn(), "JPEG")[:2000], "can't be read"),
        (packed(drawn(), "WEBP")[:500], "can't be read"),
        (packed(drawn(), "GIF")[:2000], "can't be read"),
        (packed(drawn(1, 1), "GIF"), "too small"),
        (packed(drawn(199, 150), "PNG"), "too small"),
        (packed(drawn(400, 99), "PNG"), "too small"),
        (packed(drawn(900, 200), "PNG"), "a strip"),
        (packed(drawn(200, 900), "PNG"), "a strip"),
        (packed(Image.new("RGB", (400, 300), "#eee"), "PNG"), "one colour"),
        (packed(Image.new("RGB", (400, 300), "#eee"), "JPEG"), "one colour"),
        (packed(Image.new("RGBA", (400, 300), (1, 2, 3, 0)), "PNG"), "one colour"),
        (packed(Image.new("P", (400, 300), 3), "GIF"), "one colour"),
        (png_that_claims(30_000, 30_000), "too large"),
        (png_that_claims(6_000, 6_000), "can't be read"),
    ],
)
def test_what_is_no_picture_of_an_article_is_left_out(data: bytes, why: str):
    for attach in (False, True):
        examined = examine(data, attach=attach)
        assert examined.picture is None
        assert why in (examined.problem or "")


def test_what_discord_does_not_show_is_made_another():
    assert opened(examine(packed(drawn(), "AVIF"), attach=False)).format == "JPEG"
    assert opened(examine(packed(drawn(9_000, 2_500), "JPEG"), attach=False)).size == (1200, 333)


def test_what_shines_through_goes_on_doing_so():
    shown = opened(examine(packed(drawn(mode="RGBA"), "PNG"), attach=True))
    assert (shown.format, shown.mode) == ("WEBP", "RGBA")
    opaque = drawn().convert("RGBA")
    assert opened(examine(packed(opaque, "PNG"), attach=True)).format == "JPEG"


def test_it_stands_upright_and_says_nothing_beside():
    photo = drawn(400, 200)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "the garden of Ada's house"
    data = packed(photo, "JPEG", exif=exif, comment=b"by Ada", icc_profile=b"profile of a camera")
    shown = opened(examine(data, attach=True))
    assert shown.size == (200, 400)
    assert not shown.getexif()
    assert not {"exif", "comment", "icc_profile"} & set(shown.info)


def test_of_what_moves_the_first_frame_is_kept():
    moving = packed(drawn(), "GIF", save_all=True, append_images=[drawn().rotate(180)] * 3)
    shown = opened(examine(moving, attach=True))
    assert getattr(shown, "n_frames", 1) == 1
    assert shown.getpixel((200, 5))[2] < 60  # type: ignore[index]  # dark on top


def test_what_can_hardly_be_packed_is_made_smaller_until_it_fits():
    shown = opened(examine(packed(noise(1600, 1200), "JPEG", quality=95), attach=True))
    assert max(shown.size) >= 400


async def test_the_worker_answers_the_same():
    photo = packed(noise(1600, 1200), "JPEG", quality=95)
    async with Workers() as workers:
        assert await workers.examine(packed(drawn(), "PNG"), attach=False) == Examined()
        assert await workers.examine(photo, attach=True) == examine(photo, attach=True)
        assert (await workers.examine(b"no image", attach=True)).problem is not None


async def test_a_bomb_costs_a_worker_at_most():
    # 39 million pixels of 16 bits in 300 KB: more than this worker may have.
    bomb = packed(Image.new("I;16", (6_240, 6_240)), "PNG")
    async with Workers(memory=192 << 20) as workers:
        assert (await workers.examine(bomb, attach=True)).problem is not None
        assert await workers.examine(packed(drawn(), "PNG"), attach=False) == Examined()


def test_greys_of_16_bits_keep_their_shades():
    shades = array("H", (x * 65_535 // 399 for _ in range(300) for x in range(400)))
    data = packed(Image.frombytes("I;16", (400, 300), shades.tobytes()), "PNG")
    assert examine(data, attach=False) == Examined()
    small = opened(examine(data, attach=True)).convert("L")
    assert 100 < small.getpixel((200, 150)) < 156  # type: ignore[operator]  # of one band it is a number


def test_what_moves_may_begin_with_black():
    black, shown = Image.new("L", (400, 300)), drawn().convert("L")
    data = packed(black, "GIF", save_all=True, append_images=[shown])
    assert examine(data, attach=False) == Examined()
    assert examine(data, attach=True).problem
