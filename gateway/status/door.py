"""Doors: is it open, is it locked, and who says so.

A contact outranks what a radio advert says, and an open door outranks every bolt: a door that
stands open is never shown as locked. What nobody can say is unknown, never locked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.status.observation import Observation, Since
from gateway.status.trouble import Severity, Trouble
from hardware.place import Name

# People carry chairs in for this long; beyond it the heating runs for the street.
OPEN_FOR = timedelta(minutes=10)
# After everybody has left, somebody may still come back for an umbrella.
UNLOCKED_FOR = timedelta(minutes=15)

UNKNOWN = "unknown"
NONE = "none"


@dataclass(frozen=True, slots=True)
class Door:
    """The door of a space.

    Attributes:
        state: what to say of it in one word: ``open`` or a state of ``lock_state``; ``unknown``
            where there is a sensor but nothing is known; ``closed`` where there is no lock.
        contact: ``open``, ``closed``, ``unknown``, or ``none`` where there is no contact.
        lock: a state of ``lock_state``, ``unknown``, or ``none`` where there is no lock.
        since: of ``state``.
        proved: whether ``state`` was measured by a contact, not merely told by radio.
        device: that can be told to lock or unlock, as ``site.device``; None where there is none.
        actions: what it can be told.
    """

    state: str
    contact: str
    lock: str
    since: Since | None = None
    proved: bool = False
    device: str | None = None
    actions: tuple[str, ...] = ()


def door(observations: Sequence[Observation]) -> Door | None:
    """Judge the door of one space; None where there is nothing to judge by."""
    contact = _best("door", observations, worst_first=("open",))
    lock = _best("lock_state", observations, worst_first=("jammed", "unlocked"))
    if contact is None and lock is None:
        return None
    says = _deciding(contact, lock)
    device, actions = _who_acts(observations)
    return Door(
        state=_word(says),
        contact=_word(contact),
        lock=_word(lock),
        since=says.since if says is not None and says.known else None,
        proved=says is not None and says.known and says.proved,
        device=device,
        actions=actions,
    )


def _best(
    quantity: str, observations: Iterable[Observation], *, worst_first: tuple[str, ...]
) -> Observation | None:
    """Choose whom to believe: what is known before what is not, contacts before adverts.

    Among equals the one that needs somebody to act is believed.
    """

    def rank(seen: Observation) -> tuple[bool, bool, int]:
        place = (*worst_first, seen.value).index(seen.value)
        return (not seen.known, not seen.proved, place)

    return min(
        (seen for seen in observations if seen.quantity.name == quantity), key=rank, default=None
    )


def _deciding(contact: Observation | None, lock: Observation | None) -> Observation | None:
    """Give the sensor whose word stands for the door as a whole."""
    if contact is not None and contact.is_one_of("open"):
        return contact
    return contact if lock is None else lock


def _word(seen: Observation | None) -> str:
    if seen is None:
        return NONE
    return seen.value if isinstance(seen.value, str) else UNKNOWN


def _who_acts(observations: Iterable[Observation]) -> tuple[str | None, tuple[str, ...]]:
    for seen in observations:
        if seen.device is not None and seen.device.actions:
            return f"{seen.series.site}.{seen.device.id}", seen.device.actions
    return None, ()


def troubles(
    state: Door | None, *, in_use: bool | None, booked: bool, now: datetime
) -> Iterable[Trouble]:
    """Say what is wrong with a door.

    Args:
        state: the door.
        in_use: whether somebody is there; None where that is not known.
        booked: whether the space is booked now, or soon enough for people to come in.
        now: aware.
    """
    if state is None:
        return
    since = None if state.since is None else state.since.at
    if state.lock == "jammed":
        yield Trouble(
            "jammed", Severity.ALARM, Name("錠が途中で止まっています", "the lock is jammed"), since
        )
    if state.contact == "open" and state.lock == "locked":
        yield Trouble(
            "locked_open",
            Severity.WARNING,
            Name("扉が開いたまま錠が出ています", "the bolt is out while the door stands open"),
            since,
        )
    if state.state == "open" and _longer(state.since, OPEN_FOR, now):
        yield Trouble(
            "open_long", Severity.WARNING, Name("扉が開いたままです", "the door stands open"), since
        )
    forgotten = state.state in ("unlocked", "open") and in_use is False and not booked
    if forgotten and state.lock != NONE and _longer(state.since, UNLOCKED_FOR, now):
        yield Trouble(
            "left_unlocked",
            Severity.WARNING,
            Name(
                "予約も人もないのに鍵が開いています", "unlocked, with nobody there and no booking"
            ),
            since,
        )


def _longer(since: Since | None, span: timedelta, now: datetime) -> bool:
    """Whether it has lasted for so long, as far as it was seen."""
    return since is not None and now - since.at >= span
