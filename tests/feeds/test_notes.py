"""What notes of shows and of videos tell: their sentences, and none of a sponsor's, a chapter's, a list's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.model import Entry
from bot.feeds.summary import tell
from bot.feeds.summary.hygiene import (
    _APPEARED,
    _BAITS,
    _CALLS,
    _CREDIT,
    _LABEL,
    _LONGEST_LABEL,
    _TAILS,
    is_label,
)
from bot.feeds.summary.notes import _PROMOTING, promotes, suspects
from bot.feeds.summary.openers import _ITSELF
from bot.feeds.summary.signs import Seen, Signed

SIGNED = (_APPEARED, _BAITS, _CALLS, _TAILS, *_PROMOTING)

TOLD = "Ruth Okafor tells how the harbour got its new crane, and what became of the two old ones."


def notes(*lines: str) -> str:
    return tell(Entry("id", None, "Cranes", content_html="".join(f"<p>{line}</p>" for line in lines))).normal


NOTES = {
    "sponsors below a heading": (
        "This episode of Harbour Hour is sponsored by:",
        "Boltz: Because every crane deserves a good bolt.",
        "Ropery We make ropes for people who like ropes.",
    ),
    "sponsors below a short heading": ("Sponsors", "Boltz: bolts that hold. Use code CRANE at checkout."),
    "a sponsor in a sentence": ("Today’s episode is sponsored by Boltz, who make bolts for everyone.",),
    "thanks to a sponsor": ("My thanks to Boltz for sponsoring the site this week with their new bolts.",),
    "an offer": ("Get 20% off your first order of bolts with code CRANE at the checkout.",),
    "chapters": ("00:00 Intro", "02:31 The voyage from Rotterdam", "1:14:05 Farewell", "[12:10] Ropes"),
    "chapters with their times behind": ("Intro 0:00", "The voyage (2:31)"),
    "addresses": ("Twitter: @harbourhour", "Get the bag here ► https://bags.test/x", "Mail: us@harbour.test"),
    "asking to follow": (
        "Follow us on Instagram and Twitter.",
        "Support us on Patreon.",
        "Please rate the show!",
    ),
    "forgetting": ("Don’t forget to subscribe and hit the bell for more videos.",),
    "German": ("Diese Folge wird präsentiert von Boltz, den Schrauben für alle.", "Abonniert unseren Kanal."),
    "German code": ("Mit dem Gutscheincode KRAN bekommt ihr zehn Prozent auf alle Schrauben.",),
    "French": ("Cet épisode est sponsorisé par Boltz, les boulons pour tous.", "Abonnez-vous à la chaîne."),
    "Spanish": ("Este episodio está patrocinado por Boltz, tornillos para todos.", "Suscríbete al canal."),
    "Portuguese": ("Este episódio é patrocinado pela Boltz, parafusos para todos.", "Inscreva-se no canal."),
    "Italian": ("Questo episodio è sponsorizzato da Boltz, bulloni per tutti.", "Iscriviti al canale."),
    "Polish": ("Sponsorem tego odcinka jest firma Boltz, a jej śruby są dobre.", "Zasubskrybuj kanał."),
    "Russian": ("Спонсор выпуска — компания Boltz, болты для всех.", "Подписывайтесь на наш канал."),
    "Ukrainian": ("Спонсор випуску — компанія Boltz, болти для всіх.", "Підписуйтесь на наш канал."),
    "Turkish": ("Bu bölümün sponsoru herkes için cıvata üreten Boltz.", "Abone olmayı unutmayın."),
    "Arabic": ("هذه الحلقة برعاية شركة بولتز للمسامير.", "اشتركوا في القناة."),
    "Chinese": ("本期节目由螺栓公司赞助播出。", "欢迎订阅我们的频道。"),
    "Japanese": ("この番組はボルト社がスポンサーです。", "チャンネル登録をお願いします。"),
    "Korean": ("이번 에피소드는 볼츠의 협찬으로 제작되었습니다.", "구독과 좋아요 부탁드립니다."),
    "Hindi": ("यह एपिसोड बोल्ट्ज़ द्वारा प्रायोजित है।", "चैनल को सब्सक्राइब करें।"),
}


@pytest.mark.parametrize("around", NOTES.values(), ids=NOTES.keys())
def test_what_is_told_is_the_summary_and_not_who_pays_for_it(around: tuple[str, ...]) -> None:
    assert notes(TOLD, *around) == TOLD


def test_a_list_of_topics_has_no_summary() -> None:
    topics = (
        "Follow-up:",
        "Smart outlets",
        "John’s old crane",
        "Is it worth a new one?",
        "Ropes!",
        "Ask us",
        "Fog",
    )
    assert notes(*topics) == ""
    assert notes(*topics, TOLD) == TOLD


def test_paragraphs_of_a_script_without_blanks_are_no_list() -> None:
    told = [f"第{n}座起重机星期一从鹿特丹经过三周的航行到达了这里的港口。" for n in "一二三四五六七"]
    assert notes(*told).startswith(told[0])


def test_a_row_of_items_has_no_summary() -> None:
    assert notes("1️⃣ Ruth Okafor 🚩 Ann Lee 🚩 Tom Pruitt 4️⃣ Jo Kay") == ""


TELLING = (
    "The bill’s sponsor said the vote on Tuesday would be close.",
    "Nike sponsors the national team until 2030.",
    "Shares closed 20% off their highest price of the year.",
    "The new building code takes effect in May and cuts costs by 10%.",
    "Police closed the bridge at 12:45 on Tuesday.",
    "Users of Instagram and Facebook could not log in on Monday.",
    "The council will support the harbour with four million.",
    "Der Verein verliert seinen Sponsor nach zwölf Jahren.",
    "Спонсор команды объявил об уходе после сезона.",
    "Unterstützung kommt aus dem Landtag.",
    "Sigam Group hat die Werft gekauft.",
    "Follow-up studies found no effect in adults.",
    "Apoio ao governo caiu em maio.",
    "Apple will support Spotify, and many users like the show.",
    "Subscribers to the service rose by a tenth.",
)


@pytest.mark.parametrize("sentence", TELLING)
def test_news_of_sponsors_and_prices_is_news(sentence: str) -> None:
    assert not promotes(sentence, suspects(Seen(sentence)))
    assert notes(TOLD, sentence).endswith(sentence)


@given(st.sampled_from(SIGNED), st.data())
def test_signs_by_which_texts_are_passed_over_are_in_whatever_is_looked_for(
    signed: Signed, data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(signed.pattern))
    suspicion = signed.suspected(Seen(text))
    assert Seen(text).is_odd or (suspicion and suspicion.shows(text.lower().replace("…", "...")))


@given(st.from_regex(_ITSELF.pattern))
def test_signs_by_which_sentences_are_passed_over_are_in_whatever_speaks_of_itself(text: str) -> None:
    assert _ITSELF.shows(text)


@given(st.from_regex(_LABEL, fullmatch=True) | st.from_regex(_CREDIT, fullmatch=True))
def test_labels_are_known_by_how_they_begin(text: str) -> None:
    assert is_label(text) or len(text) > _LONGEST_LABEL
