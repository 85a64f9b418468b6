"""What a guild's managers do about comments. What is deleted in Discord is deleted here without them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.newsroom.ports import Away, Done, Later, Missing, Refused, ThreadLocker, Unclear
from storage import Store


@dataclass(frozen=True, slots=True)
class Closed:
    """An article's comments were closed or opened (`changed`: not before already).

    So many `threads` were locked or unlocked with it, and of the others `problems` say why not.
    """

    changed: bool
    threads: int
    problems: tuple[str, ...]


class Moderation:
    """Hides comments, closes articles to them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def hide(self, guild_id: int, message_id: int, *, hidden: bool) -> bool:
        """List and count a comment no more, or again. False: this message is no comment of the guild's."""
        return await self._store.moderation.hide(guild_id, message_id, hidden=hidden)

    async def is_closed(self, guild_id: int, article_id: int) -> bool:
        """Whether an article takes no more comments in a guild."""
        return await self._store.moderation.closed_at(guild_id, article_id) is not None

    async def close(
        self, guild_id: int, message_id: int, at: datetime, locker: ThreadLocker, *, closed: bool
    ) -> Closed | None:
        """Take no more comments on the article of this card, or of this comment, from `at` on; or (not `closed`) again.

        Its threads are locked with it, or unlocked. None: the message has to do with no article of the guild's.
        """
        article_id = await self._article_of(guild_id, message_id)
        if article_id is None:
            return None
        moderation = self._store.moderation
        if closed:
            changed = await moderation.close(guild_id, article_id, at)
        else:
            changed = await moderation.reopen(guild_id, article_id)
        done, problems = 0, dict[str, None]()
        for thread_id in await moderation.threads(guild_id, article_id):
            match await locker.lock_thread(guild_id, thread_id, locked=closed):
                case Done():
                    done += 1
                case Away(gone=True) | Missing():
                    pass
                case Away(sentence=why) | Later(sentence=why) | Refused(sentence=why) | Unclear(sentence=why):
                    problems[why] = None
        return Closed(changed, done, tuple(problems))

    async def _article_of(self, guild_id: int, message_id: int) -> int | None:
        post = await self._store.posts.by_message(message_id)
        about = post or await self._store.comments.get(message_id)
        return about.article_id if about is not None and about.guild_id == guild_id else None
