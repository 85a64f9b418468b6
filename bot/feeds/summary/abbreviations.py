"""What a full stop may stand behind without ending a sentence, by language. Tables only."""

from __future__ import annotations

from bot.feeds.summary.languages import SMALL_WORDS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALL = "all"
"""Stands for a language that is not known: the words of all."""


def _with_all(table: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {**table, ALL: frozenset[str]().union(*table.values())}


# What stands before its word always: a title, "see", "for example".
LEADING = _with_all(
    {
        "en": _words(
            "mr mrs ms dr prof rev hon gen gov sen rep lt col sgt capt cmdr maj adm brig pres supt det messrs mt ft "
            "fr e.g i.e viz cf approx est ca incl al asst insp cpl pvt dir supt st vs"
        ),
        "de": _words(
            "dr med phil jur rer habil prof hr fr dipl ing mag st hl z.b d.h u.a i.d.r bzw ca evtl ggf vgl inkl "
            "exkl rd zzgl insb sog "
            "gem ehem "
            "geb gest hrsg verf röm kath abzgl einschl z d o.ä str zb stv vors "
            "u.u i.a i.v z.t v.a m.e s.o s.u a.d lt bspw"
        ),
        "fr": _words(
            "m mm mme mlle mmes apr dr pr me mgr st ste cf env av p.ex ex c.-à-d éd dir réf fg bd gal cdt lt col"
        ),
        "es": _words(
            "sr sra srta sres pl d dª dña dr dra prof profa ud uds vd lic ing gral cap cnel tte av avda pza "
            "p.ej ej cf aprox "
            "pdte sto sta fr mons arq tel ed excmo excma ilmo c gob"
        ),
        "pt": _words(
            "sr sra srs dr dra drs prof profa eng av ex exmo exma d dom gen cel cap ten sto sta cf aprox p.ex tel ed "
            "arq fr mons gov dep sen"
        ),
        "it": _words(
            "rep sig sigg dott prof ing avv on sen gen col cap arch geom rag cav comm dr mons p.es es cf ca tel ill "
            "egr spett "
            "s ss d sig.ra dott.ssa prof.ssa rev"
        ),
        "nl": _words(
            "dhr mevr mw drs mr ir dr prof ing bijv o.a d.w.z t.a.v m.b.t i.p.v bv nl resp ca evt incl excl st"
        ),
        "sv": _words("bl a t ex bl.a t.ex dvs ca resp f.d d.v.s prof dr st s.k inkl exkl m.a.o"),
        "da": _words("bl a f eks bl.a f.eks ca resp fhv dr prof hr fr inkl ekskl kl st dvs m.a.o"),
        "nb": _words("bl a f eks bl.a f.eks ca resp dr prof hr fr inkl ekskl kl st dvs"),
        "fi": _words("esim ts ks prof tri toht"),
        "pl": _words(
            "np dr prof hab mgr inż lek ks św ul al pl gen płk kpt por ppor bp o tzw tj m.in zob por wg "
            "ww ds kard abp woj br s marsz"
        ),
        "cs": _words(
            "např dr prof ing mgr bc mudr judr phdr rndr doc tzv tj mj ul nám sv gen plk kpt resp cca popř zvl"
        ),
        "sk": _words(
            "napr dr prof ing mgr bc mudr judr phdr rndr doc tzv t.j ul nám sv gen plk kpt resp cca popr"
        ),
        "ro": _words("dl dna dr prof ing str bd ex p.ex jud sf"),
        "hu": _words("dr prof ifj id özv pl ill ún kb szt"),
        "tr": _words("dr prof doç yrd av sn hz bkz örn alb gen yzb org müh op uzm mah cad sok"),
        "ru": _words(
            "г-н г-жа гр инж проф акад доц ул пр-т просп пл пер наб бул см ср напр т.е т.к т.н т.ч св ст ген "
            "полк кап лейт "
            "д-р канд тов рис табл гл илл англ фр нем лат греч прим изд пос дер обл р-н оз о-в тел"
        ),
        "uk": _words(
            "п пп інж буд проф акад доц вул пр-т просп пл пров бульв див пор напр т.зв св ген полк кап д-р канд "
            "тов рис табл "
            "гл англ нім лат грец бл прим смт обл р-н оз тел о"
        ),
        "bg": _words("проф акад доц ул бул св напр д-р инж чл гр вж т.е т.нар ген ст"),
        "ar": _words("د أ م إ ص ت ط ج ق.م أ.د م.د"),
        "hi": _words(
            "डॉ डा प्रो श्री श्रीमती कु पं मो कर्नल ले सं रु नं लि प्रा कि कि.मी ई.पू ए बी सी डी ई एफ जी एच आई "
            "जे के एल एम एन ओ पी क्यू "
            "आर एस टी यू वी डब्ल्यू एक्स वाई जेड मि"
        ),
        "ko": _words("no mr mrs ms dr prof vs"),
        "ja": _words("no mr mrs ms dr prof vs st"),
        "zh": _words("no mr mrs ms dr prof vs st"),
    }
)

# What stands before a number; elsewhere it is a word like others ("no").
BEFORE_NUMBERS = _words(
    "séc secc д буд кв корп "
    "jan feb mar apr jun jul aug sep sept oct nov dec okt dez mrz janv févr avr juil déc ene abr ago dic fev "
    "dez gen mag giu lug ott dic ok ок "
    "no nos nr vol bd p pp s ss fig figs art arts abs abb ch sec par para tab tabl rn zf ziff kap aufl lfd eq "
    "núm nº n pág págs cap apdo inc num t chap pg "
    "pag pagg sez ust poz pkt tel ver str rys tom čl č obr kap odst rozdz "
    "ст п пп гл ч рис табл стр с м т вип розд № sf md bkz böl cilt fasc nro matr pos hoofdst blz art kl"
)

# What may end a sentence or not: it does where a word follows that begins one.
OPEN = _with_all(
    {
        "en": _words(
            "inc ltd corp co bros llc plc jr sr esq ave blvd rd dept dist assn univ hwy sq a.d b.c c.e b.c.e "
            "u.s u.k u.n "
            "e.u d.c ph.d m.d b.a m.a"
        ),
        "de": _words("co str mio mrd mill tsd std sek jh jhd chr n.chr v.chr jr sen u.s u.s.w"),
        "fr": _words("janv févr avr juil sept déc j.-c s.a cie sté inc"),
        "es": _words("a.c d.c j.c hnos ee.uu s.a s.l cía dpto jr"),
        "pt": _words("a.c d.c j.c s.a ltda cia jr"),
        "it": _words("a.c d.c s.p.a s.r.l jr"),
        "nl": _words("v.chr n.chr b.v n.v jr"),
        "pl": _words("im r w godz tys mln mld zł gr n.e p.n.e sp z.o.o s.a red wyd ur zm m.in tel"),
        "cs": _words("n.l př.n.l tis mil mld kč hod stol s.r.o a.s l"),
        "sk": _words("n.l tis mil mld hod stor s.r.o a.s"),
        "tr": _words("ltd m.ö m.s t.c a.ş şti tl yy no tel"),
        "ru": _words("им г гг в вв руб коп тыс млн млрд чел мин сек т.д т.п др пр н.э обл кв"),
        "uk": _words("ім р рр ст грн коп тис млн млрд хв сек осіб т.д т.п ін н.е обл"),
        "ar": _words("هـ م ق.م"),
        "hi": _words("ई.पू रु कि.मी"),
    }
)

# Pairs with a blank between their parts that do so too ("до н. э."), and those that end a list ("и т. д.").
OPEN_PAIRS = frozenset((("н", "э"), ("н", "е"), ("n", "e"), ("a", "c"), ("d", "c"), ("m", "h")))
CLOSING_PAIRS = frozenset((("т", "д"), ("т", "п"), ("s", "w"), ("t", "d"), ("p", "m")))
# What ends a list: where a capital follows, the sentence has ended.
CLOSING = _words(
    "др ін etc usw u.s.w usf ecc itd itp atd apod atp vb vs vd osv mfl m.fl m.m stb ym jne enz u.a itp"
)
HOURS = _words("a.m p.m am pm")
AFTER_HOURS = _words(
    "monday tuesday wednesday thursday friday saturday sunday est edt et cst cdt ct mst pst pdt pt gmt utc bst cet "
    "eastern central mountain pacific local january february march april may june july august september october "
    "november december"
)

ORDINALS = _words("de da nb fi cs sk hu tr pl sv")
MONTHS = _words(
    "januar jänner februar märz april mai juni juli august september oktober november dezember "
    "marts maj december januari februari augusti "
    "ledna února března dubna května června července srpna září října listopadu prosince "
    "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra "
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta "
    "lokakuuta marraskuuta joulukuuta ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık"
)
BEFORE_ORDINALS = _words(
    "der die das dem den des am im zum zur vom beim ab bis seit ein eine einen einer und jeder jede den det til "
    "fra på i od do dne vor nach ihr sein ihren seinen ihre seine"
)
AFTER_ORDINALS = _words(
    "fc bundesliga liga platz runde jahrhundert kapitel auflage weltkrieg klasse stock tag mal geburtstag jahrestag "
    "advent halbzeit minute quartal semester senat strafsenat zivilsenat kammer jahrestagung akt satz"
)

# Parts of names that are written with a capital too, so that they do not show a sentence's beginning.
NAME_PARTICLES = _words(
    "de del della di da do dos das van von der den le la el al du des zu ter ten lo du san los las"
)

_OPENERS = {
    "en": "however meanwhile yet still although though since according despite i it's that's here today "
    "yesterday last "
    "next several many each another both if whether why where among under until once instead nearly then later "
    "soon finally earlier it not even much never often once perhaps sometimes that's there's they're we're he's "
    "she's "
    "those most people officials police experts critics residents nobody everyone something nothing",
    "de": "danach später heute gestern dann dennoch trotzdem außerdem allerdings dabei dies dazu inzwischen "
    "laut viele "
    "einige beide alle ihm ihn mein doch denn dort jetzt nun zudem weder sowohl anschließend seitdem bereits dieses "
    "damals morgen manche niemand jeder ebenso daraufhin deshalb deswegen daher zuvor schließlich nachdem während",
    "fr": "elle ils elles puis ensuite hier aujourd'hui cependant pourtant enfin après selon ce cet lors son sa "
    "ses nous "
    "vous quand chaque plusieurs certains aucun personne rien depuis toutefois ainsi alors là malgré c'est l'an",
    "es": "ella ellos él luego después ayer hoy según sin aunque cuando entonces también además este esta estos "
    "estas "
    "ese nadie nada todo todos cada varios algunos ahora así allí antes desde durante mientras finalmente eran "
    "era fue",
    "pt": "ela eles ele depois ontem hoje segundo porém contudo quando então também além este esta esses "
    "ninguém nada "
    "todos cada vários alguns agora assim ali antes desde durante enquanto finalmente era foi",
    "it": "lei lui poi ieri oggi secondo però tuttavia quando allora anche inoltre questo questa questi nessuno "
    "nulla "
    "tutti ogni molti alcuni ora così lì prima dopo durante mentre infine era fu dal nel l'anno c'era",
    "nl": "hij zij daarna later gisteren vandaag volgens echter toch toen ook bovendien deze niemand alles alle elke "
    "veel sommige nu zo daar voor na tijdens terwijl intussen",
    "sv": "hon han sedan därefter igår idag enligt men dock då också dessutom denna ingen alla varje många "
    "några nu så "
    "där före efter under medan samtidigt senare",
    "da": "hun han siden derefter i går dag ifølge men dog da også desuden denne ingen alle hver mange nogle nu "
    "så der "
    "før efter under mens samtidig senere bagefter",
    "nb": "hun han siden deretter ifølge men likevel da også dessuten denne ingen alle hver mange noen nå så der før "
    "etter under mens samtidig senere",
    "fi": "hän he sitten myöhemmin eilen tänään kuitenkin silti myös lisäksi tämä kukaan kaikki monet nyt niin "
    "siellä",
    "pl": "zimą latem wiosną jesienią został została zostały ona oni on potem później wczoraj dziś dzisiaj "
    "jednak następnie wtedy także ponadto ten ta te to nikt nic "
    "wszyscy każdy wielu niektórzy teraz tak tam przed podczas gdy kiedy tymczasem mimo choć według zdaniem "
    "było byli "
    "był była nie",
    "cs": "ona oni on potom pak později včera dnes však poté tehdy také navíc tento tato nikdo nic všichni "
    "každý mnozí "
    "nyní tak tam před během když zatímco přesto podle",
    "sk": "ona oni on potom neskôr včera dnes však vtedy tiež navyše tento táto nikto nič všetci každý mnohí "
    "teraz tak "
    "tam pred počas keď zatiaľ napriek podľa",
    "ro": "ea ei el apoi ieri astăzi azi totuși însă atunci acest această nimeni nimic toți fiecare mulți unii acum",
    "hu": "ő ők majd később tegnap ma azonban akkor ez az ezek senki semmi mindenki sok most itt ott",
    "tr": "o onlar sonra daha dün bugün ancak fakat bu şu ayrıca hiç herkes her bazı şimdi böylece orada önce "
    "ardından "
    "bunun buna bunu yine üstelik oysa çünkü eğer hem ilk",
    "ru": "зимой летом весной осенью утром вечером он она они оно потом затем вчера сегодня однако тогда также "
    "кроме этот эта эти никто ничто все каждый многие "
    "некоторые теперь так там перед во пока когда после позже но тем поэтому здесь ныне в на по с мы я вы его её их "
    "сейчас",
    "uk": "взимку влітку навесні восени вранці ввечері він вона вони воно потім згодом вчора сьогодні однак "
    "тоді також крім цей ця ці ніхто ніщо усі всі кожен "
    "багато деякі тепер так там перед під поки коли після пізніше але тому тут в у на за з ми я ви його її їх",
    "bg": "той тя те после вчера днес обаче тогава също освен този тази тези никой всички всеки много сега така там",
    "ar": "وقد وكان وقال وفي ثم لكن ولكن أما كما وهو وهي وبعد وتم ومن هذا هذه وأضاف",
    "hi": "वह वे यह ये इस उस इसके उसके फिर बाद आज कल लेकिन मगर उन्होंने इन उन अब",
    "ko": "그 그는 그녀는 그러나 하지만 이 이후 또 또한 다음",
}
STARTERS = _with_all(
    {code: SMALL_WORDS.get(code, frozenset()) | _words(words) for code, words in _OPENERS.items()}
)
"""Words that begin a sentence where they are written with a capital in the middle of a line."""
