"""When which sample article is out, and that the texts are fit to be shown."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise

import pytest

from bot.samples.publications import FEED_LENGTH, find_issue, issues_out, pictures, read_libraries

STARTED = datetime(2026, 5, 1, 12, tzinfo=UTC)
EVERY = timedelta(seconds=45)
LIBRARIES = read_libraries()


def newest_numbers(after: timedelta) -> tuple[int, ...]:
    """The newest issue's number in each publication, some time after the start."""
    return tuple(
        issues_out(LIBRARIES, library, STARTED, STARTED + after, EVERY)[0].number for library in LIBRARIES
    )


@pytest.mark.parametrize(
    ("rounds", "numbers"),
    [
        (0, (4, 4, 4)),
        (0.99, (4, 4, 4)),
        (1, (5, 4, 4)),
        (2, (5, 5, 4)),
        (3, (5, 5, 5)),
        (4.5, (6, 5, 5)),
        (-100, (4, 4, 4)),  # a clock that was set back
    ],
)
def test_a_new_article_appears_in_turn(rounds: float, numbers: tuple[int, ...]) -> None:
    assert newest_numbers(EVERY * rounds) == numbers


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.key)
def test_issues_are_newest_first_dated_apart_and_never_in_the_future(library) -> None:
    for rounds in range(60):
        now = STARTED + EVERY * rounds
        issues = issues_out(LIBRARIES, library, STARTED, now, EVERY)
        assert all(newer.published_at > older.published_at for newer, older in pairwise(issues))
        assert issues[0].published_at <= now
        assert len(issues) <= FEED_LENGTH


def test_after_the_last_text_the_first_comes_again_and_says_so() -> None:
    library = LIBRARIES[0]
    now = STARTED + EVERY * 3 * 40
    first, again, third = (
        find_issue(LIBRARIES, library, number, STARTED, now, EVERY) for number in (0, 12, 24)
    )
    assert first is not None
    assert again is not None
    assert third is not None
    assert again.title == f"{first.title} (edition 2)"
    assert third.title == f"{first.title} (edition 3)"
    assert len({issue.identity for issue in (first, again, third)}) == 3
    assert "edition 2" in again.paragraphs[-1]


def test_what_is_not_out_yet_is_not_found() -> None:
    assert find_issue(LIBRARIES, LIBRARIES[0], 5, STARTED, STARTED, EVERY) is None
    assert find_issue(LIBRARIES, LIBRARIES[0], 5, STARTED, STARTED + EVERY, EVERY) is not None


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.key)
def test_the_texts_are_whole(library) -> None:
    assert len(library.texts) == 12
    assert len({text.title for text in library.texts}) == 12
    for text in library.texts:
        assert 3 <= len(text.paragraphs) <= 5, text.title
        assert text.tags, text.title
        assert len(text.title) <= 80
        assert text.description.endswith((".", "!", "?"))
        assert 20 <= len(text.description.split()) <= 60, text.title


def test_every_picture_is_small_and_every_file_is_shown() -> None:
    folder = files("bot.samples") / "pictures"
    assert sorted(pictures(LIBRARIES)) == sorted(picture.name for picture in folder.iterdir())
    for picture in folder.iterdir():
        data = picture.read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(data) < 60_000
