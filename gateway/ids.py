"""Identifiers that sort by the time of their making: UUIDs of version 7 (RFC 9562)."""

import secrets
import uuid
from datetime import datetime, timedelta

from hardware.clock import EPOCH


def uuid7(now: datetime) -> str:
    """Make an identifier: 48 bits of milliseconds, then 74 random ones."""
    milliseconds = (now - EPOCH) // timedelta(milliseconds=1)
    number = milliseconds << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76  # the version
    number = number & ~(0x3 << 62) | 0x2 << 62  # the variant
    return str(uuid.UUID(int=number))
