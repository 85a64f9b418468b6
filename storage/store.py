"""The store: every capability's queries over one database."""

from __future__ import annotations

from collections.abc import Callable

from storage.articles import Articles
from storage.away import Away
from storage.boards import Boards
from storage.comments import Comments
from storage.database import Database, Fence
from storage.digests import Digests
from storage.feedback import Feedback
from storage.follows import Follows
from storage.frontpage import FrontPage
from storage.guilds import Guilds
from storage.harvest import Harvest
from storage.hubs import Hubs
from storage.leases import Leases
from storage.letters import Letters
from storage.moderation import Moderation
from storage.notices import Notices
from storage.outbox import Queueing
from storage.posts import Posts
from storage.privacy import Privacy
from storage.readings import Readings
from storage.records import Lease
from storage.retention import Retention
from storage.schedules import Schedules
from storage.search import Search
from storage.sources import Sources
from storage.subscriptions import Subscriptions
from storage.tallies import Ranks
from storage.texts import Texts
from storage.tidings import Tidings
from storage.vote_rules import RulesOfVoting
from storage.votes import Votes
from storage.written import Written


class Store:
    """All that is kept, by capability. Every method is one short transaction or one read.

    `ranks` are the newsroom's rules for what is sorted by; `nonce` makes a post's mark, at most 25 characters and
    never the same twice; with `all_wait` each post waits for its article to be read (see `storage.outbox`). All
    methods raise DatabaseBusy when trying again later is right, TakenOver past the fence, else DatabaseProblem.
    """

    def __init__(
        self, database: Database, *, ranks: Ranks, nonce: Callable[[], str], all_wait: bool = False
    ) -> None:
        queueing = Queueing(nonce, all_wait)
        self._database = database
        self.sources = Sources(database)
        self.harvest = Harvest(database, queueing, ranks)
        self.hubs = Hubs(database)
        self.articles = Articles(database)
        self.texts = Texts(database)
        self.readings = Readings(database, ranks.kinship)
        self.search = Search(database)
        self.subscriptions = Subscriptions(database, queueing)
        self.posts = Posts(database, ranks)
        self.digests = Digests(database, queueing)
        self.schedules = Schedules(database, queueing)
        self.away = Away(database)
        self.votes = Votes(database, ranks)
        self.boards = Boards(database)
        self.vote_rules = RulesOfVoting(database, ranks)
        self.comments = Comments(database, ranks)
        self.feedback = Feedback(database, ranks)
        self.moderation = Moderation(database, ranks)
        self.follows = Follows(database)
        self.tidings = Tidings(database)
        self.letters = Letters(database, nonce)
        self.privacy = Privacy(database, ranks)
        self.retention = Retention(database, ranks)
        self.frontpage = FrontPage(database)
        self.guilds = Guilds(database)
        self.leases = Leases(database)
        self.notices = Notices(database)
        self.written = Written(database)

    def fence(self, name: str, lease: Lease | None) -> None:
        """Have nothing be written from now on unless the lease of this name still is this one; None ends that.

        Every method that writes raises TakenOver once it is another's. A lease that was renewed stays the same one.
        """
        self._database.fence = None if lease is None else Fence(name, lease)
