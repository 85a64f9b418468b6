"""An article's comments as messages: pages of its conversations, and a conversation that was opened."""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord

from bot.cards.card import COLOUR, TITLE, Button, Card, Menu
from bot.cards.feedback import ID, comment_button, passages_button
from bot.cards.follows import follow_comments_button
from bot.cards.lists import ago, joined
from bot.cards.text import escaped_line, line
from bot.cards.words import jump_url, score
from bot.newsroom.comment_tree import Branch, CommentLine, CommentSort
from bot.newsroom.comments import LINES, BranchPage, CommentPage
from storage.records import After, Comment, Listed

PAGE_BUTTON, BRANCH_BUTTON, BRANCH_MENU = "comments-page:", "branch:", "branch-of:"
DEEPEST = 4
CHOICE = 100
_ORDERS = {
    CommentSort.NEWEST: "Newest",
    CommentSort.OLDEST: "Oldest",
    CommentSort.MOST_VOTED: "Most voted",
}


def comments_card(
    article: Listed,
    page: CommentPage,
    sort: CommentSort,
    after: After | None,
    how_to: str,
    *,
    closed: bool = False,
) -> Card:
    """A page of an article's comments, replies indented under what they answer; `how_to` says how one comments.

    It begins `after` a comment. A long conversation is opened by the menu. Where comments are `closed` no dialog is
    offered: nobody should write what is not taken.
    """
    embed = _embed(article)
    id_ = article.article.id
    dialogs = (
        Button("Comment", comment_button(article.message_id)),
        Button("Comment on a passage", passages_button(article.message_id, 0, "first")),
    )
    giving = (*(() if closed else dialogs), follow_comments_button(id_))
    turning: list[Button] = []
    if after is not None:
        turning.append(Button("From the start", comments_button(id_, sort, None, "start")))
    if page.after is not None:
        turning.append(Button("More", comments_button(id_, sort, page.after, "more")))
    if not page.branches:
        embed.description = "That was the last page." if after is not None else f"No comments yet. {how_to}"
        return Card(embed, (tuple(turning), giving))
    # A blank line parts the conversations.
    embed.description = joined([block for branch in page.branches for block in _blocks(branch)]).lstrip("\n")
    alone = len(page.items) == 1 and not turning
    count = article.comment_count
    counted = "1 comment" if alone else f"{count} comments · {_ORDERS[sort].lower()} first"
    embed.set_footer(text=f"{counted} · {how_to}")
    # One comment stands in every order.
    orders = () if alone else _order_buttons(article, sort)
    return Card(embed, (orders, tuple(turning), giving), _branch_menu(article, page.branches, sort))


def branch_card(
    article: Listed,
    page: BranchPage,
    top_id: int,
    sort: CommentSort,
    offset: int,
    how_to: str,
    *,
    closed: bool = False,
) -> Card:
    """A conversation that was opened, from its `offset`-th comment on."""
    embed, id_ = _embed(article), article.article.id
    back = Button("All comments", comments_button(id_, sort, None, "all"))
    if not page.items:
        embed.description = "That was the end of this conversation, or it is gone."
        return Card(embed, ((back,),))
    embed.description = joined([_lines(item) for item in page.items])
    shown = f"{offset + 1}–{offset + len(page.items)} of {page.total} in this conversation"
    embed.set_footer(text=f"{shown} · {how_to}")
    buttons = [back]
    if page.total > LINES:
        earlier, later = max(offset - LINES, 0), offset + LINES
        buttons += [
            Button("Back", branch_button(id_, top_id, sort, earlier, "back"), disabled=not offset),
            Button("More", branch_button(id_, top_id, sort, later, "more"), disabled=later >= page.total),
        ]
    answering = () if closed else (Button("Answer this", comment_button(top_id)),)
    return Card(embed, (tuple(buttons), answering))


def comments_button(article_id: int, sort: CommentSort, after: After | None, kind: str) -> str:
    """The custom id that asks for a page of comments; `kind` keeps the ids of one message apart."""
    place = "" if after is None else f"{after[0]}.{after[1]}"
    return f"{PAGE_BUTTON}{article_id}:{sort}:{place}:{kind}"


def read_comments_button(custom_id: str) -> tuple[int, CommentSort, After | None] | None:
    """Article id, order and where to begin that `comments_button` wrote, or None for an id that is not one of its."""
    found = re.fullmatch(
        rf"{PAGE_BUTTON}([0-9]{{1,18}}):([a-z_]+):(?:(-?[0-9]{{1,14}})\.{ID})?:[a-z_]+",
        custom_id,
        re.ASCII,
    )
    sort, after = _sort(found and found[2]), None
    if found is None or sort is None:
        return None
    if found[3] is not None:
        after = (int(found[3]), int(found[4]))
        most = 2**31 if sort is CommentSort.MOST_VOTED else 10**13
        if abs(after[0]) >= most:
            return None
    return int(found[1]), sort, after


def branch_button(article_id: int, top_id: int, sort: CommentSort, offset: int, kind: str) -> str:
    """The custom id that asks for some of a conversation; `kind` keeps the ids of one message apart."""
    return f"{BRANCH_BUTTON}{article_id}:{top_id}:{sort}:{offset}:{kind}"


def read_branch_button(custom_id: str) -> tuple[int, int, CommentSort, int] | None:
    """Article, first comment, order and offset that `branch_button` wrote, or None for an id that is not one of its."""
    found = re.fullmatch(
        rf"{BRANCH_BUTTON}([0-9]{{1,18}}):{ID}:([a-z_]+):([0-9]{{1,6}}):[a-z]+",
        custom_id,
        re.ASCII,
    )
    sort = _sort(found and found[3])
    if found is None or sort is None:
        return None
    return int(found[1]), int(found[2]), sort, int(found[4])


def _sort(written: str | None) -> CommentSort | None:
    return next((sort for sort in CommentSort if sort == written), None)


def _embed(article: Listed) -> discord.Embed:
    embed = discord.Embed(
        colour=COLOUR, title=escaped_line(article.article.title, TITLE) or "Untitled article"
    )
    embed.url = jump_url(article.guild_id, article.channel_id, article.message_id)
    return embed


def _order_buttons(article: Listed, current: CommentSort) -> tuple[Button, ...]:
    return tuple(
        Button(
            label,
            custom_id=comments_button(article.article.id, sort, None, "sort"),
            disabled=sort is current,
        )
        for sort, label in _ORDERS.items()
    )


def _branch_menu(article: Listed, branches: Sequence[Branch], sort: CommentSort) -> Menu | None:
    """Opens one of the conversations that are not all there."""
    choices = tuple(
        (
            line(f"{branch.top.author_name}: {branch.top.text}", CHOICE) or "A comment",
            f"{branch.more} more {'reply' if branch.more == 1 else 'replies'}",
            branch_button(article.article.id, branch.top.message_id, sort, 0, "open"),
        )
        for branch in branches
        if branch.more
    )
    return Menu(BRANCH_MENU, "Open a conversation", choices) if choices else None


def _blocks(branch: Branch) -> list[str]:
    first, *replies = (_lines(item) for item in branch.lines)
    if branch.more:
        replies.append(f"┆ *… {branch.more} more {'reply' if branch.more == 1 else 'replies'}*")
    return [f"\n{first}", *replies]


def _lines(item: CommentLine) -> str:
    comment = item.comment
    # Discord drops spaces at the start of a line; this sign stays and reads as a thread.
    indent = "┆ " * min(item.depth, DEEPEST)
    where = jump_url(comment.guild_id, comment.channel_id, comment.message_id)
    edited = " (edited)" if comment.edited_at is not None else ""
    lines = [
        f"{indent}**{escaped_line(comment.author_name, 32) or 'A member'}** · {_votes(comment)}"
        f"{ago(comment.created_at)}{edited} · [jump]({where})"
    ]
    if comment.quote:
        lines.append(f"{indent}*“{escaped_line(comment.quote, 60)}”*")
    lines.append(f"{indent}{escaped_line(comment.text, 140)}")
    return "\n".join(lines)


def _votes(comment: Comment) -> str:
    tally = comment.tally
    return f"{score(tally)} · " if tally.upvotes or tally.downvotes else ""
