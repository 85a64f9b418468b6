"""WebSub (W3C Recommendation, https://www.w3.org/TR/websub/): hubs push what sources publish to us.

    a poll's document names a hub → it is asked → it verifies that we meant it → it pushes, until its lease is renewed
    a push → its signature is checked → parse (in the worker) → what is new goes to the harvest

Polling goes on as the safety net, less often once a push brought something new. A poll that finds what no push told,
a hub that refuses, a lease that ends and a start of the bot bring the usual interval back.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.feeds.fetch import Fetcher
from bot.feeds.hub import Named
from bot.feeds.identify import identify, possible_identities
from bot.feeds.model import Document, Unreadable
from bot.feeds.workers import Workers
from bot.newsroom.harvest import Harvest
from bot.newsroom.reads import Polled, Read
from bot.newsroom.rounds import Clock, Rounds
from bot.newsroom.timing import note_published
from storage import DatabaseProblem, Hub, HubState, HubToStore, Source, Store

log = logging.getLogger(__name__)

PATH = "/websub/"
# What is asked for, and the most that is believed.
LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=30)
# A hub is renewed when so little of its lease is left, and looked at this often: a failure has time to pass.
RENEW_WITHIN = timedelta(days=2)
LOOK_EVERY = timedelta(days=1)
# Short leases are not renewed without end.
SHORTEST_LOOK = timedelta(hours=1)
# Asked in vain, a hub is asked again after this, doubled each time.
FIRST_BACK_OFF = timedelta(hours=1)
LONGEST_BACK_OFF = timedelta(days=7)
# One that said no is left alone for this long at least.
AFTER_DENIAL = timedelta(days=1)
# A hub that does not answer a goodbye is forgotten after so many; each push of it is answered with one.
MOST_GOODBYES = 3
# A push that only says "something happened" has a source polled, but no source more often than this.
POLL_SPACING = timedelta(minutes=1)
MOST_AT_ONCE = 16
# A hub whose process died while it was asked is asked again after this.
CLAIM = timedelta(minutes=5)
LONGEST_CHALLENGE = 2048
_METHODS = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}


class Step(Enum):
    """What is to be done about a hub that is looked at."""

    ASK = auto()
    END = auto()
    SAY_GOODBYE = auto()
    FORGET = auto()
    WAIT = auto()


def next_step(hub: Hub, source: Source, now: datetime) -> Step:
    """What is to be done about a hub now; its source may have gone, or nobody want it any more."""
    if hub.state is HubState.ENDING:
        over = hub.lease_ends_at is None or hub.lease_ends_at <= now
        return Step.FORGET if over or hub.attempts >= MOST_GOODBYES else Step.SAY_GOODBYE
    if source.next_poll_at is None:
        return Step.END
    if hub.state is HubState.WANTED or hub.lease_ends_at is None:
        return Step.ASK
    return Step.ASK if hub.lease_ends_at - now <= RENEW_WITHIN else Step.WAIT


def look_after(lease: timedelta) -> timedelta:
    """How long a hub with so much of its lease left is left alone."""
    return max(min(lease * 0.8, LOOK_EVERY), SHORTEST_LOOK)


def back_off(attempts: int, asked: timedelta | None = None) -> timedelta:
    """How long until a hub is asked again that was asked so often in vain; `asked` is its own Retry-After."""
    doubled: timedelta = FIRST_BACK_OFF * (1 << min(max(attempts - 1, 0), 16))
    return min(max(doubled, asked or timedelta()), LONGEST_BACK_OFF)


def granted_lease(text: str | None) -> timedelta | None:
    """The lease that a hub grants: what we asked for where it says nothing; None for what is no number above 0."""
    if text is None:
        return LEASE
    if not re.fullmatch(r"0*[1-9][0-9]{0,9}", text, re.ASCII):
        return None
    return min(timedelta(seconds=int(text)), LONGEST_LEASE)


def signature_holds(header: str | None, secret: str, body: bytes) -> bool:
    """Whether an X-Hub-Signature (WebSub §7: `method=hex`) was made with the secret over exactly this body."""
    name, _, signature = (header or "").strip().partition("=")
    method = _METHODS.get(name.lower())
    if method is None or not signature.isascii():
        return False
    expected = hmac.new(secret.encode(), body, method).hexdigest()
    return hmac.compare_digest(expected, signature.lower())


def is_trustworthy(hub: Hub, source: Source) -> bool:
    """Whether what the hub pushes may be taken for the source's own words.

    Not where the source is read over https and its hub is not: everybody on the way has read the secret. And not
    while the source is to be read in full, which tells what its beginners get.
    """
    as_safe = hub.url.startswith("https:") or not source.url.startswith("https:")
    return as_safe and source.digest is not None


def changes(
    named: Mapping[int, Named | None], current: Mapping[int, Hub]
) -> tuple[list[int], dict[int, Named]]:
    """What documents name against what is known, by source: the ids of hubs to end, and the hubs to want."""
    ended = []
    wanted = {}
    for source_id, naming in named.items():
        hub = current.get(source_id)
        if hub is not None and naming == Named(hub.url, hub.topic):
            continue
        if hub is not None:
            ended.append(hub.id)
        if naming is not None:
            wanted[source_id] = naming
    return ended, wanted


class WebSub:
    """The hubs of sources. `base` is our public address; `on_due` is called when a source was made due sooner."""

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        workers: Workers,
        harvest: Harvest,
        *,
        base: str,
        clock: Clock,
        interval: timedelta,
        on_due: Callable[[], None],
        new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._workers = workers
        self._harvest = harvest
        self._base = base
        self._clock = clock
        self._interval = interval
        self._on_due = on_due
        self._new_secret = new_secret
        self._woken = asyncio.Event()
        self._rounds = Rounds("asking hubs", self.ask_due, woken=self._woken)

    async def run(self) -> None:
        """Ask hubs until cancelled."""
        await self._rounds.run()

    async def polled(self, reads: Sequence[Read], results: Sequence[Polled]) -> None:
        """Learn from polls that were stored: which hubs the documents name, and what no push had told.

        What can't be stored is learnt from the document's next change.
        """
        try:
            await self._learn_hubs(
                {read.source.id: read.named for read in reads if read.document is not None}
            )
            now = self._clock()
            missed = [
                result.source.id
                for result in results
                if result.articles and result.source.pushed_until and result.source.pushed_until > now
            ]
            if missed:
                log.info("Polls found what hubs had not told; number of sources: %d", len(missed))
                await self._store.hubs.missed(missed, now + self._interval)
        except DatabaseProblem as problem:
            log.warning("What polls tell about hubs could not be stored: %s", problem)

    async def _learn_hubs(self, named: Mapping[int, Named | None]) -> None:
        if not named:
            return
        ended, wanted = changes(named, await self._store.hubs.of_sources(named))
        if ended or wanted:
            new = [
                HubToStore(
                    source_id, naming.hub, naming.topic, self._base, self._new_secret(), self._new_secret()
                )
                for source_id, naming in wanted.items()
            ]
            await self._store.hubs.replace(ended, new, self._clock())
            self._woken.set()

    async def ask_due(self) -> timedelta:
        """Look at every hub that it is time for; answers how long until the next one."""
        now = self._clock()
        next_due = await self._store.hubs.next_due_at()
        if next_due is not None and next_due <= now:
            claimed = await self._store.hubs.claim_due(now, MOST_AT_ONCE, CLAIM)
            await asyncio.gather(*(self._look_at(hub, source) for hub, source in claimed))
            next_due = await self._store.hubs.next_due_at()
        return LOOK_EVERY if next_due is None else max(next_due - self._clock(), timedelta())

    async def _look_at(self, hub: Hub, source: Source) -> None:
        hubs, now = self._store.hubs, self._clock()
        match next_step(hub, source, now):
            case Step.ASK:
                await self._ask(hub, "subscribe")
            case Step.SAY_GOODBYE:
                await self._ask(hub, "unsubscribe")
            case Step.END:
                await hubs.replace([hub.id], (), now)
            case Step.FORGET:
                await hubs.remove(hub.id)
            case Step.WAIT:
                left = (hub.lease_ends_at or now) - now
                await hubs.look_again(hub.id, now + look_after(left))

    async def _ask(self, hub: Hub, mode: str) -> None:
        """Ask a hub to push, or to stop. It may verify while it is being asked, so that comes to the store first."""
        asked_at = self._clock()
        if not await self._store.hubs.begin_asking(hub.id, asked_at):
            return
        fields = {"hub.mode": mode, "hub.topic": hub.topic, "hub.callback": f"{hub.base}{PATH}{hub.path}"}
        if mode == "subscribe":
            fields |= {"hub.secret": hub.secret, "hub.lease_seconds": str(int(LEASE.total_seconds()))}
        failure = await self._fetcher.post(hub.url, fields)
        wait = back_off(hub.attempts + 1, failure.retry_after if failure else None)
        problem = failure.sentence if failure else None
        if await self._store.hubs.asked(hub.id, asked_at, self._clock() + wait, problem) and failure:
            log.info("The hub of source %d did not take our %s: %s", hub.source_id, mode, problem)

    async def find(self, path: str) -> tuple[Hub, Source] | None:
        """The hub that was given this path, and its source."""
        return await self._store.hubs.by_path(path)

    async def verify(self, hub: Hub, said: Mapping[str, str]) -> str | None:
        """Answer a hub that asks whether we meant it (WebSub §5.3), or that says no (§5.2).

        None unless we did; else what it must be told, which is nothing after a no.
        """
        now = self._clock()
        mode, challenge = said.get("hub.mode"), said.get("hub.challenge", "")
        if said.get("hub.topic") != hub.topic:
            return None
        if mode == "denied" and hub.state is not HubState.ENDING:
            log.info("The hub of source %d does not push to us", hub.source_id)
            wait = max(back_off(hub.attempts + 1), AFTER_DENIAL)
            await self._store.hubs.denied(hub.id, now + wait, "The hub refuses to push this feed to us.")
            return ""
        if hub.asked_at is None or not 0 < len(challenge) <= LONGEST_CHALLENGE:
            return None
        if mode == "unsubscribe" and hub.state is HubState.ENDING:
            await self._store.hubs.remove(hub.id)
            return challenge
        lease = granted_lease(said.get("hub.lease_seconds"))
        if mode == "subscribe" and hub.state is not HubState.ENDING and lease is not None:
            verified = await self._store.hubs.verified(hub.id, now + lease, now + look_after(lease))
            return challenge if verified else None
        return None

    async def take(
        self,
        hub: Hub,
        source: Source,
        *,
        body: bytes,
        content_type: str,
        charset: str | None,
        signature: str | None,
    ) -> None:
        """Take what a hub pushes (WebSub §7): store what is new in it, so that what is acknowledged is kept.

        Without a good signature it has no effect. It never revises: what it says differently about known articles,
        and what can't be read or trusted, has the source polled soon. Raises DatabaseBusy for "push it again".
        """
        if hub.state is not HubState.ACTIVE or not signature_holds(signature, hub.secret, body):
            log.warning("A push for source %d was ignored: it was not asked for or is not signed", source.id)
            return
        now = self._clock()
        if source.next_poll_at is None:
            await self._store.hubs.replace([hub.id], (), now)
            self._woken.set()
            return
        if not is_trustworthy(hub, source):
            await self._poll_soon(source, now)
            return
        document = await self._workers.parse(body, content_type, charset, source.url, source.marks or b"")
        if isinstance(document, Unreadable):
            await self._poll_soon(source, now)
            return
        known = await self._store.harvest.known({source.id: possible_identities(document)})
        recognised = identify(document, known[source.id])
        if recognised.new and await self._store_new(
            source, document, {one.identity for one in recognised.new}
        ):
            published = [entry.published_at for entry in recognised.new]
            await self._store.hubs.told(hub.id, now, note_published(source.rhythm, published, now))
        if recognised.revised:
            await self._poll_soon(source, now)

    async def _store_new(self, source: Source, document: Document, new: set[str]) -> bool:
        """Store those entries that are new; whether there were any still."""
        entries = tuple(entry for entry in document.entries if entry.identity in new)
        read = Read(source, document=replace(document, entries=entries), pushed=True)
        [stored] = await self._harvest.store([read])
        return stored.articles > 0

    async def _poll_soon(self, source: Source, now: datetime) -> None:
        at = max(now, (source.last_polled_at or now) + POLL_SPACING, source.not_before or now)
        await self._store.hubs.poll_by(source.id, at)
        self._on_due()
