"""Devices, as their nodes describe them. In URLs a device is ``{site}.{device}``."""

from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import BaseModel, Field

from cloud_sync.channels import Channel
from cloud_sync.stores.store import NodeFacts
from gateway.access import Principal
from gateway.api.identity import Reader, visible_site
from gateway.api.problems import documented, not_found
from gateway.api.service import Service, TheService
from gateway.api.shapes import NameOut, name_out
from hardware.place import Device

router = APIRouter(tags=["devices"], prefix="/api/v1/devices")


class SeriesOut(BaseModel):
    """What a device measures: one channel of one quantity."""

    quantity: str = Field(examples=["co2"])
    channel: str = Field(examples=[""])
    unit: str = Field(description="SenML unit code; empty for states.", examples=["ppm"])
    name: NameOut


class DeviceOut(BaseModel):
    """A device."""

    id: str = Field(examples=["tokiwa.air-1"])
    site: str
    node: str
    space: str
    model: str
    name: NameOut
    actions: list[str]
    simulated: bool
    series: list[SeriesOut]


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device and the node that hears it."""

    device: Device
    node: NodeFacts


@router.get(
    "",
    operation_id="listDevices",
    summary="List the devices of a site",
    responses=documented(401, 403, 404),
)
def list_devices(service: TheService, who: Reader, site: str) -> list[DeviceOut]:
    """Give every device that a node of the site has described."""
    visible_site(service, who, site)
    return [
        _out(KnownDevice(device, node))
        for node in service.store.nodes()
        if node.key.site == site and node.birth is not None
        for device in node.birth.node.devices
    ]


@router.get(
    "/{device}",
    operation_id="getDevice",
    summary="Get one device",
    responses=documented(401, 403, 404),
)
def get_device(service: TheService, who: Reader, device: str) -> DeviceOut:
    """Give a device with everything that it measures."""
    return _out(find_device(service, who, device))


def find_device(service: Service, who: Principal, name: str) -> KnownDevice:
    """Find a device by the name that it has in URLs. Reads the store.

    Raises:
        Problem: there is none, or it is not theirs to see.
    """
    site, _, device = name.partition(".")
    visible_site(service, who, site)
    for node in service.store.nodes():
        if node.key.site == site and node.birth is not None:
            for known in node.birth.node.devices:
                if known.id == device:
                    return KnownDevice(known, node)
    raise not_found(f"there is no device {name!r}; devices are named site.device")


def _out(known: KnownDevice) -> DeviceOut:
    device, birth = known.device, known.node.birth
    rows = [] if birth is None else [row for row in birth.table.rows if row.device == device.id]
    return DeviceOut(
        id=f"{known.node.key.site}.{device.id}",
        site=known.node.key.site,
        node=known.node.key.node,
        space=device.space,
        model=device.model,
        name=name_out(device.name),
        actions=list(device.actions),
        simulated=device.simulated,
        series=_series(rows),
    )


def _series(rows: list[Channel]) -> list[SeriesOut]:
    """Name each series once; a channel whose step has changed has several rows."""
    once = {(row.quantity.name, row.channel): row for row in rows}
    return [
        SeriesOut(
            quantity=row.quantity.name,
            channel=row.channel,
            unit=row.quantity.unit,
            name=NameOut(ja=row.quantity.ja, en=row.quantity.en),
        )
        for row in once.values()
    ]
