"""The cards' button "More on this topic": what else was posted on it, for the one who asks."""

from __future__ import annotations

from discord.ext import commands

from bot.cards import read_related_button, related_card
from bot.newsroom.front_page import FrontPage
from bot.newsroom.related import Related
from cogs.replies import Answer, Host, Interaction, clicked, show
from cogs.visibility import visible_to

_GONE = "Broadsheet no longer has this article, or you can't see its channel. `/top` shows those it has."


class RelatedCog(commands.Cog, name="related articles"):
    """Related articles, of those in channels that the member may read."""

    def __init__(self, related: Related, front_page: FrontPage) -> None:
        self._related = related
        self._front_page = front_page

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A card's button."""
        nonce = read_related_button(clicked(interaction) or "")
        if nonce is not None:
            await show(interaction, self._answer(interaction, nonce))

    async def _answer(self, interaction: Interaction, nonce: str) -> Answer:
        visible = visible_to(interaction)
        listed = await self._front_page.by_nonce(nonce, visible=visible)
        if listed is None or listed.guild_id != interaction.guild_id:
            return _GONE
        found = await self._related.to(listed.guild_id, [listed.article.id], visible=visible)
        return related_card(listed, found[listed.article.id])


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(RelatedCog(bot.newsroom.related, bot.newsroom.front_page))
