"""What the documents promise, held against the program."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from bot.config import Settings, read_settings
from tests.cli.commands import Shell
from tests.journey.broadsheet import ROOT

NAMES = [field.name.upper() for field in fields(Settings)]


def example() -> dict[str, str]:
    """The settings of `.env.example`."""
    text = (ROOT / ".env.example").read_text()
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


def table() -> set[str]:
    """The settings named in the first column of README's table."""
    first_columns = re.findall(r"^\| (`[A-Z_`, ]+`) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    return {name for column in first_columns for name in re.findall(r"[A-Z_]+", column)}


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_explained(name: str) -> None:
    assert name in example()
    assert name in table()


def test_no_setting_is_explained_that_does_not_exist() -> None:
    assert set(example()) == set(NAMES)
    assert table() == set(NAMES)


def test_the_example_holds_the_defaults() -> None:
    assert read_settings(example()) == Settings()


async def test_every_command_of_the_readme_exists_and_help_names_them_all(shell: Shell) -> None:
    helped = await shell.run("--help")
    assert helped.code == 0
    known = set(re.findall(r"^    ([a-z]+)\b", helped.out, re.MULTILINE))
    used = set(re.findall(r"python -m bot ([a-z]+)", (ROOT / "README.md").read_text()))
    assert used
    assert used <= known
    for command in sorted(known):
        ended = await shell.run(command, "--help")
        assert ended.code == 0
        assert ended.out.startswith(f"usage: python -m bot {command} ")
