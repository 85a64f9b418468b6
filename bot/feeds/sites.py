"""Rules for usual sites: which feeds an address has, told from the address (or the page's own data) alone. Pure.

A rule never names a host that the person did not name.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from bot.feeds.links import absolute
from bot.feeds.model import Candidate
from bot.feeds.text import clean

_LONGEST_TITLE = 100
_FEED_ITSELF = re.compile(r"\.(?:atom|rss|xml|json|rdf)$|/(?:feeds?|rss)(?:/|$)", re.IGNORECASE)
_REDDIT = re.compile(r"/?(r|u|user)/([\w+-]{2,200})/?", re.ASCII)
_FEDIVERSE = re.compile(r"@?([\w.-]{1,100})@([\w-]+(?:\.[\w-]+)+(?::\d+)?)")
_COMMUNITY = re.compile(r"!(\w{1,100})@([\w-]+(?:\.[\w-]+)+(?::\d+)?)")
_REPOSITORY = re.compile(r"github:([a-z\d][a-z\d-]{0,38})(/[\w.-]{1,100})?", re.IGNORECASE | re.ASCII)
_STACK_HOSTS = re.compile(
    r"(?:.+\.)?(?:stackexchange\.com|stackoverflow\.com|serverfault\.com|superuser\.com|askubuntu\.com"
    r"|mathoverflow\.net|stackapps\.com)"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """An address in the pieces that rules look at. `host` has no `www.`, `root` has no path."""

    root: str
    host: str
    parts: tuple[str, ...]
    query: dict[str, str]

    def part(self, at: int) -> str:
        """A piece of the path, or nothing."""
        return self.parts[at] if at < len(self.parts) else ""


_Rule = Callable[[_Place], Iterator[Candidate]]


def spelled_out(written: str) -> str:
    """The address that a short name means; anything else stays as it is.

    `r/python`, `u/name`, `@user@host`, `!community@host` and `github:owner/repository`. A mere `owner/repository` may
    as well be a host of the operator's own network with a path, as `nas/rss` is.
    """
    short = written.strip()
    if found := _REDDIT.fullmatch(short):
        return f"https://www.reddit.com/{'r' if found[1] == 'r' else 'user'}/{found[2]}"
    if short.startswith("@") and (found := _FEDIVERSE.fullmatch(short)):
        return f"https://{found[2]}/@{found[1]}"
    if found := _COMMUNITY.fullmatch(short):
        return f"https://{found[2]}/c/{found[1]}"
    if found := _REPOSITORY.fullmatch(short):
        return f"https://github.com/{found[1]}{found[2] or ''}"
    return written


def perhaps_meant(written: str) -> str:
    """What to say of a name with a path where no such host is known: it may stand for a repository."""
    found = _REPOSITORY.fullmatch(f"github:{written.strip()}")
    return f"For the repository on GitHub write github:{written.strip()}." if found and found[2] else ""


def feeds_of(address: str) -> tuple[Candidate, ...]:
    """The feeds that a known site has for an address; none where it is a feed itself or no rule knows it."""
    place = _place(address)
    if place is None or _is_feed(place):
        return ()
    for hosts, rule in _RULES:
        if hosts.fullmatch(place.host):
            return tuple(rule(place))
    return ()


def guesses_of(address: str) -> tuple[str, ...]:
    """Where software that anybody may run keeps the feed of such a path; worth an attempt, no more.

    Profiles and tags of Mastodon and its like, communities of Lemmy, sections of WordPress.
    """
    place = _place(address)
    if place is None or _is_feed(place):
        return ()
    first, second = place.part(0), place.part(1)
    if first.startswith("@"):
        user, _, home = first[1:].partition("@")
        # Other people's profiles are shown too, but their feeds are kept at home.
        root = f"https://{home}" if home and "." in home else place.root
        tagged = f"/tagged/{place.part(2)}" if second == "tagged" and place.part(2) else ""
        return (f"{root}/@{user}{tagged}.rss",) if user else ()
    if first in ("tags", "users") and second and len(place.parts) == 2:
        return (f"{place.root}/{first}/{second}.rss",)
    if first in ("c", "u") and second and len(place.parts) == 2:
        return (f"{place.root}/feeds/{first}/{second}.xml?sort=New",)
    if first in ("category", "tag", "author") and second:
        return (f"{place.root}/{'/'.join(place.parts)}/feed/",)
    return ()


def feeds_in_data(page: str, url: str) -> tuple[Candidate, ...]:
    """The feeds that a page of a known site holds in its data only: YouTube, Apple Podcasts, SoundCloud."""
    place = _place(url)
    if place is None:
        return ()
    for hosts, pattern, feed in _IN_DATA:
        if hosts.fullmatch(place.host) and (found := pattern.search(page)):
            link = absolute(feed.format(html.unescape(found[1]).replace("\\u002F", "/").replace("\\/", "/")))
            return (Candidate(link, "", "site"),) if link else ()
    return ()


def without_feeds(address: str) -> str | None:
    """The name of a site of which it is known that it offers no public feeds."""
    place = _place(address)
    return next((name for hosts, name in _CLOSED if place and hosts.fullmatch(place.host)), None)


def _place(address: str) -> _Place | None:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or parts.scheme not in ("http", "https"):
        return None
    shown = f"[{host}]" if ":" in host else host
    root = f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
    query = {name: values[0] for name, values in parse_qs(parts.query, max_num_fields=50).items()}
    pieces = tuple(
        quote(unquote(piece), safe="@:!$&'()*+,;=~-._") for piece in parts.path.split("/") if piece
    )
    return _Place(root, host.lower().removeprefix("www."), pieces, query)


def _is_feed(place: _Place) -> bool:
    path = "/" + "/".join(place.parts)
    return _FEED_ITSELF.search(path) is not None or place.query.get("format") == "atom"


def _feed(url: str, title: str) -> Candidate:
    return Candidate(url, clean(unquote(title))[:_LONGEST_TITLE], "site")


def _youtube(place: _Place) -> Iterator[Candidate]:
    """https://www.youtube.com/feeds/videos.xml knows channel, playlist and (old) user names, but no handles."""
    base = "https://www.youtube.com/feeds/videos.xml?"
    if playlist := place.query.get("list"):
        yield _feed(base + urlencode({"playlist_id": playlist}), "YouTube playlist")
    elif place.part(0) == "channel" and place.part(1):
        yield _feed(f"{base}channel_id={place.part(1)}", "YouTube channel")
    elif place.part(0) == "user" and place.part(1):
        yield _feed(f"{base}user={place.part(1)}", f"YouTube: {place.part(1)}")


def _reddit(place: _Place) -> Iterator[Candidate]:
    """Any listing has its feed at `.rss`, with the listing's own query."""
    parts = list(place.parts)
    if parts[:1] == ["u"]:
        parts[0] = "user"
    kept: dict[str, str] = {
        name: place.query[name] for name in ("q", "sort", "t", "restrict_sr") if name in place.query
    }
    query = f"?{urlencode(kept)}" if kept else ""
    path = "".join(f"/{part}" for part in parts)
    if parts[-1:] == ["search"]:
        if "q" in kept:
            yield _feed(f"https://www.reddit.com{path}.rss{query}", f"Reddit: {kept['q']}")
    elif not parts or parts[0] in ("r", "user", "domain", "best", "hot", "new", "top", "rising"):
        yield _feed(f"https://www.reddit.com{path}/.rss{query}", f"Reddit: {path or '/'}")


def _github(place: _Place) -> Iterator[Candidate]:
    owner, name, section = place.part(0), place.part(1).removesuffix(".git"), place.part(2)
    if not owner or owner in ("orgs", "topics", "search", "explore", "marketplace", "settings", "login"):
        return
    if not name:
        yield _feed(f"https://github.com/{owner}.atom", f"{owner}: activity")
        return
    base, title = f"https://github.com/{owner}/{name}", f"{owner}/{name}"
    branch = "/".join(place.parts[3:])
    if section in ("releases", "tags", "discussions", "wiki"):
        yield _feed(f"{base}/{section}.atom", f"{title}: {section}")
    elif section in ("commits", "tree", "blob") and branch:
        yield _feed(f"{base}/commits/{branch}.atom", f"{title}: commits to {branch}")
    elif section == "commits":
        yield _feed(f"{base}/commits.atom", f"{title}: commits")
    else:
        for section in ("releases", "tags", "commits"):
            yield _feed(f"{base}/{section}.atom", f"{title}: {section}")


def _gitlab(place: _Place) -> Iterator[Candidate]:
    """Projects stand at any depth; what follows `-` belongs to the project."""
    parts = place.parts
    project = parts[: parts.index("-")] if "-" in parts else parts
    section = parts[len(project) + 1] if len(parts) > len(project) + 1 else ""
    branch = "/".join(parts[len(project) + 2 :])
    base, title = f"{place.root}/{'/'.join(project)}", "/".join(project)
    if not project or project[0] in ("explore", "users", "dashboard", "help"):
        return
    if len(project) == 1:
        yield _feed(f"{base}.atom", f"{title}: activity")
        return
    known = {
        "releases": _feed(f"{base}/-/releases.atom", f"{title}: releases"),
        "tags": _feed(f"{base}/-/tags?format=atom", f"{title}: tags"),
    }
    if section in ("commits", "tree", "blob") and branch:
        yield _feed(f"{base}/-/commits/{branch}?format=atom", f"{title}: commits to {branch}")
    elif section in known:
        yield known[section]
    else:
        yield from known.values()
        yield _feed(f"{base}.atom", f"{title}: activity")


def _gitea(place: _Place) -> Iterator[Candidate]:
    owner, name, section = place.part(0), place.part(1), place.part(2)
    if not owner or owner in ("explore", "user", "org"):
        return
    if not name:
        yield _feed(f"{place.root}/{owner}.rss", f"{owner}: activity")
        return
    base, title = f"{place.root}/{owner}/{name}", f"{owner}/{name}"
    branch = "/".join(place.parts[4:])
    if section in ("src", "commits") and place.part(3) == "branch" and branch:
        yield _feed(f"{base}/rss/branch/{branch}", f"{title}: commits to {branch}")
    elif section in ("releases", "tags"):
        yield _feed(f"{base}/{section}.rss", f"{title}: {section}")
    else:
        yield _feed(f"{base}/releases.rss", f"{title}: releases")
        yield _feed(f"{base}/tags.rss", f"{title}: tags")
        yield _feed(f"{base}.rss", f"{title}: activity")


def _bluesky(place: _Place) -> Iterator[Candidate]:
    if place.part(0) == "profile" and place.part(1):
        yield _feed(f"https://bsky.app/profile/{place.part(1)}/rss", f"Bluesky: {place.part(1)}")


def _medium(place: _Place) -> Iterator[Candidate]:
    own = place.host != "medium.com"
    first, second = place.part(0), place.part(1)
    if own:
        yield _feed(f"{place.root}/feed", place.host)
    elif first == "tag" and second:
        yield _feed(f"https://medium.com/feed/tag/{second}", f"Medium: {second}")
    elif second == "tagged" and place.part(2):
        yield _feed(
            f"https://medium.com/feed/{first}/tagged/{place.part(2)}", f"Medium: {first}, {place.part(2)}"
        )
    elif first and first not in ("m", "me", "search", "p"):
        yield _feed(f"https://medium.com/feed/{first}", f"Medium: {first}")


def _at_root(path: str, name: str) -> _Rule:
    """The rule of a site that has one feed for all of a host."""

    def rule(place: _Place) -> Iterator[Candidate]:
        yield _feed(place.root + path, f"{name}: {place.host}")

    return rule


def _wordpress(place: _Place) -> Iterator[Candidate]:
    section = f"/{'/'.join(place.parts)}" if place.part(0) in ("category", "tag", "author") else ""
    yield _feed(f"{place.root}{section}/feed/", f"{place.host}{section}")
    if not section:
        yield _feed(f"{place.root}/comments/feed/", f"{place.host}: comments")


def _tumblr(place: _Place) -> Iterator[Candidate]:
    blog, parts = place.host.removesuffix("tumblr.com").rstrip("."), place.parts
    if not blog and parts and parts[0] == "blog":
        parts = parts[2:] if parts[1:2] == ("view",) else parts[1:]
    if not blog and parts:
        blog, parts = parts[0].removeprefix("@"), parts[1:]
    if not blog or blog in ("explore", "search", "tagged", "dashboard", "login"):
        return
    tagged = f"/tagged/{parts[1]}" if parts[:1] == ("tagged",) and len(parts) > 1 else ""
    yield _feed(f"https://{blog}.tumblr.com{tagged}/rss", f"Tumblr: {blog}{tagged}")


def _blogger(place: _Place) -> Iterator[Candidate]:
    if place.parts[:2] == ("search", "label") and place.part(2):
        yield _feed(f"{place.root}/feeds/posts/default/-/{place.part(2)}", f"{place.host}: {place.part(2)}")
        return
    yield _feed(f"{place.root}/feeds/posts/default", place.host)
    yield _feed(f"{place.root}/feeds/comments/default", f"{place.host}: comments")


def _stack(place: _Place) -> Iterator[Candidate]:
    first, second = place.part(0), place.part(1)
    if first == "questions" and second == "tagged" and place.part(2):
        yield _feed(f"{place.root}/feeds/tag/{place.part(2)}", f"{place.host}: {place.part(2)}")
    elif first == "questions" and second.isdecimal():
        yield _feed(f"{place.root}/feeds/question/{second}", f"{place.host}: answers to question {second}")
    elif first == "users" and second.isdecimal():
        yield _feed(f"{place.root}/feeds/user/{second}", f"{place.host}: user {place.part(2) or second}")
    elif not first or first == "questions":
        yield _feed(f"{place.root}/feeds", f"{place.host}: questions")


def _vimeo(place: _Place) -> Iterator[Candidate]:
    first, second = place.part(0), place.part(1)
    if first in ("channels", "groups") and second:
        yield _feed(f"https://vimeo.com/{first}/{second}/videos/rss", f"Vimeo: {second}")
    elif first and not first.isdecimal() and first not in ("watch", "categories", "search", "ondemand"):
        yield _feed(f"https://vimeo.com/{first}/videos/rss", f"Vimeo: {first}")


def _dailymotion(place: _Place) -> Iterator[Candidate]:
    name = place.part(1) if place.part(0) == "user" else place.part(0)
    if name and name not in ("video", "playlist", "search", "signin"):
        yield _feed(f"https://www.dailymotion.com/rss/user/{name}", f"Dailymotion: {name}")


def _hosts(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_RULES: tuple[tuple[re.Pattern[str], _Rule], ...] = (
    (_hosts(r"(?:m\.|music\.)?youtube\.com|youtu\.be"), _youtube),
    (_hosts(r"(?:(?:old|new|np|m|sh|i)\.)?reddit\.com"), _reddit),
    (_hosts(r"github\.com"), _github),
    (_hosts(r"gitlab\.com|gitlab\.(?:gnome|freedesktop)\.org|invent\.kde\.org|salsa\.debian\.org"), _gitlab),
    (_hosts(r"codeberg\.org|gitea\.com|code\.forgejo\.org|git\.disroot\.org"), _gitea),
    (_hosts(r"bsky\.app"), _bluesky),
    (_hosts(r"(?:.+\.)?medium\.com"), _medium),
    (_hosts(r".+\.substack\.com"), _at_root("/feed", "Substack")),
    (_hosts(r".+\.wordpress\.com"), _wordpress),
    (_hosts(r"(?:.+\.)?tumblr\.com"), _tumblr),
    (_hosts(r".+\.blogspot\.(?:com?\.)?[a-z]{2,3}"), _blogger),
    (_hosts(r"news\.ycombinator\.com"), _at_root("/rss", "Hacker News")),
    (_STACK_HOSTS, _stack),
    (_hosts(r"vimeo\.com"), _vimeo),
    (_hosts(r"dailymotion\.com"), _dailymotion),
)
# Numbers and names in quotes only: each pattern reads a page once.
_IN_DATA: tuple[tuple[re.Pattern[str], re.Pattern[str], str], ...] = (
    (
        _hosts(r"(?:m\.|music\.)?youtube\.com|youtu\.be"),
        re.compile(r"\"(?:externalId|externalChannelId|channelId)\":\"(UC[\w-]{22})\""),
        "https://www.youtube.com/feeds/videos.xml?channel_id={}",
    ),
    (
        _hosts(r"podcasts\.apple\.com"),
        re.compile(r"\"feedUrl\":\"(https?:[^\"\s]{4,1000})\""),
        "{}",
    ),
    (
        _hosts(r"(?:m\.)?soundcloud\.com"),
        re.compile(r"soundcloud(?:://|:)users:(\d{1,15})\b"),
        "https://feeds.soundcloud.com/users/soundcloud:users:{}/sounds.rss",
    ),
)
_CLOSED: tuple[tuple[re.Pattern[str], str], ...] = (
    (_hosts(r"(?:mobile\.)?(?:x|twitter)\.com"), "X (Twitter)"),
    (_hosts(r"(?:m\.)?facebook\.com|fb\.com"), "Facebook"),
    (_hosts(r"instagram\.com"), "Instagram"),
    (_hosts(r"threads\.(?:net|com)"), "Threads"),
    (_hosts(r"(?:m\.)?tiktok\.com"), "TikTok"),
    (_hosts(r"(?:[a-z]+\.)?linkedin\.com"), "LinkedIn"),
    (_hosts(r"open\.spotify\.com"), "Spotify"),
    (_hosts(r"discord\.(?:com|gg)"), "Discord"),
)
