"""What counts as related, and that a guild's index stays cheap and fresh."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.newsroom.related import RelatedArticles
from bot.samples.publications import read_libraries
from bot.web.relations import FRESH, MOST_GUILDS, Relations
from storage.records import Article
from tests.storage.desk import GUILD, NOW
from tests.web.conftest import Site, about, on_sqlite

REPORTS = {
    "ferry": (
        "Ferry company cancels evening sailings after engine fault",
        "The ferry will not sail in the evening this week. Engineers found a fault in the engine on Monday.",
    ),
    "ferry again": (
        "Ferry sailings cancelled: engine fault stops evening boats",
        "Passengers were stranded on Monday when a fault in the ferry's engine stopped the evening sailing.",
    ),
    "bath": (
        "Council approves new swimming pool",
        "The council voted on Tuesday to build a swimming pool beside the school. Work begins in spring.",
    ),
    "bath again": (
        "Swimming pool gets the go-ahead from councillors",
        "After a long debate councillors voted for the swimming pool beside the school, to be built in spring.",
    ),
    "Fähre": ("Fähre fällt am Abend aus", "Die Fähre fährt wegen eines Schadens am Motor am Abend nicht."),
    "Fähre again": (
        "Motorschaden: keine Fähre am Abend",
        "Nach einem Schaden am Motor liegt die Fähre am Kai.",
    ),
    "渡船": ("渡船晚班因引擎故障取消", "周一傍晚的渡船因为引擎故障停驶。"),
    "渡船 again": ("引擎故障导致渡船停驶", "工程师周一发现渡船的引擎有故障,晚班取消。"),
}


def written(number: int, title: str, summary: str, url: str | None = None) -> Article:
    return Article(number, 1, str(number), url, title, None, summary, None, None, NOW, None)


SAMPLES = [
    written(number, text.title, text.description)
    for number, text in enumerate(text for library in read_libraries() for text in library.texts)
]
TOLD = {name: written(1000 + number, *report) for number, (name, report) in enumerate(REPORTS.items())}


@pytest.mark.parametrize("among", [0, 3, 12, 36])
@pytest.mark.parametrize("name", ["ferry", "bath", "Fähre", "渡船"])
def test_two_reports_of_one_event_find_each_other(name: str, among: int) -> None:
    pair = TOLD[name], TOLD[f"{name} again"]
    index = RelatedArticles([*SAMPLES[:among], *pair])
    assert index.to(pair[0])[:1] == (pair[1],)
    assert index.to(pair[1])[:1] == (pair[0],)


@pytest.mark.parametrize("among", [2, 6, 12, 36])
def test_articles_on_different_things_are_not_related(among: int) -> None:
    index = RelatedArticles(SAMPLES[:among])
    assert [index.to(article) for article in SAMPLES[:among]] == [()] * among


def test_at_most_three_are_named_and_never_the_article_itself_or_its_own_address() -> None:
    same = [written(number, *REPORTS["ferry"], f"https://x.example/{number // 2}") for number in range(8)]
    related = RelatedArticles(same).to(same[0])
    assert [article.id for article in related] == [7, 6, 5]
    assert 1 not in {article.id for article in RelatedArticles(same[:4]).to(same[0])}


def test_an_article_outside_the_index_is_related_too() -> None:
    index = RelatedArticles([*SAMPLES, TOLD["ferry"], TOLD["bath"]])
    assert index.to(TOLD["ferry again"])[:1] == (TOLD["ferry"],)


@pytest.mark.parametrize("articles", [[], [written(1, "", "")], [written(1, "", ""), written(2, "", "")]])
def test_nothing_is_related_to_nothing(articles: list[Article]) -> None:
    assert RelatedArticles(articles).to(written(3, "", "")) == ()


@on_sqlite
async def test_an_index_is_kept_for_half_a_minute_and_few_guilds_are(site: Site) -> None:
    (first,) = await site.publish(about("a1", *REPORTS["ferry"]))
    relations = Relations(site.newsroom.front_page, clock=site.clock)
    listed = await site.newsroom.front_page.one(GUILD, first, visible={100})
    assert (await relations.of(GUILD, [listed.article], {100}))[first] == ()
    (second,) = await site.publish(about("a2", *REPORTS["ferry again"]))
    assert (await relations.of(GUILD, [listed.article], {100}))[first] == ()
    other_channels = await relations.of(GUILD, [listed.article], {100, 101})
    assert [other.id for other in other_channels[first]] == [second], (
        "who sees more channels has another index"
    )
    site.clock.now += FRESH + timedelta(seconds=1)
    assert [other.id for other in (await relations.of(GUILD, [listed.article], {100}))[first]] == [second]
    for guild_id in range(1000, 1000 + MOST_GUILDS + 5):
        await relations.of(guild_id, [listed.article], {100})
    assert len(relations._kept) == MOST_GUILDS
