"""Devices that are heard by radio, built from their profile alone."""

from firmware_bridge.driver import Memory
from hardware.advert import Advert
from hardware.decode import advert_payload, decode_advert
from hardware.layout import AdvertLayout
from hardware.profile import Profile
from hardware.reading import Measurements


class Hearer:
    """Measures the advertisements of one device. Satisfies ``driver.Advertises``.

    A tag sends each measurement several times. Where the payload counts its measurements, the same
    payload again is a repeat and gives nothing; where it does not, it is measured again.
    """

    def __init__(self, profile: Profile) -> None:
        assert isinstance(profile.layout, AdvertLayout)
        self._profile = profile
        self._numbered = profile.layout.numbered
        self._last: tuple[str, bytes] | None = None

    @property
    def memory(self) -> Memory:
        """Nothing: a repeat is recognised by the payload before it."""
        return {}

    def hear(self, advert: Advert) -> Measurements:
        """Measure one advertisement.

        Raises:
            DecodeError: not this model's, or cut short.
        """
        measured = decode_advert(self._profile, advert)
        heard = (advert.address, advert_payload(self._profile, advert))
        if self._numbered and heard == self._last:
            return ()
        self._last = heard
        return measured
