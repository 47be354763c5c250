"""SwitchBot advertisements: the only file that knows PySwitchbot.

Only its parser is used, as a function: its ``parse_advertisement_data`` remembers models by
address for the whole process and swallows errors. The advertisements are plain and anybody can
send them, so they report and prove nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from switchbot.adv_parser import SUPPORTED_TYPES
from switchbot.const.lock import LockStatus

from firmware_bridge.driver import Advertises, Memory, Secrets
from hardware.advert import Advert
from hardware.errors import BrokenFrame, NotMine
from hardware.layout import AdvertLayout
from hardware.measure import Named, measure_named
from hardware.profile import Profile, Setting
from hardware.reading import Measurements


def create(
    profile: Profile,
    secrets: Secrets,  # noqa: ARG001 - SwitchBot's advertisements are not sealed
    settings: Mapping[str, Setting],
    memory: Memory,  # noqa: ARG001 - they carry no counter that could be trusted
) -> Advertises:
    """Make the driver of one device whose type is the setting ``type``."""
    return SwitchBot(profile, kind=str(settings["type"]))


class SwitchBot:
    """Measures the advertisements of one device. Satisfies ``driver.Advertises``.

    State and values are in the company data; the service data, which an adapter may bring apart as
    a scan response, adds type and battery and is remembered for that.
    """

    def __init__(self, profile: Profile, *, kind: str) -> None:
        assert isinstance(profile.layout, AdvertLayout)
        self._profile = profile
        self._layout = profile.layout
        self._parse = SUPPORTED_TYPES[kind]["func"]
        self._service: bytes | None = None

    @property
    def memory(self) -> Memory:
        """Nothing: each advertisement stands for itself."""
        return {}

    def hear(self, advert: Advert) -> Measurements:
        """Measure one advertisement, or the half of it that an adapter tells apart.

        Raises:
            NotMine: of another maker, or another type of this maker.
            BrokenFrame: too short for what this type says.
        """
        company = advert.company_data.get(self._layout.company or 0)
        service = advert.service_data.get(self._layout.service or "")
        if not company and not service:
            raise NotMine(f"not an advertisement of a {self._profile.title}")
        if service and not self._is_ours(service[0]):
            raise NotMine(f"type {service[0] & 0x7F:02x}h is not a {self._profile.title}")
        self._service = service or self._service
        try:
            found = self._parse(self._service, company)
        except (IndexError, ValueError) as error:
            raise BrokenFrame(f"{company!r} and {service!r}: {error}") from None
        if not found and company:
            raise BrokenFrame(f"no values in {len(company)} bytes")
        return measure_named(self._profile, _named(found))

    def _is_ours(self, octet: int) -> bool:
        """Several types speak alike: they have one parser."""
        kind = SUPPORTED_TYPES.get(chr(octet & 0x7F))
        return kind is not None and kind["func"] is self._parse


def _named(found: Mapping[str, Any]) -> Iterator[Named]:
    for name, value in found.items():
        if isinstance(value, LockStatus):
            # A lock that was never calibrated cannot know where its bolt is; its bits say "locked".
            yield Named(name, value.value if found["calibration"] else None)
        elif isinstance(value, int | float):
            yield Named(name, value)
