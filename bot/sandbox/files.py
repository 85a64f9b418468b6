"""Attachments' bytes: they live as long as anything names them, in a folder too where the world is kept in a file.

Nobody counts who names what, as an attachment may be in a message, its crossposted copies, forwards of it and
what an interaction was given. Who asks for a file, or brings new ones, has it looked through.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.sandbox.things import Message


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request; `key` is the form field, such as files[0]."""

    key: str
    filename: str
    content_type: str
    data: bytes


class Files:
    """Uploads by attachment id. `named` gives the ids that something names now."""

    def __init__(self, named: Callable[[], Iterable[str]]) -> None:
        self._named = named
        self._uploads: dict[str, Upload] = {}

    def keep(self, attachment_id: str, upload: Upload) -> None:
        """Take a file; until the end of this step nothing needs to name it."""
        self._uploads[attachment_id] = upload

    def find(self, attachment_id: str) -> Upload | None:
        """The file of an attachment that is there still."""
        self.tidy()
        return self._uploads.get(attachment_id)

    def tidy(self) -> None:
        """Let go of what nothing names any more; between steps, never within one."""
        if self._uploads:
            named = set(self._named())
            self._uploads = {key: upload for key, upload in self._uploads.items() if key in named}

    def all(self) -> dict[str, Upload]:
        """All files that are there still, by attachment id."""
        self.tidy()
        return self._uploads

    def __len__(self) -> int:
        return len(self._uploads)


def named_by(message: Message) -> Iterator[str]:
    """The ids of the attachments that a message has, or carries as a forward."""
    return (attachment["id"] for attachment in _attachments(message))


def _attachments(message: Message) -> Iterator[dict[str, Any]]:
    carried: list[dict[str, Any]] = [one["message"] for one in message.snapshots]
    for attachments in (message.attachments, *(one.get("attachments", ()) for one in carried)):
        yield from attachments


def write(folder: Path, uploads: Mapping[str, Upload]) -> None:
    """Have a folder hold these files, each under its id, and no others; what is there is not written again."""
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for attachment_id in uploads.keys() - there:
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f"{attachment_id}.new"
        beside.write_bytes(uploads[attachment_id].data)
        beside.replace(folder / attachment_id)
    for name in there - uploads.keys():
        (folder / name).unlink()


def read(folder: Path, messages: Iterable[Message]) -> dict[str, Upload]:
    """The files in a folder that messages name, by attachment id; those that are missing are left out."""
    found: dict[str, Upload] = {}
    for entry in (entry for message in messages for entry in _attachments(message)):
        attachment_id = str(entry["id"])
        path = folder / attachment_id
        if attachment_id.isdecimal() and attachment_id not in found and path.is_file():
            data = path.read_bytes()
            found[attachment_id] = Upload("", entry["filename"], entry["content_type"], data)
    return found
