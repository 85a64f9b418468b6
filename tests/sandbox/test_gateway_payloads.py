"""Whatever a client says is read or refused with a close code; it never breaks the gateway."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.gateway import payloads
from bot.sandbox.gateway.payloads import Closing
from bot.sandbox.wire import encode

_ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
_ANYTHING = st.recursive(
    _ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
_KINDS = (
    payloads.Identify,
    payloads.Resume,
    payloads.MembersAsked,
)
_FIELDS = st.sampled_from(
    [
        *sorted({field.name for kind in _KINDS for field in fields(kind)}),
        *("properties", "presence", "status", "activities", "since", "afk"),
    ]
)
_SOUND: dict[str, Any] = {
    "token": "mine",
    "intents": 0,
    "properties": {},
    "session_id": "x",
    "seq": 1,
    "status": "online",
    "guild_id": "1",
    "query": "",
    "limit": 0,
}


@pytest.mark.parametrize(
    "reader",
    [
        payloads.read_heartbeat,
        payloads.read_identify,
        payloads.read_resume,
        payloads.read_presence,
        payloads.read_members_asked,
    ],
)
@given(whole=_ANYTHING, changed=st.dictionaries(_FIELDS, _ANYTHING, max_size=3))
def test_data_of_any_shape_is_read_or_closes(
    reader: Callable[[Any], Any], whole: Any, changed: dict[str, Any]
) -> None:
    for data in (whole, _SOUND | changed):
        with suppress(Closing):
            reader(data)


@given(
    text=st.text()
    | st.builds(encode, _ANYTHING)
    | st.builds(encode, st.fixed_dictionaries({"op": _ANYTHING}))
)
def test_any_text_is_a_payload_or_closes(text: str) -> None:
    with suppress(Closing):
        op, _ = payloads.read(text)
        assert op >= 0
