"""Writes what the demo's programs read, below one folder, and keeps what a second run needs."""

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cloud_sync.envelope import public_text
from kyoten.demo.sites import DemoDevice, DemoSite, DemoWorld
from kyoten.demo.toml import table

ACCOUNT = "staff"
_KEY_ID = "gateway"
_WORLD_BEGINS = 10  # o'clock, by the virtual people's watches


@dataclass(frozen=True, slots=True)
class Folder:
    """The demo's folder and what is in it."""

    path: Path

    @property
    def shown(self) -> str:
        """The folder as a person would type it from here."""
        return os.path.relpath(self.path)

    def config(self, name: str) -> Path:
        """A program's configuration."""
        return self.path / "config" / name

    def log(self, name: str) -> Path:
        """A program's log."""
        return self.path / "log" / f"{name}.log"

    def socket(self, name: str) -> str:
        """A socket or pseudo-terminal of the virtual world, as the programs see it from here.

        Relative, because the path of a Unix socket may have 107 bytes and a checkout lies deep.
        """
        return f"world/{name}"

    @property
    def password(self) -> Path:
        """The file with the sign-in's password."""
        return self.path / "sign-in.txt"


def prepare(
    folder: Folder, sites: Sequence[DemoSite], *, host: str, port: int, broker: str
) -> None:
    """Write all configurations; keys and password are made once and kept."""
    for name in ("config", "log", "world", "keys", "state", "run"):
        (folder.path / name).mkdir(parents=True, exist_ok=True)
    public = _signing_key(folder.path / "keys" / "signing.pem")
    if not folder.password.exists():
        _write_secret(folder.password, secrets.token_urlsafe(9))
    folder.config("gateway.toml").write_text(_gateway(sites, host, port, broker), encoding="utf-8")
    for site in sites:
        worlds = [_world(folder, site, world, seed) for seed, world in enumerate(site.worlds)]
        folder.config(f"world-{site.id}.json").write_text(json.dumps(worlds), encoding="utf-8")
        folder.config(f"edge-{site.id}.toml").write_text(
            "\n".join(_edge(folder, site, broker, public)), encoding="utf-8"
        )


def _signing_key(file: Path) -> str:
    if file.exists():
        key = load_pem_private_key(file.read_bytes(), password=None)
        assert isinstance(key, Ed25519PrivateKey)
    else:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write_secret(file, pem.decode())
    return public_text(key)


def _write_secret(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")


def _gateway(sites: Sequence[DemoSite], host: str, port: int, broker: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    parts = [
        table("[http]", host=host, port=port, public_url=f"http://{shown}:{port}"),
        table("[broker]", url=broker),
        table("[store]", path="../state/readings.db"),
        table("[ledger]", url="sqlite:///../state/ledger.db"),
        table("[signing]", key_file="../keys/signing.pem", key_id=_KEY_ID),
    ]
    for site in sites:
        parts.append(table("[[site]]", id=site.id, ja=site.ja, en=site.en, timezone="Asia/Tokyo"))
        for space in site.spaces:
            optional: dict[str, Any] = {}
            if space.parts:
                optional["parts"] = list(space.parts)
            if space.capacity:
                optional["capacity"] = space.capacity
            parts.append(
                table(
                    "[[site.space]]",
                    id=space.id,
                    ja=space.ja,
                    en=space.en,
                    kind=space.kind,
                    bookable=space.bookable,
                    **optional,
                )
            )
    return "\n".join(parts)


def _edge(folder: Folder, site: DemoSite, broker: str, public: str) -> Iterator[str]:
    places = {"state": f"state/{site.node}", "staging": f"run/{site.node}"}
    yield table("[node]", site=site.id, id=site.node, **places)
    yield table("[broker]", url=broker)
    # Short, so that who watches the demo sees the journal at work.
    yield table("[journal]", interval=2.0, window=5.0)
    yield table("[commands.keys]", **{_KEY_ID: public})
    yield table("[bluetooth]", adapter=f"h4:{folder.socket(f'{site.id}-radio')}")
    yield table("[gpio]", pins=f"virtual:{folder.socket(f'{site.id}-pins')}")
    for device in _devices(site.worlds):
        yield table("[[device]]", **dict(_reached(folder, site, device)))


def _devices(worlds: Iterable[DemoWorld]) -> Iterator[DemoDevice]:
    for world in worlds:
        yield from world.devices


def _reached(folder: Folder, site: DemoSite, device: DemoDevice) -> Iterator[tuple[str, Any]]:
    yield from (("id", device.id), ("model", device.model), ("space", device.space))
    yield from (("ja", device.ja), ("en", device.en), ("simulated", True))
    if device.line:
        yield "port", folder.socket(f"{site.id}-{device.id}")
    if device.address is not None:
        yield "address", device.address
    if device.key is not None:
        _write_secret(folder.path / "keys" / f"{device.id}.key", device.key)
        yield "key_file", f"keys/{device.id}.key"
    if device.pins:
        yield "pins", device.pins
    if device.mounting is not None:
        yield "mounting", device.mounting


def _world(folder: Folder, site: DemoSite, world: DemoWorld, seed: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "control": folder.socket(f"{world.name}.control"),
        "climate": {"utc_offset": _forenoon(), **world.climate},
        "devices": [_twin(folder, site, device) for device in world.devices],
    }


def _forenoon() -> float:
    """Hours between UTC and the world's clock, so that people are up whenever the demo starts."""
    return (_WORLD_BEGINS - datetime.now(UTC).hour) % 24  # noqa: TID251 - no clock runs yet


def _twin(folder: Folder, site: DemoSite, device: DemoDevice) -> dict[str, Any]:
    twin: dict[str, Any] = {"id": device.id, "model": device.model}
    if device.line:
        twin["port"] = folder.socket(f"{site.id}-{device.id}")
    if device.address is not None:
        twin["adapter"] = folder.socket(f"{site.id}-radio")
        twin["address"] = device.address
    if device.key is not None:
        twin["key"] = device.key
    if device.pins:
        twin["pins"] = folder.socket(f"{site.id}-pins")
        twin["numbers"] = device.pins
    return twin
