"""The store: every capability's queries over one database."""

from __future__ import annotations

from collections.abc import Callable

from storage.articles import Articles
from storage.comments import Comments
from storage.database import Database
from storage.frontpage import FrontPage
from storage.guilds import Guilds
from storage.harvest import Harvest
from storage.hubs import Hubs
from storage.leases import Leases
from storage.notices import Notices
from storage.outbox import Queueing
from storage.posts import Posts
from storage.readings import Readings
from storage.search import Search
from storage.sources import Sources
from storage.subscriptions import Subscriptions
from storage.tallies import Ranks
from storage.texts import Texts
from storage.votes import Votes
from storage.written import Written


class Store:
    """All that is kept, by capability. Every method is one short transaction or one read.

    `ranks` are the newsroom's rules for what is sorted by; `nonce` makes a post's mark, at most 25 characters and
    never the same twice; with `all_wait` each post waits for its article to be read (see `storage.outbox`). All
    methods raise DatabaseBusy when trying again later is right, else DatabaseProblem.
    """

    def __init__(
        self, database: Database, *, ranks: Ranks, nonce: Callable[[], str], all_wait: bool = False
    ) -> None:
        queueing = Queueing(nonce, all_wait)
        self.sources = Sources(database)
        self.harvest = Harvest(database, queueing, ranks)
        self.hubs = Hubs(database)
        self.articles = Articles(database)
        self.texts = Texts(database)
        self.readings = Readings(database, ranks.kinship)
        self.search = Search(database)
        self.subscriptions = Subscriptions(database, queueing)
        self.posts = Posts(database, ranks)
        self.votes = Votes(database, ranks)
        self.comments = Comments(database, ranks)
        self.frontpage = FrontPage(database)
        self.guilds = Guilds(database)
        self.leases = Leases(database)
        self.notices = Notices(database)
        self.written = Written(database)
