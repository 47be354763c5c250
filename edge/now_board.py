"""The latest of every device, told to the broker for whoever listens: ``now/{device}``.

It is a courtesy (retained, QoS 0, never relied on). What counts travels in blocks.
"""

import json
from collections import defaultdict

from cloud_sync.session import Offline, Session
from cloud_sync.topics import NodeTopics
from edge.timekeeper import TimeKeeper
from hardware.clock import Clock
from hardware.reading import Absence, Reading, Trust

PAUSE = 1.0  # seconds; a radar that changes ten times a second is told once


class NowBoard:
    """Collects the latest values and publishes those that have changed."""

    def __init__(
        self, session: Session, topics: NodeTopics, time_keeper: TimeKeeper, clock: Clock
    ) -> None:
        self._session = session
        self._topics = topics
        self._time_keeper = time_keeper
        self._clock = clock
        self._latest: dict[str, dict[str, Reading]] = defaultdict(dict)
        self._changed: set[str] = set()

    def note(self, reading: Reading) -> None:
        """Take a reading."""
        measurement = reading.measurement
        name = "/".join(filter(None, (measurement.quantity.name, measurement.channel)))
        self._latest[reading.device][name] = reading
        self._changed.add(reading.device)

    def connected(self) -> None:
        """Tell everything again: the broker may be another one."""
        self._changed = set(self._latest)

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._clock.sleep(PAUSE)
            while self._changed and self._session.connected:
                device = self._changed.pop()
                try:
                    await self._session.publish(
                        self._topics.now(device), self._payload(device), qos=0, retain=True
                    )
                except Offline:
                    break

    def _payload(self, device: str) -> bytes:
        dating = self._time_keeper.dating()
        now_us = self._clock.since_boot_us()
        values = {}
        for name, reading in self._latest[device].items():
            measurement, at_us = reading.measurement, reading.stamp.since_boot_us
            absent = measurement.value if isinstance(measurement.value, Absence) else None
            values[name] = {
                "value": None if absent else measurement.value,
                "absent": absent.value if absent else None,
                "unit": measurement.quantity.unit,
                "at_us": None if dating.trust is Trust.NONE else dating.anchor_us + at_us,
                "age_s": round((now_us - at_us) / 1_000_000, 1),
            }
        return json.dumps({"device": device, "values": values}, ensure_ascii=False).encode()
