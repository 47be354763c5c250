"""The sites that this service answers for, and what their spaces are made of.

A divisible hall is bookable as a whole and by its parts. What a booking takes is always the
*atomic* parts, so that the whole and its parts exclude each other by one rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hardware.place import Site, Space


@dataclass(frozen=True, slots=True)
class Places:
    """Every site and space that the configuration names.

    Attributes:
        sites: in the order of the configuration.
        phones: the number to call, by (site, space).
    """

    sites: Sequence[Site]
    phones: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def site(self, site: str) -> Site | None:
        """Find a site."""
        return next((known for known in self.sites if known.id == site), None)

    def space(self, site: str, space: str) -> Space | None:
        """Find a space of a site."""
        known = self.site(site)
        return None if known is None else find_space(known, space)

    def atoms(self) -> list[tuple[str, str]]:
        """List every (site, atomic space); what bookings are kept by."""
        return [
            (site.id, space.id) for site in self.sites for space in site.spaces if not space.parts
        ]


def find_space(site: Site, space: str) -> Space | None:
    """Find a space in a site."""
    return next((known for known in site.spaces if known.id == space), None)


def atomic_parts(space: Space) -> tuple[str, ...]:
    """Give the atomic parts that a booking of this space takes, in the one order for all."""
    return tuple(sorted(space.parts)) or (space.id,)
