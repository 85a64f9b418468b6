"""All failures of the gateway: of its events, of connections, and refusals."""

import asyncio
from collections.abc import Iterator
from functools import partial

from bot.sandbox.clock import Timer
from bot.sandbox.faults.portion import BOTS, EVERYONE
from bot.sandbox.faults.stream import Stream
from bot.sandbox.gateway.sessions import Connection
from bot.sandbox.stage import Stage
from bot.sandbox.things import User
from bot.sandbox.wire import encode


class GatewayFaults(Stream):
    """Cuts, closes and silences connections, refuses sessions; events are the stream's."""

    def __init__(self, stage: Stage, numbers: Iterator[int]) -> None:
        super().__init__(stage, numbers)
        self._silent: dict[Connection, Timer | None] = {}
        self._resumes_refused = 0
        self._identifies_refused: list[int] = []

    # Connections

    async def close(self, code: int = 4000, whose: str = BOTS) -> int:
        """Close connections with a code; how many. Sessions stay resumable unless the code ends them."""
        if not 1000 <= code <= 4999 or code in (1004, 1005, 1006):
            raise ValueError(
                "A connection is closed with a code from 1000 to 4999; 1006 is what a cut looks like."
            )
        found = self._connections(whose)
        self._note_each(whose, f"closed with {code}")
        await asyncio.gather(*(one.close(code) for one in found), return_exceptions=True)
        return len(found)

    def cut(self, whose: str = BOTS) -> int:
        """Cut connections without a close frame (a client sees 1006); how many."""
        found = self._connections(whose)
        self._note_each(whose, "cut")
        for connection in found:
            connection.cut()
        return len(found)

    def silence(self, for_s: float | None = None, whose: str = BOTS) -> int:
        """Let the open connections fall silent: nothing is sent, heartbeats are not answered; how many.

        After `for_s` seconds of the sandbox's clock, or when it is lifted, what was to be said is said. Who
        connects anew is heard.
        """
        found = self._connections(whose)
        self._note_each(whose, "silent")
        for gone in self._silent.keys() - set(self._connections(EVERYONE)):
            self._speak(gone)
        for connection in found:
            self._speak(connection)
            connection.hush(True)
            speak = partial(self._speak, connection)
            self._silent[connection] = None if for_s is None else self._stage.clock.call_later(for_s, speak)
        return len(found)

    def lift_silence(self) -> int:
        """Let all speak again; how many did not."""
        heard = self.silent
        for connection in list(self._silent):
            self._speak(connection)
        return heard

    def _speak(self, connection: Connection) -> None:
        timer = self._silent.pop(connection, None)
        if timer is not None:
            timer.cancel()
        connection.hush(False)

    def ask_for_heartbeats(self, whose: str = BOTS) -> int:
        """Send op 1, beat at once; to how many."""
        return self._say(whose, 1, None)

    def reconnect(self, whose: str = BOTS) -> int:
        """Send op 7, come back and resume; to how many."""
        return self._say(whose, 7, None)

    def invalidate(self, resumable: bool = False, whose: str = BOTS) -> int:
        """Send op 9; to how many. Sessions that are not resumable end."""
        sessions = self._whose(whose)
        told = self._say(whose, 9, resumable)
        if not resumable:
            for session in sessions:
                self._gateway.forget(session)
        return told

    def _say(self, whose: str, op: int, data: bool | None) -> int:
        found = self._connections(whose)
        self._note_each(whose, f"op {op}")
        for connection in found:
            connection.send(encode({"op": op, "d": data, "s": None, "t": None}))
        return len(found)

    # Refusals

    def refuse_resumes(self, times: int = 1) -> None:
        """Answer the next RESUMEs with op 9: those sessions are lost."""
        if not 0 <= times <= 1000:
            raise ValueError("Up to 1000 RESUMEs are refused.")
        self._resumes_refused = times

    def refuse_identifies(self, code: int = 4004, times: int = 1) -> None:
        """Close on the next IDENTIFYs with a code; 4004 means that the token died."""
        if not 4000 <= code <= 4999 or not 0 <= times <= 1000:
            raise ValueError("Up to 1000 IDENTIFYs are refused, with a code from 4000 to 4999.")
        self._identifies_refused = [code] * times

    @property
    def refusals_waiting(self) -> tuple[int, int]:
        """How many RESUMEs and IDENTIFYs will be refused."""
        return self._resumes_refused, len(self._identifies_refused)

    def refuses_resume(self, user: User) -> bool:
        """Whether this RESUME is refused; that uses one refusal up."""
        if self._resumes_refused == 0 or not user.bot:
            return False
        self._resumes_refused -= 1
        self._note(user.id, "RESUME refused")
        return True

    def refuses_identify(self, user: User) -> int | None:
        """The code that this IDENTIFY is refused with, if it is; that uses one refusal up."""
        if not self._identifies_refused or not user.bot:
            return None
        code = self._identifies_refused.pop()
        self._note(user.id, f"IDENTIFY refused with {code}")
        return code

    # All of it

    def clear(self) -> None:
        """Let all be well again. Events that are late already stay so."""
        super().clear()
        self.lift_silence()
        self._resumes_refused = 0
        self._identifies_refused.clear()

    @property
    def silent(self) -> int:
        """How many of the open connections are silent."""
        return len(self._silent.keys() & set(self._connections(EVERYONE)))

    def _connections(self, whose: str) -> list[Connection]:
        return [one.connection for one in self._whose(whose) if one.connection is not None]

    def _note_each(self, whose: str, what: str) -> None:
        for session in self._whose(whose):
            if session.connection is not None:
                self._note(session.user.id, what)
