from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.debounce import Debouncer, Edge

DEBOUNCE_US = 50

# Levels and for how long each is held, as a contact gives them.
holds = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 120)), max_size=60)


def expected(held: list[tuple[int, int]]) -> list[Edge]:
    """What should count, reckoned from the whole history at once."""
    runs: list[list[int]] = []
    now = 0
    for level, duration in held:
        if not runs or runs[-1][0] != level:
            runs.append([level, now, 0])
        now += duration
        runs[-1][2] = now - runs[-1][1]
    settled: list[Edge] = []
    for level, at_us, duration in runs:
        if duration >= DEBOUNCE_US and (not settled or settled[-1].level != level):
            settled.append(Edge(level, at_us))
    return settled


def run(held: list[tuple[int, int]], *, asked_between: bool) -> list[Edge]:
    debouncer, now, found = Debouncer(DEBOUNCE_US), 0, []
    for level, duration in held:
        found.append(debouncer.edge(level, now))
        if asked_between:
            found += [debouncer.settle(later) for later in range(now, now + duration, 7)]
        now += duration
    found.append(debouncer.settle(now))
    return [edge for edge in found if edge is not None]


@given(holds)
def test_each_level_that_held_counts_once_and_nothing_else_does(
    held: list[tuple[int, int]],
) -> None:
    assert run(held, asked_between=False) == expected(held)


@given(holds)
def test_it_does_not_matter_how_often_the_debouncer_is_asked(held: list[tuple[int, int]]) -> None:
    assert run(held, asked_between=True) == expected(held)


@given(holds)
def test_settled_levels_alternate_and_their_times_grow(held: list[tuple[int, int]]) -> None:
    found = run(held, asked_between=False)
    for before, after in pairwise(found):
        assert before.level != after.level
        assert before.at_us < after.at_us


def test_a_glitch_is_forgotten_and_leaves_nothing_due() -> None:
    debouncer = Debouncer(DEBOUNCE_US)
    debouncer.edge(1, 0)
    assert debouncer.settle(50) == Edge(1, 0)
    debouncer.edge(0, 100)
    assert debouncer.due_us == 150
    debouncer.edge(1, 110)
    assert debouncer.due_us is None
    assert debouncer.settle(1000) is None


def test_without_a_debounce_time_every_edge_counts_at_once() -> None:
    debouncer = Debouncer(0)
    debouncer.edge(1, 5)
    assert debouncer.settle(5) == Edge(1, 5)
    debouncer.edge(0, 6)
    assert debouncer.settle(6) == Edge(0, 6)
