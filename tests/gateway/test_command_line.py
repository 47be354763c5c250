"""``python -m gateway`` by hand: accounts, tokens, the check of the configuration."""

import io
import shutil
from datetime import UTC, datetime

import pytest

from gateway.__main__ import main
from gateway.access import Scope
from gateway.ledger.ledger import open_ledger
from gateway.passwords import Passwords
from tests.gateway.rig import CONFIG, PASSWORD

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "gateway.toml"
    shutil.copy(CONFIG, file)
    return file


@pytest.fixture
def ledger(tmp_path):
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def run(config, *arguments):
    return main([*arguments, "--config", str(config)])


def test_an_account_is_added_with_a_password_from_standard_input(
    config, ledger, monkeypatch, capsys
):
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    assert run(config, "account", "add", "tanaka", "--role", "staff", "--site", "tokiwa") == 0
    account = ledger.accounts.find("tanaka")
    assert account.sites == {"tokiwa"}
    assert Passwords().holds(account.password_hash, PASSWORD)
    assert PASSWORD not in capsys.readouterr().out


def test_a_site_that_does_not_exist_is_refused(config, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    assert run(config, "account", "add", "tanaka", "--role", "staff", "--site", "tokwa") == 1
    assert "did you mean 'tokiwa'?" in capsys.readouterr().err


def test_a_short_password_is_refused(config, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert run(config, "account", "add", "tanaka", "--role", "staff") == 1
    assert "10 to 1000 characters" in capsys.readouterr().err


def test_a_token_is_printed_once_and_works(config, ledger, capsys):
    assert run(config, "token", "add", "machine", "--scope", "read", "--scope", "door") == 0
    token = capsys.readouterr().out.strip()
    assert token.startswith("kyoten_")
    assert ledger.accounts.of_token(token).scopes == {Scope.READ, Scope.DOOR}
    assert run(config, "token", "add", "machine", "--scope", "read") == 1
    assert "exists already" in capsys.readouterr().err


def test_a_sound_configuration_is_called_fine_and_changes_nothing(config, capsys):
    assert run(config, "check") == 0
    assert "fine; 2 sites with 11 spaces" in capsys.readouterr().out
    assert [file.name for file in config.parent.iterdir()] == ["gateway.toml"]


def test_the_check_tells_everything_that_is_wrong(config, capsys):
    text = config.read_text().replace(
        "[http]", '[broker]\nurl = "mqt://x"\npassword_file = "none"\n[http]'
    )
    config.write_text(text)
    (config.parent / "signing.pem").write_text("x")
    assert run(config, "check") == 1
    told = capsys.readouterr().err
    assert "broker.password_file" in told
    assert "chmod 600" in told


def test_migrating_by_hand_is_harmless(config, capsys):
    assert run(config, "migrate") == 0
    assert run(config, "migrate") == 0
    assert "up to date" in capsys.readouterr().out
