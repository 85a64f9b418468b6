"""What cards say beside title and summary, and how they look when a publisher corrects, retracts, repeats or plays."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import card, units
from bot.cards.text import directed, linked
from bot.cards.words import about, duration, minutes_for
from storage.records import AlsoCovered, CardToPost, Length
from tests.discord.records import ARTICLE, NOW, SOURCE, card_to_post
from tests.discord.test_cards import breaches, texts, urls

LATER = NOW + timedelta(hours=1)
AGO = f"<t:{int(LATER.timestamp())}:R>"


def other(number: int = 1, **changes: Any) -> AlsoCovered:
    values = {
        "article_id": number,
        "title": f"Title {number}",
        "url": f"https://{number}.example/a",
        "source_title": f"Paper {number}",
        "source_url": f"https://{number}.example/feed",
        **changes,
    }
    return AlsoCovered(**values)


def shown(to_post: CardToPost) -> str:
    return card(to_post).embed.description or ""


def labels(to_post: CardToPost) -> dict[str, str | None]:
    (row,) = card(to_post).rows
    return {button.label: button.url for button in row}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"author": "Ann Lee", "word_count": 800}, "By Ann Lee · 4 min read"),
        ({"author": "The town crier"}, ""),
        ({"author": "*Ann*"}, r"By \*Ann\*"),
        ({"word_count": 99}, ""),
        ({"word_count": 800, "paywalled": True}, "🔒 Subscribers only"),
        ({"tags": ("Harbour", "#harbour", "Uncategorized", "x" * 25, "2026", "The Town Crier", "Fish", "Ice", "Tar")},
         "Harbour, Fish, Ice"),
        ({"media_kind": "audio", "media_url": "https://a.example/1.mp3", "media_duration_s": 2880, "word_count": 900},
         "48 min episode"),
        ({"media_kind": "video", "media_url": "https://a.example/1", "media_duration_s": 4300}, "1 h 12 min video"),
        ({"media_kind": "video", "media_url": "https://a.example/1"}, "Video"),
    ],
)  # fmt: skip
def test_the_line_about_an_article(changes: dict[str, Any], line: str) -> None:
    assert about(replace(ARTICLE, **{"author": None, **changes}), "The Town Crier", whole=True) == line


def test_nobody_says_how_long_the_rest_of_a_beginning_takes() -> None:
    assert about(replace(ARTICLE, author=None, word_count=800), "The Town Crier", whole=False) == ""


@pytest.mark.parametrize(("seconds", "words"), [(40, "40 s"), (95, "2 min"), (3600, "1 h"), (3599, "1 h")])
def test_lengths_of_time(seconds: int, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(("words", "said"), [(0, None), (99, None), (100, 1), (231, 2)])
def test_reading_times(words: int, said: int | None) -> None:
    assert minutes_for(words) == said


def test_what_is_heard_has_a_player_and_what_is_watched_is_not_read() -> None:
    episode = replace(ARTICLE, media_kind="audio", media_url="https://a.example/1.mp3")
    assert labels(card_to_post(episode)) == {
        "Comments": None,
        "Read": "https://town.example/bridge",
        "Listen": "https://a.example/1.mp3",
        "More on this topic": None,
    }
    film = replace(ARTICLE, media_kind="video", media_url=ARTICLE.url)
    assert labels(card_to_post(film)) == {
        "Comments": None,
        "Watch": "https://town.example/bridge",
        "More on this topic": None,
    }
    beyond = replace(ARTICLE, media_kind="audio", media_url="https://a.example/" + "x" * 500)
    assert "Listen" not in labels(card_to_post(beyond))


def test_others_that_tell_the_same_are_named_each_once() -> None:
    named = (other(1), other(2), other(1, title="Again"), other(3, url=None))
    assert (
        "-# Also covered by [Paper 1](https://1.example/a), [Paper 2](https://2.example/a) and Paper 3\n"
        in shown(replace(card_to_post(), also=named))
    )
    own = other(1, source_title="The Town Crier")
    assert "Also" not in shown(replace(card_to_post(), also=(own,)))
    many = shown(replace(card_to_post(), also=tuple(other(n) for n in range(9))))
    assert "[Paper 4](https://4.example/a) and 4 more\n" in many


def test_a_story_that_goes_on_leads_back() -> None:
    before = other(4, title="The bridge [shut]", channel_id=20, message_id=30)
    assert "-# Earlier: [The bridge (shut)](https://discord.com/channels/10/20/30)\n" in shown(
        replace(card_to_post(), earlier=before)
    )
    assert "Earlier" not in shown(replace(card_to_post(), earlier=other(4)))


def test_a_correction_says_what_and_when() -> None:
    corrected = replace(ARTICLE, correction="Figures changed: 3 → 5.", corrected_at=LATER)
    assert f"-# Updated {AGO}. Figures changed: 3 → 5.\n" in shown(card_to_post(corrected))
    assert "Updated" not in shown(card_to_post(replace(ARTICLE, revised_at=LATER)))


def test_what_was_taken_back_is_struck_and_stays() -> None:
    gone = card_to_post(replace(ARTICLE, title="A ~ B", retracted_at=LATER))
    assert card(gone).embed.title == r"~~A \~ B~~"
    assert shown(gone).split("\n\n")[:2] == [
        f"**Retracted** {AGO}: its publisher has taken this article back.",
        "~~After two years the bridge is open. Carts may cross from Monday.~~",
    ]


def full(text: str, **article: Any) -> CardToPost:
    return replace(card_to_post(replace(ARTICLE, **article), length=Length.FULL), summary=text)


def test_a_full_text_ends_at_a_sentence_and_leads_on() -> None:
    paragraph = "The bridge is open again, and it holds. " * 12
    text = shown(full("\n".join(f"{n}. {paragraph}" for n in range(30)), url="https://town.example/a_(b)"))
    assert 3700 < units(text) <= 4096
    body, read_on, line = text.rsplit("\n\n", 2)
    assert body.endswith("it holds.")
    assert read_on == "**[Read on](https://town.example/a_%28b%29)**"
    assert line == "-# By Ann"
    assert "**[Read on]" not in shown(full("One.\nTwo."))
    assert shown(full("One.\nTwo.")).startswith("One.\n\nTwo.\n\n")


def test_what_is_written_from_right_to_left_keeps_its_order() -> None:
    arabic = "افتتح الجسر من جديد (2026)."
    made = card(
        replace(card_to_post(replace(ARTICLE, title=arabic, author="ليلى")), summary=f"{arabic}\nEnglish.")
    )
    assert made.embed.title == f"\u2067{arabic}\u2069"
    assert made.embed.description == f"\u2067{arabic}\u2069\nEnglish.\n\n-# By \u2067ليلى\u2069"
    assert directed("The Arabic word سلام.") == "The Arabic word سلام."


HOSTILE = ["[x](https://evil.example)", "https://evil.example", "@everyone <@1> <t:1>", r"\](https://evil.example)",
           "discord.gg/abc", "**a** __b__ ~~c~~ ||d|| `e`", "a\nb\r\n# c", "\u202egnp.exe"]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_the_text_of_a_link_holds_nothing_that_works(name: str) -> None:
    text = linked(" ".join(name.split()), "https://town.example/a", 300)
    label = re.fullmatch(r"\[([^\[\]\\]*)\]\(https://town\.example/a\)", text)
    assert label is not None, text
    assert not re.search(r"[*_~|<>`@#]|https?://|discord\.gg", label[1])


@settings(max_examples=150, deadline=None)
@given(
    texts=st.tuples(texts, texts, texts, texts),
    url=urls,
    tags=st.lists(texts, max_size=4),
    length=st.sampled_from(Length),
    retracted=st.booleans(),
    others=st.lists(st.tuples(texts, urls), max_size=8),
    kind=st.sampled_from([None, "audio", "video", "smell"]),
    words=st.integers(0, 10**9),
)
def test_whatever_is_said_fits_every_limit(
    texts: tuple[str, str, str, str],
    url: str | None,
    tags: list[str],
    length: Length,
    retracted: bool,
    others: list[tuple[str, str | None]],
    kind: str | None,
    words: int,
) -> None:
    title, text, author, correction = texts
    article = replace(
        ARTICLE,
        title=title,
        url=url,
        author=author,
        correction=correction,
        revised_at=LATER,
        retracted_at=LATER if retracted else None,
        tags=tuple(tags),
        media_kind=kind,
        media_url=url,
        media_duration_s=words,
        word_count=words,
    )
    also = tuple(
        other(n, source_title=name, url=address, title=name, channel_id=1, message_id=2)
        for n, (name, address) in enumerate(others)
    )
    to_post = replace(
        card_to_post(article, SOURCE, length=length),
        summary=text,
        also=also,
        earlier=also[0] if also else None,
    )
    made = card(to_post)
    assert breaches(made) == []
    small = [line for line in (made.embed.description or "").split("\n") if line.startswith("-# ")]
    assert len(small) <= 4
