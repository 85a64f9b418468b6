"""Failures on order, as Discord fails: of requests and of what the gateway tells; and deeds of an owner."""

from bot.sandbox.faults.deeds import Deeds
from bot.sandbox.faults.events import Dropped, EventFault, Late, Reordered, Repeated, Trouble
from bot.sandbox.faults.failing import fail
from bot.sandbox.faults.faults import Faults
from bot.sandbox.faults.gateway import GatewayFaults
from bot.sandbox.faults.requests import (
    Cut,
    Edge,
    Failure,
    Fault,
    Hang,
    Limited,
    Meanwhile,
    Meeting,
    SlowBody,
    Status,
)

__all__ = [
    "Cut",
    "Deeds",
    "Dropped",
    "Edge",
    "EventFault",
    "Failure",
    "Fault",
    "Faults",
    "GatewayFaults",
    "Hang",
    "Late",
    "Limited",
    "Meanwhile",
    "Meeting",
    "Reordered",
    "Repeated",
    "SlowBody",
    "Status",
    "Trouble",
    "fail",
]
