"""Topics: where on the broker each thing stands, below ``kyoten/1/{site}/{node}/``."""

from dataclasses import dataclass

from hardware.quantity import Lane

ROOT = "kyoten/1"

ALL_BIRTHS = f"{ROOT}/+/+/birth"
ALL_STATUS = f"{ROOT}/+/+/status"
ALL_UP = f"{ROOT}/+/+/up/+"
ALL_RECEIPTS = f"{ROOT}/+/+/receipt"
ALL_ACKS = f"{ROOT}/+/+/ack/+"


@dataclass(frozen=True, slots=True)
class NodeTopics:
    """The topics of one node."""

    site: str
    node: str

    def _below(self, what: str) -> str:
        return f"{ROOT}/{self.site}/{self.node}/{what}"

    @property
    def birth(self) -> str:
        """Retained: node facts and the channel table."""
        return self._below("birth")

    @property
    def status(self) -> str:
        """Retained: online; the will says offline."""
        return self._below("status")

    def up(self, lane: Lane) -> str:
        """One block."""
        return self._below(f"up/{lane.value}")

    @property
    def receipt(self) -> str:
        """From ingest: what the store has, and the service's time."""
        return self._below("receipt")

    def now(self, device: str) -> str:
        """Retained: a device's latest values, for whoever listens."""
        return self._below(f"now/{device}")

    @property
    def command(self) -> str:
        """To the node: one signed, expiring command. Never retained."""
        return self._below("command")

    def ack(self, command: str) -> str:
        """From the node: one step in the life of a command."""
        return self._below(f"ack/{command}")


@dataclass(frozen=True, slots=True)
class Address:
    """A topic, read: whose it is, what it is, and what follows (lane, device or command id)."""

    site: str
    node: str
    what: str
    rest: str = ""


def read(topic: str) -> Address | None:
    """Read a topic; None where it is not one of ours."""
    parts = topic.split("/")
    if parts[:2] != ROOT.split("/") or not 5 <= len(parts) <= 6:
        return None
    return Address(*parts[2:])
