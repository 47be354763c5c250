"""Observations made by hand, for tests of the pure rules."""

from datetime import UTC, datetime, timedelta

from cloud_sync.stores.store import SeriesKey
from gateway.status.observation import Observation, Since, Standing
from hardware.place import Device, Name
from hardware.quantity import QUANTITIES
from hardware.reading import Absence, Trust

NOW = datetime(2026, 11, 24, 5, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def saw(
    quantity,
    value,
    *,
    device="d",
    channel="",
    standing=Standing.CURRENT,
    since=None,
    at_least=False,
    age=0.0,
    trust=Trust.NTP,
    actions=(),
):
    """Make an observation; ``since`` and ``age`` in minutes before now."""
    return Observation(
        series=SeriesKey("tokiwa", "pi", device, quantity, channel),
        quantity=QUANTITIES[quantity],
        device=Device(device, "model", "room", Name("機器", "device"), actions),
        value=value if standing is Standing.CURRENT else Absence.SILENT,
        last=value,
        at=NOW - age * MINUTE,
        received_at=NOW,
        trust=trust,
        standing=standing,
        since=None if since is None else Since(NOW - since * MINUTE, at_least),
    )
