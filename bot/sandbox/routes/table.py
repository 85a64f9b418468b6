"""All routes of this Discord."""

from bot.sandbox.routes import (
    answers,
    channels,
    commands,
    guilds,
    interactions,
    messages,
    people,
    reactions,
    threads,
)

ROUTES = (
    *people.ROUTES,
    *guilds.ROUTES,
    *channels.ROUTES,
    *messages.ROUTES,
    *reactions.ROUTES,
    *threads.ROUTES,
    *commands.ROUTES,
    *interactions.ROUTES,
    *answers.ROUTES,
)
