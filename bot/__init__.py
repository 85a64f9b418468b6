"""Broadsheet: a Discord server as its own news site."""

__version__ = "0.1.0"
