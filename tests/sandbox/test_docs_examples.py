"""The examples of docs/sandbox.md: its Python blocks, one after the other, are this module."""

import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _examples(text: str) -> str:
    """The blocks' code with every line where it stands in the guide, so that failures point there."""
    lines = [""] * (text.count("\n") + 1)
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1))
        code = block[1].splitlines()
        lines[first : first + len(code)] = code
    return "\n".join(lines)


exec(compile(_examples(GUIDE.read_text(encoding="utf-8")), GUIDE, "exec"))


def test_the_guide_tells_stories() -> None:
    """Were the blocks not found, nothing above would have run."""
    assert sum(name.startswith("test_") for name in globals()) > 5
