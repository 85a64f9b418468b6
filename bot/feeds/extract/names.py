"""What an element's tag, class, id and role say: that it holds comments, or stands beside the article."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum

from bot.feeds.extract.markup import HEADINGS, Element

_LONGEST_NAMES = 400  # characters of a class or an id
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Place(IntEnum):
    """Where an element stands, as far as its names tell."""

    UNKNOWN = 0
    BESIDE = 1  # navigation, related links, newsletters, donations, captions, shares, authors …
    COMMENTS = 2
    ARTICLE = 3


def _names(*words: str) -> re.Pattern[str]:
    """A pattern for one of the names as a whole part of a class, between its hyphens and underscores."""
    return re.compile(r"(?:^|[\s_-])(?:" + "|".join(" ".join(words).split()) + r")(?=$|[\s_-]|\d)")


_COMMENTS = _names(
    "comments? commentlist commentary-list "
    "comments?(?:area|box|section|form|wrap|wrapper|container|body|content|text)",
    "commento disqus|dsq isso livefyre wpd wpdiscuz wc-comment fb-comments remark42 hyvor "
    "coral-talk utterances giscus",
    "respond replies reply discussion|discussions|conversations? guestbook trackbacks? pingbacks?",
    "kommentare? kommentar(?:e|er|bereich|feld|liste)? diskussion leserbriefe?",
    "comentarios? coment[aá]rios? commentaires? commenti commento reacties? reactie "
    "komentarz(?:e|y)? komentare",
    "komentáře komentare kommentarer kommentit yorum(?:lar)? commentaries hozz[aá]sz[oó]l[aá]s(?:ok)? opinie",
)
_BESIDE = _names(
    # navigation
    "nav navbar navigation navi menu submenu breadcrumbs? crumbs? pagination pager paging page-links? toc",
    "table-of-contents tocbox topbar skip-links? skiplinks? sitemap footer site-footer masthead "
    "colophon siteinfo",
    "sidebar side-bar sidebars rail right-rail off-?canvas drawer language-switch(?:er)? tabs-nav "
    "back-to-top post-nav(?:igation)?",
    # other articles
    "related relatedposts? related-?(?:articles?|posts?|stories|content|links?|news) recommended "
    "recommendations? recirc(?:ulation)?",
    "read-?(?:next|more|also|too) see-also more-(?:stories|news|articles|posts|from|on|links?) "
    "also-(?:like|read) you-may-like",
    "popular most-?(?:read|popular|viewed|commented|shared) trending "
    "latest(?:-?(?:news|posts|articles|stories))? next-?(?:post|article|story)",
    "prev(?:ious)?-?(?:post|article) up-?next similar(?:-?(?:posts|articles))? teasers outbrain "
    "taboola zergnet mgid recent-?posts yarpp jp-relatedposts",
    # asking
    "newsletters? subscribe subscription(?:s|-box|-form)? sign-?up optin opt-in mc4wp mailchimp "
    "mailing-list email-capture lead-?form",
    "donat(?:e|ion|ions|or|ors) donation-?(?:box|form|meter|bar) fundrais(?:er|ing) crowdfunding "
    "patreon paypal kofi ko-fi support-us spenden? spende",
    "don dons donar donacion(?:es)? doacao doacoes donazion[ei] doneer bagis wsparcie paywall "
    "piano-offer regwall",
    "call-to-action cta promo promobox promotion banner popup pop-up modal overlay lightbox "
    "interstitial cookies? consent gdpr cmp onetrust didomi",
    "ad ads adv advert adverts advertisement advertising adslot adsbygoogle "
    "ad-(?:slot|unit|container|wrapper|block) sponsor(?:ed|s)? affiliate-?disclosure disclosure "
    "disclaimer",
    # the article's furniture
    "share sharing shares sharebar share-?(?:bar|buttons?|links?|tools?|this) social socials "
    "social-?(?:links?|media|icons?|share|bar|buttons?) sharedaddy addtoany addthis sharethis",
    "by-?lines? "
    "author-?(?:bio|box|info|card|profile|details|description|name|meta|block|section|image|title)? "
    "authors? about-(?:the-)?author writers? contributors? bio biography",
    "post-?meta entry-?meta article-?meta meta-?data postmeta posted-on "
    "entry-?(?:date|footer|utility|header-meta) dateline date publish(?:ed)?-?(?:date|on|time) "
    "published pub-?date timestamp time-?stamp updated read(?:ing)?-?time time-to-read",
    "captions? wp-caption(?:-text|-dd)? image-?(?:caption|credits?) photo-?(?:caption|credits?) "
    "figcaption credits? media-caption picture-text copyright",
    "tags? tag-?(?:list|links?|cloud) taglist post-?tags entry-?tags keywords categor(?:y|ies) "
    "cat-links topics? post-?categor(?:y|ies) labels? eyebrow kicker",
    "likes? votes? voting rating ratings star-rating post-?ratings reactions? emoji-reactions poll "
    "print-?(?:link|button|only) toolbar",
    "screen-reader-text sr-only visually-?hidden visuallyhidden hidden-text hide-text noprint "
    "no-print edit-?(?:link|section) mw-editsection navbox",
    "tooltip tooltips login log-in register search search-?(?:form|box|results) searchform "
    "product-?(?:cards|grid|carousel) shop cart",
)
_ARTICLE = _names(
    "article-?(?:body|content|text|copy|main) articlebody story-?(?:body|content|text) "
    "post-?(?:body|content|text|entry)",
    "entry-?content entry-?body blog-?(?:content|post-?content|body|post-?body) content-?body "
    "main-?content body-?content rich-?text",
    "news-?(?:body|text|content) single-?content td-post-content node-content field-name-body prose wysiwyg",
)
# What holds everything, and what is named after its own text.
_NAMELESS = frozenset(("html", "body", "main", *HEADINGS))
_BESIDE_TAGS = frozenset(
    ("nav", "aside", "footer", "form", "dialog", "menu", "figcaption", "address", "amp-sidebar")
)
_BESIDE_ROLES = frozenset(
    (
        "navigation",
        "banner",
        "contentinfo",
        "search",
        "complementary",
        "menu",
        "menubar",
        "dialog",
        "alertdialog",
        "toolbar",
    )
)
_BESIDE_PROPS = frozenset(
    ("author", "publisher", "datePublished", "dateModified", "caption", "keywords", "interactionStatistic")
)


def place_of(element: Element) -> Place:
    """Where it stands, judged by itself alone, not by what holds it or what it holds."""
    tag = element.tag
    if tag in _NAMELESS:
        return Place.UNKNOWN
    prop = element.get("itemprop") or ""
    if prop == "articleBody" or element.get("property") == "articleBody":
        return Place.ARTICLE
    if prop in ("comment", "suggestedAnswer") or (element.get("itemtype") or "").endswith(
        ("/Comment", "/UserComments")
    ):
        return Place.COMMENTS
    names = f"{(element.get('class') or '')[:_LONGEST_NAMES]} {(element.get('id') or '')[:_LONGEST_NAMES]}"
    if not names.isspace():
        names = _CAMEL.sub("-", names).lower()
        if _COMMENTS.search(names):
            return Place.COMMENTS
        if _ARTICLE.search(names):
            return Place.ARTICLE
        if _BESIDE.search(names):
            return Place.BESIDE
    if tag in _BESIDE_TAGS or prop in _BESIDE_PROPS or (element.get("role") or "").lower() in _BESIDE_ROLES:
        return Place.BESIDE
    return Place.UNKNOWN


def named_like(root: Element, names: re.Pattern[str]) -> Iterator[Element]:
    """The elements whose class is so."""
    return (
        node for node in root.iterfind(".//*[@class]") if names.search(node.get("class")[:_LONGEST_NAMES])
    )
