"""Asks a language model by the chat-completions convention, one POST a question, whatever its server does.

Servers differ in the parameters that they take: one that a server names in its refusal is left out from then on.
Whatever goes wrong is an answer of its own (`NoAnswer`); after five in a row nothing is asked for a while.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

import aiohttp

from bot.feeds.answers import wait_of
from bot.feeds.language_model.prompt import CHARACTERS_A_TOKEN, Prompt

log = logging.getLogger(__name__)

CONNECT_WITHIN, ANSWER_WITHIN = 5.0, 45.0  # seconds
MOST_AT_ONCE = 2
MOST_ANSWER = 256 * 1024  # bytes, after decompression
# A server that asks for a longer pause than this is not waited for within one question.
LONGEST_WAIT = timedelta(seconds=15)
FAILURES_IN_A_ROW = 5
SHORTEST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(minutes=30)
# Who refuses the key or knows no such model will do so again.
_REFUSALS = {
    401: "it refuses the key (SUMMARY_API_KEY)",
    402: "its account has no credit left",
    403: "it refuses the key (SUMMARY_API_KEY)",
    404: "it knows no such address or model (SUMMARY_API_URL, SUMMARY_MODEL)",
}
_PASSING = frozenset((408, 409, 425, 429))
_MOST_TOKENS = 1_000_000
_ENDING = "/chat/completions"
_TOKENS, _TOKENS_TOO, _TEMPERATURE = "max_tokens", "max_completion_tokens", "temperature"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the model wrote, not judged yet; `cut` where it ran out of tokens. `tokens` is what asking has cost."""

    text: str
    tokens: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is none, for the operator. `tokens` is what it has cost all the same."""

    sentence: str
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Refused:
    """The server did not answer: with this status, for so long, and in these words. Some of it is `passing`."""

    sentence: str
    status: int = 0
    passing: bool = False
    pause: timedelta | None = None
    words: str = ""


class ModelClient:
    """One model of one server; an async context manager. The server is the operator's choice, an inner one too.

    `answer_within` is in seconds; `pause` is taken before a second attempt, where the server names no other.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str | None,
        clock: Callable[[], datetime],
        user_agent: str,
        answer_within: float = ANSWER_WITHIN,
        pause: timedelta = timedelta(seconds=1),
    ) -> None:
        self._url = url if url.rstrip("/").endswith(_ENDING) else url.rstrip("/") + _ENDING
        self._model = model
        self._headers = {"User-Agent": user_agent} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._clock = clock
        self._answer_within = answer_within
        self._pause = pause
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._parameters: dict[str, str | None] = {_TOKENS: _TOKENS, _TEMPERATURE: _TEMPERATURE}
        self._failures = 0
        self._rests_until: datetime | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> ModelClient:
        """Open the connection's pool."""
        self._session = aiohttp.ClientSession(
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=self._answer_within, sock_connect=CONNECT_WITHIN),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def model(self) -> str:
        """The model's name, as the operator wrote it."""
        return self._model

    @property
    def rests(self) -> bool:
        """Whether nothing is asked now, because it failed too often."""
        return self._rests_until is not None and self._clock() < self._rests_until

    async def ask(self, prompt: Prompt) -> Answered | NoAnswer:
        """Ask once, and once more where that may help. Never raises for what the server does."""
        async with self._slots:
            if self.rests:
                return NoAnswer("The language model has failed too often and is left alone for a while.")
            answer = await self._ask(prompt)
            if isinstance(answer, _Refused) and answer.passing:
                await asyncio.sleep((self._pause if answer.pause is None else answer.pause).total_seconds())
                answer = await self._ask(prompt)
            if isinstance(answer, Answered):
                self._failures, self._rests_until = 0, None
                return answer
            return self._failed(answer)

    async def _ask(self, prompt: Prompt) -> Answered | _Refused:
        """Ask, again without each parameter that the server refuses by its name."""
        for _ in range(4):
            answer = await self._post(prompt)
            if not isinstance(answer, _Refused) or answer.status != 400 or not self._leave_out(answer.words):
                return answer
        return answer

    def _leave_out(self, words: str) -> bool:
        """Do without the parameter that a refusal names; False where it names none that was sent."""
        tokens = self._parameters[_TOKENS]
        if self._parameters[_TEMPERATURE] and _TEMPERATURE in words:
            self._parameters[_TEMPERATURE] = None
        elif tokens == _TOKENS and _TOKENS in words:
            self._parameters[_TOKENS] = _TOKENS_TOO
        elif tokens == _TOKENS_TOO and _TOKENS_TOO in words:
            self._parameters[_TOKENS] = None
        else:
            return False
        return True

    async def _post(self, prompt: Prompt) -> Answered | _Refused:
        if self._session is None:
            raise RuntimeError(
                "The model's client is not open: use it as `async with ModelClient(…) as client`."
            )
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": prompt.instructions},
                {"role": "user", "content": prompt.article},
            ],
        }
        if name := self._parameters[_TOKENS]:
            body[name] = prompt.most_tokens
        if name := self._parameters[_TEMPERATURE]:
            body[name] = 0.2
        try:
            async with self._session.post(self._url, json=body, allow_redirects=False) as response:
                said = await _read(response)
                if said is None:
                    return _Refused(f"it sent more than {MOST_ANSWER // 1024} KiB")
                if response.status != 200:
                    pause = wait_of(response.headers.get("Retry-After"), self._clock())
                    sentence = _REFUSALS.get(response.status, f"it answered with status {response.status}")
                    passing = response.status in _PASSING or response.status >= 500
                    return _Refused(
                        sentence,
                        response.status,
                        passing and (pause is None or pause <= LONGEST_WAIT),
                        pause,
                        said.decode("utf-8", "replace"),
                    )
        except TimeoutError:
            return _Refused(f"it did not answer within {self._answer_within:g} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _Refused(_trouble(error), passing=True)
        answer = _read_answer(said)
        if answer is None:
            return _Refused("its answer is not one of the chat-completions convention")
        text, tokens, cut = answer
        estimated = (len(prompt.instructions) + len(prompt.article) + len(text)) // CHARACTERS_A_TOKEN
        return Answered(text, estimated if tokens is None else tokens, cut)

    def _failed(self, refused: _Refused) -> NoAnswer:
        self._failures += 1
        rest = None
        if refused.status in _REFUSALS:
            rest = LONGEST_REST
        elif refused.pause is not None and refused.pause > LONGEST_WAIT:
            rest = min(refused.pause, LONGEST_REST)
        elif self._failures >= FAILURES_IN_A_ROW:
            # One question is let through after each rest; while it fails, the rests grow.
            rest = min(SHORTEST_REST * 2 ** min(self._failures - FAILURES_IN_A_ROW, 5), LONGEST_REST)
        if rest is not None:
            self._rests_until = self._clock() + rest
            log.warning(
                "The language model is not asked for %d s, as %s. Summaries are made without it meanwhile.",
                rest.total_seconds(),
                refused.sentence,
            )
        return NoAnswer(f"The language model gave no summary: {refused.sentence}.")


def _trouble(error: Exception) -> str:
    """Why no answer came, in words that go after "as"."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "no server is known by its name (SUMMARY_API_URL)"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "no secure connection to it came about"
        case aiohttp.ClientConnectorError():
            return "it does not accept the connection (is it running?)"
        case aiohttp.InvalidURL():
            return "its address can't be used (SUMMARY_API_URL)"
        case _:
            return "it broke off before its answer was complete"


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """The body, decompressed piece by piece; None as soon as it is too long."""
    said = b""
    async for piece in response.content.iter_any():
        said += piece
        if len(said) > MOST_ANSWER:
            response.close()
            return None
    return said


def _read_answer(said: bytes) -> tuple[str, int | None, bool] | None:
    """The text, the tokens used where they are told, and whether it was cut off; None for another shape."""
    try:
        answer = json.loads(said)
        choice = answer["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if isinstance(content, list):  # parts, as some servers answer
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        return None
    usage = answer.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    told = type(tokens) is int and 0 < tokens <= _MOST_TOKENS
    return content, tokens if told else None, choice.get("finish_reason") == "length"
