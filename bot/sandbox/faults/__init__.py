"""Failures on order, as Discord fails: of requests and of what the gateway tells."""

from bot.sandbox.faults.requests import Cut, Failure, Faults, Hang, Limited, SlowBody, Status

__all__ = ["Cut", "Failure", "Faults", "Hang", "Limited", "SlowBody", "Status"]
