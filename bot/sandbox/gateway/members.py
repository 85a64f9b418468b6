"""The answer to op 8, Request Guild Members: the members of a guild in chunks of a thousand.

https://docs.discord.com/developers/events/gateway-events#request-guild-members
"""

from datetime import datetime, timedelta
from itertools import islice

from bot.sandbox import shapes
from bot.sandbox.gateway.intents import Intent
from bot.sandbox.gateway.payloads import MembersAsked
from bot.sandbox.gateway.sessions import Session
from bot.sandbox.shapes import Json
from bot.sandbox.things import Guild, Member
from bot.sandbox.wire import encode
from bot.sandbox.world import World

_CHUNK = 1000
# How many may be asked for by name or id; only the whole list is longer.
_AT_MOST = 100
# All members of a guild are told to a session once in this time.
_WHOLE_EVERY = timedelta(seconds=30)


def tell_members(world: World, session: Session, asked: MembersAsked, now: datetime, limited: bool) -> None:
    """Answer a session. The whole list needs GUILD_MEMBERS; without it there is no answer, as on Discord."""
    guild = world.guilds.get(asked.guild_id)
    if guild is None or session.user.id not in guild.members or not session.serves(guild.id):
        return
    if asked.whole and not session.wants(Intent.GUILD_MEMBERS):
        return
    if asked.whole and limited and session.user.bot:
        last = session.members_told.get(guild.id)
        if last is not None and now - last < _WHOLE_EVERY:
            session.tell("RATE_LIMITED", encode(_refusal(asked, _WHOLE_EVERY - (now - last))))
            return
        session.members_told[guild.id] = now
    members = _found(world, guild, asked)
    count = max(1, -(-len(members) // _CHUNK))
    for index in range(count):
        part = members[index * _CHUNK : (index + 1) * _CHUNK]
        data: Json = {
            "guild_id": guild.id,
            "members": [shapes.member_shape(world, one) for one in part],
            "chunk_index": index,
            "chunk_count": count,
            "not_found": [one for one in asked.user_ids or () if one not in guild.members],
        }
        if asked.presences and session.wants(Intent.GUILD_PRESENCES):
            data["presences"] = []
        if asked.nonce is not None:
            data["nonce"] = asked.nonce
        session.tell("GUILD_MEMBERS_CHUNK", encode(data))


def _refusal(asked: MembersAsked, left: timedelta) -> Json:
    meta = {"guild_id": asked.guild_id} | ({} if asked.nonce is None else {"nonce": asked.nonce})
    return {"opcode": 8, "retry_after": round(left.total_seconds(), 3), "meta": meta}


def _found(world: World, guild: Guild, asked: MembersAsked) -> list[Member]:
    if asked.user_ids is not None:
        wanted = dict.fromkeys(asked.user_ids[:_AT_MOST])
        return [guild.members[one] for one in wanted if one in guild.members]
    if asked.whole:
        return list(guild.members.values())
    matching = (one for one in guild.members.values() if _is_named(world, one, asked.query))
    return list(islice(matching, min(asked.limit or _AT_MOST, _AT_MOST)))


def _is_named(world: World, member: Member, query: str) -> bool:
    user = world.users[member.user_id]
    names = (user.username, user.global_name, member.nick)
    return any(name is not None and name.lower().startswith(query) for name in names)
