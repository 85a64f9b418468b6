"""`/api/v1`: a guild's articles and their comments, read only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext

from aiohttp import web

from bot.newsroom.comment_tree import CommentNode, CommentSort
from bot.newsroom.newsroom import Newsroom
from bot.newsroom.ranking import Period
from bot.web import asked
from bot.web.shapes import article_shape, comment_shapes
from storage.records import Listed, Sort

PublicChannels = Callable[[int], Collection[int] | None]
"""Answers which channels and threads of a guild anybody may read; None for a guild that the bot is not in."""

# A search reads many rows: a few at once leave the database's other connections to the rest of the program.
SEARCHES_AT_ONCE = 2
# Related articles named with each article.
RELATED = 3


class Api:
    """Handlers; each raises HTTPBadRequest or HTTPNotFound with a sentence. They show what everybody may read."""

    def __init__(self, newsroom: Newsroom, public_channels: PublicChannels) -> None:
        self._newsroom = newsroom
        self._public_channels = public_channels
        self._searches = asyncio.Semaphore(SEARCHES_AT_ONCE)

    async def articles(self, request: web.Request) -> web.Response:
        """A page of a guild's articles."""
        guild_id, visible = self._guild(request)
        query = request.query
        sort, period = asked.choice(query, "sort", Sort.HOT), asked.choice(query, "period", Period.ALL)
        limit, cursor, search = asked.limit(query), asked.cursor(query), asked.search(query)
        try:
            async with self._searches if search else nullcontext():
                page = await self._newsroom.front_page.page(
                    guild_id, sort, period, limit, cursor, search, visible=visible
                )
        except (ValueError, OverflowError) as problem:  # only a cursor that somebody wrote by hand comes here
            if cursor is None:
                raise
            raise asked.wrong_cursor() from problem
        related = await self._related(guild_id, page.items, visible)
        items = [article_shape(listed, related[listed.article.id]) for listed in page.items]
        return web.json_response({"items": items, "next_cursor": page.next_cursor})

    async def article(self, request: web.Request) -> web.Response:
        """One article as it stands in a guild."""
        listed, visible = await self._listed(request)
        related = await self._related(listed.guild_id, [listed], visible)
        return web.json_response(article_shape(listed, related[listed.article.id]))

    async def comments(self, request: web.Request) -> web.Response:
        """The comments on an article in a guild, replies nested; `limit` counts those that answer the article."""
        sort = asked.choice(request.query, "sort", CommentSort.NEWEST)
        limit, cursor = asked.limit(request.query), asked.cursor(request.query)
        listed, visible = await self._listed(request)
        tree = await self._newsroom.comments.tree(listed.guild_id, listed.article.id, sort, visible=visible)
        if cursor is not None:
            begin = _read_cursor(cursor, sort)
            tree = tuple(node for node in tree if _place(*_key(node), sort) > begin)
        page = tree[:limit]
        next_cursor = "{}.{}".format(*_key(page[-1])) if len(tree) > limit else None
        return web.json_response({"items": comment_shapes(page), "next_cursor": next_cursor})

    async def _related(
        self, guild_id: int, items: Iterable[Listed], visible: Collection[int]
    ) -> Mapping[int, Sequence[Listed]]:
        article_ids = [listed.article.id for listed in items]
        return await self._newsroom.related.to(guild_id, article_ids, visible=visible, most=RELATED)

    def _guild(self, request: web.Request) -> tuple[int, Collection[int]]:
        """The guild's id and its channels that anybody may read."""
        guild_id = asked.id_of(request.match_info, "guild")
        visible = self._public_channels(guild_id)
        if visible is None:
            raise web.HTTPNotFound(text="Broadsheet is in no guild of this id.")
        return guild_id, visible

    async def _listed(self, request: web.Request) -> tuple[Listed, Collection[int]]:
        article_id = asked.id_of(request.match_info, "article")
        guild_id, visible = self._guild(request)
        listed = await self._newsroom.front_page.one(guild_id, article_id, visible=visible)
        if listed is None:
            raise web.HTTPNotFound(text="This guild has no article of this id.")
        return listed, visible


def _key(node: CommentNode) -> tuple[int, int]:
    return node.comment.tally.score, node.comment.message_id


def _place(score: int, message_id: int, sort: CommentSort) -> tuple[int, int]:
    """Where a comment stands in an order; the same as in the comment tree."""
    match sort:
        case CommentSort.NEWEST:
            return 0, -message_id
        case CommentSort.OLDEST:
            return 0, message_id
        case CommentSort.MOST_VOTED:
            return -score, message_id


def _read_cursor(cursor: str, sort: CommentSort) -> tuple[int, int]:
    written = re.fullmatch(r"(-?[0-9]{1,9})\.([0-9]{1,19})", cursor)
    if written is None:
        raise asked.wrong_cursor()
    return _place(int(written[1]), int(written[2]), sort)
