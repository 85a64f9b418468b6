"""That members' words are withheld is said once in a guild, to the first admin who can be told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bot.newsroom.comments import Comments
from bot.newsroom.ports import Away, Done, Later, MessageSeen, Outcome, Unclear
from bot.newsroom.watch import Watch
from bot.newsroom.withheld import Withheld
from storage import Database, Store
from tests.databases import RANKS, nonces
from tests.storage.desk import GUILD, NOW, Desk

SUBSCRIBER, OWNER, SYSTEM = 7, 1, 22


@dataclass
class Guild:
    """A guild that notes who is told: channels by their ids, members as negative ones."""

    answers: dict[int, Outcome] = field(default_factory=dict)
    told: list[int] = field(default_factory=list)

    async def tell_withheld(self, guild_id: int, channel_id: int) -> Outcome:
        return self._tell(channel_id)

    async def tell_withheld_directly(self, guild_id: int, member_id: int) -> Outcome:
        return self._tell(-member_id)

    def system_channel_id(self, guild_id: int) -> int | None:
        return SYSTEM

    def owner_id(self, guild_id: int) -> int | None:
        return OWNER

    def _tell(self, whom: int) -> Outcome:
        self.told.append(whom)
        return self.answers.get(whom, Done(1))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({}, [-SUBSCRIBER]),
        ({-SUBSCRIBER: Away("Closed.")}, [-SUBSCRIBER, -OWNER]),
        ({-SUBSCRIBER: Away("Closed."), -OWNER: Away("Closed.")}, [-SUBSCRIBER, -OWNER, SYSTEM]),
        ({-SUBSCRIBER: Unclear("Who knows.")}, [-SUBSCRIBER]),
    ],
)
async def test_it_is_said_once_to_the_first_who_takes_it(
    database: Database, answers: dict[int, Outcome], told: list[int]
) -> None:
    desk = Desk(database, Store(database, ranks=RANKS, nonce=nonces()))
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.send_all()
    card_id = 1000 + card.post.id

    def start() -> Withheld:
        return Withheld(desk.store, Comments(desk.store, Watch(), clock=lambda: NOW), clock=lambda: NOW)

    def message(message_id: int, reply_to_id: int | None) -> MessageSeen:
        return MessageSeen(message_id, GUILD, 100, 5, "Eve", False, "", reply_to_id, NOW, None)

    withheld, guild = start(), Guild({-SUBSCRIBER: Later("A pause.")})
    await withheld.noticed(message(2000, None), guild)
    assert guild.told == [], "chatter beside the articles is nobody's business"
    await withheld.noticed(message(2001, card_id), guild)
    assert guild.told == [-SUBSCRIBER]
    guild = Guild(answers)
    for one in (withheld, withheld, start()):
        await one.noticed(message(2002, card_id), guild)
    assert guild.told == told
