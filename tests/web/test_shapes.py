"""Whose address a source shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.web.shapes import article_shape
from storage.records import Article, Listed, Source, Tally
from tests.storage.desk import GUILD, NOW

SOURCE = Source(1, "", "News", None, None, None, None, None, None, None, None, 0, None)
ARTICLE = Article(1, 1, "a", None, "Title", None, "Summary.", None, None, NOW, None)


@pytest.mark.parametrize(
    ("url", "link", "shown"),
    [
        ("https://news.example/feed.xml", "https://news.example/", "https://news.example/feed.xml"),
        ("https://news.example/feed?token=s3cret", "https://news.example/", "https://news.example/"),
        ("https://news.example:8443/feed?token=s3cret", None, "https://news.example:8443/"),
        ("https://news.example/?feed=rss2", "https://news.example/", "https://news.example/?feed=rss2"),
        ("https://news.example/list#article a", "https://news.example/", "https://news.example/list"),
        ("https://me:s3cret@news.example/feed", None, "https://news.example/"),
    ],
)
def test_a_subscribers_own_address_is_not_shown(url: str, link: str | None, shown: str) -> None:
    source = replace(SOURCE, url=url, link=link)
    listed = Listed(ARTICLE, source, GUILD, NOW, Tally(0, 0), 0, 100, 1000, None)
    assert article_shape(listed, ())["source"]["url"] == shown
