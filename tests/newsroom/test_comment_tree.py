"""Comments as a tree: nesting, order, deletions and quotes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.comment_tree import CommentSort, collapsed, comment_tree, reading_order
from bot.newsroom.comments import split_quote
from storage.records import Comment, Tally

START = datetime(2026, 5, 1, tzinfo=UTC)
CARD = 100


def comment(message_id: int, reply_to: int | None = CARD, score: int = 0) -> Comment:
    return Comment(
        message_id=message_id,
        guild_id=1,
        channel_id=2,
        article_id=3,
        reply_to_id=reply_to,
        author_id=4,
        author_name="alice",
        text=f"comment {message_id}",
        quote=None,
        created_at=START + timedelta(seconds=message_id),
        edited_at=None,
        tally=Tally(max(score, 0), max(-score, 0)),
    )


def read(comments: list[Comment], sort: CommentSort) -> list[tuple[int, int]]:
    return [(line.comment.message_id, line.depth) for line in reading_order(comment_tree(comments, sort))]


TALK = [
    comment(101),
    comment(102, 101, score=1),
    comment(103, score=5),
    comment(104, 102),
    comment(105, 101, score=3),
]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (CommentSort.OLDEST, [(101, 0), (102, 1), (104, 2), (105, 1), (103, 0)]),
        (CommentSort.NEWEST, [(103, 0), (101, 0), (102, 1), (104, 2), (105, 1)]),
        (CommentSort.MOST_VOTED, [(103, 0), (101, 0), (105, 1), (102, 1), (104, 2)]),
    ],
)
def test_order_and_depth(sort: CommentSort, expected: list[tuple[int, int]]) -> None:
    assert read(TALK, sort) == expected


def test_replies_to_a_deleted_comment_stand_at_the_top() -> None:
    without_101 = [one for one in TALK if one.message_id != 101]
    assert read(without_101, CommentSort.OLDEST) == [(102, 0), (104, 1), (103, 0), (105, 0)]


def test_a_comment_that_claims_to_answer_itself_or_a_later_one_is_not_lost() -> None:
    assert read([comment(101, 101), comment(102, 103), comment(103)], CommentSort.OLDEST) == [
        (101, 0),
        (102, 0),
        (103, 0),
    ]


def test_a_thousand_levels_deep() -> None:
    chain = [comment(101)] + [comment(number, number - 1) for number in range(102, 1102)]
    assert read(chain, CommentSort.NEWEST)[-1] == (1101, 1000)


@given(
    st.dictionaries(st.integers(101, 160), st.integers(95, 165), max_size=40),
    st.sampled_from(list(CommentSort)),
)
def test_every_comment_is_read_exactly_once(replies: dict[int, int], sort: CommentSort) -> None:
    comments = [comment(message_id, reply_to) for message_id, reply_to in replies.items()]
    assert sorted(message_id for message_id, _ in read(comments, sort)) == sorted(replies)


@pytest.mark.parametrize(
    ("text", "quote", "rest"),
    [
        pytest.param("plain words", None, "plain words", id="no quotation"),
        pytest.param("> a passage\nand my answer", "a passage", "and my answer", id="one line"),
        pytest.param(
            "> two\n> lines\n\nanswer\n> later", "two\nlines", "answer\n> later", id="only what opens it"
        ),
        pytest.param("> only this", None, "> only this", id="nothing but a quotation"),
        pytest.param(">:( that is no quotation", None, ">:( that is no quotation", id="a face"),
    ],
)
def test_split_quote(text: str, quote: str | None, rest: str) -> None:
    assert split_quote(text) == (quote, rest)


def test_long_conversations_are_collapsed_and_a_page_has_so_many_lines() -> None:
    talk = [comment(101), *(comment(n, 101) for n in range(102, 110)), comment(110), comment(111, 110)]
    tree = comment_tree(
        [*talk, comment(112), *(comment(n, 112) for n in range(113, 117))], CommentSort.OLDEST
    )

    def shown(room: int) -> list[tuple[int, int, int]]:
        return [(one.top.message_id, len(one.lines), one.more) for one in collapsed(tree, room, 3)]

    # Of eight replies three are shown, of four all: a single one is not worth opening.
    assert shown(20) == [(101, 4, 5), (110, 2, 0), (112, 5, 0)]
    assert shown(10) == [(101, 4, 5), (110, 2, 0), (112, 4, 1)]
    assert shown(7) == [(101, 4, 5), (110, 2, 0)]
    assert shown(2) == [(101, 2, 7)]
    assert collapsed((), 10, 3) == ()
