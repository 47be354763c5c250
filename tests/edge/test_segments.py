import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.disk import RealDisk
from edge.segments import OVERHEAD, SegmentLog

payloads = st.lists(st.binary(min_size=1, max_size=300), max_size=30)
SMALL = 1024  # bytes; so that a test fills several segments


@pytest.fixture
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("log")


def opened(folder, size=SMALL):
    log = SegmentLog(folder, RealDisk(), segment_size=size)
    return log, [payload for _, payload in log.recover()]


def files(folder):
    return sorted(folder.iterdir())


@given(payloads, payloads)
def test_what_was_appended_is_there_when_it_is_opened_again(tmp_path_factory, before, after):
    folder = tmp_path_factory.mktemp("log")
    log, found = opened(folder)
    assert found == []
    log.append(before)
    log.close()

    log, found = opened(folder)
    assert found == before
    log.append(after)
    log.close()

    log, found = opened(folder)
    assert found == before + after
    assert log.damaged == 0
    log.close()


@given(payloads.filter(bool), st.data())
def test_a_torn_tail_costs_the_torn_frame_and_no_other(tmp_path_factory, written, data):
    """Of the last frame any part may have reached the disk, the rest being zeros or old rubbish."""
    folder = tmp_path_factory.mktemp("log")
    log, _ = opened(folder, size=64 * 1024)
    places = log.append(written)
    log.close()
    last = places[-1]
    (file,) = files(folder)
    octets = bytearray(file.read_bytes())
    start, end = last.offset - OVERHEAD + 4, last.offset + last.size + 4
    kept = data.draw(st.integers(start, end - 1))
    rubbish = data.draw(st.binary(min_size=end - kept, max_size=end - kept))
    if bytes(octets[kept:end]) == rubbish:
        return
    octets[kept:end] = rubbish
    file.write_bytes(octets)

    log, found = opened(folder, size=64 * 1024)
    assert found == written[:-1]
    log.append([b"next"])
    log.close()
    log, found = opened(folder, size=64 * 1024)
    assert found == [*written[:-1], b"next"]
    log.close()


@given(st.lists(st.binary(min_size=8, max_size=100), min_size=3, max_size=10), st.data())
def test_damage_in_the_middle_costs_what_it_hit(tmp_path_factory, written, data):
    folder = tmp_path_factory.mktemp("log")
    log, _ = opened(folder, size=64 * 1024)
    places = log.append(written)
    log.close()
    hit = data.draw(st.integers(0, len(places) - 2))
    (file,) = files(folder)
    octets = bytearray(file.read_bytes())
    octets[places[hit].offset] ^= 0x55
    file.write_bytes(octets)

    log, found = opened(folder, size=64 * 1024)
    assert found == written[:hit] + written[hit + 1 :]
    assert log.damaged > 0
    log.close()


def test_a_file_of_zeros_holds_nothing(folder):
    (folder / f"{0:016x}.segment").write_bytes(bytes(4096))

    log, found = opened(folder)

    assert found == []
    assert log.damaged == 0
    log.close()


def test_an_old_frame_behind_the_tail_does_not_come_back(folder):
    """A segment cut back to one frame, then written on: what stood behind has old numbers."""
    log, _ = opened(folder)
    log.append([b"one", b"two", b"three"])
    log.close()
    (file,) = files(folder)
    octets = bytearray(file.read_bytes())
    at = octets.index(b"two")
    octets[at] ^= 1
    file.write_bytes(octets)

    log, found = opened(folder)
    assert found == [b"one", b"three"]
    log.close()


def test_segments_are_removed_when_none_of_their_frames_is_needed(folder):
    log, _ = opened(folder)
    places = log.append([bytes([n]) * 200 for n in range(1, 20)])
    assert len(files(folder)) == 5

    for place in places:
        log.release(place)

    assert files(folder) == []
    assert log.size == 0
    assert log.append([b"after"])[0].segment > places[-1].segment
    log.close()


def test_a_frame_that_the_disk_gives_back_damaged_is_none(folder):
    log, _ = opened(folder)
    (place,) = log.append([b"precious"])
    assert log.read(place) == b"precious"
    (file,) = files(folder)
    octets = bytearray(file.read_bytes())
    octets[place.offset] ^= 1
    file.write_bytes(octets)

    assert log.read(place) is None
    log.close()


def test_a_frame_larger_than_a_segment_gets_one_of_its_own(folder):
    log, _ = opened(folder)
    log.append([b"small", b"x" * 5000, b"small again"])
    log.close()

    log, found = opened(folder)
    assert [len(payload) for payload in found] == [5, 5000, 11]
    log.close()
