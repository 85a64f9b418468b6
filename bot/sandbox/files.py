"""Attachments' bytes: they live as long as the process, and as long as anything names them.

Nobody counts who names what, as an attachment may be in a message, its crossposted copies, forwards of it and
what an interaction was given. Who asks for a file, or brings new ones, has it looked through.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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

    def __len__(self) -> int:
        return len(self._uploads)


def named_by(message: Message) -> Iterator[str]:
    """The ids of the attachments that a message has, or carries as a forward."""
    carried: list[dict[str, Any]] = [one["message"] for one in message.snapshots]
    for attachments in (message.attachments, *(one.get("attachments", ()) for one in carried)):
        for attachment in attachments:
            yield attachment["id"]
