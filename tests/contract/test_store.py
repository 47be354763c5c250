"""What every store promises, asked of each."""

import pytest
from fakes.blocks import BOOTED_US, SECOND, MadeUpNode
from hypothesis import given
from hypothesis import strategies as st

from cloud_sync.block import Dating
from cloud_sync.receipt import LaneReceipt
from cloud_sync.stores.embedded import EmbeddedStore
from cloud_sync.stores.store import Bucket, NodeKey, Received, Sample, SeriesKey, Transition
from hardware.quantity import Lane
from hardware.reading import Absence, Trust

TAG = SeriesKey("hall", "pi", "tag-1", "air_temperature")
LOCK = SeriesKey("hall", "pi", "door-1", "lock_state")
EVER = (0, 2**62)


ENGINES = {"embedded": lambda folder: EmbeddedStore(folder / "store.sqlite")}


@pytest.fixture(params=sorted(ENGINES))
def make_store(request, tmp_path):
    stores = []

    def make():
        stores.append(ENGINES[request.param](tmp_path))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(make_store):
    return make_store()


@pytest.fixture
def node():
    return MadeUpNode()


def born(store, node):
    store.register(node.birth(), at_us=BOOTED_US)


def at(second):
    return BOOTED_US + second * SECOND


def test_a_block_is_there_after_the_store_was_closed(make_store, node):
    block = node.block(("tag-1", "air_temperature", 1, 21.5), ("tag-1", "air_temperature", 2, 21.6))
    store = make_store()
    born(store, node)
    store.write([block])
    store.close()

    assert list(make_store().range(TAG, *EVER)) == [Sample(at(1), 21.5), Sample(at(2), 21.6)]


def test_a_second_write_changes_nothing_and_is_receipted_again(store, node):
    block = node.block(("tag-1", "air_temperature", 1, 21.5))
    born(store, node)

    first, second = store.write([block]), store.write([block, block])

    assert first == second
    assert first[0].lanes == {Lane.ENVIRONMENT: LaneReceipt(upto=1)}
    assert len(list(store.range(TAG, *EVER))) == 1


def test_a_block_without_its_table_is_not_receipted_but_asked_for(store, node):
    block = node.block(("tag-1", "air_temperature", 1, 21.5))

    (kept,) = store.write([block])
    assert kept.birth_wanted
    assert kept.lanes == {}

    born(store, node)
    (kept,) = store.write([block])
    assert not kept.birth_wanted
    assert kept.lanes[Lane.ENVIRONMENT].settles(0)


def test_a_table_that_has_grown_still_opens_older_blocks(store, node):
    older = node.block(("tag-1", "air_temperature", 1, 21.5))
    newer = node.block(("tag-2", "air_temperature", 2, 4.0))
    born(store, node)

    kept = store.write([newer, older])

    assert kept[0].lanes[Lane.ENVIRONMENT] == LaneReceipt(upto=2)
    assert [fact.value for fact in store.latest()] == [21.5, 4.0]


def test_a_late_birth_with_a_shorter_table_takes_nothing_away(store, node):
    node.block(("tag-1", "air_temperature", 1, 21.5))
    short = MadeUpNode()
    short.block(("tag-1", "air_temperature", 1, 21.5))
    block = node.block(("tag-2", "air_temperature", 2, 4.0))
    born(store, node)
    born(store, short)

    assert not store.write([block])[0].birth_wanted


def test_blocks_may_come_in_any_order(store, node):
    blocks = [node.block(("tag-1", "air_temperature", n, float(n))) for n in range(4)]
    born(store, node)

    assert store.write([blocks[3]])[0].lanes[Lane.ENVIRONMENT] == LaneReceipt(0, frozenset({3}))
    assert store.write([blocks[1]])[0].lanes[Lane.ENVIRONMENT] == LaneReceipt(0, frozenset({1}))
    assert store.write([blocks[0]])[0].lanes[Lane.ENVIRONMENT] == LaneReceipt(2)
    assert store.write([blocks[2]])[0].lanes[Lane.ENVIRONMENT] == LaneReceipt(4)
    assert [sample.value for sample in store.range(TAG, *EVER)] == [0.0, 1.0, 2.0, 3.0]
    assert [fact.value for fact in store.latest()] == [3.0]


def test_a_block_that_can_never_be_taken_is_refused_by_name(store, node):
    undated = node.block(("tag-1", "air_temperature", 1, 21.5), dating=Dating())
    sound = node.block(("tag-1", "air_temperature", 2, 21.5))
    born(store, node)

    (kept,) = store.write([undated, sound])

    lane = kept.lanes[Lane.ENVIRONMENT]
    assert lane.upto == 2
    assert "undated" in lane.refused[0]
    assert store.write([undated])[0].lanes[Lane.ENVIRONMENT].refused == lane.refused
    assert len(list(store.range(TAG, *EVER))) == 1


def test_a_block_on_the_topic_of_another_lane_is_refused(store, node):
    block = node.block(("tag-1", "air_temperature", 1, 21.5))
    born(store, node)

    (kept,) = store.write([Received(node.key, Lane.ALARM, block.block, block.at_us)])

    assert "topic" in kept.lanes[Lane.ENVIRONMENT].refused[0]


def test_what_is_no_block_is_dropped_and_the_rest_is_kept(store, node):
    block = node.block(("tag-1", "air_temperature", 1, 21.5))
    born(store, node)
    rubbish = Received(node.key, Lane.ALARM, b"rubbish", block.at_us)
    torn = Received(node.key, Lane.ENVIRONMENT, block.block[:-1], block.at_us)

    (kept,) = store.write([rubbish, torn, block])

    assert kept.lanes[Lane.ENVIRONMENT] == LaneReceipt(1)


def test_a_new_epoch_begins_its_numbers_anew(store, node):
    after = MadeUpNode(epoch=b"epoch2")
    blocks = [
        n.block(("tag-1", "air_temperature", 1 + i, 1.0)) for i, n in enumerate((node, after))
    ]
    born(store, node)
    born(store, after)

    kept = store.write(blocks)

    assert {k.epoch: k.lanes[Lane.ENVIRONMENT].upto for k in kept} == {b"epoch1": 1, b"epoch2": 1}
    assert len(list(store.range(TAG, *EVER))) == 2


def test_the_three_kinds_of_nothing_come_back_as_they_were(store, node):
    block = node.block(*(("tag-1", "air_temperature", n, a) for n, a in enumerate(Absence)))
    born(store, node)
    store.write([block])

    assert [sample.value for sample in store.range(TAG, *EVER)] == list(Absence)
    assert store.latest()[0].value is Absence.SILENT
    (bucket,) = store.aggregate(TAG, at(0), at(60), 60 * SECOND)
    assert bucket == Bucket(at(0), 0, 3, None, None, None, Absence.SILENT)


def test_a_range_holds_its_start_and_not_its_end(store, node):
    born_at = [node.block(("tag-1", "air_temperature", n, float(n))) for n in range(6)]
    born(store, node)
    store.write(born_at)

    assert [s.value for s in store.range(TAG, at(1), at(4))] == [1.0, 2.0, 3.0]


def test_buckets_count_from_the_start_that_was_asked_for(store, node):
    block = node.block(*(("tag-1", "air_temperature", n, float(n)) for n in range(10)))
    born(store, node)
    store.write([block])

    buckets = store.aggregate(TAG, at(1), at(9), 4 * SECOND)

    assert [(b.start_us, b.count, b.mean, b.low, b.high, b.last) for b in buckets] == [
        (at(1), 4, 2.5, 1.0, 4.0, 4.0),
        (at(5), 4, 6.5, 5.0, 8.0, 8.0),
    ]


def test_transitions_tell_the_state_at_the_start_and_each_change_once(store, node):
    first = node.block(
        *(
            ("door-1", "lock_state", n, s)
            for n, s in enumerate(["locked", "locked", "unlocked", "unlocked", "locked"])
        )
    )
    second = node.block(
        ("door-1", "lock_state", 10, "locked"), ("door-1", "lock_state", 11, "jammed")
    )
    born(store, node)
    store.write([second])
    store.write([first])

    assert store.transitions(LOCK, at(3), at(100)) == [
        Transition(at(3), "unlocked"),
        Transition(at(4), "locked"),
        Transition(at(11), "jammed"),
    ]


def test_nodes_tell_whether_they_are_connected_and_since_when(store, node):
    node.block(("tag-1", "air_temperature", 1, 21.5))
    store.note_status(node.key, online=False, at_us=5)
    assert [(n.key, n.online, n.status_us, n.birth) for n in store.nodes()] == [
        (NodeKey("hall", "pi"), False, 5, None)
    ]
    born(store, node)
    store.note_status(node.key, online=True, at_us=BOOTED_US + 9)

    (facts,) = store.nodes()
    assert facts.online
    assert facts.status_us == BOOTED_US
    assert facts.birth is not None
    assert [device.id for device in facts.birth.node.devices] == ["tag-1"]


def test_what_was_never_heard_of_is_empty(store):
    assert list(store.range(TAG, *EVER)) == []
    assert store.transitions(LOCK, *EVER) == []
    assert store.latest() == []
    assert store.latest("elsewhere") == []


def test_the_trust_of_the_time_is_kept(store, node):
    block = node.block(
        ("tag-1", "air_temperature", 1, 21.5), dating=Dating(BOOTED_US, Trust.BOUNDED)
    )
    born(store, node)
    store.write([block])

    assert store.latest()[0].trust is Trust.BOUNDED


@given(st.permutations(range(6)), st.data())
def test_any_order_with_any_repeats_gives_the_same(tmp_path_factory, order, data):
    node = MadeUpNode()
    blocks = [node.block(("tag-1", "air_temperature", n, float(n))) for n in range(6)]
    store = EmbeddedStore(tmp_path_factory.mktemp("any") / "store.sqlite")
    born(store, node)
    for number in order:
        repeats = data.draw(st.lists(st.sampled_from(order), max_size=3))
        store.write([blocks[number], *(blocks[again] for again in repeats)])

    assert store.write([blocks[0]])[0].lanes[Lane.ENVIRONMENT] == LaneReceipt(6)
    assert [sample.value for sample in store.range(TAG, *EVER)] == [float(n) for n in range(6)]
    store.close()
