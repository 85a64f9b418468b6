"""Made-up article pages of the kind our first users read, with everything around the article that must not be read.

On top a donation meter, then the headline, a link that asks for support, about eight paragraphs, two pictures whose
captions repeat the headline, related links, and comments with names and answers; in many ways of building a page and
in five languages. What is asked of a reader: every paragraph of the article, and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.tongues import TONGUES, Speaker


@dataclass(frozen=True, slots=True)
class Made:
    """A made-up page: its markup, what its article says, a paragraph each, and what must not be taken for it.

    `foreign` are sentences and headlines that must occur nowhere; `labels` are lines that must not stand alone.
    """

    seed: str
    template: str
    language: str
    markup: str
    headline: str
    paragraphs: tuple[str, ...]
    foreign: tuple[str, ...]
    labels: tuple[str, ...]


def pages(seed: int | str, count: int, templates: Sequence[Template] = ()) -> Iterator[Made]:
    """`count` pages, the same for the same seed; every template comes as often as the others, in every language.

    The templates are this module's where no others are named.
    """
    templates = templates or TEMPLATES
    for number in range(count):
        template = templates[number % len(templates)]
        tongue = TONGUES[number // len(templates) % len(TONGUES)]
        name = f"{seed}/{number}"
        chance = random.Random(name)
        yield Maker(name, chance, Speaker(tongue, chance)).page(template)


def faults(made: Made, paragraphs: Sequence[str]) -> list[str]:
    """What is wrong with the paragraphs that were read from a page: a sentence for each; none where nothing is."""
    text, own = "\n".join(paragraphs), "\n".join(made.paragraphs)
    lost = [f"lost: {one}" for one in made.paragraphs if " ".join(one.split()) not in text]
    # Two headlines of one kind may be alike by chance, and a headline may begin a sentence.
    foreign = [f"foreign: {one}" for one in made.foreign if one in text and one not in own]
    return lost + foreign + [f"label: {one}" for one in made.labels if " ".join(one.split()) in paragraphs]


Template = Callable[["Maker"], str]


class Maker:
    """Makes one page and remembers what of it is the article's and what is not."""

    def __init__(self, name: str, chance: random.Random, speaker: Speaker) -> None:
        self.name = name
        self.chance = chance
        self.speaker = speaker
        self.labels = speaker.tongue.labels
        self.headline = speaker.headline()
        self.paragraphs: list[str] = []
        self.foreign: list[str] = []
        self.alone: list[str] = []
        self.is_dated = chance.random() < 0.85
        self.is_answered = not self.is_dated or chance.random() < 0.8
        self.control = chance.choice(("a", "span", "button", "link"))
        self.blocks = self._blocks()

    def page(self, template: Template) -> Made:
        """The page that a template makes."""
        tongue = self.speaker.tongue
        body = template(self)
        direction = ' dir="rtl"' if tongue.code == "ar" else ""
        named = f'<html lang="{tongue.code}"{direction}>' if self.chance.random() < 0.7 else "<html>"
        site = f" - {self.speaker.name()} News" if self.chance.random() < 0.6 else ""
        head = f'<meta charset="utf-8"><title>{escape(self.headline)}{escape(site)}</title>'
        if self.chance.random() < 0.6:
            head += f'<meta property="og:title" content="{escape(self.headline)}">'
        return Made(
            self.name,
            template.__name__,
            tongue.code,
            f"<!DOCTYPE html>{named}<head>{head}</head><body>{body}</body></html>",
            self.headline,
            tuple(self.paragraphs),
            tuple(self.foreign),
            tuple(self.alone),
        )

    # -- the article

    def _blocks(self) -> list[tuple[str, str]]:
        """The article as pairs of a kind (p, h, li, quote) and a text: about eight paragraphs, some of them short."""
        blocks: list[tuple[str, str]] = []
        for number in range(self.chance.randint(7, 10)):
            if number in (3, 6) and self.chance.random() < 0.4:
                blocks.append(("h", self.speaker.headline()))
            kind, least, most = "p", 2, 5
            if number and (odds := self.chance.random()) < 0.25:
                kind, least, most = ("quote", 1, 2) if odds < 0.12 else ("p", 1, 1)
            blocks.append((kind, self.joined(self.speaker.paragraph(least, most))))
            if number == 4 and self.chance.random() < 0.35:
                blocks.extend(("li", self.speaker.news()) for _ in range(3))
        self.paragraphs = [text for kind, text in blocks if kind != "h"]
        return blocks

    def joined(self, sentences: tuple[str, ...]) -> str:
        """Sentences as a paragraph."""
        return self.speaker.tongue.blank.join(sentences)

    def article(self, tag: str = "p", *, wrap: str = "{}") -> list[str]:
        """The article's blocks as markup."""
        made: list[str] = []
        for kind, text in self.blocks:
            text = escape(text)
            match kind:
                case "h":
                    made.append(f"<h2>{text}</h2>")
                case "li":
                    made.append(f"<ul><li>{text}</li></ul>")
                case "quote":
                    made.append(
                        f"<blockquote><p>{text}</p></blockquote>"
                        if tag == "p"
                        else f"<blockquote>{text}</blockquote>"
                    )
                case _:
                    made.append(wrap.format(f"<{tag}>{text}</{tag}>"))
        return made

    def told(self, *, tag: str = "p", wrap: str = "{}", picture: str = "figure") -> str:
        """The article with its two pictures."""
        made = self.article(tag, wrap=wrap)
        made.insert(1, self.picture(picture))
        made.insert(max(4, len(made) - 2), self.picture(picture))
        return "".join(made)

    # -- what stands around it

    def picture(self, how: str) -> str:
        """A picture with a caption that repeats the headline."""
        caption = self.headline
        if self.chance.random() < 0.6:
            caption = self.labels["caption"].format(headline=self.headline, name=self.speaker.name())
        self.foreign.append(caption)
        alt = escape(self.headline) if self.chance.random() < 0.6 else ""
        image = f'<img src="/p/{self.chance.randint(1, 999)}.jpg" alt="{alt}" width="800" height="500">'
        caption = escape(caption)
        return {
            "figure": f"<figure>{image}<figcaption>{caption}</figcaption></figure>",
            "div": f"<div>{image}<div>{caption}</div></div>",
            "classed": f'<div class="wp-caption alignnone">{image}<p class="wp-caption-text">{caption}</p></div>',
            "table": f"<table><tr><td>{image}</td></tr><tr><td><small>{caption}</small></td></tr></table>",
            "p": f"<p>{image}<br><em>{caption}</em></p>",
        }[how]

    def meter(self, *, classed: bool = False) -> str:
        """A donation meter: numbers with a currency, in the ways that people write them."""
        top = self.chance.choice((1_000, 2_500, 5_000, 12_000, 80_000))
        steps = (0, top // 2, top, self.chance.randint(0, top))
        style = self.chance.choice(
            ("{} $", "${}", "{} €", "€ {}", "£{}", "{} ₽", "¥{}", "{} USD", "R$ {}", "{} zł", "{} د.إ", "₴{}")
        )
        group = self.chance.choice((",", ".", " ", "\u00a0", "’"))
        amounts = [style.format(f"{step:,}".replace(",", group)) for step in steps]
        self.alone.extend(amounts)
        self.alone.append(" ".join(amounts))
        tag = self.chance.choice(("span", "div", "b"))
        inner = " ".join(f"<{tag}>{amount}</{tag}>" for amount in amounts)
        return f'<div class="donation-meter">{inner}</div>' if classed else f"<div>{inner}</div>"

    def support(self) -> str:
        """A link that asks for support."""
        self.alone.append(self.labels["support"])
        return f'<p><a href="/support">{escape(self.labels["support"])}</a></p>'

    def byline(self) -> str:
        """Who wrote the article."""
        line = self.labels["by"].format(name=self.speaker.name())
        self.alone.append(line)
        return f"<div>{escape(line)}</div>"

    def menu(self, tag: str = "nav") -> str:
        """The site's sections."""
        links = "".join(
            f'<a href="/s{i}">{name}</a> ' for i, name in enumerate(self.labels["menu"].split("/"))
        )
        return f"<{tag}>{links}</{tag}>"

    def related(self, *, classed: bool = False, heading: str = "h3", linked: str = "li") -> str:
        """Headlines of other articles."""
        self.alone.append(self.labels["related"])
        links = []
        for number in range(self.chance.randint(3, 5)):
            other = self.speaker.headline()
            self.foreign.append(other)
            links.append(f'<{linked}><a href="/other-{number}">{escape(other)}</a></{linked}>')
        inner = "".join(links)
        inner = f"<ul>{inner}</ul>" if linked == "li" else inner
        name = ' class="related-posts"' if classed else ""
        return f"<div{name}><{heading}>{escape(self.labels['related'])}</{heading}>{inner}</div>"

    # -- comments

    def bar(self, *, tag: str = "div", heading: str = "h3") -> str:
        """What stands above comments: how many, what to be told of, how they are ordered."""
        count = self.labels["count"].format(n=self.chance.randint(2, 90))
        words = (count, self.labels["notify"], self.labels["sort"], self.labels["inline"], self.labels["all"])
        self.alone.extend(words)
        rest = "".join(f"<{tag}>{escape(word)}</{tag}>" for word in words[1:])
        return f"<{heading}>{count}</{heading}><form><textarea></textarea></form>{rest}"

    def comments(self, one: Callable[[str, str, str, str, str], str], *, nested: bool = True) -> str:
        """A thread: `one` builds a comment of name, moment, what is said, control and answers."""
        return "".join(self._comment(one, 0 if nested else 2) for _ in range(self.chance.randint(2, 6)))

    def _comment(self, one: Callable[[str, str, str, str, str], str], depth: int) -> str:
        said = []
        for _ in range(self.chance.choice((1, 1, 1, 2))):
            sentences = self.speaker.paragraph(1, 3, opinion=True)
            self.foreign.extend(sentences)
            said.append(f"<p>{escape(self.joined(sentences))}</p>")
        answers = ""
        if depth < 2 and self.chance.random() < 0.5:
            answers = "".join(self._comment(one, depth + 1) for _ in range(self.chance.randint(1, 2)))
        moment = escape(self.speaker.moment()) if self.is_dated else ""
        return one(escape(self.speaker.name()), moment, "".join(said), self._control(), answers)

    def _control(self) -> str:
        if not self.is_answered:
            return ""
        word = escape(self.labels["reply"])
        self.alone.append(self.labels["reply"])
        return {
            "a": f'<a href="#">{word}</a>',
            "link": f'<a href="?replytocom={self.chance.randint(1, 999)}">{word}</a>',
            "span": f"<span>{word}</span>",
            "button": f"<button>{word}</button>",
        }[self.control]

    def h1(self) -> str:
        """The headline, as a heading of the first rank."""
        return f"<h1>{escape(self.headline)}</h1>"


def _unclassed(name: str, moment: str, said: str, control: str, answers: str) -> str:
    dated = f"<div>{moment}</div>" if moment else ""
    return f"<div><div>{name}</div>{dated}<div>{said}</div><div>{control}</div><div>{answers}</div></div>"


def _in_one_head(name: str, moment: str, said: str, control: str, answers: str) -> str:
    return f"<div><div><b>{name}</b> <span>{moment}</span></div>{said}{control}{answers}</div>"


def _with_avatar(name: str, moment: str, said: str, control: str, answers: str) -> str:
    dated = f"<time>{moment}</time>" if moment else ""
    return (
        f'<div><div><img src="/a.png" alt=""></div><div><div><a href="/u/{len(name)}">{name}</a>{dated}</div>'
        f"<div>{said}</div><div><span>{len(said) % 9}</span> {control}</div></div></div>{answers}"
    )


def _as_item(name: str, moment: str, said: str, control: str, answers: str) -> str:
    return f"<li><cite>{name}</cite><div>{moment}</div>{said}<div>{control}</div><ul>{answers}</ul></li>"


def _as_article(name: str, moment: str, said: str, control: str, answers: str) -> str:
    return (
        f"<article><header><strong>{name}</strong> <small>{moment}</small></header>{said}"
        f"<footer>{control}</footer>{answers}</article>"
    )


def _as_row(name: str, moment: str, said: str, control: str, answers: str) -> str:
    return f"<tr><td><b>{name}</b><br>{moment}</td><td>{said}{control}</td></tr>{answers}"


def _flat(name: str, moment: str, said: str, control: str, answers: str) -> str:
    dated = f"<p>{moment}</p>" if moment else ""
    return f"<p><b>{name}</b></p>{dated}{said}<p>{control}</p>{answers}"


def _wpdiscuz(name: str, moment: str, said: str, control: str, answers: str) -> str:
    return (
        f'<div class="wpd-comment"><div class="wpd-comment-author">{name}</div>'
        f'<div class="wpd-comment-date">{moment}</div>'
        f'<div class="wpd-comment-text">{said}</div><div class="wpd-comment-footer">{control}</div>{answers}</div>'
    )


def semantic(make: Maker) -> str:
    return (
        f"<header>{make.meter(classed=True)}{make.menu()}</header><main>"
        f"<article>{make.h1()}{make.byline()}{make.support()}"
        f"{make.told()}</article>{make.related(classed=True)}</main>"
        f'<div id="comments" class="comments-area">{make.bar()}{make.comments(_wpdiscuz)}</div><footer>© 2025</footer>'
    )


def unclassed(make: Maker) -> str:
    return (
        f"<div>{make.menu('div')}</div>{make.meter()}<div>"
        f"<div>{make.h1()}{make.support()}{make.told(picture='div')}</div>"
        f"{make.related()}<div>{make.bar()}{make.comments(_unclassed)}</div></div>"
    )


def beside_paragraphs(make: Maker) -> str:
    return (
        f"{make.menu()}<div>{make.meter()}{make.h1()}{make.byline()}{make.support()}{make.told(picture='p')}"
        f"{make.related(heading='h4')}{make.bar()}{make.comments(_in_one_head)}</div>"
    )


def before_the_end(make: Maker) -> str:
    blocks = make.article()
    half = len(blocks) // 2
    first, second = "".join(blocks[:half]), "".join(blocks[half:])
    return (
        f"<main>{make.h1()}{make.meter()}{make.picture('figure')}{first}"
        f"<div>{make.bar()}{make.comments(_with_avatar)}</div>"
        f"{second}{make.picture('figure')}{make.related()}</main>"
    )


def interleaved(make: Maker) -> str:
    sections = [f"<section>{block}</section>" for block in make.article()]
    sections.insert(1, f"<section>{make.picture('div')}</section>")
    sections.insert(3, f"<section>{make.support()}</section>")
    sections.insert(5, f"<section>{make.related()}</section>")
    sections.insert(7, f"<section>{make.picture('div')}</section>")
    return (
        f"<div>{make.meter()}</div><div>{make.h1()}{''.join(sections)}"
        f"<section>{make.bar()}{make.comments(_unclassed)}</section></div>"
    )


def old_tables(make: Maker) -> str:
    return (
        f'<table width="900"><tr><td colspan="2">{make.meter()}</td></tr>'
        f'<tr><td width="200">{make.menu("div")}{make.related(heading="b", linked="p")}</td>'
        f"<td>{make.h1()}{make.support()}{make.told(picture='table')}</td></tr>"
        f"<tr><td></td><td>{make.bar(tag='font', heading='b')}<table>{make.comments(_as_row)}"
        f"</table></td></tr></table>"
    )


def broken_lines(make: Maker) -> str:
    lines = [escape(text) for _, text in make.blocks]
    lines.insert(1, make.picture("div"))
    lines.insert(6, make.picture("div"))
    return (
        f"{make.meter()}<center>{make.h1()}</center>{make.support()}<div>{'<br><br>'.join(lines)}"
        f"</div>{make.related(heading='b', linked='p')}"
        f"<div>{make.bar()}{make.comments(_in_one_head)}</div>"
    )


def amp(make: Maker) -> str:
    told = make.told().replace("<img ", "<amp-img ").replace('height="500">', 'height="500"></amp-img>')
    return (
        f"<amp-sidebar>{make.menu('div')}</amp-sidebar>"
        f"<article>{make.h1()}{make.meter()}{told}{make.support()}</article>"
        f"<section>{make.related()}</section><section>{make.bar()}{make.comments(_as_article)}</section>"
    )


def listed(make: Maker) -> str:
    return (
        f'<div id="page"><div id="content">{make.meter(classed=True)}<div class="post">'
        f'{make.h1()}<div class="entry">{make.told(picture="classed")}</div></div>'
        f"{make.related(classed=True)}<div>{make.bar()}<ol>{make.comments(_as_item)}</ol></div></div></div>"
    )


def flat(make: Maker) -> str:
    return (
        f"<div>{make.h1()}{make.support()}{make.meter()}{make.told()}</div>{make.related()}"
        f"<div>{make.bar(tag='p')}{make.comments(_flat)}</div>"
    )


def sidebar(make: Maker) -> str:
    return (
        f'<div class="row"><div class="col-8">{make.h1()}{make.byline()}{make.told()}<div>'
        f"{make.bar()}{make.comments(_with_avatar)}</div></div>"
        f'<div class="col-4">{make.meter()}{make.support()}{make.related()}</div></div>'
    )


def wrapped(make: Maker) -> str:
    return (
        f"<div>{make.meter()}</div><div><div>{make.h1()}</div>"
        f"<div>{make.told(wrap='<div><div>{}</div></div>', picture='div')}</div></div>"
        f"<div>{make.support()}{make.related(linked='div')}</div><div>{make.bar()}"
        f"<div>{make.comments(_unclassed)}</div></div>"
    )


def divs_for_paragraphs(make: Maker) -> str:
    return (
        f"<div>{make.menu('div')}{make.meter()}</div>"
        f"<div>{make.h1()}{make.support()}{make.told(tag='div', picture='div')}</div>"
        f"<div>{make.related()}</div><div>{make.comments(_in_one_head)}</div>"
    )


def without_a_bar(make: Maker) -> str:
    return (
        f"<main>{make.h1()}{make.meter()}{make.told(picture='p')}{make.support()}{make.related()}"
        f"</main><div>{make.comments(_unclassed)}</div>"
    )


TEMPLATES: tuple[Template, ...] = (
    semantic,
    unclassed,
    beside_paragraphs,
    before_the_end,
    interleaved,
    old_tables,
    broken_lines,
    amp,
    listed,
    flat,
    sidebar,
    wrapped,
    divs_for_paragraphs,
    without_a_bar,
)
