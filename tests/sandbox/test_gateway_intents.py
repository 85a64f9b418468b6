"""Which event is in which group, held against the list that Discord documents."""

import re
from pathlib import Path

from bot import sandbox
from bot.sandbox.gateway.intents import Intent, intent_of, is_valid

# https://docs.discord.com/developers/events/gateway#list-of-intents; events in no group reach everybody.
_IN_GUILDS = """
0 GUILD_CREATE GUILD_UPDATE GUILD_DELETE GUILD_ROLE_CREATE GUILD_ROLE_UPDATE GUILD_ROLE_DELETE
0 CHANNEL_CREATE CHANNEL_UPDATE CHANNEL_DELETE CHANNEL_PINS_UPDATE THREAD_CREATE THREAD_UPDATE THREAD_DELETE
0 THREAD_LIST_SYNC THREAD_MEMBER_UPDATE THREAD_MEMBERS_UPDATE STAGE_INSTANCE_CREATE STAGE_INSTANCE_UPDATE
1 GUILD_MEMBER_ADD GUILD_MEMBER_UPDATE GUILD_MEMBER_REMOVE
2 GUILD_AUDIT_LOG_ENTRY_CREATE GUILD_BAN_ADD GUILD_BAN_REMOVE
3 GUILD_EMOJIS_UPDATE GUILD_STICKERS_UPDATE
4 GUILD_INTEGRATIONS_UPDATE INTEGRATION_CREATE INTEGRATION_UPDATE INTEGRATION_DELETE
5 WEBHOOKS_UPDATE
6 INVITE_CREATE INVITE_DELETE
7 VOICE_STATE_UPDATE
8 PRESENCE_UPDATE
9 MESSAGE_CREATE MESSAGE_UPDATE MESSAGE_DELETE MESSAGE_DELETE_BULK
10 MESSAGE_REACTION_ADD MESSAGE_REACTION_REMOVE MESSAGE_REACTION_REMOVE_ALL MESSAGE_REACTION_REMOVE_EMOJI
11 TYPING_START
24 MESSAGE_POLL_VOTE_ADD MESSAGE_POLL_VOTE_REMOVE
"""
_IN_DIRECT_MESSAGES = """
12 MESSAGE_CREATE MESSAGE_UPDATE MESSAGE_DELETE CHANNEL_PINS_UPDATE
13 MESSAGE_REACTION_ADD MESSAGE_REACTION_REMOVE MESSAGE_REACTION_REMOVE_ALL MESSAGE_REACTION_REMOVE_EMOJI
14 TYPING_START
25 MESSAGE_POLL_VOTE_ADD MESSAGE_POLL_VOTE_REMOVE
"""
_TO_EVERYBODY = """
READY RESUMED RATE_LIMITED INTERACTION_CREATE USER_UPDATE GUILD_MEMBERS_CHUNK ENTITLEMENT_CREATE
APPLICATION_COMMAND_PERMISSIONS_UPDATE
"""
# What people's own clients are told besides; no bot hears of these.
_TO_PEOPLE = """
INTERACTION_SUCCESS INTERACTION_FAILURE INTERACTION_MODAL_CREATE RELATIONSHIP_ADD RELATIONSHIP_REMOVE
GUILD_APPLICATION_COMMAND_INDEX_UPDATE
"""


def _rows(table: str) -> list[tuple[str, Intent]]:
    lines = [line.split() for line in table.strip().splitlines()]
    return [(event, Intent(1 << int(bit))) for bit, *events in lines for event in events]


def test_every_event_is_in_the_group_that_discord_documents() -> None:
    assert [(event, intent_of(event)) for event, _ in _rows(_IN_GUILDS)] == _rows(_IN_GUILDS)
    direct = _rows(_IN_DIRECT_MESSAGES)
    assert [(event, intent_of(event, direct=True)) for event, _ in direct] == direct
    assert {intent_of(event) for event in _TO_EVERYBODY.split()} == {Intent.ALWAYS}


def test_the_sandbox_sends_no_event_that_discord_does_not_have() -> None:
    documented = {event for event, _ in _rows(_IN_GUILDS)} | set(_TO_EVERYBODY.split())
    source = "".join(path.read_text() for path in Path(sandbox.__path__[0]).rglob("*.py"))
    sent = set(re.findall(r'(?:gateway\.\w+|tell)\([^"()]*"([A-Z_]+)"', source))
    assert len(sent) > 15
    assert sent - documented <= set(_TO_PEOPLE.split())


def test_bits_without_a_meaning_are_no_intents() -> None:
    assert is_valid(0)
    assert is_valid(sum(Intent))
    assert not any(is_valid(number) for number in (-1, 1 << 17, 1 << 23, 1 << 26, 1 << 40))
