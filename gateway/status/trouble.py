"""What is wrong, in words, and how bad it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from hardware.place import Name


class Severity(IntEnum):
    """How soon somebody must look. Higher comes first."""

    FINE = 0
    NOTICE = 1  # some day this week
    WARNING = 2  # today
    ALARM = 3  # now


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong.

    Attributes:
        code: for machines.
        says: for people.
        since: from when, where that is known.
        device: where it was noticed; empty for the space as a whole.
    """

    code: str
    severity: Severity
    says: Name
    since: datetime | None = None
    device: str = ""


def worst(troubles: tuple[Trouble, ...]) -> Severity:
    """Give the severity of the worst."""
    return max((trouble.severity for trouble in troubles), default=Severity.FINE)
