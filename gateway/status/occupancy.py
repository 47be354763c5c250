"""Is somebody there? Presence, movement and head counts, fused.

Any one sensor that sees somebody outranks all that see nobody: presence sensors lose people who sit
still, and a head count misses who came by the other door. Nobody is said to be there only if some
sensor that can know it says so now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.status.observation import Observation, Since

# A motion sensor says "moved", not "present". People in a meeting stir at least this often.
STILL_FOR = timedelta(minutes=15)

SENSES = ("presence", "people", "motion")


class Presence(StrEnum):
    """Whether a space is in use."""

    OCCUPIED = "occupied"
    EMPTY = "empty"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Whether a space is in use, since when, and by which quantity that is known.

    Attributes:
        why: ``presence``, ``people`` or ``motion``; ``silent`` where the sensors say nothing;
            ``no_sensor`` where there is none.
        people: how many, where that is counted.
    """

    presence: Presence
    why: str
    since: Since | None = None
    people: int | None = None


def occupancy(observations: Sequence[Observation], now: datetime) -> Occupancy:
    """Fuse what the sensors of one space say."""
    senses = [seen for seen in observations if seen.quantity.name in SENSES]
    people = _people(senses)
    there = [seen for seen in senses if _sees_somebody(seen, now)]
    if there:
        first = min(there, key=_rank)
        return Occupancy(Presence.OCCUPIED, first.quantity.name, first.since, people)
    nobody = [seen for seen in senses if _sees_nobody(seen, now)]
    if nobody:
        first = min(nobody, key=_rank)
        return Occupancy(Presence.EMPTY, first.quantity.name, first.since, people)
    return Occupancy(Presence.UNKNOWN, "silent" if senses else "no_sensor", None, None)


def _rank(seen: Observation) -> int:
    return SENSES.index(seen.quantity.name)


def _people(senses: Iterable[Observation]) -> int | None:
    """Add up the counters of the space; None where none of them knows."""
    numbers = [seen.number() for seen in senses if seen.quantity.name == "people"]
    known = [number for number in numbers if number is not None]
    return round(sum(known)) if known else None


def _sees_somebody(seen: Observation, now: datetime) -> bool:
    if seen.quantity.name == "motion":
        lately = seen.is_one_of("still") and not _long_still(seen, now)
        return seen.is_one_of("moving") or lately
    return seen.is_one_of("present") or (seen.number() or 0) >= 1


def _sees_nobody(seen: Observation, now: datetime) -> bool:
    if seen.quantity.name == "motion":
        return seen.is_one_of("still") and _long_still(seen, now)
    return seen.is_one_of("absent") or seen.number() == 0


def _long_still(seen: Observation, now: datetime) -> bool:
    """Whether nothing has moved for long; a sensor that never saw a movement counts so."""
    return seen.since is None or seen.since.at_least or now - seen.since.at >= STILL_FOR
