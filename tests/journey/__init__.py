"""The whole journey of an article, over real sockets: source, bot, Discord, members, API."""
