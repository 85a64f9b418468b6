"""New threads, whoever makes them: what their body says, how many may be open, and who is told."""

from bot.sandbox.errors import refusal
from bot.sandbox.forms.channel import ARCHIVE_MINUTES
from bot.sandbox.forms.form import Form
from bot.sandbox.routes import archiving
from bot.sandbox.routes.routing import Call
from bot.sandbox.stage import Stage
from bot.sandbox.things import PUBLIC_THREAD, Channel, ThreadState

ACTIVE_AT_MOST = 1000


def read_thread(call: Call, form: Form, parent: Channel) -> Channel:
    """A thread as the body wants it; it has no id yet, and is a public one."""
    body = call.form
    name = form.text(body, "name", (), 100, least=1, required=True) or ""
    thread = make_thread(call.stage, parent, name, call.user.id)
    usual = parent.default_auto_archive_duration
    minutes = form.choice(body, "auto_archive_duration", (), usual, ARCHIVE_MINUTES)
    if thread.thread is not None:
        thread.thread.auto_archive_duration = minutes
        thread.thread.members = {call.user.id: thread.thread.create_timestamp}
    pace = parent.default_thread_rate_limit_per_user
    thread.rate_limit_per_user = form.number(body, "rate_limit_per_user", (), pace, 0, 21600)
    return thread


def make_thread(stage: Stage, parent: Channel, name: str, owner_id: str) -> Channel:
    """A thread with its channel's defaults and no members; it has no id yet."""
    now = stage.stamp()
    return Channel(
        id="0",
        type=PUBLIC_THREAD,
        name=name.strip(),
        guild_id=parent.guild_id,
        parent_id=parent.id,
        rate_limit_per_user=parent.default_thread_rate_limit_per_user,
        thread=ThreadState(owner_id, now, now, parent.default_auto_archive_duration),
    )


def demand_room(stage: Stage, guild_id: str | None) -> None:
    """Refuse one more open thread in a guild that has 1000 with 160006."""
    if stage.world.count_active_threads(guild_id or "") >= ACTIVE_AT_MOST:
        raise refusal(160006)


def open_thread(stage: Stage, thread: Channel, thread_id: str, owner_id: str) -> None:
    """Put a new thread into its channel and tell of it."""
    thread.id = thread_id
    stage.world.add_channel(thread)
    archiving.watch(stage, thread)
    guild_id = thread.guild_id
    stage.note("thread created", owner_id, guild_id=guild_id, channel_id=thread_id, detail=thread.name)
    stage.gateway.thread("THREAD_CREATE", thread, newly_created=True)
