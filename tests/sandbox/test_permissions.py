"""Permissions: the pure rules as properties, the hierarchy, and who may set which overwrites."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import permissions
from bot.sandbox.permissions import ALL, IN_TIME_OUT, Permission
from bot.sandbox.scenario import Person, Refused
from tests.sandbox.conftest import BOT_PERMISSIONS, Town
from tests.sandbox.test_rules import refused

ADMINISTRATOR, VIEW, SEND = Permission.ADMINISTRATOR, Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES
ROLES, CHANNELS = Permission.MANAGE_ROLES, Permission.MANAGE_CHANNELS
bits = st.integers(0, ALL)
pairs = st.tuples(bits, bits)
overwrites = st.fixed_dictionaries({}, optional={"all": pairs, "r1": pairs, "r2": pairs, "me": pairs})


@given(st.lists(bits), bits)
def test_owner_and_administrators_have_everything(roles: list[int], base: int) -> None:
    assert permissions.in_guild(True, roles) == ALL
    assert permissions.in_guild(False, [*roles, int(ADMINISTRATOR)]) == ALL
    everything = permissions.in_channel(base | ADMINISTRATOR, "all", [], "me", {"all": (0, ALL)})
    assert everything == permissions.in_time_out(everything) == ALL


@given(bits, overwrites)
def test_the_later_overwrite_wins_and_allowing_wins_within_one(
    base: int, given_here: dict[str, tuple[int, int]]
) -> None:
    base &= ~ADMINISTRATOR
    granted = permissions.in_channel(base, "all", ["r1", "r2"], "me", given_here)
    nothing = (0, 0)
    own_allow, own_deny = given_here.get("me", nothing)
    one, other = given_here.get("r1", nothing), given_here.get("r2", nothing)
    everyone = given_here.get("all", nothing)
    stages = [(own_allow, own_deny), (one[0] | other[0], one[1] | other[1]), everyone]
    for bit in Permission:
        said = next((bool(allow & bit) for allow, deny in stages if (allow | deny) & bit), bool(base & bit))
        assert bool(granted & bit) == said
    # The order of roles does not matter.
    assert granted == permissions.in_channel(base, "all", ["r2", "r1"], "me", given_here)


@given(bits, st.booleans())
def test_denials_follow_from_what_is_missing(granted: int, thread: bool) -> None:
    left = permissions.with_implicit_denials(granted, thread)
    assert left & ~granted == 0
    assert left == permissions.with_implicit_denials(left, thread)
    if not granted & VIEW:
        assert left == 0
    sending = Permission.SEND_MESSAGES_IN_THREADS if thread else SEND
    if not left & sending:
        assert not left & (Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE)
    if not granted & ADMINISTRATOR:
        assert permissions.in_time_out(granted) == granted & IN_TIME_OUT


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 99).map(str)), min_size=1))
def test_of_roles_the_higher_and_then_the_older_ranks_first(roles: list[tuple[int, str]]) -> None:
    top = permissions.highest(roles)
    assert all(top >= permissions.rank(*one) for one in roles)
    assert permissions.highest([]) < top < permissions.OWNER_RANK
    assert permissions.rank(1, "10") > permissions.rank(1, "11")


def test_the_bits_are_the_official_ones() -> None:
    # Spot checks against the reference's table; the invite of the product is told in these.
    assert [Permission(1 << bit).name for bit in (2, 18, 26, 27, 30, 40, 43, 49, 50, 51, 52)] == [
        *("BAN_MEMBERS", "USE_EXTERNAL_EMOJIS", "CHANGE_NICKNAME", "MANAGE_NICKNAMES"),
        *("MANAGE_GUILD_EXPRESSIONS", "MODERATE_MEMBERS", "CREATE_GUILD_EXPRESSIONS", "SEND_POLLS"),
        *("USE_EXTERNAL_APPS", "PIN_MESSAGES", "BYPASS_SLOWMODE"),
    ]


async def test_nobody_reaches_above_their_own_highest_role(town: Town, bot: Person) -> None:
    alice, guild_id = town.alice, town.guild_id
    base = f"/guilds/{guild_id}/roles"
    await alice.install(town.application, guild_id, BOT_PERMISSIONS | ROLES)
    # New roles come in at the bottom: the bot's own is older, so it stands above.
    low = await alice.create_role(guild_id, "low", 0)
    high = await alice.create_role(guild_id, "high", 0)
    moved = await alice.request("PATCH", base, [{"id": high["id"], "position": 5}])
    assert [one["name"] for one in moved][-1] == "high"
    managed = next(one for one in moved if one["managed"])

    async def given(role: Any, method: str = "PUT") -> int:
        return await refused(bot.request(method, f"/guilds/{guild_id}/members/{town.bob.id}/roles/{role}"))

    await bot.request("PUT", f"/guilds/{guild_id}/members/{town.bob.id}/roles/{low['id']}")
    assert await given(high["id"]) == 50013
    assert await given(managed["id"]) == 50013
    assert await given(guild_id) == 50028
    assert await given("1") == 10011
    renamed = await bot.request("PATCH", f"{base}/{low['id']}", {"name": "lower", "color": 255})
    assert (renamed["name"], renamed["color"], renamed["colors"]["primary_color"]) == ("lower", 255, 255)
    assert await refused(bot.request("PATCH", f"{base}/{high['id']}", {"name": "x"})) == 50013
    assert await refused(bot.request("PATCH", f"{base}/{managed['id']}", {"name": "x"})) == 50013
    # Neither grants a bot what it lacks, nor lifts a role over its own.
    body = {"permissions": str(int(Permission.BAN_MEMBERS))}
    assert await refused(bot.request("PATCH", f"{base}/{low['id']}", body)) == 50013
    assert await refused(bot.request("POST", base, {"name": "x", **body})) == 50013
    assert await refused(bot.request("PATCH", base, [{"id": low["id"], "position": 2}])) == 50013
    assert await refused(alice.request("PATCH", base, [{"id": guild_id, "position": 2}])) == 50028
    assert await refused(bot.request("DELETE", f"{base}/{high['id']}")) == 50013
    assert await refused(alice.request("DELETE", f"{base}/{managed['id']}")) == 50028
    assert await refused(alice.request("DELETE", f"{base}/{guild_id}")) == 50028
    everyone = await alice.request("PATCH", f"{base}/{guild_id}", {"name": "all of us", "permissions": "0"})
    assert (everyone["name"], everyone["permissions"]) == ("@everyone", "0")


@pytest.mark.parametrize("written", ["9" * 5000, str(1 << 63), "-1", "x", 1.5, True])
async def test_what_is_no_set_of_permissions_is_a_broken_form(town: Town, written: object) -> None:
    with pytest.raises(Refused, match="50035"):
        await town.alice.request("POST", f"/guilds/{town.guild_id}/roles", {"permissions": written})


async def test_a_deleted_role_is_gone_from_members_and_overwrites(town: Town, bot: Person) -> None:
    role = await town.alice.create_role(town.guild_id, "short", 0)
    await town.alice.give_role(town.guild_id, town.bob, role)
    await town.alice.overwrite(town.channel_id, role["id"], deny=int(VIEW))
    await town.bob.wait_for("CHANNEL_DELETE", id=town.channel_id)
    await town.alice.request("DELETE", f"/guilds/{town.guild_id}/roles/{role['id']}")
    await town.bob.wait_for("GUILD_ROLE_DELETE", role_id=role["id"])
    assert await town.bob.messages(town.channel_id) == []
    member = await bot.request("GET", f"/guilds/{town.guild_id}/members/{town.bob.id}")
    channel = await bot.request("GET", f"/channels/{town.channel_id}")
    assert (member["roles"], channel["permission_overwrites"]) == ([], [])


async def test_overwrites_are_set_by_who_holds_what_they_touch(town: Town, bot: Person) -> None:
    alice, everyone = town.alice, town.guild_id
    path = f"/channels/{town.channel_id}/permissions/{everyone}"

    def body(allow: int = 0, deny: int = 0) -> dict[str, Any]:
        return {"type": 0, "allow": str(int(allow)), "deny": str(int(deny))}

    assert await refused(bot.request("PUT", path, body(deny=SEND))) == 50013
    await alice.install(town.application, everyone, BOT_PERMISSIONS | ROLES)
    await bot.request("PUT", path, body(deny=SEND))
    assert await refused(bot.request("PUT", path, body(allow=Permission.BAN_MEMBERS))) == 50013
    assert await refused(bot.request("PUT", path, body(allow=ROLES))) == 50013
    await alice.request("PUT", path, body(deny=SEND | Permission.BAN_MEMBERS))
    # It cannot take away either what it could not set.
    assert await refused(bot.request("DELETE", path)) == 50013
    own = f"/channels/{town.channel_id}/permissions/{bot.id}"
    await alice.request("PUT", own, {"type": 1, "allow": str(int(ROLES)), "deny": "0"})
    await bot.request("DELETE", path)
    assert await refused(bot.request("DELETE", path)) == 10009
    nobody = f"/channels/{town.channel_id}/permissions/1"
    assert await refused(alice.request("PUT", nobody, body(deny=SEND))) == 10009


async def test_a_category_keeps_its_channels_in_step_until_they_differ(town: Town, bot: Person) -> None:
    alice, guild_id = town.alice, town.guild_id
    category = await alice.create_channel(guild_id, "Rooms", 4)
    await alice.overwrite(category["id"], guild_id, deny=int(SEND))
    inside = await alice.create_channel(guild_id, "inside", parent_id=category["id"])
    apart = await alice.create_channel(
        guild_id,
        "apart",
        parent_id=category["id"],
        permission_overwrites=[{"id": guild_id, "type": 0, "deny": str(int(Permission.ATTACH_FILES))}],
    )
    await alice.overwrite(category["id"], guild_id, deny=int(VIEW))

    async def denied(channel: Any) -> str:
        shown = await bot.request("GET", f"/channels/{channel['id']}")
        return str(shown["permission_overwrites"][0]["deny"])

    await alice.overwrite(category["id"], bot.id, allow=int(VIEW), member=True)
    assert await denied(inside) == str(int(VIEW))
    assert await denied(apart) == str(int(Permission.ATTACH_FILES))
    body = [{"id": apart["id"], "lock_permissions": True}]
    await alice.request("PATCH", f"/guilds/{guild_id}/channels", body)
    assert await denied(apart) == str(int(VIEW))
    await alice.delete_channel(category)
    freed = [one for one in await alice.channels(guild_id) if one["id"] in (inside["id"], apart["id"])]
    assert [one["parent_id"] for one in freed] == [None, None]


GUARDED: tuple[tuple[str, str, Any], ...] = (
    ("PATCH", "/guilds/{guild}", {"name": "Mine"}),
    ("POST", "/guilds/{guild}/channels", {"name": "x"}),
    ("PATCH", "/guilds/{guild}/channels", [{"id": "{channel}", "position": 1}]),
    ("PATCH", "/channels/{channel}", {"topic": "x"}),
    ("DELETE", "/channels/{channel}", None),
    ("POST", "/guilds/{guild}/roles", {"name": "x"}),
    ("PATCH", "/guilds/{guild}/roles", []),
    ("DELETE", "/guilds/{guild}/members/{alice}", None),
    ("PUT", "/guilds/{guild}/bans/{alice}", {}),
    ("GET", "/guilds/{guild}/bans", None),
    ("POST", "/guilds/{guild}/bulk-ban", {"user_ids": ["1"]}),
    ("PATCH", "/guilds/{guild}/members/{alice}", {"nick": "x"}),
    ("PATCH", "/guilds/{guild}/members/{alice}", {"roles": []}),
    ("PATCH", "/guilds/{guild}/members/{alice}", {"communication_disabled_until": None}),
    ("GET", "/guilds/{guild}/invites", None),
    ("GET", "/channels/{channel}/invites", None),
    ("POST", "/guilds/{guild}/emojis", {"name": "x", "image": ""}),
)


async def test_a_member_without_the_permission_is_refused(town: Town) -> None:
    ids = {"guild": town.guild_id, "channel": town.channel_id, "alice": town.alice.id}
    reading = int(VIEW | SEND | Permission.READ_MESSAGE_HISTORY)
    await town.alice.set_role(town.guild_id, town.guild_id, reading)
    for method, path, body in GUARDED:
        answer = await refused(town.bob.request(method, path.format(**ids), body))
        assert answer == 50013, f"{method} {path}"
