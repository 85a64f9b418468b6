"""Settings: read once from the environment (and `.env`), frozen, explained in `.env.example`."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from dotenv import dotenv_values

SHORTEST_INTERVAL = timedelta(minutes=10)
# With the spread of polls added, every source is read once a day.
LONGEST_INTERVAL = timedelta(hours=21)


class SettingsProblem(Exception):
    """A setting is wrong; the message is a sentence that says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this Broadsheet runs. Every field is the environment variable of the same name in capitals."""

    discord_token: str | None = None
    discord_api_url: str | None = None
    discord_gateway_url: str | None = None
    message_content: bool = False
    database_url: str = "sqlite:///data/broadsheet.db"
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    web_public_url: str | None = None
    poll_interval: timedelta | None = None
    poll_min_interval: timedelta | None = None
    fetch_allow: str = ""
    summary_api_url: str | None = None
    summary_api_key: str | None = field(default=None, repr=False)
    summary_model: str | None = None
    summary_tokens_a_day: int = 1_000_000
    summary_tokens_a_guild: int = 200_000
    log_level: str = "INFO"
    log_format: str = "text"

    @property
    def poll_bounds(self) -> tuple[timedelta, timedelta]:
        """The shortest and the longest time between two polls of a source that is well.

        A POLL_INTERVAL that was set holds for every source (docs/adr/0005-a-source-has-its-own-interval.md).
        """
        if self.poll_interval is not None:
            every = max(self.poll_interval, self.poll_min_interval or self.poll_interval)
            return every, every
        shortest = self.poll_min_interval or SHORTEST_INTERVAL
        return shortest, max(LONGEST_INTERVAL, shortest)


def read_settings(environment: Mapping[str, str], env_file: Path | None = None) -> Settings:
    """Settings from `environment`, over those of `env_file` where it exists. Empty values count as not set.

    Raises SettingsProblem for a value that can't be used, and for an `.env` that other users can read.
    """
    values = {**_file_values(env_file), **environment}

    def given(name: str) -> str | None:
        return (values.get(name) or "").strip() or None

    defaults = Settings()
    return Settings(
        discord_token=_token("DISCORD_TOKEN", given("DISCORD_TOKEN")),
        discord_api_url=_url("DISCORD_API_URL", given, ("http://", "https://")),
        discord_gateway_url=_url("DISCORD_GATEWAY_URL", given, ("ws://", "wss://")),
        message_content=_switch("MESSAGE_CONTENT", given("MESSAGE_CONTENT")),
        database_url=given("DATABASE_URL") or defaults.database_url,
        web_host=given("WEB_HOST") or defaults.web_host,
        web_port=_number("WEB_PORT", given("WEB_PORT"), defaults.web_port, 0, 65_535),
        web_public_url=_url("WEB_PUBLIC_URL", given, ("http://", "https://")),
        poll_interval=_seconds("POLL_INTERVAL", given("POLL_INTERVAL")),
        poll_min_interval=_seconds("POLL_MIN_INTERVAL", given("POLL_MIN_INTERVAL")),
        fetch_allow=given("FETCH_ALLOW") or "",
        summary_api_url=_model_url(given),
        summary_api_key=_token("SUMMARY_API_KEY", given("SUMMARY_API_KEY")),
        summary_model=given("SUMMARY_MODEL"),
        summary_tokens_a_day=_tokens("SUMMARY_TOKENS_A_DAY", given, defaults.summary_tokens_a_day),
        summary_tokens_a_guild=_tokens("SUMMARY_TOKENS_A_GUILD", given, defaults.summary_tokens_a_guild),
        log_level=_choice(
            "LOG_LEVEL", given("LOG_LEVEL"), defaults.log_level, ("DEBUG", "INFO", "WARNING", "ERROR")
        ),
        log_format=_choice("LOG_FORMAT", given("LOG_FORMAT"), defaults.log_format, ("text", "json")),
    )


def _file_values(env_file: Path | None) -> dict[str, str]:
    if env_file is None or not env_file.is_file():
        return {}
    if env_file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        raise SettingsProblem(
            f"Other users of this machine can read {env_file}, which may hold your bot's token. "
            f"Close it with: chmod 600 {env_file}"
        )
    try:
        return {name: value for name, value in dotenv_values(env_file).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsProblem(
            f"{env_file} can't be read ({reason}). Let this user read it, and save it as plain UTF-8 text."
        ) from error


def _token(name: str, value: str | None) -> str | None:
    # What has blanks or other letters in it is a slip of copying; sent on, it would fail as a broken request.
    if value is not None and not re.fullmatch(r"[!-~]+", value):
        raise SettingsProblem(
            f"{name} has a blank, a line break or a special character in it, which none has. "
            "Copy it again, whole and alone."
        )
    return value


def _url(name: str, given: Callable[[str], str | None], schemes: tuple[str, ...]) -> str | None:
    value = given(name)
    if value is not None and not value.startswith(schemes):
        raise SettingsProblem(f"{name} must begin with {' or '.join(schemes)}. Correct it or leave it empty.")
    return value.rstrip("/") if value else None


def _model_url(given: Callable[[str], str | None]) -> str | None:
    url = _url("SUMMARY_API_URL", given, ("http://", "https://"))
    if url is not None and given("SUMMARY_MODEL") is None:
        raise SettingsProblem(
            "SUMMARY_API_URL needs SUMMARY_MODEL: name the model that its server is to use."
        )
    return url


def _tokens(name: str, given: Callable[[str], str | None], default: int) -> int:
    return _number(name, given(name), default, 0, 10**12)


def _switch(name: str, value: str | None) -> bool:
    match (value or "off").lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise SettingsProblem(f"{name} is a switch: write 1 or 0.")


def _number(name: str, value: str | None, default: int, least: int, most: int) -> int:
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise SettingsProblem(f"{name} must be a whole number from {least} to {most}.")
    return int(value)


def _seconds(name: str, value: str | None) -> timedelta | None:
    if value is None:
        return None
    return timedelta(seconds=_number(f"{name} (in seconds)", value, 0, 1, 86_400))


def _choice(name: str, value: str | None, default: str, allowed: tuple[str, ...]) -> str:
    for choice in allowed:
        if (value or default).lower() == choice.lower():
            return choice
    raise SettingsProblem(f"{name} must be one of {', '.join(allowed)}.")
