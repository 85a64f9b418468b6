"""The rules for usual sites: many spellings, and the feeds that follow from each."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from bot.feeds.links import as_address
from bot.feeds.sites import feeds_in_data, feeds_of, guesses_of, spelled_out, without_feeds

YOUTUBE = "https://www.youtube.com/feeds/videos.xml?"
CHANNEL = "UC" + "x4-_" * 5 + "Qw"
ONE = {
    f"https://www.youtube.com/channel/{CHANNEL}": f"{YOUTUBE}channel_id={CHANNEL}",
    f"youtube.com/channel/{CHANNEL}/videos?view=0": f"{YOUTUBE}channel_id={CHANNEL}",
    f"m.youtube.com/channel/{CHANNEL}": f"{YOUTUBE}channel_id={CHANNEL}",
    "https://youtube.com/user/harbour": f"{YOUTUBE}user=harbour",
    "https://www.youtube.com/playlist?list=PLa_b-1": f"{YOUTUBE}playlist_id=PLa_b-1",
    "https://music.youtube.com/playlist?list=OLAK5": f"{YOUTUBE}playlist_id=OLAK5",
    "https://youtu.be/abc?list=PL1": f"{YOUTUBE}playlist_id=PL1",
    "https://www.youtube.com/watch?v=a&list=PL1&index=3": f"{YOUTUBE}playlist_id=PL1",
    "r/python": "https://www.reddit.com/r/python/.rss",
    "/r/python/": "https://www.reddit.com/r/python/.rss",
    "r/python+rust": "https://www.reddit.com/r/python+rust/.rss",
    "u/ann": "https://www.reddit.com/user/ann/.rss",
    "https://old.reddit.com/r/Python/new/": "https://www.reddit.com/r/Python/new/.rss",
    "reddit.com/r/python/top?t=week&utm_source=x": "https://www.reddit.com/r/python/top/.rss?t=week",
    "https://www.reddit.com/u/ann": "https://www.reddit.com/user/ann/.rss",
    "https://www.reddit.com/user/ann/m/ships": "https://www.reddit.com/user/ann/m/ships/.rss",
    "https://www.reddit.com/search/?q=tall+ships&sort=new": "https://www.reddit.com/search.rss?q=tall+ships&sort=new",
    "https://www.reddit.com/r/a/search?q=b&restrict_sr=1": "https://www.reddit.com/r/a/search.rss?q=b&restrict_sr=1",
    "https://www.reddit.com/": "https://www.reddit.com/.rss",
    "https://www.reddit.com/r/a/comments/1x/title": "https://www.reddit.com/r/a/comments/1x/title/.rss",
    "https://github.com/ann": "https://github.com/ann.atom",
    "https://github.com/ann/boat/releases": "https://github.com/ann/boat/releases.atom",
    "https://github.com/ann/boat/releases/tag/v1": "https://github.com/ann/boat/releases.atom",
    "github.com/ann/boat/tags": "https://github.com/ann/boat/tags.atom",
    "https://github.com/ann/boat/commits/main/src/a.py": "https://github.com/ann/boat/commits/main/src/a.py.atom",
    "https://github.com/ann/boat/tree/fix/it": "https://github.com/ann/boat/commits/fix/it.atom",
    "https://github.com/ann/boat/commits": "https://github.com/ann/boat/commits.atom",
    "https://github.com/ann/boat/discussions/12": "https://github.com/ann/boat/discussions.atom",
    "https://gitlab.com/ann": "https://gitlab.com/ann.atom",
    "https://gitlab.com/a/b/c/-/releases": "https://gitlab.com/a/b/c/-/releases.atom",
    "https://gitlab.com/a/b/-/tags": "https://gitlab.com/a/b/-/tags?format=atom",
    "https://gitlab.gnome.org/a/b/-/commits/main": "https://gitlab.gnome.org/a/b/-/commits/main?format=atom",
    "https://codeberg.org/ann": "https://codeberg.org/ann.rss",
    "https://codeberg.org/ann/boat/releases": "https://codeberg.org/ann/boat/releases.rss",
    "https://codeberg.org/ann/boat/src/branch/main": "https://codeberg.org/ann/boat/rss/branch/main",
    "https://bsky.app/profile/ann.example": "https://bsky.app/profile/ann.example/rss",
    "bsky.app/profile/did:plc:abc/post/1": "https://bsky.app/profile/did:plc:abc/rss",
    "https://medium.com/@ann": "https://medium.com/feed/@ann",
    "https://medium.com/@ann/a-story-1a2b": "https://medium.com/feed/@ann",
    "https://medium.com/harbour": "https://medium.com/feed/harbour",
    "https://medium.com/tag/ships": "https://medium.com/feed/tag/ships",
    "https://medium.com/harbour/tagged/ice": "https://medium.com/feed/harbour/tagged/ice",
    "https://ann.medium.com/": "https://ann.medium.com/feed",
    "ann.substack.com": "https://ann.substack.com/feed",
    "https://ann.substack.com/p/some-post": "https://ann.substack.com/feed",
    "https://ann.wordpress.com/category/ships/": "https://ann.wordpress.com/category/ships/feed/",
    "https://ann.tumblr.com": "https://ann.tumblr.com/rss",
    "https://www.tumblr.com/ann": "https://ann.tumblr.com/rss",
    "https://www.tumblr.com/blog/view/ann": "https://ann.tumblr.com/rss",
    "https://ann.tumblr.com/tagged/ice": "https://ann.tumblr.com/tagged/ice/rss",
    "https://ann.blogspot.com/search/label/Ice": "https://ann.blogspot.com/feeds/posts/default/-/Ice",
    "news.ycombinator.com": "https://news.ycombinator.com/rss",
    "https://stackoverflow.com/questions/tagged/c%2B%2B": "https://stackoverflow.com/feeds/tag/c++",
    "https://stackoverflow.com/questions/123/how": "https://stackoverflow.com/feeds/question/123",
    "https://boats.stackexchange.com": "https://boats.stackexchange.com/feeds",
    "https://superuser.com/users/12/ann": "https://superuser.com/feeds/user/12",
    "https://vimeo.com/ann": "https://vimeo.com/ann/videos/rss",
    "https://vimeo.com/channels/staffpicks": "https://vimeo.com/channels/staffpicks/videos/rss",
    "https://www.dailymotion.com/ann": "https://www.dailymotion.com/rss/user/ann",
}  # fmt: skip
SEVERAL = {
    "github:ann/boat": ["releases.atom", "tags.atom", "commits.atom"],
    "https://github.com/ann/boat.git": ["releases.atom", "tags.atom", "commits.atom"],
    "https://www.github.com/ann/boat/issues": ["releases.atom", "tags.atom", "commits.atom"],
    "https://gitlab.com/group/sub/boat": ["releases.atom", "tags?format=atom", "boat.atom"],
    "https://codeberg.org/ann/boat": ["releases.rss", "tags.rss", "boat.rss"],
    "https://ann.wordpress.com": ["/feed/", "/comments/feed/"],
    "https://ann.blogspot.co.uk/2026/05/a.html": ["/feeds/posts/default", "/feeds/comments/default"],
}
NONE = [
    "https://www.youtube.com/@harbour",
    "https://www.youtube.com/watch?v=abc",
    "https://github.com/ann/boat/releases.atom",
    "https://github.com/",
    "https://www.reddit.com/r/python/.rss",
    "https://medium.com/feed/@ann",
    "https://ann.wordpress.com/feed/",
    "https://vimeo.com/123456",
    "https://notreddit.com/r/python",
    "https://reddit.com.evil.example/r/python",
    "https://example.org/@ann",
    "not an address",
    "https://[::1",
    "https://github.com:99999/a/b",
]


@pytest.mark.parametrize(("written", "feed"), ONE.items(), ids=ONE)
def test_one_feed_follows_from_an_address(written: str, feed: str) -> None:
    (found,) = feeds_of(as_address(spelled_out(written)))
    assert (found.url, found.kind) == (feed, "site")
    assert found.title


@pytest.mark.parametrize(("written", "ends"), SEVERAL.items(), ids=SEVERAL)
def test_several_feeds_have_titles_of_their_own(written: str, ends: list[str]) -> None:
    found = feeds_of(as_address(spelled_out(written)))
    assert len(found) == len(ends)
    assert all(one.url.endswith(end) for one, end in zip(found, ends, strict=True))
    assert len({one.title for one in found}) == len(found)


@pytest.mark.parametrize("address", NONE)
def test_no_rule_speaks_where_nothing_follows_or_a_feed_was_given(address: str) -> None:
    assert feeds_of(as_address(address)) == ()


@pytest.mark.parametrize("written", [*ONE, *SEVERAL])
def test_what_a_rule_answers_is_left_alone_and_at_the_named_site(written: str) -> None:
    address = as_address(spelled_out(written))
    for feed in feeds_of(address):
        assert feeds_of(feed.url) == (), "a person chose it: it is not asked about again"
        named, led = (urlsplit(url).hostname or "" for url in (address, feed.url))
        assert named == "youtu.be" or named.split(".")[-2:] == led.split(".")[-2:]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("@ann@social.example", "https://social.example/@ann"),
        ("@ann@social.example:8443", "https://social.example:8443/@ann"),
        ("!boats@lemmy.example", "https://lemmy.example/c/boats"),
        (" github:ann/boat ", "https://github.com/ann/boat"),
        ("GitHub:ann", "https://github.com/ann"),
        ("github:ann/../boat", "github:ann/../boat"),
        ("github.com/ann/boat", "github.com/ann/boat"),
        ("ann/boat", "ann/boat"),
        ("nas/rss", "nas/rss"),
        ("intranet/news", "intranet/news"),
        ("and/or", "and/or"),
        ("user/ann", "https://www.reddit.com/user/ann"),
        ("example.org/feed", "example.org/feed"),
        ("localhost/feed", "localhost/feed"),
        ("ann@example.org", "ann@example.org"),
        ("a/b/c", "a/b/c"),
        ("https://example.org", "https://example.org"),
        ("python", "python"),
    ],
)
def test_short_names_are_spelled_out(written: str, address: str) -> None:
    assert spelled_out(written) == address


@pytest.mark.parametrize(
    ("address", "feed"),
    [
        ("https://social.example/@ann", "https://social.example/@ann.rss"),
        ("https://social.example/@ann/115", "https://social.example/@ann.rss"),
        ("https://social.example/@ann@home.example", "https://home.example/@ann.rss"),
        ("https://social.example/@ann/tagged/ice", "https://social.example/@ann/tagged/ice.rss"),
        ("https://social.example/tags/ice", "https://social.example/tags/ice.rss"),
        ("https://lemmy.example/c/boats@x.example", "https://lemmy.example/feeds/c/boats@x.example.xml?sort=New"),
        ("https://blog.example/category/ice/", "https://blog.example/category/ice/feed/"),
        ("https://blog.example/author/ann", "https://blog.example/author/ann/feed/"),
        ("https://blog.example/news", None),
        ("https://blog.example/tag/ice/feed", None),
    ],
)  # fmt: skip
def test_paths_of_common_software_are_worth_an_attempt(address: str, feed: str | None) -> None:
    assert guesses_of(address) == ((feed,) if feed else ())


@pytest.mark.parametrize(
    ("url", "page", "feed"),
    [
        (
            "https://www.youtube.com/@harbour",
            f'{{"metadata":{{"externalId":"{CHANNEL}"}}}}',
            f"{YOUTUBE}channel_id={CHANNEL}",
        ),
        (
            "https://podcasts.apple.com/us/podcast/harbour/id1",
            '<script>{"feedUrl":"https:\\/\\/feeds.example\\u002Fh.xml?a=1&amp;b=2"}</script>',
            "https://feeds.example/h.xml?a=1&b=2",
        ),
        (
            "https://soundcloud.com/harbour",
            '<meta property="al:ios:url" content="soundcloud://users:4711">',
            "https://feeds.soundcloud.com/users/soundcloud:users:4711/sounds.rss",
        ),
        ("https://example.org/@harbour", f'{{"externalId":"{CHANNEL}"}}', None),
        ("https://podcasts.apple.com/x", '{"feedUrl":"https://user:pass@/"}', None),
    ],
)
def test_feeds_that_stand_in_a_pages_data_only(url: str, page: str, feed: str | None) -> None:
    assert [one.url for one in feeds_in_data(page, url)] == ([feed] if feed else [])


def test_sites_without_public_feeds_are_known_by_name() -> None:
    assert without_feeds("https://x.com/ann") == "X (Twitter)"
    assert without_feeds("https://www.instagram.com/ann/") == "Instagram"
    assert without_feeds("https://box.com/ann") is None
