"""A local Discord for bots and people: REST, gateway and a chat page. Imports nothing else of the project."""

from bot.sandbox.server import Sandbox

__all__ = ["Sandbox"]
