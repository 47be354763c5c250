"""What every profile promises: its captures give what they say, and no bytes give nonsense."""

from dataclasses import replace

import pytest
from contract.capture_files import (
    FOLDER,
    LICENCES,
    Capture,
    as_given,
    assert_sound,
    captures,
    decode,
    feed,
    hear,
    outcome,
)
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import BrokenFrame, DecodeError, NeedsKey, NotMine
from hardware.layout import Bytes, FrameLayout, LineLayout
from hardware.measure import measure_pin
from hardware.profile import Profile, ProfileKind
from hardware.profile_file import load_profile, models
from hardware.reading import Absence, Measurements

PROFILES = {model: load_profile(model) for model in models()}
ALL = [capture for model in PROFILES for capture in captures(model)]
POSITIVE = [capture for capture in ALL if capture.gives]
ON_A_LINE = [c for c in POSITIVE if c.octets]
HEARD = [c for c in POSITIVE if c.advert is not None]
ERRORS = {"not mine": NotMine, "broken": BrokenFrame, "needs key": NeedsKey}


def has_checksum(capture: Capture) -> bool:
    profile = PROFILES[capture.model]
    if isinstance(profile.layout, FrameLayout):
        return profile.layout.checksum is not None
    if isinstance(profile.layout, LineLayout):
        when = profile.layout.sdi12_when
        return when is not None and when.match(capture.octets.decode("latin-1")) is not None
    return profile.kind is ProfileKind.MODBUS


CHECKED = [capture for capture in ON_A_LINE if has_checksum(capture)]


def assert_complete(profile: Profile, measurements: Measurements) -> None:
    """A frame gives all its fields or nothing: no half of a frame is ever measured."""
    always = {
        (f.quantity.name, f.channel)
        for f in profile.fields
        if f.only_if is None and isinstance(f.source, Bytes)
    }
    assert always <= {(m.quantity.name, m.channel) for m in measurements}


def assert_all_sound(profile: Profile, found: list[Measurements | DecodeError]) -> None:
    for item in found:
        if isinstance(item, tuple):
            assert_sound(profile, item)
            assert_complete(profile, item)


@pytest.mark.parametrize("model", PROFILES)
def test_every_model_has_a_capture_that_gives_something(model: str) -> None:
    assert any(capture.gives for capture in captures(model)), f"tests/captures/{model}.toml"


def test_every_capture_file_is_of_a_model() -> None:
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(PROFILES)


@pytest.mark.parametrize("capture", ALL, ids=str)
def test_every_capture_names_a_source_under_a_licence_that_may_be_copied(capture: Capture) -> None:
    assert len(capture.source) > 10
    assert capture.licence in LICENCES


@pytest.mark.parametrize("capture", [c for c in ALL if c.gives is not None], ids=str)
def test_a_capture_gives_exactly_what_it_says(capture: Capture) -> None:
    profile = PROFILES[capture.model]
    measurements = outcome(profile, capture)
    assert not isinstance(measurements, DecodeError), measurements
    assert as_given(measurements) == capture.gives
    assert_sound(profile, measurements)


@pytest.mark.parametrize("capture", [c for c in ALL if c.refused], ids=str)
def test_a_capture_is_refused_as_it_says(capture: Capture) -> None:
    assert capture.refused is not None
    found = outcome(PROFILES[capture.model], capture)
    assert isinstance(found, ERRORS[capture.refused]), found
    assert str(found)


@pytest.mark.parametrize("capture", ON_A_LINE, ids=str)
def test_a_capture_means_the_same_in_a_stream_full_of_noise(capture: Capture) -> None:
    profile = PROFILES[capture.model]
    end = profile.layout.ends if isinstance(profile.layout, LineLayout) else b"\x00"
    found = feed(profile, b"\x7f\x00" + end + capture.octets)
    assert [item for item in found if isinstance(item, tuple)] == [outcome(profile, capture)]


@pytest.mark.parametrize("capture", CHECKED, ids=str)
def test_every_flipped_bit_of_a_checked_frame_is_refused(capture: Capture) -> None:
    profile, length = PROFILES[capture.model], len(capture.octets)
    end = profile.layout.ends if isinstance(profile.layout, LineLayout) else b""
    for bit in range(8 * (length - len(end))):
        octets = bytearray(capture.octets)
        octets[bit // 8] ^= 1 << bit % 8
        found = feed(profile, bytes(octets))
        assert not any(isinstance(item, tuple) and item for item in found), f"bit {bit}"


@pytest.mark.parametrize("capture", ON_A_LINE, ids=str)
def test_every_frame_that_is_cut_short_gives_nothing(capture: Capture) -> None:
    profile = PROFILES[capture.model]
    for length in range(len(capture.octets)):
        found = feed(profile, capture.octets[:length])
        assert not any(isinstance(item, tuple) for item in found), f"first {length} bytes"


@pytest.mark.parametrize("capture", [c for c in HEARD if c.key], ids=str)
def test_every_flipped_bit_of_a_sealed_advertisement_is_refused(capture: Capture) -> None:
    assert capture.advert is not None
    ((uuid, payload),) = capture.advert.service_data.items()
    for bit in range(8 * len(payload)):
        octets = bytearray(payload)
        octets[bit // 8] ^= 1 << bit % 8
        advert = replace(capture.advert, service_data={uuid: bytes(octets)})
        found = hear(PROFILES[capture.model], advert, capture.key)
        assert isinstance(found, DecodeError), f"bit {bit}"


@pytest.mark.parametrize("model", [m for m, p in PROFILES.items() if p.serial is not None])
@given(data=st.data())
def test_any_bytes_on_a_line_give_sound_values_or_a_decode_error(
    model: str, data: st.DataObject
) -> None:
    profile = PROFILES[model]
    known = [capture.octets for capture in ON_A_LINE if capture.model == model]
    octets = data.draw(damaged(known) | st.binary(max_size=80))
    assert_all_sound(profile, feed(profile, octets))


@pytest.mark.parametrize("model", [m for m, p in PROFILES.items() if p.kind in ("frame", "line")])
@given(octets=st.binary(max_size=60))
def test_any_bytes_as_one_frame_give_sound_values_or_a_decode_error(
    model: str, octets: bytes
) -> None:
    profile = PROFILES[model]
    found = decode(profile, octets)
    if isinstance(found, tuple):
        assert_sound(profile, found)


@pytest.mark.parametrize("model", [m for m, p in PROFILES.items() if p.kind == "advert"])
@given(data=st.data())
def test_any_advertisement_gives_sound_values_or_a_decode_error(
    model: str, data: st.DataObject
) -> None:
    profile = PROFILES[model]
    capture = data.draw(st.sampled_from([c for c in HEARD if c.model == model]))
    assert capture.advert is not None

    def worse(payload: bytes) -> bytes:
        return data.draw(damaged([payload]) | st.binary(max_size=40))

    advert = replace(
        capture.advert,
        company_data={k: worse(v) for k, v in capture.advert.company_data.items()},
        service_data={k: worse(v) for k, v in capture.advert.service_data.items()},
    )
    found = hear(profile, advert, capture.key)
    if isinstance(found, tuple):
        assert_sound(profile, found)


@pytest.mark.parametrize("model", [m for m, p in PROFILES.items() if p.kind in ("level", "pulse")])
@given(raw=st.integers(0, 2**40))
def test_any_level_or_count_gives_sound_values(model: str, raw: int) -> None:
    profile = PROFILES[model]
    for field in profile.fields:
        role = field.source.role  # type: ignore[union-attr]
        level = raw % 2 if profile.kind is ProfileKind.LEVEL else raw
        measurements = measure_pin(profile, role, level)
        assert measurements
        assert_sound(profile, measurements)
        assert not any(isinstance(m.value, Absence) for m in measurements)


@st.composite
def damaged(draw: st.DrawFn, known: list[bytes]) -> bytes:
    """Known bytes with bits flipped, cut, doubled, and spliced with others."""
    pieces = []
    for octets in draw(st.lists(st.sampled_from(known), min_size=1, max_size=3)):
        piece = bytearray(octets)
        for bit in draw(st.lists(st.integers(0, max(0, 8 * len(piece) - 1)), max_size=3)):
            if piece:
                piece[bit // 8] ^= 1 << bit % 8
        start = draw(st.integers(0, len(piece)))
        end = draw(st.integers(start, len(piece)))
        whole = draw(st.booleans())
        pieces.append(bytes(piece if whole else piece[start:end]))
    return b"".join(pieces)
