"""Births: what a node says of itself when it comes, retained on the broker.

A birth gives blocks their meaning (the channel table) and devices their place. It is sent on each
connect, when the table has grown, and when a receipt asks for it.
"""

import json
from dataclasses import dataclass
from typing import Any

from cloud_sync.channels import BadTableError, ChannelTable, table_from_json
from cloud_sync.receipt import BadMessageError
from hardware.place import Device, Name, Node


@dataclass(frozen=True, slots=True)
class Birth:
    """A node's own account.

    Attributes:
        boot: id of the machine's boot.
        epoch: the journal's current epoch.
        machine: a mark of the machine itself, so that a cloned card is noticed.
        version: of the agent.
        window: seconds of the three lower lanes that a power cut may cost.
    """

    node: Node
    boot: str
    epoch: bytes
    machine: str
    version: str
    window: float
    table: ChannelTable


def write(birth: Birth) -> bytes:
    """Give the JSON that travels."""
    return json.dumps(
        {
            "site": birth.node.site,
            "node": birth.node.id,
            "devices": [_device_json(device) for device in birth.node.devices],
            "boot": birth.boot,
            "epoch": birth.epoch.hex(),
            "machine": birth.machine,
            "version": birth.version,
            "window": birth.window,
            "channels": birth.table.to_json(),
        },
        ensure_ascii=False,
    ).encode()


def read(payload: bytes) -> Birth:
    """Read a birth.

    Raises:
        BadMessageError: it is none, or its channel table is none.
    """
    try:
        entries = json.loads(payload)
        return Birth(
            node=Node(
                site=str(entries["site"]),
                id=str(entries["node"]),
                devices=tuple(_device(part) for part in entries["devices"]),
            ),
            boot=str(entries["boot"]),
            epoch=bytes.fromhex(entries["epoch"]),
            machine=str(entries["machine"]),
            version=str(entries["version"]),
            window=float(entries["window"]),
            table=table_from_json(entries["channels"]),
        )
    except BadTableError as error:
        raise BadMessageError(f"birth: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadMessageError(f"not a birth: {error!r}") from None


def _device_json(device: Device) -> dict[str, object]:
    return {
        "id": device.id,
        "model": device.model,
        "space": device.space,
        "ja": device.name.ja,
        "en": device.name.en,
        "actions": list(device.actions),
        "simulated": device.simulated,
    }


def _device(part: dict[str, Any]) -> Device:
    return Device(
        id=str(part["id"]),
        model=str(part["model"]),
        space=str(part["space"]),
        name=Name(str(part["ja"]), str(part["en"])),
        actions=tuple(str(action) for action in part["actions"]),
        simulated=bool(part["simulated"]),
    )
