"""Identifiers that sort by the time of their making."""

import uuid
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateway.ids import uuid7

_times = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(_times)
def test_it_is_a_uuid_of_version_7_that_holds_the_millisecond(now):
    made = uuid.UUID(uuid7(now))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert (
        abs((made.int >> 80) / 1000 - (now - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
        < 0.002
    )


@given(_times, _times)
def test_ids_sort_by_time(one, other):
    if (one - other).total_seconds() > 0.001:
        assert uuid7(one) > uuid7(other)


@given(_times)
def test_two_of_one_moment_differ(now):
    assert uuid7(now) != uuid7(now)
