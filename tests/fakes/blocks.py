"""Sound blocks of a made-up node, for tests of whoever takes blocks."""

from decimal import Decimal

from cloud_sync.birth import Birth
from cloud_sync.block import BlockId, Column, Dating, seal
from cloud_sync.channels import ChannelTable
from cloud_sync.stores.store import NodeKey, Received
from hardware.place import Device, Name, Node
from hardware.quantity import QUANTITIES, Lane
from hardware.reading import Measurement, Trust, Value

BOOTED_US = 1_780_000_000_000_000  # when the made-up node booted, microseconds since 1970
SECOND = 1_000_000


class MadeUpNode:
    """Seals blocks as a node would."""

    def __init__(self, site: str = "hall", node: str = "pi", epoch: bytes = b"epoch1") -> None:
        self.key = NodeKey(site, node)
        self.epoch = epoch
        self.table = ChannelTable()
        self._next: dict[Lane, int] = {}

    def birth(self) -> Birth:
        devices = sorted({row.device for row in self.table.rows})
        return Birth(
            node=Node(
                self.key.site,
                self.key.node,
                tuple(Device(d, "ruuvitag", "room", Name("機器", "device")) for d in devices),
            ),
            boot="boot-1",
            epoch=self.epoch,
            machine="machine-1",
            version="0",
            window=10.0,
            table=self.table,
        )

    def block(
        self, *readings: tuple[str, str, int, Value], dating: Dating | None = None
    ) -> Received:
        """Seal (device, quantity, seconds since boot, value) into the next block of their lane."""
        lane = QUANTITIES[readings[0][1]].lane
        seq = self._next.get(lane, 0)
        self._next[lane] = seq + 1
        rows: dict[int, list[tuple[int, Value]]] = {}
        for device, quantity, second, value in readings:
            step = Decimal("0.01") if not QUANTITIES[quantity].states else Decimal(1)
            number = self.table.number(device, Measurement(QUANTITIES[quantity], value, "", step))
            rows.setdefault(number, []).append((second * SECOND, value))
        columns = [
            Column(
                number,
                tuple(time for time, _ in found),
                tuple(self.table.rows[number].steps(value) for _, value in found),
            )
            for number, found in sorted(rows.items())
        ]
        octets = seal(
            BlockId(self.epoch, lane, seq),
            table=self.table.name,
            dating=dating or Dating(BOOTED_US, Trust.NTP),
            columns=columns,
        )
        return Received(self.key, lane, octets, at_us=BOOTED_US + 3600 * SECOND)
