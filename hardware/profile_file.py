"""Profile files, found, read and checked. What a file may say is in ``profiles/README.md``."""

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal, cast

from hardware.command import Action
from hardware.errors import ConfigError, ProfileError
from hardware.place import Name
from hardware.profile import Poll, Profile, ProfileKind, Report, Serial, Setting
from hardware.profile_fields import read_fields
from hardware.profile_layout import read_layout
from hardware.table import Table, did_you_mean

_ON_A_LINE = (ProfileKind.FRAME, ProfileKind.LINE, ProfileKind.MODBUS)


def models() -> list[str]:
    """List the models that Kyoten knows, by name."""
    return sorted(file.name.removesuffix(".toml") for file in _profile_files())


def load_profile(model: str) -> Profile:
    """Read the profile of one model.

    Raises:
        ConfigError: there is no such model; the text names the nearest.
        ProfileError: the profile is wrong; the text names file, table and key.
    """
    for file in _profile_files():
        if file.name == f"{model}.toml":
            return parse_profile(model, file.read_text(encoding="utf-8"))
    raise ConfigError(f"no model {model!r}{did_you_mean(model, models())}")


def parse_profile(model: str, text: str) -> Profile:
    """Read one profile from its text.

    Raises:
        ProfileError: the text is not TOML, or says something impossible.
    """
    where = f"{model}.toml"
    try:
        return _profile(model, Table(tomllib.loads(text, parse_float=Decimal), where))
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{where}: not TOML: {error}") from None
    except ConfigError as error:
        raise ProfileError(str(error)) from None


def _profile_files() -> Iterator[Traversable]:
    for file in resources.files("hardware").joinpath("profiles").iterdir():
        if file.name.endswith(".toml"):
            yield file


def _profile(model: str, table: Table) -> Profile:
    kind = ProfileKind(table.choice("kind", [kind.value for kind in ProfileKind]))
    driver = table.take_or("driver", str, None)
    layout = read_layout(kind, table, driven=driver is not None)
    profile = Profile(
        model=model,
        title=table.take("title", str),
        name=Name(table.take("ja", str), table.take("en", str)),
        kind=kind,
        layout=layout,
        fields=read_fields(table, kind, layout),
        sources=_sources(table),
        silent_after=_silent_after(table),
        serial=_serial(table),
        poll=_poll(table),
        report=_report(table),
        driver=driver,
        settings=_settings(table),
        actions=_actions(table),
    )
    if kind in _ON_A_LINE and profile.serial is None:
        raise table.error("serial", "missing; a device on a serial line has [serial] with its baud")
    if kind is ProfileKind.MODBUS and profile.poll is None:
        raise table.error("poll", "missing; Modbus devices speak when asked: [poll] every, within")
    table.close()
    return profile


def _sources(table: Table) -> tuple[str, ...]:
    sources = table.take("sources", list)
    if not sources or not all(isinstance(source, str) and source for source in sources):
        raise table.error("sources", "name at least one document from which the facts come")
    return tuple(sources)


def _silent_after(table: Table) -> float | None:
    value = table.take("silent_after", object)
    return None if value == "never" else float(table.as_number("silent_after", value))


def _serial(table: Table) -> Serial | None:
    serial = table.table_or("serial")
    if serial is None:
        return None
    parity = cast(
        'Literal["none", "even", "odd"]',
        serial.choice("parity", ["none", "even", "odd"], default="none"),
    )
    settings = Serial(baud=serial.take("baud", int), parity=parity)
    serial.close()
    return settings


def _poll(table: Table) -> Poll | None:
    poll = table.table_or("poll")
    if poll is None:
        return None
    settings = Poll(
        every=float(poll.positive("every")),
        within=float(poll.positive("within")),
        request=poll.octets_or("request", b""),
    )
    poll.close()
    return settings


def _report(table: Table) -> Report:
    report = table.table_or("report")
    if report is None:
        return Report()
    settings = Report(
        every=float(report.number_or("every", Decimal(0)) or 0),
        repeat=float(report.number_or("repeat", Decimal(0)) or 0),
    )
    report.close()
    return settings


def _settings(table: Table) -> dict[str, Setting]:
    settings = {}
    for key, value in (table.take_or("settings", dict, {}) or {}).items():
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise table.error("settings", f"{key} = {value!r} is neither a number nor a text")
        settings[key] = float(value) if isinstance(value, Decimal) else value
    return settings


def _actions(table: Table) -> tuple[Action, ...]:
    known = [action.value for action in Action]
    actions = table.take_or("actions", list, [])
    assert actions is not None
    for action in actions:
        if action not in known:
            raise table.error(
                "actions", f"{action!r} does not exist{did_you_mean(str(action), known)}"
            )
    return tuple(Action(action) for action in actions)
