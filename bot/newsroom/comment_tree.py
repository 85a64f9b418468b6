"""Comments as a tree, sorted: pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage.records import After, Comment


class CommentSort(StrEnum):
    """Orders of an article's comments."""

    NEWEST = "newest"
    OLDEST = "oldest"
    MOST_VOTED = "most_voted"


@dataclass(frozen=True, slots=True)
class CommentNode:
    """A comment and the replies to it."""

    comment: Comment
    replies: tuple[CommentNode, ...]


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A comment in reading order with how deep it is nested; 0 is an answer to the article itself."""

    comment: Comment
    depth: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A comment that answers the article with the replies to it that are shown, in reading order; `more` are not."""

    lines: tuple[CommentLine, ...]
    more: int = 0

    @property
    def top(self) -> Comment:
        """The comment that began it."""
        return self.lines[0].comment


def comment_tree(comments: Sequence[Comment], sort: CommentSort) -> tuple[CommentNode, ...]:
    """Nest comments under what they reply to and sort them.

    A reply whose parent is not among the comments (deleted, or the article's own post) stands at the top.
    Top comments are in the asked order; replies read as a conversation, oldest first, or most voted first.
    """
    by_id = {comment.message_id: comment for comment in comments}
    children: defaultdict[int | None, list[Comment]] = defaultdict(list)
    for comment in comments:
        children[_parent(comment, by_id.keys())].append(comment)
    reply_sort = CommentSort.MOST_VOTED if sort is CommentSort.MOST_VOTED else CommentSort.OLDEST

    # A reply's id is always above its parent's, so building from the newest down needs no recursion.
    nodes: dict[int, CommentNode] = {}
    for comment_id in sorted(by_id, reverse=True):
        replies = sorted(children[comment_id], key=_order(reply_sort))
        nodes[comment_id] = CommentNode(
            by_id[comment_id], tuple(nodes[reply.message_id] for reply in replies)
        )
    return tuple(nodes[top.message_id] for top in sorted(children[None], key=_order(sort)))


def reading_order(tree: Sequence[CommentNode]) -> Iterator[CommentLine]:
    """The tree line by line, each comment before its replies."""
    waiting = [(node, 0) for node in reversed(tree)]
    while waiting:
        node, depth = waiting.pop()
        yield CommentLine(node.comment, depth)
        waiting.extend((reply, depth + 1) for reply in reversed(node.replies))


def after_this(comment: Comment, sort: CommentSort) -> After:
    """The key after which a page begins that follows this comment."""
    if sort is CommentSort.MOST_VOTED:
        return comment.tally.score, comment.message_id
    return int(comment.created_at.timestamp() * 1000), comment.message_id


def collapsed(tree: Sequence[CommentNode], room: int, most: int) -> tuple[Branch, ...]:
    """Of conversations what fits into `room` lines: of each at most its first `most` replies, the last ones not at all.

    One is always there, and where only one reply more would be left out, that is shown, too.
    """
    branches: list[Branch] = []
    for node in tree:
        lines = tuple(reading_order((node,)))
        kept = len(lines) if len(lines) <= most + 2 else most + 1
        kept = max(min(kept, room), 1)
        if branches and room < min(len(lines), 2):
            break
        branches.append(Branch(lines[:kept], len(lines) - kept))
        room -= kept
        if room <= 0:
            break
    return tuple(branches)


def _parent(comment: Comment, known: Container[int]) -> int | None:
    reply_to = comment.reply_to_id
    if reply_to is None or reply_to >= comment.message_id or reply_to not in known:
        return None
    return reply_to


def _order(sort: CommentSort) -> Callable[[Comment], tuple[int, int]]:
    match sort:
        case CommentSort.NEWEST:
            return lambda comment: (0, -comment.message_id)
        case CommentSort.OLDEST:
            return lambda comment: (0, comment.message_id)
        case CommentSort.MOST_VOTED:
            return lambda comment: (-comment.tally.score, comment.message_id)
