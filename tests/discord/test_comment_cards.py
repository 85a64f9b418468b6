"""Comments as cards: pages of conversations, one that was opened, passages to choose from; within Discord's limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import (
    branch_card,
    comments_card,
    feedback_card,
    passages_card,
    read_branch_button,
    read_comments_button,
    read_feedback_button,
    read_passage_menu,
    read_passages_button,
    units,
)
from bot.newsroom.comment_tree import Branch, CommentLine, CommentSort
from bot.newsroom.comments import BranchPage, CommentPage
from bot.newsroom.feedback import LONGEST, Subject, passages_of
from storage.records import Comment, FeedbackGiven, Tally
from tests.discord.records import NOW, listed
from tests.discord.test_cards import breaches, texts
from tests.examples import examples

TOP = 1_000_000_000_000_000_001


def comment(number: int, **changes: Any) -> Comment:
    """A comment with something in every field."""
    made = Comment(
        message_id=1_000_000_000_000_000_000 + number,
        guild_id=1_100_000_000_000_000_000,
        channel_id=1_200_000_000_000_000_000,
        article_id=7,
        reply_to_id=None,
        author_id=40,
        author_name="Bob",
        text="Finally!",
        quote=None,
        created_at=NOW,
        edited_at=None,
        tally=Tally(2, 0),
    )
    return replace(made, **changes)


def alone(*comments: Comment) -> CommentPage:
    """A page of comments that nobody answers."""
    return CommentPage(tuple(Branch((CommentLine(one, 0),)) for one in comments))


def test_comments_are_indented_quoted_and_linked() -> None:
    answer = comment(2, author_name="Eve_*", text="**No**", edited_at=NOW, tally=Tally(0, 0))
    first = CommentLine(comment(1, quote="Carts may cross"), 0)
    page = CommentPage((Branch((first, CommentLine(answer, 1)), 7), Branch((CommentLine(comment(3), 0),))))
    shown = comments_card(
        replace(listed(), comment_count=10), page, CommentSort.NEWEST, None, "Reply to comment."
    )
    jump = "https://discord.com/channels/1100000000000000000/1200000000000000000/1000000000000000"
    assert shown.embed.description == (
        f"**Bob** · ▲ 2 · <t:1772366400:R> · [jump]({jump}001)\n"
        "*“Carts may cross”*\n"
        "Finally!\n"
        f"┆ **Eve\\_\\*** · <t:1772366400:R> (edited) · [jump]({jump}002)\n"
        "┆ \\*\\*No\\*\\*\n"
        "┆ *… 7 more replies*\n"
        "\n"
        f"**Bob** · ▲ 2 · <t:1772366400:R> · [jump]({jump}003)\n"
        "Finally!"
    )
    assert shown.embed.footer.text == "10 comments · newest first · Reply to comment."
    assert shown.menu is not None
    ((label, more, value),) = shown.menu.choices
    assert (label, more) == ("Bob: Finally!", "7 more replies")
    assert read_branch_button(value) == (7, TOP, CommentSort.NEWEST, 0)


def test_buttons_of_comment_pages_lead_where_they_say() -> None:
    page = replace(alone(comment(1)), after=(-3, TOP))
    shown = comments_card(listed(), page, CommentSort.MOST_VOTED, (5, TOP + 9), "Reply.")
    asked = {
        button.label: read_comments_button(button.custom_id or "") for row in shown.rows for button in row
    }
    assert asked == {
        "Newest": (7, CommentSort.NEWEST, None),
        "Oldest": (7, CommentSort.OLDEST, None),
        "Most voted": (7, CommentSort.MOST_VOTED, None),
        "From the start": (7, CommentSort.MOST_VOTED, None),
        "More": (7, CommentSort.MOST_VOTED, (-3, TOP)),
        "Comment": None,
        "Comment on a passage": None,
        "Follow comments": None,
    }
    opened = branch_card(
        listed(), BranchPage((CommentLine(comment(1), 0),), 31), TOP, CommentSort.OLDEST, 10, "Reply."
    )
    asked_for = {
        button.label: read_branch_button(button.custom_id or "") for row in opened.rows for button in row
    }
    assert asked_for["Back"] == (7, TOP, CommentSort.OLDEST, 0)
    assert asked_for["More"] == (7, TOP, CommentSort.OLDEST, 20)
    assert opened.embed.footer.text == "11–11 of 31 in this conversation · Reply."


@pytest.mark.parametrize(
    "custom_id",
    [
        "",
        "comments-page:x:newest::sort",
        "comments-page:1",
        "comments-page:1:odd::sort",
        "comments-page:1:newest:99999999999999.1:more",
        "comments-page:1:most_voted:2147483648.1:more",
        "comments-page:1:newest:1.9999999999999999999:more",
        "branch:1:9999999999999999999:newest:0:open",
        "branch:1:1:odd:0:open",
    ],
)
def test_ids_that_nobody_wrote_are_none(custom_id: str) -> None:
    assert read_comments_button(custom_id) is None
    assert read_branch_button(custom_id) is None


def test_only_what_leads_somewhere_is_offered() -> None:
    shown = comments_card(listed(), alone(comment(1)), CommentSort.NEWEST, None, "Reply.")
    assert [button.label for row in shown.rows for button in row] == [
        "Comment",
        "Comment on a passage",
        "Follow comments",
    ]
    assert shown.embed.footer.text == "1 comment · Reply."
    empty = comments_card(listed(), CommentPage(()), CommentSort.NEWEST, None, "Reply to the card.")
    assert empty.embed.description == "No comments yet. Reply to the card."
    one, branch = alone(comment(1)), BranchPage((CommentLine(comment(1), 0),), 1)
    closed = comments_card(listed(), one, CommentSort.NEWEST, None, "Closed.", closed=True)
    assert [button.label for row in closed.rows for button in row] == ["Follow comments"]
    closed = branch_card(listed(), branch, TOP, CommentSort.NEWEST, 0, "Closed.", closed=True)
    assert [button.label for row in closed.rows for button in row] == ["All comments"]
    gone = branch_card(listed(), BranchPage((), 0), TOP, CommentSort.NEWEST, 0, "Reply.")
    assert "it is gone" in (gone.embed.description or "")


@settings(max_examples=examples(40), deadline=None)
@given(text=texts, name=texts, quote=st.one_of(st.none(), texts), depth=st.integers(0, 30))
def test_any_ten_comments_fit_a_page(text: str, name: str, quote: str | None, depth: int) -> None:
    lines = tuple(CommentLine(comment(n, text=text, author_name=name, quote=quote), depth) for n in range(10))
    page = CommentPage(tuple(Branch((one,), 9) for one in lines), (1, TOP))
    shown = comments_card(listed(title=text), page, CommentSort.MOST_VOTED, (2, TOP), "Reply.")
    opened = branch_card(listed(title=text), BranchPage(lines, 35), TOP, CommentSort.OLDEST, 10, "Reply.")
    for one in (shown, opened):
        assert breaches(one) == []
        assert (one.embed.description or "").count("[jump]") == 10
    assert shown.menu is not None
    for label, more, value in shown.menu.choices:
        assert 1 <= units(label) <= 100
        assert 1 <= units(more) <= 100
        assert len(value) <= 100


@settings(max_examples=examples(12), deadline=None)
@given(text=texts, name=texts)
def test_any_article_has_passages_to_choose_and_any_comment_fits_under_one(text: str, name: str) -> None:
    subject = Subject(1, listed(title=text), None, None)
    many = "\n".join(f"Sentence {n} says this. {text[:300]}" for n in range(40))
    passages = passages_of(many)
    seen: list[tuple[int, int]] = []
    page = 0
    while True:
        shown = passages_card(subject, passages, page)
        assert breaches(shown) == []
        assert shown.menu is not None
        assert len(shown.menu.choices) <= 25
        for label, more, value in shown.menu.choices:
            assert 1 <= units(label) <= 100
            assert units(more) <= 100
            asked = read_passage_menu(shown.menu.custom_id, value)
            assert asked is not None
            seen.append(asked[1])
        (following,) = [one for row in shown.rows for one in row if one.label == "More"]
        if following.disabled:
            break
        page = (read_passages_button(following.custom_id or "") or (0, 0))[1]
    assert seen == [(one.at, one.check) for one in passages]
    longest = (text * LONGEST)[:LONGEST] or "*" * LONGEST
    given_ = FeedbackGiven(TOP, 1, 7, TOP, name, text * 2, "*" * LONGEST, NOW)
    for one in (given_, replace(given_, text=longest)):
        posted = feedback_card(one)
        assert breaches(posted) == []
        assert read_feedback_button(posted.rows[0][0].custom_id or "") == (TOP, TOP)
    assert (feedback_card(given_).embed.description or "").endswith("\\*" * LONGEST)
