"""One series as it is known at one moment: what holds now, or why nothing does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cloud_sync.stores.store import Fact, NodeFacts, NodeKey, SeriesKey, Transition
from gateway.status.freshness import AHEAD, fresh_for
from hardware.clock import from_unix_us
from hardware.place import Device
from hardware.quantity import QUANTITIES, Quantity
from hardware.reading import Absence, Trust, Value

# Channels whose value was told by the device over plain radio. Anyone can send such an advert, and
# nothing was read back: it is outranked by every contact.
REPORTED = "reported"


class Standing(StrEnum):
    """Whether a value holds now."""

    CURRENT = "current"
    STALE = "stale"  # nobody has said why, but it is too old
    SILENT = "silent"  # the node has not heard the device
    OFFLINE = "offline"  # the node is not connected
    FUTURE = "future"  # its time lies ahead: the node's clock is wrong


@dataclass(frozen=True, slots=True)
class Since:
    """From when a state has held; ``at_least`` where it is older than what was looked at."""

    at: datetime
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """A series now.

    Attributes:
        device: as the node describes it; None for what the node says of itself.
        value: what holds now; ``Absence.SILENT`` unless the standing is current.
        last: what was last heard, of whatever age.
        at: when that was observed.
        since: of a state, from when it has held.
    """

    series: SeriesKey
    quantity: Quantity
    device: Device | None
    value: Value
    last: Value
    at: datetime
    received_at: datetime
    trust: Trust
    standing: Standing
    since: Since | None = None

    @property
    def known(self) -> bool:
        """Whether there is a value that holds now."""
        return not isinstance(self.value, Absence)

    @property
    def proved(self) -> bool:
        """Whether the value was measured, not merely told by radio."""
        return self.series.channel != REPORTED

    def is_one_of(self, *states: str) -> bool:
        """Whether the value now is one of these states."""
        return isinstance(self.value, str) and self.value in states

    def number(self) -> float | None:
        """Give the value now if it is a number."""
        return self.value if isinstance(self.value, float) else None


def observe(
    facts: Sequence[Fact],
    nodes: Sequence[NodeFacts],
    changes: Mapping[SeriesKey, Sequence[Transition]],
    *,
    now: datetime,
) -> list[Observation]:
    """Judge the latest facts as they stand now.

    Args:
        facts: the latest of each series.
        nodes: what is known of the nodes that they come from.
        changes: of each state series that has them, what it was lately, oldest first.
        now: aware.
    """
    known = {node.key: node for node in nodes}
    return [
        _observe(fact, known.get(NodeKey(fact.series.site, fact.series.node)), changes, now)
        for fact in facts
        if fact.series.quantity in QUANTITIES
    ]


def _observe(
    fact: Fact,
    node: NodeFacts | None,
    changes: Mapping[SeriesKey, Sequence[Transition]],
    now: datetime,
) -> Observation:
    quantity = QUANTITIES[fact.series.quantity]
    at = from_unix_us(fact.at_us)
    standing = _standing(fact, node, now - at, fresh_for(quantity))
    return Observation(
        series=fact.series,
        quantity=quantity,
        device=_device(node, fact.series.device),
        value=fact.value if standing is Standing.CURRENT else Absence.SILENT,
        last=fact.value,
        at=at,
        received_at=from_unix_us(fact.received_us),
        trust=fact.trust,
        standing=standing,
        since=_since(fact, changes.get(fact.series, ())),
    )


def _standing(fact: Fact, node: NodeFacts | None, age: timedelta, fresh: timedelta) -> Standing:
    if node is not None and node.online is False:
        return Standing.OFFLINE
    if fact.value is Absence.SILENT:
        return Standing.SILENT
    if age < -AHEAD:
        return Standing.FUTURE
    return Standing.STALE if age > fresh else Standing.CURRENT


def _device(node: NodeFacts | None, device: str) -> Device | None:
    if node is None or node.birth is None:
        return None
    return next((known for known in node.birth.node.devices if known.id == device), None)


def _since(fact: Fact, changes: Sequence[Transition]) -> Since | None:
    if not changes or changes[-1].state != fact.value:
        return None
    # What led the changes was so before: it is the only one whose beginning was not seen.
    return Since(from_unix_us(changes[-1].at_us), at_least=len(changes) == 1)
