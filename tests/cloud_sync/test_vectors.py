"""The code agrees with the vectors that other implementations are tested with."""

import hashlib
import json
from pathlib import Path

import pytest

from cloud_sync.block import BadBlockError, Dating, open_block, seal
from cloud_sync.channels import table_from_json
from cloud_sync.envelope import UnknownSignerError, Verifier, public_key, read_command
from hardware.reading import Absence, Trust

ROOT = Path(__file__).parents[2]


def vectors(name):
    return json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text(encoding="utf-8"))


BLOCKS = vectors("blocks")


@pytest.mark.parametrize("vector", BLOCKS["sound"], ids=lambda vector: vector["what"])
def test_a_sound_block_says_what_the_vector_says(vector):
    block = open_block(bytes.fromhex(vector["hex"]))

    header = block.header
    assert header.id.lane.value == vector["lane"]
    assert header.id.epoch.hex() == vector["epoch"]
    assert header.id.seq == vector["seq"]
    assert header.table.hex() == vector["table"]
    assert header.dating == Dating(vector["anchor_us"], Trust[vector["trust"].upper()])
    assert [
        {
            "channel": column.channel,
            "times_us": list(column.times),
            "values": [v.value if isinstance(v, Absence) else v for v in column.values],
        }
        for column in block.columns
    ] == vector["columns"]


@pytest.mark.parametrize("vector", BLOCKS["sound"], ids=lambda vector: vector["what"])
def test_what_a_sound_block_says_is_sealed_into_a_block_that_says_the_same(vector):
    block = open_block(bytes.fromhex(vector["hex"]))
    header = block.header

    again = seal(header.id, table=header.table, dating=header.dating, columns=block.columns)

    assert open_block(again).header.id == header.id
    assert open_block(again).columns == block.columns


@pytest.mark.parametrize("vector", BLOCKS["refused"], ids=lambda vector: vector["why"])
def test_a_damaged_block_is_refused(vector):
    with pytest.raises(BadBlockError):
        open_block(bytes.fromhex(vector["hex"]))


def test_no_dictionary_has_changed():
    folder = ROOT / "cloud_sync" / "dictionaries"
    found = {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    assert found == BLOCKS["dictionaries"]


def test_a_channel_table_has_the_vector_s_name_at_each_length():
    table = vectors("channels")
    for length, name in enumerate(table["names"], start=1):
        assert table_from_json(table["rows"][:length]).name.hex() == name
    whole = table_from_json(table["rows"])
    assert {name.hex() for name in whole.names} == set(table["names"])


def test_the_envelope_opens_with_its_key_and_with_no_other():
    vector = vectors("envelope")
    envelope = vector["envelope"].encode()

    body = Verifier({vector["key_id"]: public_key(vector["public_key"])}).open(envelope)

    assert json.loads(body) == vector["body"]
    assert read_command(body).reason == vector["body"]["reason"]
    with pytest.raises(UnknownSignerError):
        Verifier({}).open(envelope)
    with pytest.raises(UnknownSignerError):
        Verifier({vector["key_id"]: public_key(vector["public_key"])}).open(
            envelope.replace("鍵".encode(), "銭".encode())
        )
