"""What tests and the chat page's workbench steer from outside, under /sandbox. No part of Discord's API."""

from aiohttp import web

from bot.sandbox.rest import answer_json
from bot.sandbox.routes.routing import Stage


class Control:
    """The handlers under /sandbox."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def routes(self) -> list[web.RouteDef]:
        """The routes, for the application's table."""
        return [web.get("/sandbox/people", self._people)]

    async def _people(self, request: web.Request) -> web.StreamResponse:
        """`GET /sandbox/people`: who was prepared to be played, with their tokens."""
        world = self._stage.world
        listed = [
            {"id": one, "username": world.users[one].username, "token": world.token_of(one), "role": role}
            for one, role in world.prepared.items()
        ]
        return answer_json(200, {"people": listed})
