"""People for tests to play, on any server that speaks as Discord does to bots and to its own clients."""

from bot.sandbox.scenario.person import Application, Event, InteractionFailed, Json, Person, Refused, Reply

__all__ = ["Application", "Event", "InteractionFailed", "Json", "Person", "Refused", "Reply"]
