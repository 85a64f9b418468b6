"""What an image's bytes hold, and the image made small. Runs in a worker only: decoders are easily hurt."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps

from bot.feeds.model import Examined

MOST_PIXELS = 40_000_000  # with its copies that is half a worker's memory
# Icons, avatars and counting pixels are smaller; in a card they would be drawn large and blurred.
SHORTEST_SIDE, LONGER_SIDE = 100, 200
# Banners, rules and columns are no pictures of what an article tells.
MOST_STRETCHED = 4
# Discord makes previews of larger ones unreliably; nothing that a card shows needs more.
LONGEST_LINKED = 8_192
LINKED = ("PNG", "JPEG", "GIF", "WEBP")
READ = (*LINKED, "AVIF")
# A card is at most 520 points wide; twice that for fine screens.
LONGEST_ATTACHED = 1_200
MOST_ATTACHED = 400_000  # bytes
# How an image is made ever smaller until it fits: the longest side, and the encoder's quality.
_STEPS = ((1_200, 85), (1_200, 70), (900, 70), (600, 60), (400, 40))
# So little difference between the lightest and the darkest spot is one colour.
_PLAIN = 8
_GLANCE = (64, 64)


def examine(data: bytes, *, attach: bool) -> Examined:
    """Look whether an image can be shown in a card; make it small where it must be attached or can't be linked to.

    Of what moves only the first frame is looked at and kept. Orientation is applied, all else beside the pixels
    is dropped.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # a decoder that finds more only in the middle raises
    try:
        with Image.open(BytesIO(data), formats=READ) as image:
            if problem := _unfit(image.size):
                return Examined(problem)
            linked = image.format in LINKED and max(image.size) <= LONGEST_LINKED
            image.draft("RGB", (LONGEST_ATTACHED, LONGEST_ATTACHED))
            image.load()  # to the end: a truncated one fails here
            linked = linked and not attach
            # One that moves may begin with a black frame.
            if _is_plain(image) and not (linked and getattr(image, "is_animated", False)):
                return Examined("It shows nothing but one colour.")
            return Examined() if linked else _made_small(image)
    except MemoryError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Examined("It is too large.")
    except Exception as error:
        # Decoders raise whatever a damaged file leads them to.
        return Examined(f"It can't be read as an image ({type(error).__name__}).")


def _unfit(size: tuple[int, int]) -> str | None:
    shorter, longer = sorted(size)
    if shorter < SHORTEST_SIDE or longer < LONGER_SIDE:
        return f"It is too small: {size[0]}×{size[1]}."
    if longer > shorter * MOST_STRETCHED:
        return f"It is a strip: {size[0]}×{size[1]}."
    if shorter * longer > MOST_PIXELS:
        return f"It is too large: {size[0]}×{size[1]}."
    return None


def _is_plain(image: Image.Image) -> bool:
    # Single pixels: in a mean of many, grain is one colour too.
    glance = _in_colour(image.resize(_GLANCE, Image.Resampling.NEAREST), _GLANCE)
    if "A" in glance.getbands() and glance.getchannel("A").getextrema()[1] == 0:
        return True
    return all(high - low <= _PLAIN for low, high in map(_extrema, glance.split()))


def _extrema(band: Image.Image) -> tuple[int, int]:
    low, high = band.getextrema()
    return int(low), int(high)  # type: ignore[arg-type]  # of one band they are numbers


def _in_colour(image: Image.Image, most: tuple[int, int]) -> Image.Image:
    """A smaller copy in RGB, or RGBA where something shines through."""
    if image.mode.startswith(
        "I"
    ):  # greys of 16 bits: converted as they are, all but the darkest would be white
        image = image.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
    if image.mode in ("P", "PA", "LA", "La", "RGBa", "RGBA") or "transparency" in image.info:
        mode = "RGBA"
    else:
        mode = "RGB"
    copy = image.copy() if image.mode == mode else image.convert(mode)
    copy.thumbnail(most)
    return copy


def _made_small(image: Image.Image) -> Examined:
    upright = _in_colour(ImageOps.exif_transpose(image), (LONGEST_ATTACHED, LONGEST_ATTACHED))
    see_through = upright.mode == "RGBA" and upright.getchannel("A").getextrema()[0] != 255
    upright = upright if see_through else upright.convert("RGB")
    name, media_type = ("WEBP", "image/webp") if see_through else ("JPEG", "image/jpeg")
    for longest, quality in _STEPS:
        upright.thumbnail((longest, longest))
        packed = BytesIO()
        upright.info.clear()  # else a comment or a profile of the original goes along
        upright.save(packed, name, quality=quality, **({} if see_through else {"optimize": True}))
        if packed.tell() <= MOST_ATTACHED:
            return Examined(None, (media_type, packed.getvalue()))
    return Examined("It can't be made small enough.")
