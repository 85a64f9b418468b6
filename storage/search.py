"""Full-text search: the words that articles are found by, kept beside them, and which articles share them.

an article's words → the thirty that tell most → articles of the guild that hold them, the likest first
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log

from sqlalchemy import BigInteger, Integer, Text, TextClause, bindparam, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.rows import Insert, given, insert_into, packed, portions
from storage.tables import articles, frequencies, keywords
from storage.types import RowId

MOST_WORDS = 150
_USUALLY_ENOUGH = 1_400  # characters
# A title says more about an article than any sentence of its text.
TITLE_WEIGHT = 2
LONGEST_WORD = 40
# What is written without blanks is cut into pairs of characters.
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f"
# Signs above and below letters, and India's vowel signs, are parts of words, though no letters.
_LETTER = rf"(?:(?![{_UNSPACED}])[^\W\d_]|[\u0300-\u036f\u0900-\u0dff])"
_WORD = re.compile(rf"([{_UNSPACED}]{{2,}})|{_LETTER}{{3,}}|\d{{4,}}")
# The same where nothing else can stand: several times as fast. Twice as fast again is to look for no alternatives.
_ASCII_WORD = re.compile(r"[a-z]{3,}|\d{4,}")
_ASCII_RUN = re.compile(r"[a-z0-9]{3,}")
_MARKS = "“”‘’–—…\u00a0"  # without these most English texts are ASCII

# Counting every word of every article would cost more than the rest of storing it: one in eight is enough.
_ALL_COUNTED, _ONE_IN = 2000, 8
_TOGETHER = 50
# By how many words articles are looked for, and how many rows that may walk through, roughly.
MOST_TERMS, MOST_ROWS = 30, 4000
MOST_CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Alike:
    """An article's words, those of others that share some that tell much, and in how many articles its words stand.

    `total` is how many articles there are; both numbers are rough.
    """

    words: Sequence[str]
    others: Mapping[int, Sequence[str]]
    frequencies: Mapping[str, int]
    total: int


def words_of(title: str, text: str) -> list[str]:
    """Cut a title, which counts twice, and the beginning of a text into casefolded words.

    Longer texts add cost and noise, not likeness.
    """
    return [*_cut(title) * TITLE_WEIGHT, *_cut(text)]


def _cut(text: str) -> list[str]:
    # Most texts have enough words within this much; of more than enough, only the last can have been cut off.
    if len(text) > _USUALLY_ENOUGH and len(words := _cut_all(text[:_USUALLY_ENOUGH])) > MOST_WORDS:
        return words[:MOST_WORDS]
    # Even words of three letters are found within this much.
    return _cut_all(text[: MOST_WORDS * 20])[:MOST_WORDS]


def _cut_all(text: str) -> list[str]:
    """All words of a text, or at least one more than are wanted."""
    read = text
    if not text.isascii():
        for mark in _MARKS:
            read = read.replace(mark, " ")
    read = read.casefold()
    if read.isascii():
        runs = _ASCII_RUN.findall(read)
        if "".join(runs).isalpha():  # as they are in most texts: without numbers
            return [word[:LONGEST_WORD] for word in runs]
        return [word[:LONGEST_WORD] for run in runs for word in _ASCII_WORD.findall(run)]
    words: list[str] = []
    for match in _WORD.finditer(read):
        if (unspaced := match[1]) is not None:
            words += [unspaced[start : start + 2] for start in range(len(unspaced) - 1)]
        else:
            words.append(match[0][:LONGEST_WORD])
        if len(words) > MOST_WORDS:
            break
    return words


async def index(
    connection: AsyncConnection, told: Mapping[int, tuple[str, str]], *, new: bool = False
) -> None:
    """Have articles found by their titles and texts, in the place of what they were found by before."""
    every = await _counted_every(connection) if new else 0
    counted: Counter[str] = Counter()
    # In small portions: a hundred first polls bring thousands, and cutting them all would hold up everything else.
    for portion in portions(told.items(), _TOGETHER):
        words = {article_id: words_of(*parts) for article_id, parts in portion}
        await connection.execute(
            _adding(connection.dialect.name),
            {"given": packed([(article_id, " ".join(found)) for article_id, found in words.items()])},
        )
        for article_id, found in words.items():
            if every and article_id % every == 0:
                counted.update({"", *found})
    await _count(connection, counted, every)


@cache
def _adding(dialect: str) -> Insert:
    found = given(dialect, article_id=RowId, words=Text())
    # The condition parts what is inserted from the conflict, for SQLite's parser.
    rows = select(found.c.article_id, found.c.words).where(true())
    adding = insert_into(dialect, keywords).from_select(["article_id", "words"], rows)
    return adding.on_conflict_do_update(index_elements=["article_id"], set_={"words": adding.excluded.words})


_COUNTED = select(frequencies.c.articles).where(frequencies.c.word == "")


async def _counted_every(connection: AsyncConnection) -> int:
    """Of how many articles one is counted."""
    total = await connection.scalar(_COUNTED) or 0
    return 1 if total < _ALL_COUNTED else _ONE_IN


async def _count(connection: AsyncConnection, counted: Counter[str], every: int) -> None:
    for portion in portions(sorted(counted.items())):
        await connection.execute(
            _counting(connection.dialect.name),
            {"given": packed([(word, count * every) for word, count in portion])},
        )


@cache
def _counting(dialect: str) -> Insert:
    found = given(dialect, word=Text(), articles=Integer())
    rows = select(found.c.word, found.c.articles).where(true())
    adding = insert_into(dialect, frequencies).from_select(["word", "articles"], rows)
    return adding.on_conflict_do_update(
        index_elements=["word"], set_={"articles": frequencies.c.articles + adding.excluded.articles}
    )


class Search:
    """What articles have in common."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def alike(self, guild_id: int, article_id: int, *, visible: Collection[int]) -> Alike:
        """Answer, for an article, which others share words with it: of those posted in visible channels of a guild.

        Copies of it, and what has its address, are left out. They are fifty at most, those that share most.
        """
        async with self._database.reading() as connection:
            stored = (
                await connection.execute(
                    select(keywords.c.words, articles.c.url)
                    .join(articles, articles.c.id == keywords.c.article_id)
                    .where(keywords.c.article_id == article_id)
                )
            ).one_or_none()
            words = stored.words.split() if stored else []
            known, total = await _frequencies(connection, words)
            terms = _telling(words, known, total)
            others: dict[int, Sequence[str]] = {}
            if stored and terms and visible:
                quote = _QUOTES[connection.dialect.name]
                found = await connection.execute(
                    _sharing(connection.dialect.name, len(terms)),
                    {
                        "guild": guild_id,
                        "article": article_id,
                        "visible": list(visible),
                        "url": stored.url,
                        **{f"word{at}": f"{quote}{word}{quote}" for at, word in enumerate(terms)},
                        **{f"weight{at}": weight for at, weight in enumerate(terms.values())},
                    },
                )
                others = {other_id: its.split() for other_id, its in found}
        return Alike(words, others, known, total)


async def _frequencies(connection: AsyncConnection, words: Iterable[str]) -> tuple[dict[str, int], int]:
    known: dict[str, int] = {}
    for portion in portions({"", *words}):
        found = await connection.execute(
            select(frequencies.c.word, frequencies.c.articles).where(frequencies.c.word.in_(portion))
        )
        known |= {row.word: row.articles for row in found}
    return known, known.pop("", 0)


def _telling(words: Sequence[str], known: Mapping[str, int], total: int) -> dict[str, float]:
    """The words that tell most about what an article is about, each with its weight (TF-IDF)."""
    weights = {
        word: (1 + log(count)) * log((total + 1) / (known.get(word, 0) + 0.5))
        for word, count in Counter(words).items()
    }
    terms: dict[str, float] = {}
    rows = 0
    for word, weight in sorted(weights.items(), key=lambda pair: -pair[1]):
        if len(terms) == MOST_TERMS or weight <= 0:
            break
        if rows + known.get(word, 0) <= MOST_ROWS or not terms:  # the rarer ones after it tell, too
            rows += known.get(word, 0)
            terms[word] = weight
    return terms


# Each database quotes in its own way; of letters, digits and signs alone, a word can't end its quotes.
_QUOTES = {"sqlite": '"', "postgresql": "'"}


@cache
def _sharing(dialect: str, terms: int) -> TextClause:
    """Select the articles that share most with one, and their words: by `terms` words, each with its weight."""
    holds = {
        "sqlite": "SELECT rowid AS id, :weight{0} AS weight FROM keyword_index WHERE keyword_index MATCH :word{0}",
        "postgresql": (
            "SELECT article_id AS id, CAST(:weight{0} AS float) AS weight FROM keywords "
            "WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:word{0} AS tsquery)"
        ),
    }[dialect]
    union = " UNION ALL ".join(holds.format(at) for at in range(terms))
    return text(
        f"""
        SELECT keywords.article_id, keywords.words FROM (
            SELECT id, sum(weight) AS likeness FROM ({union}) AS shared
            WHERE id <> :article
            AND EXISTS (
                SELECT 1 FROM posts WHERE posts.article_id = id AND posts.guild_id = :guild
                AND posts.state = 'sent' AND posts.channel_id IN :visible
            )
            AND NOT EXISTS (SELECT 1 FROM copies WHERE copies.article_id = :article AND copies.other_id = id)
            GROUP BY id ORDER BY likeness DESC, id DESC LIMIT {MOST_CANDIDATES}
        ) AS likest JOIN keywords ON keywords.article_id = likest.id JOIN articles ON articles.id = likest.id
        WHERE articles.url IS NULL OR :url IS NULL OR articles.url <> :url
        """  # noqa: S608  # of our own pieces alone
    ).bindparams(
        bindparam("visible", expanding=True),
        bindparam("guild", type_=BigInteger),
        bindparam("url", type_=Text),
    )
