"""All that the newsroom can do, in one hand: what commands, events and pages are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.feeds.discover import Finder
from bot.newsroom.away import AwayChannels
from bot.newsroom.boards import Boards
from bot.newsroom.checks import Checks, Poll
from bot.newsroom.comments import Comments
from bot.newsroom.feedback import Feedback
from bot.newsroom.follows import Follows
from bot.newsroom.front_page import FrontPage
from bot.newsroom.guilds import Guilds
from bot.newsroom.moderation import Moderation
from bot.newsroom.privacy import Privacy
from bot.newsroom.reconcile import Reconciler
from bot.newsroom.related import Related
from bot.newsroom.rounds import Clock
from bot.newsroom.scheduled import Schedules
from bot.newsroom.sources import Sources
from bot.newsroom.subscriptions import Subscriptions
from bot.newsroom.vote_rules import VotingRules
from bot.newsroom.votes import Votes
from bot.newsroom.watch import Watch
from bot.newsroom.websub import WebSub
from bot.newsroom.withheld import Withheld
from storage import Store


@dataclass(frozen=True, slots=True)
class Newsroom:
    """The capabilities, each with what it needs."""

    subscriptions: Subscriptions
    votes: Votes
    vote_rules: VotingRules
    boards: Boards
    comments: Comments
    front_page: FrontPage
    follows: Follows
    related: Related
    guilds: Guilds
    away: AwayChannels
    reconciler: Reconciler
    sources: Sources
    checks: Checks
    privacy: Privacy
    moderation: Moderation
    feedback: Feedback
    withheld: Withheld
    schedules: Schedules
    websub: WebSub | None = None


def open_newsroom(
    store: Store,
    finder: Finder,
    *,
    clock: Clock,
    on_subscriptions: Callable[[], None],
    poll: Poll,
    websub: WebSub | None = None,
    writes: bool = False,
    on_back: Callable[[], None] = lambda: None,
) -> Newsroom:
    """Wire the newsroom. `on_subscriptions` is called when a subscription came: there is something to poll.

    `poll` reads a source now, for those who ask for it.
    `on_back` is called when a channel can be used again: there is something to deliver.
    Without a public address there is no `websub`: no hub could reach us. `writes` says that a language model does.
    """
    watch = Watch()
    comments = Comments(store, watch, clock=clock)
    return Newsroom(
        subscriptions=Subscriptions(store, finder, clock=clock, on_change=on_subscriptions),
        votes=Votes(store, watch, clock=clock),
        vote_rules=VotingRules(store),
        boards=Boards(store, clock=clock),
        comments=comments,
        front_page=FrontPage(store, clock=clock),
        follows=Follows(store, clock=clock),
        related=Related(store, clock=clock),
        guilds=Guilds(store, clock=clock, writes=writes),
        away=AwayChannels(store, clock=clock, on_back=on_back),
        reconciler=Reconciler(store, comments, watch, clock=clock),
        sources=Sources(store, clock=clock),
        checks=Checks(store, poll, clock=clock),
        privacy=Privacy(store, clock=clock),
        moderation=Moderation(store),
        feedback=Feedback(store, watch),
        withheld=Withheld(store, comments, clock=clock),
        schedules=Schedules(store, clock=clock),
        websub=websub,
    )
