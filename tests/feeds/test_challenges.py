"""What is taken for a page that asks for a proof, and what is not."""

from __future__ import annotations

import pytest

from bot.feeds.challenges import challenge_of

WORDS = b"How px-captcha and <title>Just a moment...</title> are told"


@pytest.mark.parametrize("start", [b"<?xml version='1.0'?>\n<rss>", b"\xef\xbb\xbf <feed>", b'{"items": "'])
def test_a_feed_that_is_sent_as_a_page_may_speak_of_guards(start: bytes) -> None:
    assert challenge_of("harbour.test", {}, start + WORDS) is None


@pytest.mark.parametrize("start", [b"<html>", b"<?xml version='1.0'?>\n <html>"])
def test_a_page_in_html_or_xhtml_is_looked_at(start: bytes) -> None:
    assert challenge_of("harbour.test", {}, start + WORDS) is not None
