from pathlib import Path

import pytest

import edge
from edge.config import load
from edge.mounting import Mounting
from hardware.errors import ConfigError

HEAD = """
[node]
site = "hall"
id = "pi"
[broker]
url = "mqtt://broker"
"""
RADAR = '[[device]]\nid = "radar"\nmodel = "hlk-ld2410"\nspace = "room"\nport = "/dev/ttyUSB0"\n'
TAG = '[[device]]\nid = "tag"\nmodel = "ruuvitag"\nspace = "room"\naddress = "C5:0D:FA:99:CB:9E"\n'
DOOR = '[[device]]\nid = "door"\nmodel = "door-contact"\nspace = "room"\npins = { contact = 4 }\n'


@pytest.fixture
def plan(tmp_path):
    def read(text):
        file = tmp_path / "edge.toml"
        file.write_text(HEAD + text, encoding="utf-8")
        return load(file)

    return read


def complaint(plan, text):
    with pytest.raises(ConfigError) as error:
        plan(text)
    return str(error.value)


def test_a_sound_file_gives_the_devices_with_their_profiles(plan):
    found = plan(RADAR + TAG + DOOR)

    assert [each.profile.model for each in found.equipment] == [
        "hlk-ld2410",
        "ruuvitag",
        "door-contact",
    ]
    assert [device.space for device in found.node().devices] == ["room"] * 3
    assert found.config.broker.address().port == 1883


def test_the_sample_is_a_sound_file_but_for_the_files_that_it_names(tmp_path):
    text = (Path(edge.__file__).parent / "sample.toml").read_text(encoding="utf-8")
    for name, content in (("broker-password", "secret"), ("keys/door-2", "00" * 16)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
        text = text.replace(f"/etc/kyoten/{name}", str(tmp_path / name))
    (tmp_path / "edge.toml").write_text(text, encoding="utf-8")

    found = load(tmp_path / "edge.toml")

    assert len(found.equipment) == 5
    assert found.config.broker.address().password == "secret"
    assert found.mountings() == {"snow-1": Mounting(3200, "snow_depth")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RADAR.replace("ld2410", "ld2140"), "no model 'hlk-ld2140'; did you mean 'hlk-ld2410'?"),
        (RADAR.replace("port", "prot"), "device 'radar': prot: no such key; did you mean 'port'?"),
        (RADAR.replace('port = "/dev/ttyUSB0"\n', ""), "device 'radar': port: missing"),
        (TAG.replace("C5:", "c5:"), "device 'tag': address: String should match"),
        (TAG.replace('address = "C5:0D:FA:99:CB:9E"\n', ""), "device 'tag': address: missing"),
        (RADAR.replace('"radar"', '"Radar 1"'), "'Radar 1' cannot be an identifier"),
        (RADAR + RADAR.replace("ttyUSB0", "ttyUSB1"), "id: 'radar' is 'radar''s already"),
        (RADAR + RADAR.replace('"radar"', '"two"'), "port: '/dev/ttyUSB0' is 'radar''s already"),
        (TAG + TAG.replace('"tag"', '"two"'), "'C5:0D:FA:99:CB:9E' is 'tag''s already"),
        (DOOR + DOOR.replace('"door"', '"two"'), "device 'two': pins: 4 is 'door''s already"),
        (RADAR.replace('"radar"', '"pi"'), "device 'pi': id: the node itself is called that"),
        (TAG + 'key_file = "/nowhere"\n', "device 'tag': key_file: /nowhere holds no key"),
        (RADAR + 'mounting = { height = 1, shows = "snow_depth" }\n', "measures no distance"),
        ("[journal]\nwindow = -1\n", "journal: window: Input should be greater"),
        ("[journl]\n", "journl: no such key; did you mean 'journal'?"),
        ("[journal\n", "Expected ']'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_place_and_remedy(plan, text, said):
    found = complaint(plan, text)

    assert said in found
    assert "edge.toml" in found


def test_everything_that_is_wrong_is_said_at_once(plan):
    found = complaint(plan, RADAR.replace("ld2410", "x") + TAG.replace("ruuvi", "ruvi"))

    assert len(found.splitlines()) == 2


def test_those_that_are_asked_may_share_a_line(plan):
    co2 = (
        '[[device]]\nid = "co2-{n}"\nmodel = "senseair-s8"\nspace = "room"\nport = "/dev/ttyUSB0"\n'
    )

    assert len(plan(co2.format(n=1) + co2.format(n=2)).equipment) == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://broker", "write mqtt://host:1883"),
        ("mqtt://a:b@broker", "password does not belong in the URL"),
        ("mqtt://broker?version=4", "MQTT version '4'"),
        ("mqtt://broker:99999", "no number of 1 to 65535"),
        ("mqtt://broker?colour=red", "means nothing here"),
    ],
)
def test_a_broker_that_cannot_be_is_said(tmp_path, url, said):
    file = tmp_path / "edge.toml"
    file.write_text(HEAD.replace("mqtt://broker", url), encoding="utf-8")

    with pytest.raises(ConfigError, match=said):
        load(file)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml")
