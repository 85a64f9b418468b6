"""What an article tells: its own text, and summaries of whole sentences of its own, within the budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.extract import Extracted
from bot.feeds.model import Entry
from bot.feeds.shingles import shingles, unpack
from bot.feeds.summary import LONG, NORMAL, SHORT, joined, tell, tell_page
from bot.feeds.summary.languages import detect
from bot.feeds.summary.rank import Length, Ranked
from bot.feeds.text import count_words

LONG_SENTENCE = "The harbour " + "very " * 70 + "calm."
IT = "The crane is here."
BODY = (
    "The new harbour crane arrived on Monday after a voyage of three weeks from Rotterdam.",
    "It lifts forty tons and replaces two older cranes that were built in 1961.",
    "The council paid four million for the crane, half of which came from the state.",
    "Fishermen had asked for a stronger crane since the storm of 2019 sank three boats.",
    "“The harbour has waited long for this crane,” said Ruth Okafor, who chairs the council.",
    "Work on the foundations begins in April and ends before the summer season.",
    "The old cranes are sold to a museum in Bristol, where visitors will see them from June.",
    "A second crane may follow in five years if the harbour grows as expected.",
)


def entry(description: str = "", content: str = "", title: str = "Crane arrives") -> Entry:
    return Entry("id", "https://harbour.test/", title, summary_html=description, content_html=content)


def article(*lines: str, description: str = "", title: str = "Crane arrives") -> Entry:
    return entry(description, "".join(f"<p>{line}</p>" for line in lines), title)


SUMMARIES = {
    "whole description": (entry(f"{IT} It lifts 40 tons."), f"{IT} It lifts 40 tons."),
    "nothing": (entry(), ""),
    "only a picture": (entry('<img src="a.png" alt="A crane.">'), ""),
    "cut-off description, content whole": (
        entry(f"{IT} It lifts [&#8230;]", f"<p>{IT} It lifts 40 tons.</p>"), f"{IT} It lifts 40 tons."),
    "cut in mid-word, content whole": (entry("The crane is he", IT), IT),
    "cut-off description alone": (entry(f"{IT} It lifts..."), IT),
    "only a cut-off sentence": (entry("It lifts 40 tons and [...]"), "It lifts 40 tons and…"),
    "only a fragment": (entry("Interview with the crane"), "Interview with the crane"),
    "one too long sentence": (entry(LONG_SENTENCE), "The harbour " + "very " * 57 + "very…"),
    "a too long sentence before a short one": (entry(f"{LONG_SENTENCE} It rained."), "It rained."),
    "all of a short text": (entry("One came. Two came. Three came."), "One came. Two came. Three came."),
    "description is the headline": (entry("Crane arrives", IT), IT),
    "headline repeated above": (entry("", "<h1>Crane arrives</h1><p>It is here.</p>"), "It is here."),
    "appeared first": (
        entry("<p>It is here.</p><p>The post <a>Crane arrives? Yes!</a> appeared first on <a>Port</a>.</p>"),
        "It is here."),
    "appeared first, German": (
        entry("<p>Er ist da.</p><p>Der Beitrag Kran erschien zuerst auf Hafen.</p>"), "Er ist da."),
    "appeared first, French": (
        entry("<p>Elle est là.</p><p>L’article Grue est apparu en premier sur Port.</p>"), "Elle est là."),
    "appeared first, Polish": (entry("Jest tu. Artykuł Dźwig pochodzi z serwisu Port."), "Jest tu."),
    "read more": (entry("It is here. <a>Read more</a>"), "It is here."),
    "read more, in brackets": (entry("<p>It is here. (Read more…)</p>"), "It is here."),
    "continue reading the title": (
        entry("<p>It is here.</p><p><a>Continue reading “Crane arrives” →</a></p>"), "It is here."),
    "continue reading an unquoted title": (
        entry("<p>It is here. <a>Continue reading Crane arrives →</a></p>"), "It is here."),
    "weiterlesen": (entry("<p>Er ist da. <a>Weiterlesen →</a></p>"), "Er ist da."),
    "lire la suite": (entry("<p>Elle est là.</p><p>Lire la suite »</p>"), "Elle est là."),
    "comments": (entry("<p>It is here.</p><p>12 Comments</p><a>Comments</a>"), "It is here."),
    "addresses alone": (entry("<p>https://a.test/x?y=1</p><p>It is here.</p><p>www.a.test</p>"), "It is here."),
    "a link list": (
        entry("<p>Article URL: <a>https://a.test/</a></p><p>Comments URL: <a>https://b.test/</a></p>"
              "<p>Points: 12</p><p># Comments: 3</p>"), ""),
    "a donation meter": (
        entry("", "<div>0 $ 2,500 $ 5,000 $ 2,640 $</div><p>Support us</p><p>It is here.</p>"), "It is here."),
    "captions": (
        entry("", "<figure><img><figcaption>A crane. Photo: Ann.</figcaption></figure><p>It is here.</p>"),
        "It is here."),
    "a picture's credit": (article("Photo: Ann Lee / Harbour Press.", IT), IT),
    "a byline": (article("By Ann Lee and Tom Pruitt", IT), IT),
    "a date of change": (article("Updated: March 3, 2026, 9:15 a.m.", IT), IT),
    "a time to read": (article("4 min read", IT), IT),
    "a dateline with an agency": (article("LONDON (Reuters) — The crane is here."), IT),
    "a dateline without one": (article("NEW YORK, March 3 – The crane is here."), IT),
    "a German dateline": (article("Hamburg (dpa) - Der neue Kran ist da."), "Der neue Kran ist da."),
    "a call to subscribe": (article(IT, "Subscribe to our newsletter to learn of each crane."), IT),
    "how the publisher earns": (article("We may earn a commission when you buy a crane.", IT), IT),
    "a list's bullet": (article("• The crane is here."), IT),
    "a line that begins in the middle": (article("and then it was lifted.", IT), IT),
    "code": (article("Let crane = Crane(x: 1); crane.lift() // {up}.", IT), IT),
    "scripts and styles": (entry("<style>p {}</style><script>alert('x.')</script>It is here."), "It is here."),
    "a question is left out where its answer is not told": (
        article("Who paid for the crane?", LONG_SENTENCE, IT), IT),
    "reading on is not always an appendage": (entry("She likes to read more."), "She likes to read more."),
    "abbreviations": (
        entry("Dr. Smith of the U.S. Navy came at 5 p.m. on Jan. 3. He left again on Sunday."),
        "Dr. Smith of the U.S. Navy came at 5 p.m. on Jan. 3. He left again on Sunday."),
    "Chinese": (entry("起重机今天到了港口。它能吊四十吨。"), "起重机今天到了港口。它能吊四十吨。"),
}  # fmt: skip


@pytest.mark.parametrize("case", SUMMARIES.values(), ids=SUMMARIES.keys())
def test_summary(case: tuple[Entry, str]) -> None:
    given_entry, wanted = case
    assert tell(given_entry).normal == wanted


OWN = "Rotterdam's old crane makers sent the harbour its new crane, which lifts forty tons."
DESCRIPTIONS = {
    "a good one": (OWN, True),
    "a good one of two sentences": (f"{OWN} Half of its four million came from the state.", True),
    "the article's beginning, cut off": (" ".join(BODY)[:200], False),
    "the headline again": ("The new crane arrives.", False),
    "a slogan": (
        "Harbour Gazette: your trusted source for breaking stories, weather and sport since 1890.",
        False,
    ),
    "an advertisement": (f"Discover how {OWN}", False),
    "promises only": ("All you need to know about the harbour's new crane from Rotterdam.", False),
    "about itself": ("In this article the harbour's new crane from Rotterdam is described.", False),
    "an exclamation": ("The harbour's biggest crane ever has come from Rotterdam!", False),
    "somebody's voice": ("We went to see the harbour's new crane that lifts forty tons.", False),
    "one that points back": ("It lifts forty tons and came from Rotterdam to the harbour on Monday.", False),
    "a question": ("What can the new harbour crane from Rotterdam lift on a Monday in April?", False),
    "an open quotation": ("“The harbour has waited long for this crane, said the council's chair.", False),
    "too little": ("New harbour crane.", False),
}


@pytest.mark.parametrize(("description", "is_taken"), DESCRIPTIONS.values(), ids=DESCRIPTIONS.keys())
def test_a_publishers_description_is_the_summary_where_it_is_a_good_one(
    description: str, is_taken: bool
) -> None:
    told = tell(article(*BODY, description=description, title="The new crane arrives"))
    assert (told.normal == description) is is_taken
    page = Extracted(paragraphs=BODY, title="The new crane arrives", description=description, language="en")
    assert (tell_page(page, "").normal == description) is is_taken
    if not is_taken:
        assert told.normal.startswith(BODY[0])


@pytest.mark.parametrize(
    "rest",
    ["Subscribe to our weekly letter now.", "Find out what it cost.", "What did it cost?", "The council pa…"],
)
def test_of_a_description_what_comes_before_an_advertisement_is_the_summary(rest: str) -> None:
    assert tell(article(*BODY, description=f"{OWN} {rest}")).normal == OWN


def test_another_voice_than_the_authors_opens_where_there_is_one() -> None:
    told = tell(article("I saw it.", "We like it.", *BODY[2:]))
    assert told.normal.startswith(BODY[2])
    assert tell(article("I saw the new harbour crane.", "We both like it.")).normal.startswith("I saw")


def test_lengths() -> None:
    told = tell(article(*BODY))
    for length, summary in ((SHORT, told.short), (NORMAL, told.normal), (LONG, told.long)):
        assert count_words(summary) <= length.words
        taken = [sentence for sentence in BODY if sentence in summary]
        assert joined(taken) == summary, "whole sentences, verbatim, in the article's order"
        assert len(taken) <= length.sentences
    assert count_words(told.short) < count_words(told.normal) < count_words(told.long)


@pytest.mark.parametrize(
    "opening",
    [
        "He said that the harbour crane from Rotterdam was late and that the council had paid too much.",
        "“The harbour crane is late, and the council has paid too much for it,” he said.",
        "However, the harbour crane from Rotterdam was late and the council had paid too much for it.",
        "The harbour crane” from Rotterdam was late, and the council had paid too much for it.",
    ],
)
def test_nothing_opens_a_summary_that_needs_what_is_left_out(opening: str) -> None:
    for told in (tell(article(LONG_SENTENCE, opening, *BODY[2:])), tell(article(LONG_SENTENCE, opening))):
        assert not told.normal.startswith(opening) or told.normal == opening


def test_a_question_opens_a_summary_with_its_answer() -> None:
    asked = ("Who paid for the new harbour crane?", "The council paid four million for the harbour crane.")
    assert tell(article(*asked, "Nothing else is known.")).short.startswith(joined(asked))


def test_the_text_is_the_articles_paragraphs() -> None:
    told = tell(article("Crane arrives", *BODY, "Read more →"))
    assert told.text.splitlines() == list(BODY)
    assert told.words == count_words(" ".join(BODY))
    assert told.language == "en"
    assert unpack(told.shingles) == shingles(told.text)


LONG_ENOUGH = "The harbour crane lifts forty tons over the old wall. " * 12
WHOLE = {
    "content": (entry("", LONG_ENOUGH), True),
    "content that goes on elsewhere": (entry("", f"{LONG_ENOUGH} <a>Read more</a>"), False),
    "content that is cut off": (entry("", f"{LONG_ENOUGH} It lifts […]"), False),
    "content that is short": (entry("", IT), False),
    "a note without a headline": (entry("", IT, title=""), True),
    "a description alone": (entry(LONG_ENOUGH), False),
    "a description that is an article": (entry(LONG_ENOUGH * 2), True),
    "nothing": (entry(title=""), False),
}


@pytest.mark.parametrize(("given_entry", "is_whole"), WHOLE.values(), ids=WHOLE.keys())
def test_whether_the_feed_carries_the_whole_article(given_entry: Entry, is_whole: bool) -> None:
    assert tell(given_entry).whole is is_whole


def test_a_page_is_whole_unless_it_is_paid_for() -> None:
    page = Extracted(paragraphs=BODY, title="Crane arrives", language="en")
    assert tell_page(page, "Crane arrives").whole
    assert not tell_page(replace(page, paywalled=True), "Crane arrives").whole


LANGUAGES = {
    "en": "The crane is here and it lifts forty tons of the steel that was bought in May.",
    "de": "Der Kran ist da und er hebt vierzig Tonnen von dem Stahl, den die Stadt gekauft hat.",
    "fr": "La grue est là et elle soulève quarante tonnes d'acier que la ville a achetées pour le port.",
    "es": "La grúa está aquí y levanta cuarenta toneladas del acero que la ciudad compró para el puerto.",
    "pt": "O guindaste está aqui e levanta quarenta toneladas do aço que a cidade não comprou para o porto.",
    "it": "La gru è arrivata e solleva quaranta tonnellate dell'acciaio che la città ha comprato per il porto.",
    "nl": "De kraan is er en hij tilt veertig ton van het staal dat door de stad werd gekocht voor de haven.",
    "sv": "Kranen är här och den lyfter fyrtio ton av det stål som staden inte har köpt till hamnen.",
    "da": "Kranen er her, og den løfter fyrre ton af det stål, som byen ikke blev nødt til at købe efter jul.",
    "nb": "Kranen er her, og den løfter førti tonn av det stålet som byen ikke ble nødt til å kjøpe etter jul.",
    "pl": "Dźwig jest już na miejscu i podnosi czterdzieści ton, które miasto kupiło dla portu, ale nie od razu.",
    "cs": "Jeřáb je tady a zvedne čtyřicet tun oceli, kterou město koupilo pro přístav, ale není ještě v provozu.",
    "sk": "Žeriav je tu a zdvihne štyridsať ton ocele, ktoré mesto kúpilo pre prístav, ale ešte nie je v prevádzke.",
    "fi": "Nosturi on täällä ja se nostaa neljäkymmentä tonnia, mutta kaupunki ei ole vielä maksanut sitä.",
    "ro": "Macaraua este aici și ridică patruzeci de tone din oțelul pe care orașul nu a cumpărat pentru port.",
    "hu": "A daru megérkezett, és negyven tonnát emel, de az acél, amely a városé volt, nem fért el, mert az is nagy.",
    "tr": "Vinç geldi ve kırk ton kaldırıyor, ancak şehir bu çelik için daha sonra çok para ödedi.",
    "ru": "Кран уже здесь, и он поднимает сорок тонн, но город за него ещё не заплатил, как это было раньше.",
    "uk": "Кран уже тут, і він піднімає сорок тонн, але місто за нього ще не заплатило, як це було раніше.",
    "bg": "Кранът е тук и той вдига четиридесет тона, но градът не е платил за него, както беше преди.",
    "ar": "وصلت الرافعة إلى الميناء في المدينة وهي من الرافعات التي تم شراؤها بعد أن وافق المجلس على ذلك.",
    "fa": "جرثقیل به بندر رسید و این جرثقیل که از شهر دیگر آورده شده است برای کار در بندر آماده شد.",
    "hi": "क्रेन बंदरगाह में आ गई है और यह चालीस टन उठाती है, लेकिन शहर ने इसके लिए पैसा नहीं दिया।",
    "zh": "起重机今天到了港口，它能吊四十吨。",
    "ja": "クレーンが今日、港に到着した。四十トンを持ち上げる。",
    "ko": "크레인이 오늘 항구에 도착했다. 사십 톤을 들어 올린다.",
    "th": "เครนมาถึงท่าเรือแล้ววันนี้",
    "el": "Ο γερανός έφτασε σήμερα στο λιμάνι.",
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_language(code: str) -> None:
    assert detect(LANGUAGES[code]) == code


def test_language_is_not_guessed() -> None:
    for text in ("", "123 456", "Crane", "Lorem ipsum dolor sit amet consectetur adipiscing", "zxq " * 50):
        assert detect(text) is None


def test_a_hint_decides_where_the_text_does_not() -> None:
    assert detect("Kranen lyfter", "sv-SE") == "sv"
    assert detect("Kranen er her", "no") == "nb"
    either = "Kranen er her, og den er ikke for stor til det som den skal i havnen ved den gamle by."
    assert [detect(either, hint) for hint in ("da", "nb")] == ["da", "nb"]
    assert detect(LANGUAGES["de"], "en") == "de", "it is not believed against the text"
    assert detect(LANGUAGES["zh"], "en") == "zh"
    assert detect("Crane", "english") is None


def test_unspaced_scripts_are_cut_within_the_budget() -> None:
    summary = tell(entry("起重机" * 200)).normal
    assert summary.endswith("机…")
    assert count_words(summary) <= 61


word = st.text("xyzé", min_size=3, max_size=9)
sentence = st.builds(lambda ws: " ".join(ws).capitalize() + ".", st.lists(word, min_size=4, max_size=40))


@settings(max_examples=60)
@given(st.lists(sentence, max_size=12), st.integers(5, 60), st.integers(1, 6))
def test_budget_and_origin(sentences: list[str], words: int, most: int) -> None:
    chosen = Ranked(sentences, "", None).best(Length(words, most, 0))
    assert count_words(" ".join(chosen)) <= words
    assert len(chosen) <= most
    assert chosen == sorted(chosen, key=sentences.index)
    assert bool(chosen) == any(count_words(one) <= words for one in sentences)


@settings(max_examples=60)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=50))
def test_no_text_makes_it_raise(description: str, content: str, title: str) -> None:
    told = tell(entry(description, content, title))
    for summary, length in ((told.short, SHORT), (told.normal, NORMAL), (told.long, LONG)):
        assert "\n" not in summary
        assert count_words(summary.rstrip("…")) <= length.words


def cost(work: Callable[[], object]) -> float:
    """Seconds of CPU, at best of three."""
    spent = []
    for _ in range(3):
        begun = process_time()
        work()
        spent.append(process_time() - begun)
    return min(spent)


LINES = ["→", "→ ", " →", "‹", "›", "»", "… ", "。", "！」", "read more", "read more ", "read more x ", "read more: ",
         "read more→", "read more x→ ", "read more: “", "The post ", "The post x appeared first on ", "submitted by u/",
         "12 comments ", "https://a.test/", "source: ", "[", "( ", "…]", "“", "x:", "#-", "1 ", "x", "机", "By A ",
         "AA (", "AA ", "AA, ", "updated ", "a.b(", "photo by ", "commission ", "“a ",
         "((", "«", "”", "\" "]  # fmt: skip


@pytest.mark.parametrize("unit", LINES)
@pytest.mark.parametrize("start", ["", "Read more x "])
def test_a_line_takes_linear_time(unit: str, start: str) -> None:
    def lines(length: int) -> Entry:
        line = f"{start}{unit * (length // len(unit))} x"
        return entry("", f"<p>{line}</p>" * 4)

    short, long = lines(490), lines(3_920)
    assert cost(lambda: tell(long)) < 24 * max(cost(lambda: tell(short)), 0.002)


@pytest.mark.parametrize(
    "unit", ["→ ", "。", "read more x ", "The post x appeared first on ", "“", "…]", "机", "x. "]
)
def test_an_entry_of_the_greatest_size_is_told_fast(unit: str) -> None:
    line = unit * (3_990 // len(unit))
    assert cost(lambda: tell(entry("", f"<p>{line}</p>" * 64))) < 0.8


def test_what_a_line_ends_with_falls_away_however_long_the_line_is() -> None:
    text = "The crane lifts again. " * 100
    for end in (
        "Read more →",
        "Continue reading Crane « arrives » →",
        "The post Crane appeared first on Port.",
    ):
        assert tell(entry(f"{text}{end}")).text == text.strip()
