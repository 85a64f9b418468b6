"""What is kept of a member, told in plain words, and as a file of one's own."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import discord

from bot.cards.card import COLOUR, Button, Card, File
from bot.cards.words import jump_url
from bot.newsroom.letters import KEPT_FOR
from bot.newsroom.privacy import Standing
from bot.newsroom.retention import LEFT_FOR
from bot.newsroom.source_status import shown_address
from storage.records import (
    CommentKept,
    DigestKept,
    FollowKept,
    Listener,
    MemberKept,
    SourceKept,
    TidingKept,
    Verdict,
    VoteKept,
)

# Discord takes 10 MB of a bot.
LARGEST_FILE = 8_000_000


class PrivacyButton(StrEnum):
    """The custom ids of the buttons under what is told here."""

    EXPORT = "privacy:export"
    DELETE = "privacy:delete"
    SURELY = "privacy:surely"
    ALLOW = "privacy:allow"
    HIDE = "privacy:hide"
    SHOW = "privacy:show"


def read_privacy_button(custom_id: str) -> PrivacyButton | None:
    """Which of these buttons it is, or None for an id that is none of theirs."""
    return next((button for button in PrivacyButton if button == custom_id), None)


def about_card(standing: Standing, kept_for: timedelta | None) -> Card:
    """What is kept of a member in a guild that keeps it for so long (None: while the bot is there), and why."""
    span = (
        "as long as Broadsheet is in this server"
        if kept_for is None
        else f"{kept_for.days} days; then they are erased"
    )
    shown = (
        "You are **not shown by name** outside of Discord, and rankings and `/who voted` leave you out."
        if standing.hidden
        else "You are shown by your name in Discord."
    )
    name = (
        Button("Show my name", PrivacyButton.SHOW)
        if standing.hidden
        else Button("Hide my name", PrivacyButton.HIDE)
    )
    return _about(standing, span, shown, () if standing.forgotten else (name,))


def about_card_anywhere(standing: Standing) -> Card:
    """What is kept of whoever asks outside of a guild, and why."""
    span = "as long as each server chooses, at most as long as Broadsheet is there"
    shown = "You are shown by your name in Discord; `/privacy name`, used in a server, changes that there."
    return _about(standing, span, shown, ())


def _about(standing: Standing, span: str, shown: str, buttons: tuple[Button, ...]) -> Card:
    embed = discord.Embed(colour=COLOUR, title="What Broadsheet keeps of you")
    embed.description = "\n\n".join(_paragraphs(standing, span, shown))
    last = (
        Button("Take part again", PrivacyButton.ALLOW)
        if standing.forgotten
        else Button("Delete my data", PrivacyButton.DELETE)
    )
    return Card(embed, ((Button("Send me my data", PrivacyButton.EXPORT), *buttons, last),))


def _paragraphs(standing: Standing, span: str, shown: str) -> list[str]:
    if standing.forgotten:
        now = (
            "**You asked to be forgotten.** Nothing of you is kept, in no server, but your Discord id in the list of "
            "those of whom nothing is to be kept. Your reactions do not count and what you write is no comment here. "
            "`/privacy allow` ends that."
        )
        return [now, _REST]
    return [
        "**Votes.** When you react to a card or a comment: your Discord id, the emoji and the time. So each member has "
        "one vote, and one that you take back is gone. If one can't count: that you were told so, once. Where a server "
        "allows it, `/who voted` tells others of your vote, as Discord's own list of reactions does.",
        "**Comments.** When you answer a card, write in its thread or into a dialog of Broadsheet's: the text, the "
        "addresses of attachments, the time and your name. `/comments` and the server's public page show them, as "
        f"Discord does. {shown} What you edit or delete in Discord is edited or deleted here.",
        "**Sources that you added:** your id, to tell you when a channel can't be used.",
        "**Digests that you asked for:** your id, when they come and where. A digest may quote a comment of yours, not "
        "that of somebody who is not shown by name.",
        "**What you follow:** what, where and when you want to be told, your time zone and quiet hours, and for "
        f"{KEPT_FOR.days} days what you were told, so that you are told it once. `/follow list` stops each; in a "
        "server that you left it is erased.",
        f"**For how long?** Votes and comments: {span}. When Broadsheet is removed from a server, all that it has of "
        f"that server is erased {LEFT_FOR.days} days later.",
        _REST,
    ]


_REST = (
    "Other messages are never stored, and no text of yours is written to a log. Nobody is profiled, nothing is sold, "
    "and no model is trained on what you write."
)


def confirm_card() -> Card:
    """Asks once more before everything is erased."""
    embed = discord.Embed(colour=COLOUR, title="Delete all of it?")
    embed.description = (
        "Your votes, your comments, your name, your digests and what you follow are erased here, **in every server** "
        "that this Broadsheet is in, and scores are counted without them. From then on nothing of you is kept but your "
        "Discord id, by which that is known: your reactions will not count, and what you write will be no comment. "
        "This can't be taken back; `/privacy allow` only lets you begin anew.\n\n"
        "What Broadsheet posted for you is deleted in Discord, too. What you wrote there yourself stays until you "
        "delete it."
    )
    return Card(
        embed,
        (
            (
                Button("Delete all of it", PrivacyButton.SURELY),
                Button("Send me my data first", PrivacyButton.EXPORT),
            ),
        ),
    )


def export_card(kept: MemberKept, made_at: datetime) -> Card:
    """A member's own data as a file, JSON; compressed where Discord would not take it else."""
    embed = discord.Embed(colour=COLOUR, title="All that Broadsheet keeps of you")
    embed.description = (
        f"In this file: your {_counted(len(kept.votes), 'vote')}, {_counted(len(kept.comments), 'comment')}, names, "
        f"digests, sources that you added, and {_counted(len(kept.follows), 'thing')} that you follow, of all servers. "
        "Only you see this message. `/privacy delete` erases it."
    )
    data = json.dumps(exported(kept, made_at), ensure_ascii=False, indent=2).encode()
    name, media_type = "broadsheet.json", "application/json"
    if len(data) > LARGEST_FILE:
        name, media_type, data = f"{name}.gz", "application/gzip", gzip.compress(data)
    return Card(embed, file=File(name, media_type, data))


def exported(kept: MemberKept, made_at: datetime) -> dict[str, Any]:
    """What is kept of a member, by server. Ids are strings; times are ISO 8601 in UTC."""
    servers: dict[int, dict[str, Any]] = {}

    def server(guild_id: int) -> dict[str, Any]:
        return servers.setdefault(
            guild_id,
            {
                "id": str(guild_id),
                "name": None,
                "your_name": None,
                "shown_by_name": True,
                "votes": [],
                "comments": [],
                "sources_added": [],
                "told_why_a_vote_does_not_count": [],
                "digests": [],
                "follows": [],
                "told": [],
            },
        )

    for one in kept.names:
        server(one.guild_id).update(
            {"name": one.guild_name, "your_name": one.name, "shown_by_name": not one.hidden}
        )
    for vote in kept.votes:
        server(vote.guild_id)["votes"].append(_vote(vote))
    for comment in kept.comments:
        server(comment.guild_id)["comments"].append(_comment(comment))
    for source in kept.sources:
        server(source.guild_id)["sources_added"].append(_source(source))
    for answer in kept.answers:
        server(answer.guild_id)["told_why_a_vote_does_not_count"].append(_REASONS[answer.verdict])
    for digest in kept.digests:
        server(digest.guild_id)["digests"].append(_digest(digest))
    for follow in kept.follows:
        server(follow.guild_id)["follows"].append(_follow(follow))
    for tiding in kept.told:
        server(tiding.guild_id)["told"].append(_tiding(tiding))
    return {
        "about": "All that this Broadsheet keeps of a member of Discord. Times are in UTC, ids are Discord's.",
        "made_at": _time(made_at),
        "member_id": str(kept.member_id),
        "forgotten_since": _time(kept.forgotten_since),
        "how_you_are_told": None if kept.listener is None else _listener(kept.listener),
        "servers": list(servers.values()),
    }


_REASONS = {Verdict.OWN_COMMENT: "it is on your own comment", Verdict.NOT_A_VOTER: "you lack the roles"}


def _vote(vote: VoteKept) -> dict[str, Any]:
    return {
        "emoji": vote.emoji,
        "at": _time(vote.at),
        "on": "comment" if vote.on_comment else "article",
        "article": {"title": vote.title, "url": vote.url},
        "message": jump_url(vote.guild_id, vote.channel_id, vote.message_id),
    }


def _comment(comment: CommentKept) -> dict[str, Any]:
    where = None
    if comment.channel_id is not None and comment.message_id is not None:
        where = jump_url(comment.guild_id, comment.channel_id, comment.message_id)
    return {
        "text": comment.text,
        "quote": comment.quote,
        "created_at": _time(comment.created_at),
        "edited_at": _time(comment.edited_at),
        "article": {"title": comment.title, "url": comment.url},
        "reply_to": None if comment.reply_to_id is None else str(comment.reply_to_id),
        "message": where,
    }


def _source(source: SourceKept) -> dict[str, Any]:
    return {
        "url": shown_address(source.url),
        "channel_id": str(source.channel_id),
        "at": _time(source.at),
    }


def _digest(digest: DigestKept) -> dict[str, Any]:
    return {
        "to": "you" if digest.own else "a channel",
        "channel_id": str(digest.channel_id),
        "every": digest.every,
        "hour": digest.hour,
        "time_zone": digest.zone,
        "at": _time(digest.at),
    }


def _follow(follow: FollowKept) -> dict[str, Any]:
    return {
        "kind": follow.kind.value,
        "what": follow.wording,
        "told_in_channel_id": None if follow.channel_id is None else str(follow.channel_id),
        "gathered": follow.gathered,
        "at": _time(follow.at),
    }


def _tiding(tiding: TidingKept) -> dict[str, Any]:
    return {
        "because_of": tiding.kind.value,
        "article": {"title": tiding.title, "url": tiding.url},
        "comment": None if tiding.comment_id is None else str(tiding.comment_id),
        "told": tiding.told,
        "at": _time(tiding.at),
    }


def _listener(listener: Listener) -> dict[str, Any]:
    """Minutes of the day in the member's time zone."""
    return {
        "time_zone": listener.time_zone,
        "quiet_from_minute": listener.quiet_from,
        "quiet_until_minute": listener.quiet_until,
        "gather_at_minute": listener.gather_at,
        "gathered": listener.gathered,
        "direct_messages_closed_since": _time(listener.closed_at),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
