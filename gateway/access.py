"""Who may do what. Pure; who somebody is, is found out in ``gateway.api.identity``."""

from dataclasses import dataclass
from enum import StrEnum

from hardware.command import Actor, ActorKind


class Scope(StrEnum):
    """What an API token can be good for."""

    READ = "read"  # status, readings, and when a space is booked
    BOOK = "book"  # make, see and cancel bookings, names included
    DOOR = "door"  # open and lock doors


class Role(StrEnum):
    """What an account can be."""

    STAFF = "staff"


EVERY_SITE = frozenset({"*"})
_STAFF_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who was recognised.

    Attributes:
        actor: by what name their deeds are recorded.
        scopes: what they may do.
        sites: where; ``EVERY_SITE`` for everywhere.
    """

    actor: Actor
    scopes: frozenset[Scope]
    sites: frozenset[str]

    def may(self, scope: Scope, site: str) -> bool:
        """Whether they may do this at that site."""
        return scope in self.scopes and self.sees(site)

    def sees(self, site: str) -> bool:
        """Whether the site is theirs at all."""
        return self.sites == EVERY_SITE or site in self.sites


def staff(name: str, sites: frozenset[str]) -> Principal:
    """Give the principal of a staff account: everything, at its sites."""
    return Principal(Actor(ActorKind.STAFF, name), _STAFF_SCOPES, sites)


def machine(name: str, scopes: frozenset[Scope], sites: frozenset[str]) -> Principal:
    """Give the principal of an API token: its scopes, at its sites."""
    return Principal(Actor(ActorKind.TOKEN, name), scopes, sites)
