"""The store: every capability's queries over one database."""

from __future__ import annotations

from collections.abc import Callable

from storage.articles import Articles
from storage.comments import Comments
from storage.database import Database
from storage.frontpage import FrontPage
from storage.guilds import Guilds
from storage.leases import Leases
from storage.posts import Posts
from storage.sources import Sources
from storage.subscriptions import Subscriptions
from storage.tallies import Hot
from storage.votes import Votes


class Store:
    """All that is kept, by capability. Every method is one short transaction or one read.

    `hot` ranks an article (upvotes, downvotes, posted_at); `nonce` makes a post's mark, at most 25 characters and
    never the same twice. All methods raise DatabaseBusy when trying again later is right, else DatabaseProblem.
    """

    def __init__(self, database: Database, *, hot: Hot, nonce: Callable[[], str]) -> None:
        self.sources = Sources(database, nonce)
        self.articles = Articles(database, nonce)
        self.subscriptions = Subscriptions(database, nonce)
        self.posts = Posts(database, hot)
        self.votes = Votes(database, hot)
        self.comments = Comments(database, hot)
        self.frontpage = FrontPage(database)
        self.guilds = Guilds(database)
        self.leases = Leases(database)
