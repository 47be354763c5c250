"""Writes the test vectors. Run it only for a new version of the format."""

import hashlib
import json
import zlib
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud_sync.block import BlockId, Column, Dating, open_block, redate, seal
from cloud_sync.channels import table_from_json
from cloud_sync.envelope import Signer, public_text, write_command
from hardware.clock import from_unix_us
from hardware.command import Action, Actor, ActorKind, Command
from hardware.quantity import Lane
from hardware.reading import Absence, Trust

HERE = Path(__file__).parent
DICTIONARIES = HERE.parents[1] / "cloud_sync" / "dictionaries"
EPOCH = bytes.fromhex("0a1b2c3d4e5f")
TABLE = bytes.fromhex("c0ffee123456")
NOW_US = 1_780_000_000_000_000


def sound() -> list[dict]:
    dated = Dating(NOW_US, Trust.NTP)
    undated = _sealed([Column(3, (5_000_000,), (2150,))], Lane.ENVIRONMENT, 0, Dating())
    every_second = tuple(range(1_000_000, 61_000_000, 1_000_000))
    return [
        _vector("one reading", _sealed([Column(0, (1,), (0,))], Lane.ALARM, 0, dated)),
        _vector("sealed before the date was known", undated),
        _vector("the same, dated later", redate(undated, Dating(NOW_US - 1, Trust.SERVICE))),
        _vector("a date before 1970", redate(undated, Dating(-NOW_US, Trust.BOUNDED))),
        _vector(
            "the three kinds of nothing among values",
            _sealed(
                [
                    Column(
                        7,
                        (10_000, 20_000, 30_000, 40_000, 50_000),
                        (5, Absence.NOT_AVAILABLE, -5, Absence.IMPLAUSIBLE, Absence.SILENT),
                    )
                ],
                Lane.COUNT,
                4_294_967_295,
                dated,
            ),
        ),
        _vector(
            "several channels, uneven times to the microsecond, large values",
            _sealed(
                [
                    Column(2, (1_000_001, 1_000_003, 9_999_999), (2**40, -(2**40), 0)),
                    Column(3, (1_000_000,), (1,)),
                    Column(499, (2_000_000, 2_000_001), (-1, -1)),
                ],
                Lane.DIAGNOSTIC,
                12,
                dated,
            ),
        ),
        _vector(
            "a minute of four channels, deflated",
            _sealed(
                [
                    Column(n, every_second, tuple(2150 + n * t % 7 for t in range(60)))
                    for n in range(4)
                ],
                Lane.ENVIRONMENT,
                77,
                dated,
            ),
        ),
    ]


def refused() -> list[dict]:
    block = _sealed([Column(0, (1, 2), (5, 6))], Lane.ALARM, 1, Dating(NOW_US, Trust.NTP))

    def changed(at: int, octet: int) -> bytes:
        body = bytearray(block[:-4])
        body[at] = octet
        return bytes(body) + zlib.crc32(body).to_bytes(4, "little")

    def with_body(body: bytes) -> bytes:
        plain = block[:5] + b"\0" + block[6:30] + b"\2\0" + len(body).to_bytes(2, "little") + body
        return plain + zlib.crc32(plain).to_bytes(4, "little")

    return [
        {"why": why, "hex": octets.hex()}
        for why, octets in (
            ("nothing", b""),
            ("cut short", block[:-1]),
            ("something behind", block + b"\0"),
            ("a flipped bit under the CRC", bytes([*block[:40], block[40] ^ 1, *block[41:]])),
            ("another magic", changed(0, 0x4C)),
            ("another version", changed(2, 2)),
            ("no such lane", changed(3, 4)),
            ("no such trust", changed(4, 6)),
            ("no such dictionary", changed(5, 200)),
            ("another number of readings", changed(30, 3)),
            ("times that do not increase", with_body(bytes([1, 0, 1, 0, 4, 0, 0, 10, 2]))),
            ("a body that ends in a number", with_body(bytes([1, 0, 1, 0, 4, 0, 2, 10, 0x80]))),
            ("something behind the last value", with_body(bytes([1, 0, 1, 0, 4, 0, 2, 10, 2, 0]))),
            ("a value too few", with_body(bytes([1, 0, 1, 0, 4, 0, 2, 10]))),
        )
    ]


def channels() -> dict:
    rows = [
        ["tag-1", "air_temperature", "", "0.005", "Cel"],
        ["door-1", "lock_state", "", "1", ""],
        ["tag-1", "acceleration", "x", "0.001", "m/s2"],
    ]
    names = [table_from_json(rows[:length]).name.hex() for length in range(1, 4)]
    return {"rows": rows, "names": names}


def envelope() -> dict:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    issued = from_unix_us(NOW_US)
    command = Command(
        id="019e0000-0000-7000-8000-000000000001",
        device="door-front",
        action=Action.UNLOCK,
        issued_at=issued,
        not_after=issued + timedelta(seconds=10),
        actor=Actor(ActorKind.STAFF, "田中"),
        reason="鍵を忘れた",
    )
    return {
        "public_key": public_text(key),
        "key_id": "town-2026",
        "body": json.loads(write_command(command)),
        "envelope": Signer("town-2026", key).seal(write_command(command)).decode(),
    }


def _sealed(columns: list[Column], lane: Lane, seq: int, dating: Dating) -> bytes:
    return seal(BlockId(EPOCH, lane, seq), table=TABLE, dating=dating, columns=columns)


def _vector(what: str, octets: bytes) -> dict:
    block = open_block(octets)
    header = block.header
    return {
        "what": what,
        "hex": octets.hex(),
        "lane": header.id.lane.value,
        "epoch": header.id.epoch.hex(),
        "seq": header.id.seq,
        "table": header.table.hex(),
        "trust": header.dating.trust.name.lower(),
        "anchor_us": header.dating.anchor_us,
        "columns": [
            {
                "channel": column.channel,
                "times_us": list(column.times),
                "values": [v.value if isinstance(v, Absence) else v for v in column.values],
            }
            for column in block.columns
        ],
    }


def main() -> None:
    hashes = {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(DICTIONARIES.iterdir())
    }
    blocks = {"version": 1, "dictionaries": hashes, "sound": sound(), "refused": refused()}
    for name, vectors in (
        ("blocks", blocks),
        ("channels", channels()),
        ("envelope", envelope()),
    ):
        text = json.dumps(vectors, ensure_ascii=False, indent=1)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
