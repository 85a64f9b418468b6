"""Which lines of a page are its article's: by what holds them, by their shape, and by what stands around them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.feeds.extract.markup import Element, Line
from bot.feeds.extract.names import Place, place_of
from bot.feeds.extract.teasers import teasers_in
from bot.feeds.extract.threads import Lines, comments_in

_PROSE, _PROSE_ENDED = 10, 5  # words; a shorter line is prose only where it ends as a sentence does
_LINKED = 0.5
_MOST_BESIDE = 0.35  # of a page's prose: what holds more does not stand beside its article
_MOST_OF_ALL = 0.82
_FEWEST_LEFT = 60  # words of prose; where fewer were left, what looks like comments is the article
_LEAST_WITHOUT_TEASERS = 0.4  # of the prose; a list of places or things is an article too
_FORM_WORDS = 60  # of prose, around a form
_ADOPTED = 8  # words of prose: a standfirst


def is_prose(line: Line) -> bool:
    """Whether it is told, not listed: several words, not a link's."""
    return line.linked < _LINKED and (line.words >= _PROSE or (line.words >= _PROSE_ENDED and line.is_ended))


def body_of(root: Element, lines: Sequence[Line]) -> list[Line]:
    """The lines of the article's body in their order, furniture between them included."""
    own = _without_beside(root, lines)
    for find, fewest in ((comments_in, _FEWEST_LEFT), (teasers_in, _told(own) * _LEAST_WITHOUT_TEASERS)):
        found = find(Lines(own))
        left = [line for at, line in enumerate(own) if at not in found]
        if _told(left) >= fewest:
            own = left
    return _within_holder(root, own)


def _told(lines: Iterable[Line]) -> int:
    return sum(line.words for line in lines if is_prose(line))


def _without_beside(root: Element, lines: Sequence[Line]) -> list[Line]:
    prose = _prose(lines)
    most = prose.get(root, 0) * _MOST_BESIDE
    fates: dict[Element, bool] = {}

    def is_beside(element: Element | None) -> bool:
        chain: list[Element] = []
        while element is not None and element not in fates:
            chain.append(element)
            element = element.getparent()
        fate = element is not None and fates[element]
        for above in reversed(chain):
            if not fate:
                place = place_of(above)
                told = prose.get(above, 0)
                fate = (
                    (place is Place.BESIDE and told <= most and not _is_article(above))
                    or (place is Place.COMMENTS and next(above.iter("h1"), None) is None)
                    or (told <= min(most, _FORM_WORDS) and _holds_form(above))
                )
            fates[above] = fate
        return fate

    return [line for line in lines if not is_beside(line.holder)]


def _holds_form(element: Element) -> bool:
    """Whether it asks for an address or the like, and the words around say what for."""
    return any(child.tag == "form" for child in element) and next(element.iter("h1"), None) is None


def _is_article(element: Element) -> bool:
    """Whether it holds the headline as an article: some call that "newsletter-post", and have longer comments below."""
    return element.tag == "article" and next(element.iter("h1"), None) is not None


def _within_holder(root: Element, lines: Sequence[Line]) -> list[Line]:
    """The lines of the element that holds most of the prose, and of what stands beside it under the same headline."""
    prose = _prose(lines)
    path = [root]
    while True:
        node = path[-1]
        best = max((child for child in node if child in prose), key=prose.__getitem__, default=None)
        if best is None or prose[best] < _MOST_OF_ALL * prose[node]:
            break
        path.append(best)
    inside = {path[-1]}
    spread = Lines(lines)
    for node in _up_to_headline(path):
        for child in node:
            if child in spread.spans and child not in path and _is_told(lines, spread.spans[child]):
                inside.add(child)
    return [line for line in lines if _is_inside(line.holder, inside)]


def _up_to_headline(path: list[Element]) -> Iterable[Element]:
    """What holds the body, from the inside out, up to what holds a first-rank heading too."""
    for node in reversed(path[:-1]):
        if next(path[-1].iter("h1"), None) is not None or node.tag in ("html", "body"):
            return
        yield node
        if node.tag in ("article", "main") or next(node.iter("h1"), None) is not None:
            return


def _is_told(lines: Sequence[Line], span: tuple[int, int]) -> bool:
    held = [line for line in lines[span[0] : span[1]] if line.holder.tag != "h1"]
    told = sum(line.words for line in held if is_prose(line))
    return told >= _ADOPTED and told >= 0.6 * sum(line.words for line in held)


def _is_inside(element: Element | None, inside: set[Element]) -> bool:
    while element is not None:
        if element in inside:
            return True
        element = element.getparent()
    return False


def _prose(lines: Iterable[Line]) -> dict[Element, int]:
    """Words of prose by element, with those of all that it holds."""
    prose: dict[Element, int] = {}
    for line in lines:
        if is_prose(line):
            element: Element | None = line.holder
            while element is not None:
                prose[element] = prose.get(element, 0) + line.words
                element = element.getparent()
    return prose
