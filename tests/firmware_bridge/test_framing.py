import random
import re

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing import FrameFramer, H4Framer, LineFramer
from hardware.checksum import ALGORITHMS, Checksum
from hardware.errors import BrokenFrame
from hardware.layout import Bytes, FrameLayout, LineLayout

FIXED = FrameLayout(
    start=b"\xaa\xc0",
    lengths=frozenset({10}),
    end=b"\xab",
    checksum=Checksum(ALGORITHMS["sum8"], start=2, end=8, at=8),
)
VARIABLE = FrameLayout(
    start=b"\x01\x10",
    lengths=frozenset(range(5, 40)),
    length_at=Bytes(at=2, width=1),
    length_plus=5,
    checksum=Checksum(ALGORITHMS["crc16-modbus"], start=0, end=-2, at=-2),
)
LINES = LineLayout(ends=b"\r\n", longest=20, pattern=re.compile(".*"))


def fixed_frame(payload: bytes) -> bytes:
    return b"\xaa\xc0" + payload + bytes((sum(payload) & 0xFF, 0xAB))


def variable_frame(payload: bytes) -> bytes:
    body = b"\x01\x10" + bytes((len(payload),)) + payload
    return body + ALGORITHMS["crc16-modbus"].compute(body).to_bytes(2, "little")


def cut(stream: bytes, seed: int) -> list[bytes]:
    """The stream in chunks of random sizes, some of them empty."""
    dice, at, chunks = random.Random(seed), 0, []
    while at < len(stream):
        size = dice.choice((0, 1, 1, 2, 3, 7, 20))
        chunks.append(stream[at : at + size])
        at += size
    return chunks


def told(framer: FrameFramer | LineFramer, chunks: list[bytes]) -> list[bytes | str]:
    found = [found for chunk in chunks for found in framer.feed(chunk)]
    return [str(item) if isinstance(item, BrokenFrame) else item for item in found]


# Streams in which starts, whole frames and rubbish lie close together.
pieces = st.lists(
    st.one_of(
        st.binary(min_size=6, max_size=6).map(fixed_frame),
        st.binary(max_size=34).map(variable_frame),
        st.binary(max_size=12),
        st.sampled_from([b"\xaa", b"\xaa\xc0", b"\x01\x10", b"\x04\x3e", b"\r\n", b"\r", b"0R1,"]),
    ),
    max_size=12,
).map(b"".join)


@given(pieces, st.integers(0, 1000))
def test_frames_and_defects_do_not_depend_on_how_the_bytes_are_cut(
    stream: bytes, seed: int
) -> None:
    for layout in (FIXED, VARIABLE):
        whole, parts = FrameFramer(layout), FrameFramer(layout)
        assert told(whole, [stream]) == told(parts, cut(stream, seed))


@given(pieces, st.integers(0, 1000))
def test_lines_and_defects_do_not_depend_on_how_the_bytes_are_cut(stream: bytes, seed: int) -> None:
    assert told(LineFramer(LINES), [stream]) == told(LineFramer(LINES), cut(stream, seed))


@given(pieces, st.integers(0, 1000))
def test_events_do_not_depend_on_how_the_bytes_are_cut(stream: bytes, seed: int) -> None:
    assert told(H4Framer(), [stream]) == told(H4Framer(), cut(stream, seed))


@given(st.lists(pieces, max_size=20))
def test_a_framer_holds_no_more_than_one_frame_between_two_calls(chunks: list[bytes]) -> None:
    frames, lines = FrameFramer(VARIABLE), LineFramer(LINES)
    for chunk in chunks:
        frames.feed(chunk)
        lines.feed(chunk)
        assert len(frames._held) < VARIABLE.longest
        assert len(lines._held) <= LINES.longest + len(LINES.ends)


@given(st.lists(st.binary(min_size=6, max_size=6), min_size=1, max_size=5), st.data())
def test_every_frame_in_noise_is_found(payloads: list[bytes], data: st.DataObject) -> None:
    """Noise without 0xAA cannot hide a frame; frames come out in order and whole."""
    noise = st.binary(max_size=30).map(lambda octets: octets.replace(b"\xaa", b"\x00"))
    stream = b"".join(data.draw(noise) + fixed_frame(payload) for payload in payloads)
    found = [item for item in FrameFramer(FIXED).feed(stream) if isinstance(item, bytes)]
    assert found == [fixed_frame(payload) for payload in payloads]


def test_a_frame_behind_a_false_start_is_found() -> None:
    frame = fixed_frame(b"\x06\x00\x06\x00\x58\xd9")
    found = FrameFramer(FIXED).feed(b"\xaa\xc0\x01" + frame)
    assert [type(item) for item in found] == [BrokenFrame, bytes]
    assert found[1] == frame


def test_a_frame_whose_start_overlaps_a_false_one_is_found() -> None:
    twice = FrameLayout(start=b"\x55\x55", lengths=frozenset({5}), end=b"\x0d")
    frame = b"\x55\x55\x01\x02\x0d"
    assert FrameFramer(twice).feed(b"\x55" + frame)[-1] == frame


def test_a_frame_that_carries_start_bytes_inside_comes_out_whole() -> None:
    frame = fixed_frame(b"\xaa\xc0\xaa\xc0\xab\xaa")
    assert FrameFramer(FIXED).feed(frame + frame) == [frame, frame]


def test_a_damaged_frame_is_told_once_and_with_the_reason() -> None:
    damaged = bytearray(fixed_frame(b"\x06\x00\x06\x00\x58\xd9"))
    damaged[3] ^= 1
    (defect,) = FrameFramer(FIXED).feed(bytes(damaged))
    assert str(defect) == "the checksum does not hold"


def test_a_length_that_no_frame_has_does_not_stop_the_stream() -> None:
    frame = variable_frame(b"abc")
    found = FrameFramer(VARIABLE).feed(b"\x01\x10\xff" + frame)
    assert [type(item) for item in found] == [BrokenFrame, bytes]


def test_a_wrong_baud_rate_is_told_and_not_passed_over_in_silence() -> None:
    found = FrameFramer(FIXED).feed(bytes(range(100)))
    assert [str(item) for item in found] == ["10 bytes in which no frame begins"] * 10


def test_a_line_without_end_is_told_once_and_the_next_line_comes_out() -> None:
    framer = LineFramer(LINES)
    assert [type(item) for item in framer.feed(b"x" * 500)] == [BrokenFrame]
    assert framer.feed(b"x" * 500 + b"\r\n") == []
    assert framer.feed(b"0R1,Ta=1C\r\n") == [b"0R1,Ta=1C"]


def test_empty_lines_are_nothing() -> None:
    assert LineFramer(LINES).feed(b"\r\n\r\na\r\n") == [b"a"]
