"""People for tests to play: plain HTTP and a gateway, as Discord's own clients use them.

Works on any server with these routes. A story reads like this:

    async with Scenario(sandbox.url) as story:
        alice, bob = await story.person("alice"), await story.person("bob")
        town = await story.town("Town", owner=alice, channels=("news", ("talks", 15)), members=(bob,))
        bot = await story.bot("Broadsheet", town)
        message = await bob.say("Hello")
        await alice.react(message, "👍")
        await bob.wait_for("MESSAGE_REACTION_ADD", message_id=message["id"])
"""

from bot.sandbox.scenario.person import Person
from bot.sandbox.scenario.story import Scenario, Town
from bot.sandbox.scenario.things import Application, Event, InteractionFailed, Json, Refused, Reply

__all__ = [
    "Application",
    "Event",
    "InteractionFailed",
    "Json",
    "Person",
    "Refused",
    "Reply",
    "Scenario",
    "Town",
]
