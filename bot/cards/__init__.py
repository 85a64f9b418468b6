"""What Broadsheet shows in Discord: articles, comments and lists as messages. Pure; no network."""

from bot.cards.card import Button, Card, Menu, card, nonce_of, source_name, standing, thread_name
from bot.cards.lists import (
    ARTICLE_MENU,
    COMMENTS_A_PAGE,
    article_choice,
    article_value,
    comments_card,
    jump_url,
    read_article_value,
    read_comments_button,
    read_subscriptions_button,
    read_top_button,
    subscriptions_card,
    top_card,
)
from bot.cards.notices import checked, notice_card, read_retry_button
from bot.cards.text import clean, cut, escape, escaped_line, escaped_text, line, units, web_address

__all__ = [
    "ARTICLE_MENU",
    "COMMENTS_A_PAGE",
    "Button",
    "Card",
    "Menu",
    "article_choice",
    "article_value",
    "card",
    "checked",
    "clean",
    "comments_card",
    "cut",
    "escape",
    "escaped_line",
    "escaped_text",
    "jump_url",
    "line",
    "nonce_of",
    "notice_card",
    "read_article_value",
    "read_comments_button",
    "read_retry_button",
    "read_subscriptions_button",
    "read_top_button",
    "source_name",
    "standing",
    "subscriptions_card",
    "thread_name",
    "top_card",
    "units",
    "web_address",
]
