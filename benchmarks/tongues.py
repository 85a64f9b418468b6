"""Made-up news and opinions in six languages, out of small grammars; each sentence is told once."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language's grammar: news and opinions are patterns with slots, the rest are what fills them and labels."""

    code: str
    blank: str  # between two sentences
    news: tuple[str, ...]
    opinions: tuple[str, ...]
    headlines: tuple[str, ...]
    slots: dict[str, tuple[str, ...]]
    names: tuple[str, ...]
    labels: dict[str, str]
    moments: tuple[str, ...]


def _list(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split("/"))


ENGLISH = Tongue(
    "en",
    " ",
    (
        "{Who} {did} {what} in {place} {when}, at a cost of {n} million.",
        "According to {who}, {what} will {future} before the end of {season}.",
        "In {place}, {n} families have {wait} since {what} was announced.",
        "{Who} said that {what} “must {future}, whatever it takes”.",
        "The plan for {what} covers {n} streets around {place} and is due {when}.",
        "More than {n} people from {place} asked {who} to look at {what} again.",
        "A study of {n} households shows how {what} changes daily life in {place}.",
        "For {who}, the figures from {place} leave little doubt: {n} of them speak for {what}.",
        "{When}, the first {n} visitors came to see {what}.",
    ),
    (
        "I grew up near {place} and we never had {what}, so I doubt that {n} of them will help anybody.",
        "My neighbour paid {n} for {what} and is still waiting.",
        "Honestly, {who} should have thought of this {n} years ago.",
        "We moved away from {place} because of exactly that, and {n} others did the same.",
        "There is nothing wrong with {what} as long as {who} keeps an eye on it, as happened {n} times before.",
        "Has anybody counted what {what} costs a family with {n} children?",
    ),
    (
        "{Who} {did} {what} in {place}",
        "{Place}: {n} families wait for {what}",
        "How {what} may {future} by {season}",
    ),
    {
        "who": _list(
            "the mayor/the regional council/a group of teachers/the water board/the harbour office/"
            "two engineers/the farmers’ union/the museum’s director"
        ),
        "did": _list("opened/approved/postponed/presented/rebuilt/inspected/financed/closed"),
        "what": _list(
            "a bridge for cyclists/the old railway depot/a seed library/the new flood wall/"
            "an open-air school/the night bus network/a repair workshop/the botanical archive"
        ),
        "place": _list(
            "Marlow Bay/Eastfield/the Tarn valley/Port Sellick/Upper Haddon/Grenmouth/the old quarter/Lindale"
        ),
        "when": _list(
            "on Tuesday/last week/early this month/after two years of talks/despite heavy rain/"
            "shortly before noon"
        ),
        "future": _list(
            "open to everyone/double in size/pay for itself/be handed over/be tested again/move to the coast"
        ),
        "season": _list("spring/the summer/autumn/the winter/the school year"),
        "wait": _list("waited for news/signed up/moved in/asked for help/kept a diary"),
    },
    _list(
        "Anna Keller/Tom B./marigold77/Jim O’Neill/Priya S/Old Sailor/Beatrix/D. Okafor/kelvin_/"
        "Mrs Plum/Rosalind Hart/Jo"
    ),
    {
        "support": "Support us",
        "related": "More on this topic",
        "notify": "Notify of",
        "sort": "Newest Most Voted",
        "inline": "Inline Feedbacks",
        "all": "View all comments",
        "reply": "Reply",
        "count": "{n} Comments",
        "by": "By {name}",
        "menu": "World/Science/Opinion/Weather",
        "caption": "{headline} (photo: {name})",
        "vote": "Vote up",
    },
    ("{n} hours ago", "{n} days ago", "March {d}, 2025 at 1{d}:4{d}", "{d} Jun 2025 9:1{d}", "2025-06-1{d}"),
)
SPANISH = Tongue(
    "es",
    " ",
    (
        "{Who} {did} {what} en {place} {when}, con un gasto de {n} millones.",
        "Según {who}, {what} podrá {future} antes de que termine {season}.",
        "En {place}, {n} familias {wait} desde que se anunció {what}.",
        "«Hay que {future}», dijo {who} sobre {what} ante {n} personas.",
        "El proyecto de {what} abarca {n} calles de {place} y estará listo {when}.",
        "Más de {n} habitantes de {place} pidieron a {who} que revisara {what}.",
        "Un estudio con {n} hogares muestra cómo {what} cambia la vida en {place}.",
        "{When}, los primeros {n} visitantes conocieron {what}.",
    ),
    (
        "Yo viví en {place} y nunca tuvimos {what}; dudo que {n} sirvan de algo.",
        "Mi vecina pagó {n} por {what} y todavía espera.",
        "La verdad, {who} debió pensarlo hace {n} años.",
        "Nos fuimos de {place} justo por eso, igual que otras {n} personas.",
        "¿Alguien ha contado lo que cuesta {what} a una familia con {n} hijos?",
    ),
    ("{Who} {did} {what} en {place}", "{Place}: {n} familias piden {what}"),
    {
        "who": _list(
            "la alcaldesa/el consejo regional/un grupo de maestros/la junta del agua/"
            "la oficina del puerto/el sindicato agrario"
        ),
        "did": _list("inauguró/aprobó/aplazó/presentó/reconstruyó/financió/cerró"),
        "what": _list(
            "un puente para ciclistas/la vieja estación/una biblioteca de semillas/el nuevo muro/"
            "una escuela al aire libre/la red nocturna de autobuses"
        ),
        "place": _list("Villamar/el valle del Turia/Puerto Hondo/Santa Lucía/el casco antiguo/Robledal"),
        "when": _list(
            "el martes/la semana pasada/a comienzos de mes/tras dos años de debate/pese a la lluvia"
        ),
        "future": _list(
            "abrir a todos/duplicar su tamaño/pagarse solo/trasladarse a la costa/probarse de nuevo"
        ),
        "season": _list("la primavera/el verano/el otoño/el curso"),
        "wait": _list("esperan noticias/se han apuntado/se han mudado/piden ayuda"),
    },
    _list("Lucía Prado/Paco M./girasol22/Iñaki/Doña Rosa/R. Quintana/marinero/Elena Vidal/Nacho/Carmen"),
    {
        "support": "Apóyanos",
        "related": "Más sobre este tema",
        "notify": "Avisar de",
        "sort": "Más nuevos Más votados",
        "inline": "Opiniones en línea",
        "all": "Ver todos los comentarios",
        "reply": "Responder",
        "count": "{n} comentarios",
        "by": "Por {name}",
        "menu": "Mundo/Ciencia/Opinión/Tiempo",
        "caption": "{headline} (foto: {name})",
        "vote": "Me gusta",
    },
    ("hace {n} horas", "hace {n} días", "{d} de marzo de 2025, 1{d}:4{d}", "1{d}/06/2025"),
)
RUSSIAN = Tongue(
    "ru",
    " ",
    (
        "{Who} {did} {what} в районе {place} {when}, потратив {n} миллионов.",
        "По словам жителей {place}, {what} сможет {future} раньше, чем через {n} месяцев.",
        "В окрестностях {place} {n} семей {wait}, с тех пор как объявили про {what}.",
        "«Нужно {future}», — сказал инженер {n} слушателям, показывая {what}.",
        "Проект затрагивает {n} улиц возле {place}, и {what} будет готов {when}.",
        "Более {n} человек из {place} попросили ещё раз проверить {what}.",
        "Исследование {n} хозяйств показывает, как {what} меняет жизнь {place}.",
        "{When} первые {n} гостей увидели {what}.",
    ),
    (
        "Я вырос недалеко от {place}, и никакой {what} нам был не нужен, хватало {n} скамеек.",
        "Моя соседка заплатила {n} за {what} и ждёт до сих пор.",
        "Если честно, об этом надо было думать {n} лет назад, когда строили {what}.",
        "Мы уехали из {place} как раз поэтому, и ещё {n} знакомых тоже.",
        "Кто-нибудь посчитал, во что {what} обойдётся семье, где {n} детей?",
    ),
    ("{Who} {did} {what} в районе {place}", "{n} семей {place} ждут {what}"),
    {
        "who": _list("городской совет/союз фермеров/порт/музей/водоканал/комитет учителей"),
        "did": _list("открыл/одобрил/отложил/представил/восстановил/осмотрел/закрыл"),
        "what": _list(
            "велосипедный мост/старый вокзал/семенной архив/новый вал/летний лицей/ночной маршрут/"
            "ботанический сад"
        ),
        "place": _list("Заречья/Каменки/Верхних Лугов/Тихой Гавани/Старого города/Липовки"),
        "when": _list("во вторник/на прошлой неделе/в начале месяца/после двух лет споров/несмотря на дождь"),
        "future": _list(
            "открыться для всех/вырасти вдвое/окупиться/переехать на берег/пройти новую проверку"
        ),
        "season": _list("весны/лета/осени"),
        "wait": _list("ждут новостей/уже записались/просят помощи/ведут дневник"),
    },
    _list("Анна Белова/Олег К./морячок/Тётя Вера/Ильдар/Н. Соколова/vasiliy_55/Марина/Пётр Гусев/Ефим"),
    {
        "support": "Поддержите нас",
        "related": "Ещё по этой теме",
        "notify": "Уведомлять о",
        "sort": "Новые Популярные",
        "inline": "Отзывы в тексте",
        "all": "Показать все комментарии",
        "reply": "Ответить",
        "count": "Комментарии ({n})",
        "by": "Автор: {name}",
        "menu": "Мир/Наука/Мнения/Погода",
        "caption": "{headline} (фото: {name})",
        "vote": "Нравится",
    },
    ("{n} часов назад", "{n} дней назад", "1{d} марта 2025, 1{d}:4{d}", "1{d}.06.2025"),
)
ARABIC = Tongue(
    "ar",
    " ",
    (
        "{did} {who} {what} في {place} {when} بكلفة بلغت {n} مليونا.",
        "وبحسب {who} فإن {what} يمكن أن {future} قبل نهاية {season} بعد {n} شهرا.",
        "في {place} {wait} {n} أسرة منذ الإعلان عن {what}.",
        "وقال {who} أمام {n} شخصا إن {what} «يجب أن {future}».",
        "يشمل مشروع {what} نحو {n} شارعا قرب {place} ويكتمل {when}.",
        "طلب أكثر من {n} من سكان {place} مراجعة {what} مرة أخرى.",
        "وتظهر دراسة على {n} منزلا كيف غير {what} الحياة في {place}.",
    ),
    (
        "نشأت قرب {place} ولم يكن عندنا {what} وأشك أن {n} منها تنفع أحدا.",
        "دفع جاري {n} من أجل {what} وما زال ينتظر.",
        "بصراحة كان على {who} أن يفكر في هذا قبل {n} سنة من الآن.",
        "انتقلنا من {place} لهذا السبب تحديدا مع {n} من الأصدقاء.",
        "هل حسب أحد كم يكلف {what} أسرة فيها {n} أطفال؟",
    ),
    ("{did} {who} {what} في {place}", "{place}: {n} أسرة تنتظر {what}"),
    {
        "who": _list("رئيس البلدية/المجلس المحلي/مدير المتحف/مكتب الميناء/اتحاد المزارعين/فريق من المعلمين"),
        "did": _list("افتتح/أقر/أجل/قدم/جدد/أغلق"),
        "what": _list(
            "جسر الدراجات/محطة القطار القديمة/مكتبة البذور/السد الجديد/مدرسة الهواء الطلق/أرشيف النباتات"
        ),
        "place": _list("وادي النخيل/الحي القديم/ميناء السلام/السهل الأخضر/مدينة الشاطئ/الرابية"),
        "when": _list("يوم الثلاثاء/الأسبوع الماضي/مطلع الشهر/بعد عامين من النقاش/رغم المطر"),
        "future": _list("يفتح للجميع/يتضاعف حجمه/يغطي كلفته/ينتقل إلى الساحل"),
        "season": _list("الربيع/الصيف/الخريف"),
        "wait": _list("تنتظر/سجلت/تطلب العون/انتقلت"),
    },
    _list("سلمى حداد/أبو كريم/نور الدين/ليلى/م. قاسم/فرح/البحار/رانيا س/يوسف نجار/هالة"),
    {
        "support": "ادعمونا",
        "related": "المزيد حول هذا الموضوع",
        "notify": "أبلغني عن",
        "sort": "الأحدث الأكثر تصويتا",
        "inline": "ملاحظات ضمن النص",
        "all": "عرض كل التعليقات",
        "reply": "رد",
        "count": "{n} تعليقات",
        "by": "بقلم {name}",
        "menu": "العالم/علوم/رأي/الطقس",
        "caption": "{headline} (تصوير {name})",
        "vote": "أعجبني",
    },
    ("قبل {n} ساعات", "منذ {n} أيام", "1{d} مارس 2025 1{d}:4{d}", "2025/06/1{d}"),
)
CHINESE = Tongue(
    "zh",
    "",
    (
        "{who}{when}在{place}{did}了{what}，总投资达{n}亿元，预计明年完工。",
        "据{who}介绍，{what}有望在{season}结束之前{future}，届时将惠及{n}户居民。",
        "自从{what}的消息公布以来，{place}已有{n}个家庭{wait}，人数仍在增加。",
        "{who}表示：“{what}一定要{future}，哪怕再等{n}个月。”",
        "这项计划涉及{place}周边{n}条街道，其中{what}将{when}交付使用。",
        "来自{place}的{n}多名居民联名要求重新评估{what}，并提交了书面意见。",
        "一项覆盖{n}户家庭的调查显示，{what}正在改变{place}的日常生活。",
    ),
    (
        "我小时候住在{place}附近，那时根本没有{what}，我不信建{n}个就有用。",
        "邻居为了{what}花了{n}块钱，到现在还在等消息呢。",
        "说实话，{who}早在{n}年前就该想到这些问题了。",
        "我们家就是因为这个才从{place}搬走的，还有{n}户也一样。",
        "有没有人算过，有{n}个孩子的家庭为{what}要多花多少钱？",
    ),
    ("{who}在{place}{did}{what}", "{place}{n}个家庭期待{what}早日{future}"),
    {
        "who": _list("市长办公室/区议会/水务局/港务局/博物馆馆长/农民协会"),
        "did": _list("启用/批准/推迟/展示/重建/检查"),
        "what": _list("自行车专用桥/老火车站改造项目/种子图书馆/新防洪堤/露天学校/夜间公交线路"),
        "place": _list("临江新区/青石镇/东港/老城区/柳河县/上林村"),
        "when": _list("本周二/上周/本月初/经过两年讨论后/冒着大雨"),
        "future": _list("向所有人开放/扩大一倍/收回成本/迁往海边/重新测试"),
        "season": _list("春季/夏季/秋季"),
        "wait": _list("登记报名/搬入新居/提出申请/写下日记"),
    },
    _list("王小雨/老船长/李明/陈阿姨/路过的人/赵一/山里人/孙晓燕/周周/Kevin刘"),
    {
        "support": "支持我们",
        "related": "更多相关话题",
        "notify": "通知我",
        "sort": "最新 最多投票",
        "inline": "行内反馈",
        "all": "查看全部评论",
        "reply": "回复",
        "count": "{n} 条评论",
        "by": "文/{name}",
        "menu": "国际/科学/观点/天气",
        "caption": "{headline}（摄影：{name}）",
        "vote": "点赞",
    },
    ("{n}小时前", "{n}天前", "2025年3月1{d}日 1{d}:4{d}", "2025-06-1{d}"),
)
GERMAN = Tongue(
    "de",
    " ",
    (
        "{Who} {did} {what} in {place} {when} für {n} Millionen.",
        "In {place} {wait} {n} Familien, seit {what} beschlossen ist.",
        "„Das muss {future}“, sagte der Sprecher vor {n} Leuten, und {who} nickte.",
        "Mehr als {n} Menschen aus {place} haben darum gebeten, {what} noch einmal zu prüfen.",
        "Eine Umfrage in {n} Haushalten zeigt, wie {what} das Leben in {place} ändert.",
        "{When} sahen die ersten {n} Gäste {what}.",
        "Nach Angaben aus {place} betrifft {what} etwa {n} Straßen und wird {season} fertig.",
    ),
    (
        "Ich bin in {place} aufgewachsen, und {what} hat uns {n} Jahre lang nicht gefehlt.",
        "Meine Nachbarin hat {n} Euro für {what} bezahlt und wartet noch immer.",
        "Ehrlich gesagt hätte {who} das vor {n} Jahren bedenken sollen.",
        "Wir sind genau deshalb aus {place} weggezogen, und {n} andere auch.",
        "Hat jemand ausgerechnet, was {what} eine Familie mit {n} Kindern kostet?",
    ),
    ("{Who} {did} {what} in {place}", "{Place}: {n} Familien warten auf {what}"),
    {
        "who": _list("die Bürgermeisterin/der Kreistag/eine Lehrergruppe/das Wasserwerk/das Hafenamt"),
        "did": _list("eröffnete/genehmigte/verschob/besichtigte/bezahlte/schloss"),
        "what": _list(
            "eine Radbrücke/das alte Bahnwerk/eine Saatgutbücherei/die neue Flutmauer/eine Freiluftschule/"
            "das Nachtbusnetz"
        ),
        "place": _list("Altenfeld/Hafenburg/Oberhausen am See/Lindau/Grünental/Neustadt"),
        "when": _list(
            "am Dienstag/vergangene Woche/trotz starken Regens/nach zwei Jahren Streit/Anfang des Monats"
        ),
        "future": _list(
            "allen offenstehen/doppelt so groß werden/sich selbst tragen/noch einmal geprüft werden"
        ),
        "season": _list("im Frühjahr/im Sommer/im Herbst/im Winter"),
        "wait": _list("warten auf Nachricht/bitten um Hilfe/führen Tagebuch/sind auf der Liste"),
    },
    _list(
        "Anna Keller/Tom B./sonnenblume7/Jürgen/Frau Pflaume/R. Hartmann/alter Seemann/Beate/Uli W./Kerstin"
    ),
    {
        "support": "Unterstützen Sie uns",
        "related": "Mehr zum Thema",
        "notify": "Benachrichtige mich bei",
        "sort": "Neueste Meistbewertet",
        "inline": "Inline-Feedbacks",
        "all": "Alle Kommentare anzeigen",
        "reply": "Antworten",
        "count": "{n} Kommentare",
        "by": "Von {name}",
        "menu": "Welt/Wissen/Meinung/Wetter",
        "caption": "{headline} (Foto: {name})",
        "vote": "Gefällt mir",
    },
    ("vor {n} Stunden", "vor {n} Tagen", "{d}. März 2025 um 1{d}:4{d}", "1{d}.06.2025"),
)
TONGUES = (ENGLISH, SPANISH, RUSSIAN, ARABIC, CHINESE, GERMAN)


class Speaker:
    """Says each sentence of a language once."""

    def __init__(self, tongue: Tongue, chance: random.Random) -> None:
        self.tongue = tongue
        self._chance = chance
        self._said: set[str] = set()

    def news(self) -> str:
        """A sentence of a report."""
        return self._new(self.tongue.news)

    def opinion(self) -> str:
        """A sentence as members of the public write it."""
        return self._new(self.tongue.opinions)

    def headline(self) -> str:
        """What an article may be called."""
        return self._new(self.tongue.headlines)

    def name(self) -> str:
        """Somebody's name."""
        return self._chance.choice(self.tongue.names)

    def moment(self) -> str:
        """When a comment was written."""
        pattern = self._chance.choice(self.tongue.moments)
        return pattern.format(n=self._chance.randint(2, 9), d=self._chance.randint(1, 9))

    def paragraph(self, least: int, most: int, *, opinion: bool = False) -> tuple[str, ...]:
        """Several sentences of one kind."""
        say = self.opinion if opinion else self.news
        return tuple(say() for _ in range(self._chance.randint(least, most)))

    def _new(self, patterns: tuple[str, ...]) -> str:
        while True:
            filled = {name: self._chance.choice(words) for name, words in self.tongue.slots.items()}
            raised = {name.capitalize(): word[:1].upper() + word[1:] for name, word in filled.items()}
            sentence = self._chance.choice(patterns).format(
                n=self._chance.randint(11, 9_999), **filled, **raised
            )
            sentence = sentence[:1].upper() + sentence[1:]
            if sentence not in self._said:
                self._said.add(sentence)
                return sentence
