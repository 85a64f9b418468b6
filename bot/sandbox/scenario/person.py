"""Somebody whom a test plays."""

from bot.sandbox.scenario.governing import Governing
from bot.sandbox.scenario.using import Using


class Person(Using, Governing):
    """Somebody with a token and an open client. Close it, or use it as `async with`."""
