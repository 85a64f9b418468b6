"""Articles and sources as members name them in commands: chosen of those offered while they type, or written."""

from __future__ import annotations

from discord import app_commands

from bot.cards import article_label, article_value, read_article_value
from bot.newsroom.front_page import FrontPage
from cogs.replies import Interaction, guild_of
from cogs.visibility import visible_to
from storage.records import Listed

LONGEST_SEARCH = 200


async def article_named(
    front_page: FrontPage, interaction: Interaction, written: str | None
) -> Listed | None:
    """The article that is named, or the one whose card or thread this place is; None where there is none to be seen."""
    guild_id, visible = guild_of(interaction), visible_to(interaction)
    if written is None:
        found = await front_page.by_message(interaction.channel_id or 0, visible=visible)
        return found if found is not None and found.guild_id == guild_id else None
    if (article_id := read_article_value(written)) is not None:
        return await front_page.one(guild_id, article_id, visible=visible)
    return next(iter(await front_page.find(guild_id, written, 1, visible=visible)), None)


async def articles_offered(
    front_page: FrontPage, interaction: Interaction, typed: str
) -> list[app_commands.Choice[str]]:
    """The newest articles that hold the typed words."""
    found = await front_page.find(
        guild_of(interaction), typed[:LONGEST_SEARCH], visible=visible_to(interaction)
    )
    return [
        app_commands.Choice(name=article_label(one), value=article_value(one.article.id)) for one in found
    ]
