"""``edge.toml``: what the technician writes. ``sample.toml`` shows every key.

Whatever is wrong is said as file, place, what was seen and what was meant, and the agent does not
start: a device that is silently not there is found by nobody.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cloud_sync.broker_address import BrokerAddress, broker_address
from edge.mounting import DISTANCE, Mounting
from hardware.complaint import complaints
from hardware.errors import ConfigError
from hardware.place import Device, Name, Node, identifier
from hardware.profile import Profile, ProfileKind
from hardware.profile_file import load_profile

Identifier = Annotated[str, AfterValidator(lambda text: identifier(text, where="id"))]

_ON_A_LINE = (ProfileKind.FRAME, ProfileKind.LINE, ProfileKind.MODBUS)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NodePart(_Part):
    """``[node]``: which node this is, and where it keeps what it must not lose."""

    site: Identifier
    id: Identifier
    state: Path = Path("/var/lib/kyoten")
    staging: Path = Path("/dev/shm/kyoten")  # noqa: S108 - memory on purpose: see edge.staging


class BrokerPart(_Part):
    """``[broker]``: where the readings go."""

    url: str
    password_file: Path | None = None

    def address(self) -> BrokerAddress:
        """Read the URL, and the password from its file."""
        if self.password_file is None:
            return broker_address(self.url)
        try:
            password = self.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"broker: password_file: {error}") from None
        return broker_address(self.url, password=password)


class JournalPart(_Part):
    """``[journal]``: how readings are kept."""

    interval: float = Field(10.0, gt=0, le=300)
    window: float = Field(10.0, ge=0, le=3600)
    quota_mb: int = Field(256, ge=4)


class CommandsPart(_Part):
    """``[commands]``: whose commands count: key id and public key (base64)."""

    keys: dict[str, str] = Field(default_factory=dict)


class BluetoothPart(_Part):
    """``[bluetooth]``: the adapter, ``hci0`` or ``h4:/dev/ttyAMA0``."""

    adapter: str = "hci0"


class GpioPart(_Part):
    """``[gpio]``: ``native``, or ``virtual:/path/to/socket``."""

    pins: str = "native"


class MountingPart(_Part):
    """``mounting`` of a range finder: what its distance means where it hangs."""

    height: float = Field(gt=0, le=20_000)
    shows: Literal["snow_depth", "water_level"]


class DevicePart(_Part):
    """``[[device]]``: one device: its model, its space, and how it is reached."""

    id: Identifier
    model: str
    space: Identifier
    ja: str = ""
    en: str = ""
    port: str | None = None
    address: str | None = Field(None, pattern=r"^([0-9A-F]{2}:){5}[0-9A-F]{2}$")
    key_file: Path | None = None
    pins: dict[str, int] = Field(default_factory=dict)
    settings: dict[str, int | float | str] = Field(default_factory=dict)
    mounting: MountingPart | None = None
    simulated: bool = False


class EdgeConfig(_Part):
    """The whole file."""

    node: NodePart
    broker: BrokerPart
    journal: JournalPart = JournalPart()
    commands: CommandsPart = CommandsPart()
    bluetooth: BluetoothPart = BluetoothPart()
    gpio: GpioPart = GpioPart()
    device: tuple[DevicePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Equipment:
    """A configured device together with what its model is."""

    part: DevicePart
    profile: Profile
    key: bytes | None = None

    def device(self) -> Device:
        """Give the device as the birth tells it."""
        name = self.profile.name
        return Device(
            id=self.part.id,
            model=self.part.model,
            space=self.part.space,
            name=Name(self.part.ja or name.ja, self.part.en or name.en),
            actions=tuple(action.value for action in self.profile.actions),
            simulated=self.part.simulated,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the agent needs to know, checked."""

    config: EdgeConfig
    equipment: tuple[Equipment, ...]

    def mountings(self) -> dict[str, Mounting]:
        """Give the range finders that know how high they hang."""
        parts = [each.part for each in self.equipment]
        return {
            part.id: Mounting(part.mounting.height, part.mounting.shows)
            for part in parts
            if part.mounting is not None
        }

    def node(self) -> Node:
        """Give the node as its birth tells it."""
        part = self.config.node
        return Node(part.site, part.id, tuple(each.device() for each in self.equipment))


def load(path: Path) -> Plan:
    """Read and check ``edge.toml``.

    Raises:
        ConfigError: every fault that was found, one a line.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    try:
        config = EdgeConfig.model_validate(entries)
    except ValidationError as error:
        text = complaints(error.errors(), file=path.name, entries=entries, known=_known())
        raise ConfigError(text) from None
    config.broker.address()
    equipment, faults = [], []
    for part in config.device:
        try:
            equipment.append(_equip(part))
        except ConfigError as error:
            faults.append(f"{path.name}: device {part.id!r}: {error}")
    faults += [f"{path.name}: {fault}" for fault in _clashes(equipment, config.node.id)]
    if faults:
        raise ConfigError("\n".join(faults))
    return Plan(config, tuple(equipment))


def _known() -> dict[str, list[str]]:
    tables: dict[str, type[BaseModel]] = {
        "": EdgeConfig,
        "node": NodePart,
        "broker": BrokerPart,
        "journal": JournalPart,
        "commands": CommandsPart,
        "bluetooth": BluetoothPart,
        "gpio": GpioPart,
        "device": DevicePart,
        "mounting": MountingPart,
    }
    return {name: list(model.model_fields) for name, model in tables.items()}


def _equip(part: DevicePart) -> Equipment:
    profile = load_profile(part.model)
    if profile.kind in _ON_A_LINE and part.port is None:
        raise ConfigError("port: missing; a path like /dev/serial/by-id/… or a URL like socket://…")
    if profile.kind is ProfileKind.ADVERT and part.address is None:
        raise ConfigError("address: missing; like C5:0D:FA:99:CB:9E, as on its label")
    if part.mounting is not None and not any(f.quantity is DISTANCE for f in profile.fields):
        raise ConfigError(f"mounting: a {profile.title} measures no distance; take it out")
    return Equipment(part, profile, _key(part.key_file))


def _key(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        return bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise ConfigError(f"key_file: {file} holds no key in hexadecimal: {error}") from None


def _clashes(equipment: list[Equipment], node: str) -> Iterator[str]:
    """Find devices that want the same thing."""
    holders: dict[tuple[str, object], Equipment] = {}
    for each in equipment:
        part = each.part
        if part.id == node:
            yield f"device {part.id!r}: id: the node itself is called that"
        for claim in _claims(part):
            holder = holders.setdefault(claim, each)
            # Devices that only speak when asked may share a line.
            shares = claim[0] == "port" and each.profile.poll and holder.profile.poll
            if holder is not each and not shares:
                name, value = claim
                yield f"device {part.id!r}: {name}: {value!r} is {holder.part.id!r}'s already"


def _claims(part: DevicePart) -> list[tuple[str, object]]:
    claims: list[tuple[str, object]] = [("id", part.id)]
    claims += [("pins", number) for number in part.pins.values()]
    claims += [("address", part.address)] if part.address is not None else []
    claims += [("port", part.port)] if part.port is not None else []
    return claims
