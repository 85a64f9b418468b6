"""Made-up pages as today's publishing systems lay them out; what is asked is asked by `benchmarks.acid`.

Magazine, live report, interview, recipe, gallery, notices of law, AMP, WordPress' block theme, Ghost, Substack,
Blogger, tables of the nineties; and wpDiscuz without a class that names it, with one comment or with many.
"""

from __future__ import annotations

from html import escape

from benchmarks.acid import Maker, Template


def _said(make: Maker, least: int = 1, most: int = 3) -> str:
    """What somebody comments, and remembered as foreign."""
    sentences = make.speaker.paragraph(least, most, opinion=True)
    make.foreign.extend(sentences)
    return escape(make.joined(sentences))


def _alone(make: Maker, text: str) -> str:
    """A text that must not stand as a line of the article."""
    make.alone.append(text)
    return escape(text)


def _counted(make: Maker, count: int) -> str:
    """How many comments there are, as stands above them."""
    return _alone(make, make.labels["count"].format(n=count))


def _teaser(make: Maker) -> str:
    headline, told = make.speaker.headline(), make.speaker.news()
    make.foreign.extend((headline, told))
    return (
        f'<div><a href="/{make.chance.randint(1, 999)}"><img src="/t.jpg" alt=""></a>'
        f'<h3><a href="/{make.chance.randint(1, 999)}">{escape(headline)}</a></h3><p>{escape(told)}</p></div>'
    )


def _name(make: Maker) -> str:
    return escape(make.speaker.name())


def magazine(make: Maker) -> str:
    """A feature: a standfirst, a dropped capital, a note on its author, and teasers of the issue below."""
    standfirst = make.speaker.news()
    make.paragraphs.insert(0, standfirst)
    told = make.told(picture="figure")
    first = told.index("<p>") + 3
    told = f"{told[:first]}<span>{told[first]}</span>{told[first + 1 :]}"
    issue = "".join(_teaser(make) for _ in range(4))
    return (
        f"<header>{make.menu()}</header><main><article><div><span>{_alone(make, make.labels['menu'][:5])}</span>"
        f"{make.h1()}<p>{escape(standfirst)}</p>{make.byline()}</div><div>{told}</div></article>"
        f"<section><h2>{_alone(make, make.labels['related'])}</h2>{issue}</section></main>"
    )


def live(make: Maker) -> str:
    """A live report: entries with a time of day, a heading and sometimes who wrote it."""
    entries = []
    hour = 18
    for kind, text in make.blocks:
        if kind == "h":
            continue
        hour -= 1
        moment = _alone(make, f"{hour}:{make.chance.randint(10, 59)}")
        entries.append(f"<section><div><time>{moment}</time></div><div><p>{escape(text)}</p></div></section>")
    return f"{make.menu()}<main>{make.h1()}{make.byline()}{''.join(entries)}</main>{make.related()}"


def live_signed(make: Maker) -> str:
    """A live report whose entries are signed, and can be shared."""
    entries = []
    for hour, (kind, text) in enumerate(make.blocks):
        if kind != "h":
            above = f"<b>{_name(make)}</b> <time>{19 - hour}:12</time>"
            entries.append(
                f"<article><header>{above}</header><p>{escape(text)}</p><a href='#s'>Share</a></article>"
            )
    return f"<main>{make.h1()}<p>{escape(make.speaker.headline())}</p>{''.join(entries)}</main>"


def interview(make: Maker) -> str:
    """Questions in bold, answers below, in the words of one person."""
    lines = []
    make.paragraphs.clear()
    for _ in range(6):
        question = make.speaker.opinion()
        question = question.rstrip(".。؟?") + "?"
        answer = make.joined(make.speaker.paragraph(1, 4, opinion=True))
        make.paragraphs.extend((question, answer))
        lines.append(f"<p><strong>{escape(question)}</strong></p><p>{escape(answer)}</p>")
    return (
        f"{make.meter()}<div>{make.h1()}{make.byline()}<div>{''.join(lines)}</div></div>{make.related()}"
        f"<div>{make.bar()}{make.comments(wpdiscuz_bare)}</div>"
    )


def recipe(make: Maker) -> str:
    """Told paragraphs, a list of what is needed, numbered steps."""
    needed = [f"{make.chance.randint(2, 90)} {make.speaker.name()}" for _ in range(5)]
    steps = [make.speaker.news() for _ in range(4)]
    made = make.article()
    make.paragraphs.extend(steps)
    listed = "".join(f"<li>{escape(one)}</li>" for one in needed)
    numbered = "".join(f"<li>{escape(one)}</li>" for one in steps)
    return (
        f"{make.menu()}<main><article>{make.h1()}{make.picture('figure')}{''.join(made)}"
        f"<ul>{listed}</ul><ol>{numbered}</ol></article><aside>{make.related()}</aside>"
        f"<div>{make.bar()}{make.comments(avatar_card)}</div></main>"
    )


def gallery(make: Maker) -> str:
    """An article with a row of captioned pictures after its third paragraph."""
    pictures = "".join(make.picture("figure") for _ in range(5))
    made = make.article()
    made.insert(3, f"<div>{pictures}</div>")
    return (
        f"<div>{make.menu('div')}</div><div>{make.h1()}{make.byline()}{''.join(made)}</div>"
        f"<div>{make.related(linked='div')}</div>"
    )


def noticed(make: Maker) -> str:
    """Notices of law around the article: cookies above, rights, corrections' address and terms below."""
    notices = {
        "en": ("We use cookies to improve your experience on this site.", "© 2025 Marlow Press. All rights reserved."),
        "es": ("Utilizamos cookies para mejorar tu experiencia en este sitio.",
               "© 2025 Prensa Marlow. Todos los derechos reservados."),
        "ru": ("Мы используем файлы cookie, чтобы сайт работал лучше.", "© 2025 Марлоу Пресс. Все права защищены."),
        "ar": ("نستخدم ملفات تعريف الارتباط لتحسين تجربتك على هذا الموقع.", "© 2025 مارلو برس. جميع الحقوق محفوظة."),
        "zh": ("我们使用Cookie来改善您在本网站的体验。", "© 2025 马洛出版社。保留所有权利。"),
        "de": ("Wir verwenden Cookies, um unsere Seite für Sie zu verbessern.",
               "© 2025 Marlow Verlag. Alle Rechte vorbehalten."),
    }  # fmt: skip
    cookies, rights = notices[make.speaker.tongue.code]
    make.foreign.extend((cookies, rights))
    return (
        f"<div><p>{escape(cookies)}</p><button>OK</button></div>{make.menu('div')}<div>{make.h1()}"
        f"{make.byline()}{make.told(picture='figure')}<p>{escape(rights)}</p></div>{make.related()}"
    )


def amp_story(make: Maker) -> str:
    """AMP as news sites write it: a header of its own, advertisements and related links amid the article."""
    made = make.article()
    made.insert(2, '<div class="ad"><amp-ad width="300" height="250"></amp-ad></div>')
    made.insert(4, make.related(heading="h4"))
    return (
        f'<header class="h"><a href="/">{_name(make)}</a></header><amp-sidebar id="m">{make.menu("div")}</amp-sidebar>'
        f'<main role="main"><article class="amp-wp-article"><header>{make.h1()}{make.byline()}</header>'
        f'<div class="amp-wp-article-content">{"".join(made)}</div></article></main>'
    )


def block_theme(make: Maker) -> str:
    """WordPress' block theme: groups in groups, and its comments' template."""

    def one(name: str, moment: str, said: str, control: str, answers: str) -> str:
        return (
            '<li class="comment even thread-even depth-1"><div class="wp-block-columns"><div class="wp-block-column">'
            f'<div class="wp-block-comment-author-name">{name}</div><div class="wp-block-comment-date">{moment}</div>'
            f'<div class="wp-block-comment-content">{said}</div><div class="wp-block-comment-reply-link">{control}'
            f"</div></div></div><ol>{answers}</ol></li>"
        )

    return (
        '<div class="wp-site-blocks"><header class="wp-block-template-part">'
        f'{make.menu()}</header><main class="wp-block-group is-layout-flow"><div class="wp-block-group">'
        f'<h1 class="wp-block-post-title">{escape(make.headline)}</h1>{make.byline()}'
        f'<div class="entry-content wp-block-post-content">{make.told()}</div>'
        f'<div class="wp-block-group">{make.related(linked="p")}</div>'
        f'<div class="wp-block-comments"><h2 class="wp-block-comments-title">{_counted(make, 3)}</h2>'
        f'<ol class="wp-block-comment-template">{make.comments(one)}</ol></div></div></main></div>'
    )


def ghost(make: Maker) -> str:
    """Ghost: cards amid the text (a letter to subscribe to, a bookmark), further stories below."""
    made = make.article()
    marked, told = make.speaker.headline(), make.speaker.news()
    make.foreign.extend((marked, told))
    made.insert(
        3,
        '<figure class="kg-card kg-bookmark-card"><a class="kg-bookmark-container" href="/x">'
        f'<div class="kg-bookmark-content"><div class="kg-bookmark-title">{escape(marked)}</div>'
        f'<div class="kg-bookmark-description">{escape(told)}</div></div></a></figure>',
    )
    made.insert(
        6,
        '<div class="kg-card kg-signup-card"><form><input><button>OK</button></form>'
        f"<p>{_alone(make, make.labels['support'])}</p></div>",
    )
    further = "".join(
        f'<article class="gh-card post"><a class="gh-card-link" href="/{n}">{_teaser(make)}</a></article>'
        for n in range(3)
    )
    return (
        f'<div class="gh-viewport"><header class="gh-head">{make.menu()}</header><main class="gh-main">'
        f'<article class="gh-article post"><header class="gh-article-header">{make.h1()}{make.byline()}</header>'
        f'<section class="gh-content gh-canvas">{"".join(made)}</section></article>'
        f'<section class="gh-container"><h2>{_alone(make, make.labels["related"])}</h2>{further}</section></main></div>'
    )


def substack(make: Maker) -> str:
    """Substack: buttons above, a plea to subscribe amid the text, the discussion below."""

    def one(name: str, moment: str, said: str, control: str, answers: str) -> str:
        return (
            f'<div class="c1"><div class="pc"><div><img alt=""></div><div><div><a href="https://s.test/@x">{name}</a>'
            f'<a href="/c/9">{moment}</a></div><div><div>{said}</div></div><div><button>{control}</button>'
            f"<button>{make.labels['vote']} (3)</button></div></div></div>{answers}</div>"
        )

    make.alone.append(make.labels["vote"])
    made = make.article()
    made.insert(
        3,
        '<div class="subscription-widget-wrap"><div class="preamble"><p>'
        f"{_alone(make, make.labels['support'])}</p></div><form><input></form></div>",
    )
    return (
        f'<div class="main-menu">{make.menu("div")}</div><div class="single-post"><article class="newsletter-post">'
        f'<div class="post-header">{make.h1()}<h3>{escape(make.speaker.headline())}</h3>{make.byline()}<div>'
        f'<button>♡</button><button>3</button></div></div><div class="available-content"><div class="body markup">'
        f"{''.join(made)}</div></div></article></div><div><h4>"
        f"{_alone(make, make.labels['count'].format(n=4))}</h4>{make.comments(one)}</div>"
    )


def asking(make: Maker) -> str:
    """A form amid the article with a plea that nothing names, and a line that links on."""
    made = make.article()
    plea, further = make.speaker.opinion(), make.speaker.headline()
    make.foreign.extend((plea, further))
    made.insert(3, f"<div><p>{escape(plea)}</p><form><input><button>OK</button></form></div>")
    made.insert(5, f"<p><strong><a href='/x'>{escape(further)}</a></strong></p>")
    return f"<div>{make.h1()}{make.byline()}{''.join(made)}</div><div>{make.related()}</div>"


def blogger(make: Maker) -> str:
    """Blogger: lines broken by hand, what it appends to each post, comments as a list of definitions."""
    lines = "<br /><br />".join(escape(text) for _, text in make.blocks)

    def one(name: str, moment: str, said: str, control: str, answers: str) -> str:
        below = f"<dd><a href='#c9'>{moment}</a> {control}</dd>"
        return f"<dt><a href='/profile/7'>{name}</a>:</dt><dd>{said}</dd>{below}{answers}"

    return (
        f"<div class='header'>{make.menu('div')}</div><div class='main section'><div class='post hentry'>"
        f"<h3 class='post-title entry-title'>{escape(make.headline)}</h3>"
        f"<div class='post-body entry-content'>{lines}</div><div class='post-footer'>{make.byline()}"
        f"<span>{_alone(make, make.labels['vote'])}</span></div></div>"
        f"<div class='comments' id='comments'><h4>{_alone(make, make.labels['count'].format(n=2))}</h4>"
        f"<dl>{make.comments(one)}</dl></div></div><div class='sidebar'>{make.related(heading='h2')}</div>"
    )


def nineties(make: Maker) -> str:
    """Tables in tables, fonts, and paragraphs that are only broken lines; a guest book below."""
    lines = "<br><br>".join(f'<font face="Arial">{escape(text)}</font>' for _, text in make.blocks)
    book = "".join(
        f'<tr><td bgcolor="#eee"><font size="2"><b>{_name(make)}</b> ({escape(make.speaker.moment())})</font></td></tr>'
        f'<tr><td><font size="2">{_said(make)}</font></td></tr>'
        for _ in range(3)
    )
    return (
        f'<table width="100%"><tr><td>{make.menu("font")}</td></tr><tr><td><table><tr><td valign="top">'
        f"{make.related(heading='b', linked='p')}</td><td><center>{make.h1()}</center>{lines}</td></tr>"
        f"</table></td></tr><tr><td><table>{book}</table></td></tr></table>"
    )


def wpdiscuz_bare(name: str, moment: str, said: str, control: str, answers: str) -> str:
    """A comment as wpDiscuz nests it, without classes: picture, badge, name, moment, text, votes, answers."""
    return (
        f"<div><div><div><img alt='' src='/g.png'></div><div>★</div></div><div><div><div>{name}</div>"
        f"<div>{moment}</div></div><div>{said}</div><div><div>{len(said) % 4}</div><div>{control}</div></div></div>"
        f"<div>{answers}</div></div>"
    )


def avatar_card(name: str, moment: str, said: str, control: str, answers: str) -> str:
    """A comment whose name and moment stand in one line."""
    return f"<div><div><img alt='' src='/g.png'><p>{name} · {moment}</p></div>{said}{control}{answers}</div>"


def unnested(name: str, moment: str, said: str, control: str, answers: str) -> str:
    """A comment as paragraphs that nothing holds together."""
    return f"<p>{name}</p><p>{moment}</p>{said}<p>{control}</p>{answers}"


def _bare_bar(make: Maker, count: int) -> str:
    """What wpDiscuz writes above comments, in containers without classes."""
    words = (make.labels["notify"], make.labels["sort"], make.labels["inline"], make.labels["all"])
    make.alone.extend(words)
    shown = _counted(make, count)
    rest = "".join(f"<div>{escape(word)}</div>" for word in words)
    return f"<div><div>{rest[: rest.index('</div>') + 6]}</div><div><div>{shown}</div>{rest}</div></div>"


def _one(make: Maker) -> str:
    """One comment, in one of three shapes that nothing names."""
    make.alone.append(make.labels["reply"])
    control = f"<a href='#'>{escape(make.labels['reply'])}</a>"
    shape = make.chance.choice((wpdiscuz_bare, avatar_card, unnested))
    return shape(_name(make), escape(make.speaker.moment()), f"<p>{_said(make)}</p>", control, "")


def bare_one(make: Maker) -> str:
    """The page the design was written for with one comment, in containers that nothing names."""
    return (
        f"<div>{make.meter()}</div><div><div>{make.h1()}{make.support()}{make.told(picture='div')}</div>"
        f"{make.related()}<div>{_bare_bar(make, 1)}{_one(make)}</div></div>"
    )


def bare_one_beside(make: Maker) -> str:
    """The same with the comment right beside the paragraphs, and nothing above it but their number."""
    return (
        f"{make.meter()}{make.h1()}{make.support()}{make.told(picture='p')}<div>{_counted(make, 1)}</div>"
        f"{_one(make)}{make.related()}"
    )


def bare_one_alone(make: Maker) -> str:
    """One comment with nothing above it: a name, a moment, what is said, an answer's control."""
    return f"<div>{make.h1()}{make.told(picture='figure')}</div><div>{_one(make)}</div>"


def bare_one_undated(make: Maker) -> str:
    """One comment without a moment, in what holds the article."""
    make.alone.append(make.labels["reply"])
    control = f"<div><a href='#r'>{escape(make.labels['reply'])}</a></div>"
    comment = f"<div><div>{_name(make)}</div><div>{_said(make)}</div>{control}</div>"
    return f"<div>{make.h1()}{make.told(picture='figure')}{comment}</div>"


def bare_one_after(make: Maker) -> str:
    """One comment after the article's element, both below a headline that stands by itself."""
    return f"{make.menu()}{make.h1()}<div>{make.told(picture='div')}</div><div>{_one(make)}</div>{make.related()}"


def bare_one_within(make: Maker) -> str:
    """One comment among what holds the paragraphs, after the last one."""
    return f"<main>{make.h1()}{make.byline()}{make.told(picture='figure')}{_one(make)}{make.related()}</main>"


def bare_one_counted(make: Maker) -> str:
    """One comment among what holds the paragraphs, below their number and what wpDiscuz writes there."""
    return (
        f"<div>{make.meter()}{make.h1()}{make.told(picture='figure')}{_bare_bar(make, 1)}{_one(make)}"
        f"{make.related()}</div>"
    )


def bare_many(make: Maker) -> str:
    """Many nested comments, in containers that nothing names."""
    return (
        f"<div>{make.meter()}</div><div><div>{make.h1()}{make.support()}{make.told(picture='div')}</div>"
        f"{make.related()}<div>{_bare_bar(make, 9)}{make.comments(wpdiscuz_bare)}</div></div>"
    )


LAYOUTS: tuple[Template, ...] = (
    magazine,
    live,
    live_signed,
    interview,
    recipe,
    gallery,
    noticed,
    amp_story,
    block_theme,
    ghost,
    substack,
    asking,
    blogger,
    nineties,
    bare_one,
    bare_one_beside,
    bare_one_alone,
    bare_one_undated,
    bare_one_after,
    bare_one_within,
    bare_one_counted,
    bare_many,
)
