"""``gateway.toml``: what it may say, and what is said of what it may not."""

from pathlib import Path

import pytest

import gateway
from gateway.config import read_settings
from gateway.places import atomic_parts
from gateway.signing import signing_key
from hardware.errors import ConfigError

SITE = """
[[site]]
id = "tokiwa"
ja = "ときわ"
en = "Tokiwa"

[[site.space]]
id = "hall"
ja = "ホール"
en = "Hall"
kind = "hall"
bookable = true
parts = ["a", "b"]

[[site.space]]
id = "a"
ja = "東"
en = "East"
kind = "hall"

[[site.space]]
id = "b"
ja = "西"
en = "West"
kind = "hall"
"""


def read(tmp_path, text):
    file = tmp_path / "gateway.toml"
    file.write_text(text)
    return read_settings(file)


def test_paths_are_beside_the_file_whether_written_or_by_default(tmp_path):
    settings = read(tmp_path, '[store]\npath = "data/readings.db"\n' + SITE)
    assert settings.store.path == tmp_path / "data" / "readings.db"
    assert settings.ledger.url == f"sqlite:///{tmp_path / 'ledger.db'}"
    assert settings.signing.key_file == tmp_path / "signing.pem"


def test_people_know_the_service_by_where_it_listens_unless_said(tmp_path):
    assert read(tmp_path, "[http]\nport = 80\n" + SITE).http.origin == "http://127.0.0.1:80"
    said = '[http]\npublic_url = "https://tokiwa.example/"\n' + SITE
    assert read(tmp_path, said).http.origin == "https://tokiwa.example"


def test_the_sample_is_sound():
    settings = read_settings(Path(gateway.__file__).with_name("sample.toml"))
    assert settings.sites


def test_a_hall_is_made_of_its_parts(tmp_path):
    places = read(tmp_path, SITE).places()
    assert atomic_parts(places.space("tokiwa", "hall")) == ("a", "b")
    assert atomic_parts(places.space("tokiwa", "a")) == ("a",)
    assert places.atoms() == [("tokiwa", "a"), ("tokiwa", "b")]
    assert places.space("tokiwa", "nothing") is None
    assert places.space("nowhere", "hall") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "site: missing"),
        ("[http]\nprot = 80\n" + SITE, "http: prot: no such key; did you mean 'port'?"),
        ("[htp]\n" + SITE, "htp: no such key; did you mean 'http'?"),
        ("[http]\nport = 99999\n" + SITE, "http: port: 99999: Input should be less than"),
        ('[http]\npublic_url = "tokiwa"\n' + SITE, "http: public_url: 'tokiwa': expected http(s)"),
        ('[ledger]\nurl = "mysql://x"\n' + SITE, "ledger: url: 'mysql://x': expected sqlite:///"),
        (SITE.replace('kind = "hall"\nb', 'kind = "hal"\nb'),
         "site 'tokiwa': space 'hall': kind: 'hal' does not exist; did you mean 'hall'?"),
        (SITE.replace('"a", "b"', '"a", "c"'), "site 'tokiwa': space 'hall': its part 'c' is no"),
        (SITE.replace('id = "b"', 'id = "b"\nparts = ["a"]'), "its part 'b' is itself divided"),
        (SITE.replace('id = "b"', 'id = "a"'), "site 'tokiwa': space 'a' is there twice"),
        (SITE + SITE, "site 'tokiwa' is there twice"),
        (SITE.replace('id = "b"', 'id = "B!"'), "space 'B!': id: 'B!': identifier"),
        (SITE.replace('en = "Tokiwa"', 'en = "T"\ntimezone = "Asia/Tokio"'),
         "site 'tokiwa': timezone: 'Asia/Tokio': expected an IANA name"),
        (SITE.replace('ja = "西"', 'colour = 1\nja = "西"'), "space 'b': colour: no such key"),
        ("[http", "not TOML"),
    ],
)  # fmt: skip
def test_an_error_says_where_what_and_what_was_meant(tmp_path, text, says):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'gateway.toml'}: ")
    assert says in str(caught.value)


def test_every_error_is_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "[http]\nport = -1\nhots = 1\n" + SITE)
    assert len(str(caught.value).splitlines()) == 2


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_settings(tmp_path / "none.toml")


def test_the_signing_key_is_made_once_and_for_its_owner_only(tmp_path):
    file = tmp_path / "keys" / "signing.pem"
    first = signing_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert signing_key(file).private_bytes_raw() == first.private_bytes_raw()


def test_a_key_that_others_can_read_is_refused(tmp_path):
    file = tmp_path / "signing.pem"
    signing_key(file)
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        signing_key(file)


def test_what_is_no_key_is_refused(tmp_path):
    file = tmp_path / "signing.pem"
    file.write_text("hello")
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="no private key in PEM"):
        signing_key(file)
