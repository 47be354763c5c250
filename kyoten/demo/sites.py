"""The two sites of the demo, read from ``sites.toml``."""

import tomllib
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DemoSpace(_Part):
    """A space, as ``gateway.toml`` names it."""

    id: str
    ja: str
    en: str
    kind: str
    bookable: bool = False
    parts: tuple[str, ...] = ()
    capacity: int | None = None


class DemoDevice(_Part):
    """A device, both as ``edge.toml`` names it and as its world emulates it.

    Attributes:
        line: whether it hangs on a serial port of its own.
        address: of one that is heard by radio; ``key`` where it encrypts.
        pins: of one on GPIO, by role.
    """

    id: str
    model: str
    space: str
    ja: str
    en: str
    line: bool = False
    address: str | None = None
    key: str | None = None
    pins: dict[str, int] = Field(default_factory=dict)
    mounting: dict[str, int | str] | None = None


class DemoWorld(_Part):
    """A part of a site with a nature of its own: a room, a mountain pass."""

    name: str
    climate: dict[str, float]
    devices: tuple[DemoDevice, ...] = Field(alias="device")


class DemoSite(_Part):
    """A site with its one node."""

    id: str
    ja: str
    en: str
    node: str
    spaces: tuple[DemoSpace, ...] = Field(alias="space")
    worlds: tuple[DemoWorld, ...] = Field(alias="world")


def demo_sites() -> list[DemoSite]:
    """Read the sites."""
    text = resources.files("kyoten.demo").joinpath("sites.toml").read_text(encoding="utf-8")
    return [DemoSite.model_validate(site) for site in tomllib.loads(text)["site"]]
