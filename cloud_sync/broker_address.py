"""Where the broker is and how to get in."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import parse_qs, unquote, urlsplit

from hardware.errors import ConfigError

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker, as read from ``mqtt[s]://user@host:port?version=3.1.1&ca=…&certificate=…&key=…``.

    MQTT 5 is spoken unless the address says ``version=3.1.1``. The password comes from a file,
    never from the address.
    """

    host: str
    port: int
    version: Literal["5", "3.1.1"] = "5"
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext:
        """Make the TLS settings: the town's own CA where one is given, and our certificate.

        Raises:
            ConfigError: a file is not there or is no certificate or key.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(str(file) for file in (self.ca, self.certificate, self.key) if file)
            raise ConfigError(f"broker: cannot use {files or 'the system CAs'}: {error}") from None
        return context


def broker_address(url: str, *, password: str | None = None) -> BrokerAddress:
    """Read a broker's URL.

    Raises:
        ConfigError: it is none; the text says what is wrong.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ConfigError(f"broker {url!r}: write mqtt://host:1883 or mqtts://host:8883")
    if parts.password is not None:
        raise ConfigError("broker: the password does not belong in the URL; give a password_file")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    version = options.pop("version", "5")
    if version not in ("5", "3.1.1"):
        raise ConfigError(f"broker: MQTT version {version!r}; known: 5, 3.1.1")
    files = {
        name: Path(options.pop(name)) for name in ("ca", "certificate", "key") if name in options
    }
    if options:
        raise ConfigError(
            f"broker: {sorted(options)} means nothing here; known: version, ca, certificate, key"
        )
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise ConfigError(f"broker {url!r}: the port is no number of 1 to 65535") from None
    return BrokerAddress(
        host=parts.hostname,
        port=port,
        version=cast('Literal["5", "3.1.1"]', version),
        tls=parts.scheme == "mqtts",
        username=None if parts.username is None else unquote(parts.username),
        password=password,
        **files,
    )
