"""Comments by their shape, whatever their elements are called and in whatever language: a name, a moment, what is said,
and a control to answer with, again and again. Pure, and in linear time."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bot.feeds.extract.markup import Element, Line
from bot.feeds.extract.words import ANSWER, COMMENTS_HEADING, is_moment, moment_at

_NAME_WORDS, _NAME_LENGTH, _SHORTEST_NAME = 5, 40, 2
_OPENING_WORDS = 14  # name, moment and what joins them, in one line
_FURTHEST = 4  # lines from a name to its moment
_CONTROL_WORDS = 3
_STEPS_UP = 30
_CLIMBS = 12
_LONGEST_COMMENT = 30  # lines from what is said first to the control
_BELOW = 2  # lines after a comment's own element in which its controls may stand
_SHARED, _DISTINCT = 0.6, 0.6
_SAID_WORDS = 8
_OFTEN, _MOSTLY = 5, 0.8  # one person may say so much
_LEAST_ABOVE, _MOST_BELOW = 40, 40  # words told above and below a comment that has no other beside it
_NO_NAMES = frozenset(("h4", "h5", "h6", "li", "dt", "tr", "th"))  # of which articles' own lists are made
_TITLES = frozenset(("h1", "h2", "h3"))
_LETTER = re.compile(r"[^\W\d_]")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_INITIAL = re.compile(r"(?<!\w)\w{1,2}\.\Z")


@dataclass(frozen=True, slots=True)
class _Opening:
    """A line that may open a comment, its moment's line where it has one, and where something is said first.

    `element` is the smallest one that holds both the opening and what is said.
    """

    at: int
    moment: int | None
    body: int
    element: Element


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment's lines, `start` to `end`, and the short ones among them below what is said (or right after them).

    `is_amid` says that its element begins with something else.
    """

    opening: _Opening
    start: int
    end: int
    is_amid: bool
    closers: frozenset[str]


class Lines(Sequence[Line]):
    """A page's lines in order, with the span of them that each element holds."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self.spans: dict[Element, tuple[int, int]] = {}
        for at, line in enumerate(lines):
            element: Element | None = line.holder
            while element is not None:
                first, _ = self.spans.get(element, (at, at))
                self.spans[element] = (first, at + 1)
                element = element.getparent()

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        return self._lines[at]

    def __len__(self) -> int:
        return len(self._lines)


def comments_in(lines: Lines) -> set[int]:
    """Which lines are comments or belong to them."""
    groups: defaultdict[tuple[str, str, str], list[_Opening]] = defaultdict(list)
    openings = list(_openings(lines))
    for opening in openings:
        element = opening.element
        groups[(element.tag, element.get("class") or "", lines[opening.at].holder.tag)].append(opening)
    told = {at for group in groups.values() if len(group) > 1 for at in _told_by_people(lines, group)}
    return told.union(_under_heading(lines), () if told else _told_by_one(lines, openings))


def _told_by_one(lines: Lines, openings: list[_Opening]) -> Iterator[int]:
    """The lines of a comment that has no other beside it: answerable, and after all that the article tells.

    It is dated, or has an element of its own.
    """
    for opening in openings:
        answer = _answer_below(lines, opening)
        if answer is None or not (opening.moment is not None or _is_apart(lines, opening, answer)):
            continue
        above = sum(line.words for line in lines[: opening.at] if _is_told(line))
        said = sum(line.words for line in lines[opening.at : answer + 1])
        below = sum(line.words for line in lines[answer + 1 :] if _is_told(line) and line.linked < 0.5)
        if above >= max(_LEAST_ABOVE, said) and below <= _MOST_BELOW:
            yield from range(opening.at, answer + 1)
            return


def _is_apart(lines: Lines, opening: _Opening, answer: int) -> bool:
    """Whether somebody's name and what is said have an element of their own."""
    first, end = lines.spans[opening.element]
    return first == opening.at and end <= answer + 1 and lines[first].holder.tag not in _NO_NAMES


def _answer_below(lines: Lines, opening: _Opening) -> int | None:
    """Where something is said by somebody and then asked to be answered; None where it is not."""
    if not _is_told(lines[opening.body]):
        return None
    for at in range(opening.body + 1, min(opening.body + _LONGEST_COMMENT, len(lines))):
        line = lines[at]
        if line.holder.tag in _TITLES:
            return None
        if line.words <= _CONTROL_WORDS and ANSWER.fullmatch(line.text):
            return at
    return None


def _told_by_people(lines: Lines, openings: list[_Opening]) -> Iterator[int]:
    """The lines of a group that is one of comments; none of any other."""
    told = [opening for opening in openings if _is_told(lines[opening.body])]
    counts = Counter(closer for comment in _comments(lines, told) for closer in comment.closers)
    names = Counter(_control(lines[opening.at]) for opening in told)
    near = Counter(map(_control, lines[openings[0].at : lines.spans[openings[-1].element][1] + _BELOW]))
    shared = {
        closer
        for closer, count in counts.items()
        if count > 1 and count >= _SHARED * (len(told) - names[closer]) and near[closer] >= 2 * names[closer]
    }
    # A control looks like a name where another comment follows it.
    group = list(_comments(lines, [one for one in openings if _control(lines[one.at]) not in shared]))
    elements = Counter(comment.opening.element for comment in group)
    dated = [comment for comment in group if comment.opening.moment is not None]
    answered = [comment for comment in group if _is_answered(lines, comment, shared)]
    # Labels stand above and below the comments, and look like names.
    among = group[group.index(dated[0]) : group.index(dated[-1]) + 1] if dated else []
    if len(dated) > 1 and len(dated) >= _SHARED * len(among):
        members = [
            one for one in among if one.opening.moment is not None or elements[one.opening.element] == 1
        ]
    elif len(answered) > 1 and len(answered) >= _SHARED * len(group[group.index(answered[0]) :]):
        members = answered
    else:
        return
    members = [one for one in members if not one.is_amid or elements[one.opening.element] > 1]
    if len(members) < 2:
        return
    if any(lines[at].holder.tag in _TITLES for one in members for at in range(one.start, one.end)):
        return  # people answer, articles have parts
    above = _is_label(lines[comment.opening.at].text for comment in members)
    if above and _is_label(lines[comment.opening.at - 1].text for comment in members):
        return  # neither "Member", below the name, nor what is above it is anybody's
    for comment in members:
        if above and comment.start and not _is_told(lines[comment.start - 1]):
            yield comment.start - 1
        for at in range(comment.start, comment.end):
            yield at
            # Where comments follow one another without elements of their own, the last one ends with its control.
            is_control = at > comment.opening.body and _control(lines[at]) in shared
            if is_control and elements[comment.opening.element] > 1:
                break


def _is_label(texts: Iterable[str]) -> bool:
    """Whether one text comes again and again, and so is nobody's name."""
    counts = Counter(text[: moment_at(text)] if moment_at(text) > 0 else text for text in texts)
    return len(counts) == 1 or max(counts.values()) > max(_OFTEN, counts.total() * _MOSTLY)


def _is_answered(lines: Lines, comment: _Comment, shared: set[str]) -> bool:
    """Whether an undated comment looks like one: somebody's name, sentences below it, and below those a control."""
    opening = lines[comment.opening.at]
    if opening.holder.tag in _NO_NAMES or opening.text.endswith((":", "：")):
        return False
    below = range(comment.opening.body + 1, min(comment.end + _BELOW, len(lines)))
    return _is_told(lines[comment.opening.body]) and any(
        _control(lines[at]) in shared for at in below[:_LONGEST_COMMENT]
    )


def _is_told(line: Line) -> bool:
    return (line.is_ended or line.words >= _SAID_WORDS) and not _is_name(line)


def _comments(lines: Lines, group: list[_Opening]) -> Iterator[_Comment]:
    """Each opening with its lines: those of its element, or where several share one, those up to the next."""
    for opening, following in zip_longest(group, group[1:]):
        first, end = lines.spans[opening.element]
        is_amid = opening.at - first > _FURTHEST
        goes_on = following is not None and following.element is opening.element
        if following is not None and goes_on:
            end = following.at
        shares = goes_on or is_amid
        below = range(
            opening.body + 1,
            min(end + (0 if shares else _BELOW), opening.body + _LONGEST_COMMENT, len(lines)),
        )
        closers = frozenset(name for at in below if _is_control(lines, at) and (name := _control(lines[at])))
        yield _Comment(opening, opening.at if shares else first, end, is_amid, closers)


def _openings(lines: Lines) -> Iterator[_Opening]:
    passed = 0
    for at, line in enumerate(lines):
        together = _is_opening(line)
        if line.holder.tag == "tr" and not together:
            continue  # a row of figures
        if at < passed or not (together or _is_name(line)):
            continue
        moment = at if together else _moment_after(lines, at)
        body = _said_after(lines, (at if moment is None else moment) + 1)
        element = _smallest(lines, at, body) if body is not None else None
        if body is not None and element is not None:
            yield _Opening(at, moment, body, element)
            passed = at + 1 if moment is None else body


def _is_name(line: Line) -> bool:
    text = line.text
    return (
        line.words <= _NAME_WORDS
        and len(text) <= _NAME_LENGTH
        and line.holder.tag not in _TITLES
        and _LETTER.search(text) is not None
        and (not line.is_ended or _INITIAL.search(text) is not None)
        and not is_moment(text)
    )


def _is_opening(line: Line) -> bool:
    """Whether one line holds both the name and the moment."""
    return (
        line.words <= _OPENING_WORDS
        and line.holder.tag not in _TITLES
        and not line.is_ended
        and _SHORTEST_NAME <= moment_at(line.text) <= _NAME_LENGTH
        and _LETTER.match(line.text) is not None
    )


def _moment_after(lines: Lines, at: int) -> int | None:
    for later in range(at + 1, min(at + _FURTHEST, len(lines))):
        line = lines[later]
        if _is_opening(line) or (later == at + 2 and _is_name(lines[at + 1])):
            return None  # the nearer one is the name
        if _is_moment(line):
            return later
        if line.words > _NAME_WORDS:
            return None
    return None


def _is_moment(line: Line) -> bool:
    return line.words <= _OPENING_WORDS and not line.is_ended and is_moment(line.text)


def _said_after(lines: Lines, at: int) -> int | None:
    """The line at which something is said: not a number, and not another name's place."""
    for later in range(at, min(at + 2, len(lines))):
        if _is_opening(lines[later]):
            return None
        if lines[later].linked < 0.9 and _LETTER.search(lines[later].text) and not _is_moment(lines[later]):
            return later
    return None


def _smallest(lines: Lines, at: int, body: int) -> Element | None:
    element: Element | None = lines[at].holder
    for _ in range(_STEPS_UP):
        if element is None or lines.spans[element][1] > body:
            return element
        element = element.getparent()
    return None


def _is_control(lines: Lines, at: int) -> bool:
    """Whether the line is short, leads nowhere, and stands below something said, but above nothing said."""
    if lines[at].words > _CONTROL_WORDS or lines[at].is_ended or leads_away(lines[at]):
        return False
    before = at - 1
    while (
        before >= 0
        and at - before < _FURTHEST
        and lines[before].words <= _CONTROL_WORDS
        and not lines[before].is_ended
    ):
        before -= 1
    return _is_told(lines[before]) and not (at + 1 < len(lines) and _is_told(lines[at + 1]))


def _control(line: Line) -> str:
    return _NO_LETTERS.sub(" ", line.text).strip().casefold()


def leads_away(line: Line) -> bool:
    """Whether the line is a link to another page; what answers a comment stays."""
    if line.linked < 0.5:
        return False
    links = [line.holder] if line.holder.tag == "a" else list(line.holder.iter("a"))
    hrefs = [link.get("href") or "#" for link in links[:4]]
    return any(
        not (href.startswith(("#", "?", "javascript:")) or "#" in href or "reply" in href) for href in hrefs
    )


def _under_heading(lines: Lines) -> Iterator[int]:
    """The lines of a section whose heading says that comments follow: of the widest element that begins with it.

    Where it has no element of its own, what follows in the same one up to the next heading, if somebody speaks there.
    """
    for at, line in enumerate(lines):
        if line.words > 8 or not COMMENTS_HEADING.fullmatch(line.text):
            continue
        element: Element = line.holder
        around = element.getparent()
        for _ in range(_CLIMBS):
            if around is None or lines.spans[around][0] < at - 2:
                break
            element, around = around, around.getparent()
        end = lines.spans[element][1]
        if element.tag not in ("html", "body"):
            yield from range(at, end)
        if end == at + 1 and around is not None:
            last = lines.spans[around][1]
            end = next((later for later in range(at + 1, last) if lines[later].holder.tag in _TITLES), last)
            if any(_is_name(lines[i]) or _is_opening(lines[i]) for i in range(at + 1, min(end, at + 8))):
                yield from range(at, end)
