"""Threads by time: one that rests for as long as its `auto_archive_duration` is archived.

A thread that is open has one timer. What is written does not touch it: when it rings too early, it is set
again to the time that counts by then. Archived threads have none, so they cost nothing.
https://discord.com/developers/docs/topics/threads#active-archived-threads
"""

from datetime import datetime, timedelta
from functools import partial

from bot.sandbox.snowflakes import made_at
from bot.sandbox.stage import Stage
from bot.sandbox.things import Channel


def watch(stage: Stage, channel: Channel) -> None:
    """Set the time at which a thread will archive, in place of the one that was set before."""
    forget(stage, channel)
    stage.archivals[channel.id] = stage.clock.call_at(_due(channel), partial(_ring, stage, channel.id))


def watch_all(stage: Stage) -> None:
    """Watch the open threads of a world that was just loaded."""
    for guild_id in stage.world.guilds:
        for channel in stage.world.active_threads(guild_id):
            watch(stage, channel)


def forget(stage: Stage, channel: Channel) -> None:
    """Watch a thread no more."""
    timer = stage.archivals.pop(channel.id, None)
    if timer is not None:
        timer.cancel()


def set_archived(stage: Stage, channel: Channel, archived: bool) -> None:
    """Archive a thread now, or open it; the caller tells of it."""
    stage.world.set_archived(channel, archived, stage.stamp())
    if archived:
        forget(stage, channel)
    else:
        watch(stage, channel)


def _due(channel: Channel) -> datetime:
    """When a thread archives, if nothing more happens in it."""
    if channel.thread is None:
        raise ValueError(f"{channel.id} is not a thread")
    moved = datetime.fromisoformat(channel.thread.archive_timestamp)
    written = made_at(channel.last_message_id) if channel.last_message_id else moved
    return max(moved, written) + timedelta(minutes=channel.thread.auto_archive_duration)


def _ring(stage: Stage, thread_id: str) -> None:
    channel = stage.world.channels.get(thread_id)
    if channel is None or channel.thread is None or channel.thread.archived:
        stage.archivals.pop(thread_id, None)
    elif _due(channel) > stage.now():
        watch(stage, channel)
    else:
        set_archived(stage, channel, True)
        stage.note(
            "thread archived", channel.thread.owner_id, guild_id=channel.guild_id, channel_id=channel.id
        )
        stage.gateway.thread("THREAD_UPDATE", channel)
