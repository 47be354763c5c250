"""Places and things: a site holds spaces, a device is in a space, a node hears devices."""

import re
from dataclasses import dataclass
from enum import StrEnum

from hardware.errors import ConfigError

_IDENTIFIER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def identifier(text: str, *, where: str) -> str:
    """Return ``text`` if it can name a site, space, node or device.

    Identifiers stand in topics, paths and URLs: 1 to 40 of a-z, 0-9 and inner hyphens.

    Raises:
        ConfigError: it cannot; the text says why.
    """
    if _IDENTIFIER.fullmatch(text):
        return text
    raise ConfigError(
        f"{where}: {text!r} cannot be an identifier; use 1 to 40 of a-z, 0-9 and '-' inside"
    )


class SpaceKind(StrEnum):
    """What a space is to the people who use it."""

    HALL = "hall"
    ROOM = "room"
    DESK = "desk"
    LOCKER = "locker"
    STALL = "stall"
    BAY = "bay"
    SHOULDER = "shoulder"
    ROAD = "road"
    OUTDOORS = "outdoors"
    UTILITY = "utility"


@dataclass(frozen=True, slots=True)
class Name:
    """What people call a thing, in Japanese and in English."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Space:
    """A place that can be watched or booked; ``parts`` are the spaces that it is divided into."""

    id: str
    name: Name
    kind: SpaceKind
    bookable: bool = False
    parts: tuple[str, ...] = ()
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A community hall, a roadside station: one address with its spaces.

    Attributes:
        timezone: IANA name; opening hours and recurrences are reckoned in it.
    """

    id: str
    name: Name
    timezone: str
    spaces: tuple[Space, ...]


@dataclass(frozen=True, slots=True)
class Device:
    """A device as a node knows it: what model it is and which space it is in."""

    id: str
    model: str
    space: str
    name: Name
    actions: tuple[str, ...] = ()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """The Pi that hears devices and answers for them."""

    site: str
    id: str
    devices: tuple[Device, ...]
