"""What ``gateway.toml`` may say. Paths are meant relative to the file that names them."""

import tomllib
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from cloud_sync.broker_address import BrokerAddress, broker_address
from gateway.config_errors import sentences
from gateway.places import Places
from hardware.errors import ConfigError
from hardware.place import Name, Site, Space, SpaceKind, identifier

_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql+psycopg://"


def _beside(file: Path, info: ValidationInfo) -> Path:
    return Path(info.context["folder"], file) if info.context else file


def _identifier(text: str) -> str:
    try:
        return identifier(text, where="identifier")
    except ConfigError as error:
        raise ValueError(str(error)) from None


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError("expected an IANA name such as Asia/Tokyo") from None
    return name


def _ledger_url(url: str, info: ValidationInfo) -> str:
    if url.startswith(_SQLITE):
        return f"{_SQLITE}{_beside(Path(url.removeprefix(_SQLITE)), info)}"
    if url.startswith("postgresql://"):
        return _POSTGRESQL + url.removeprefix("postgresql://")
    if url.startswith(_POSTGRESQL):
        return url
    raise ValueError("expected sqlite:///file or postgresql://user@host/database")


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("expected http(s)://host[:port] as people type it, without a path")
    return f"{parts.scheme}://{parts.netloc}"


Identifier = Annotated[str, AfterValidator(_identifier)]
File = Annotated[Path, AfterValidator(_beside)]


class _Table(BaseModel):
    """A table of the file; a key that means nothing is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Http(_Table):
    """Where the service listens, and the address under which people know it.

    Browsers' requests that change something are accepted from pages of ``public_url`` only, and
    cookies are marked Secure where it is https.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)  # 0 lets the system choose, for tests
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None

    @property
    def origin(self) -> str:
        """The address under which people know the service; where it listens, unless said."""
        return self.public_url or f"http://{self.host}:{self.port}"


class Broker(_Table):
    """Where the broker is; the password never stands in the URL."""

    url: str = "mqtt://127.0.0.1:1883"
    password_file: File | None = None

    def address(self) -> BrokerAddress:
        """Give the broker's address, password included.

        Raises:
            ConfigError: the URL is none or the password file cannot be read.
        """
        password = None
        if self.password_file is not None:
            try:
                password = self.password_file.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigError(f"broker.password_file: {error}") from None
        return broker_address(self.url, password=password)


class StoreFile(_Table):
    """The embedded store's file; one ingest writes it."""

    path: File = Path("readings.db")


class LedgerDatabase(_Table):
    """The database of accounts, bookings and commands."""

    url: Annotated[str, AfterValidator(_ledger_url)] = "sqlite:///ledger.db"

    @property
    def file(self) -> Path | None:
        """The database's file; None where it is on a server."""
        return Path(self.url.removeprefix(_SQLITE)) if self.url.startswith(_SQLITE) else None


class Signing(_Table):
    """The key that signs commands, and the name under which nodes know it."""

    key_file: File = Path("signing.pem")
    key_id: Identifier = "gateway"


class SpaceTable(_Table):
    """One ``[[site.space]]``."""

    id: Identifier
    ja: str = Field(min_length=1)
    en: str = Field(min_length=1)
    kind: SpaceKind
    bookable: bool = False
    parts: tuple[Identifier, ...] = ()
    capacity: int | None = Field(default=None, ge=1)
    phone: str | None = None


class SiteTable(_Table):
    """One ``[[site]]``."""

    id: Identifier
    ja: str = Field(min_length=1)
    en: str = Field(min_length=1)
    timezone: Annotated[str, AfterValidator(_timezone)] = "Asia/Tokyo"
    spaces: tuple[SpaceTable, ...] = Field(alias="space", min_length=1)

    @model_validator(mode="after")
    def _parts_exist(self) -> Self:
        known = _unique("space", [space.id for space in self.spaces])
        divided = {space.id for space in self.spaces if space.parts}
        for space in self.spaces:
            for part in space.parts:
                if part not in known:
                    raise ValueError(f"space {space.id!r}: its part {part!r} is no space here")
                if part in divided:
                    raise ValueError(f"space {space.id!r}: its part {part!r} is itself divided")
        return self


class Settings(_Table):
    """The whole file."""

    http: Http = Http()
    broker: Broker = Broker()
    store: StoreFile = StoreFile()
    ledger: LedgerDatabase = LedgerDatabase()
    signing: Signing = Signing()
    sites: tuple[SiteTable, ...] = Field(alias="site", min_length=1)

    @model_validator(mode="after")
    def _sites_differ(self) -> Self:
        _unique("site", [site.id for site in self.sites])
        return self

    def places(self) -> Places:
        """Give the sites in the words of ``hardware.place``."""
        phones = {
            (site.id, space.id): space.phone
            for site in self.sites
            for space in site.spaces
            if space.phone is not None
        }
        return Places([_site(site) for site in self.sites], phones)


def read_settings(file: Path) -> Settings:
    """Read and check the configuration.

    Raises:
        ConfigError: one line for each thing that a person must change.
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not TOML: {error}") from None
    for table in ("http", "broker", "store", "ledger", "signing"):
        entries.setdefault(table, {})  # so that its defaults are read beside this file too
    try:
        return Settings.model_validate(entries, context={"folder": file.resolve().parent})
    except ValidationError as error:
        lines = sentences(error.errors(include_url=False), Settings, entries)
        raise ConfigError("\n".join(f"{file}: {line}" for line in lines)) from None


def _unique(what: str, names: list[str]) -> set[str]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{what} {name!r} is there twice")
    return set(names)


def _site(table: SiteTable) -> Site:
    spaces = tuple(
        Space(
            id=space.id,
            name=Name(space.ja, space.en),
            kind=space.kind,
            bookable=space.bookable,
            parts=space.parts,
            capacity=space.capacity,
        )
        for space in table.spaces
    )
    return Site(table.id, Name(table.ja, table.en), table.timezone, spaces)
