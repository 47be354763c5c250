"""What the ledger promises on every database: above all, that nothing is booked twice."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import bindparam, delete, text
from sqlalchemy.exc import IntegrityError

from cloud_sync.stores.store import NodeKey
from gateway.access import EVERY_SITE, Role, Scope
from gateway.bookings.booking import BookingState, Wish
from gateway.bookings.free import Span
from gateway.ledger import tables
from gateway.ledger.accounts import SESSION_LIFETIME, Account
from gateway.ledger.bookings import Place, TakenError
from gateway.ledger.commands import RESTARTED
from gateway.ledger.database import Database
from gateway.ledger.errors import LedgerError
from gateway.ledger.ledger import Ledger
from gateway.ledger.log import Deed, deeds, record
from gateway.ledger.once import KeyReusedError, Once
from hardware.command import Ack, Action, Actor, ActorKind, Command, Outcome
from hardware.errors import ConfigError
from tests.gateway.databases import postgresql

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TANAKA = Actor(ActorKind.STAFF, "tanaka")
HALL = ("a", "b")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request, tmp_path):
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    else:
        database = Database(request.getfixturevalue("server"))
        wipe(database)
    database.migrate()
    made = Ledger(database)
    made.bookings.know([("s", "a"), ("s", "b"), ("s", "room")])
    yield made
    made.close()


def wipe(database):
    with database.writing() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def wish(start, end, space="hall", title="g"):
    return Wish("s", space, NOW + start * HOUR, NOW + end * HOUR, title, "090")


def book(ledger, start, end, parts=HALL, **more):
    return ledger.bookings.book(wish(start, end), parts, by=TANAKA, now=NOW, **more)


# The constraint -----------------------------------------------------------------------------------


def test_what_is_booked_is_refused_to_everybody_else(ledger):
    book(ledger, 1, 3)
    for start, end in ((1, 3), (0, 2), (2, 4), (1.5, 2), (0, 9)):
        with pytest.raises(TakenError):
            book(ledger, start, end, ("a",))
    assert len(ledger.bookings.between("s", Span(NOW, NOW + 9 * HOUR))) == 1


def test_neighbours_do_not_clash(ledger):
    book(ledger, 1, 2)
    book(ledger, 2, 3)
    book(ledger, 0, 1)


def test_a_part_blocks_the_whole_and_the_other_part_stays_free(ledger):
    book(ledger, 1, 2, ("a",))
    with pytest.raises(TakenError):
        book(ledger, 1, 2, HALL)
    book(ledger, 1, 2, ("b",))


def test_a_refused_booking_leaves_nothing_behind(ledger):
    book(ledger, 1, 2, ("b",))
    with pytest.raises(TakenError):
        book(ledger, 1, 2, HALL)
    book(ledger, 1, 2, ("a",))


def test_a_cancelled_booking_frees_its_time_at_once_and_stays_cancelled(ledger):
    first = book(ledger, 1, 2)
    assert ledger.bookings.cancel(first.id, by=TANAKA, now=NOW).state is BookingState.CANCELLED
    second = book(ledger, 1, 2)
    again = ledger.bookings.cancel(first.id, by=TANAKA, now=NOW + HOUR)
    assert again.cancelled_at == NOW
    assert ledger.bookings.find(second.id).state is BookingState.CONFIRMED
    assert ledger.bookings.cancel("no-such", by=TANAKA, now=NOW) is None


def part(connection, booking, space, start, end, active=True, verb="INSERT"):
    """Write a row past all our code, as a stranger with a database client would."""
    values = {"b": booking, "s": space, "f": start, "u": end, "a": active}
    connection.execute(
        text(
            f"{verb} INTO booking_part (booking, space, blocked_from, blocked_until, active)"
            " VALUES (:b, :s, :f, :u, :a)"
        ).bindparams(*moments()),
        values,
    )


def moments():
    return [bindparam("f", type_=tables.Moment()), bindparam("u", type_=tables.Moment())]


def raw(ledger, work):
    with ledger.database.writing() as connection:
        work(connection)


def two_bookings(ledger):
    """Two bookings whose parts were taken away, so that raw rows can stand in their place."""
    first, second = book(ledger, 20, 21), book(ledger, 22, 23)
    raw(ledger, lambda c: c.execute(text("DELETE FROM booking_part")))
    return first.id, second.id


def test_raw_sql_cannot_book_twice(ledger):
    first, second = two_bookings(ledger)
    raw(ledger, lambda c: part(c, first, 1, NOW, NOW + HOUR))
    with pytest.raises(IntegrityError, match="no_double_booking"):
        raw(ledger, lambda c: part(c, second, 1, NOW, NOW + HOUR))
    raw(ledger, lambda c: part(c, second, 1, NOW, NOW + HOUR, active=False))
    with pytest.raises(IntegrityError, match="no_double_booking"):
        raw(ledger, lambda c: c.execute(text("UPDATE booking_part SET active = true")))


def test_raw_sql_cannot_move_a_booking_onto_another(ledger):
    first, second = two_bookings(ledger)
    raw(ledger, lambda c: part(c, first, 1, NOW, NOW + HOUR))
    raw(ledger, lambda c: part(c, second, 2, NOW, NOW + HOUR))
    with pytest.raises(IntegrityError, match="no_double_booking"):
        raw(ledger, lambda c: c.execute(text("UPDATE booking_part SET space = 1 WHERE space = 2")))
    late = NOW + 2 * HOUR

    def move(connection):
        statement = text("UPDATE booking_part SET blocked_until = :u WHERE space = 1")
        connection.execute(statement.bindparams(moments()[1]), {"u": late})

    raw(ledger, move)  # to grow where nobody is in the way is allowed


@pytest.mark.parametrize("verb", ["INSERT OR IGNORE", "INSERT OR REPLACE"])
def test_sqlite_s_own_ways_around_a_constraint_are_closed(ledger, verb):
    if not ledger.database.migrates_itself:
        pytest.skip("these are SQLite's words")
    first, second = two_bookings(ledger)
    raw(ledger, lambda c: part(c, first, 1, NOW, NOW + HOUR))
    with pytest.raises(IntegrityError, match="no_double_booking"):
        raw(ledger, lambda c: part(c, second, 1, NOW, NOW + HOUR, verb=verb))


def test_a_booking_without_a_length_is_refused(ledger):
    first, _ = two_bookings(ledger)
    with pytest.raises(IntegrityError):
        raw(ledger, lambda c: part(c, first, 1, NOW, NOW))


def test_forty_clerks_at_once_make_one_booking(ledger):
    outcomes = []
    barrier = threading.Barrier(40)

    def clerk(number):
        parts = (HALL, ("a",), ("b",), HALL)[number % 4]
        barrier.wait()
        try:
            outcomes.append(book(ledger, 1, 2, parts).parts)
        except TakenError:
            outcomes.append(None)

    threads = [threading.Thread(target=clerk, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [parts for parts in outcomes if parts is not None]
    taken = [one for parts in made for one in parts]
    assert len(outcomes) == 40
    assert sorted(taken) in (["a", "b"], ["a"], ["b"])
    assert len(ledger.bookings.between("s", Span(NOW, NOW + 9 * HOUR))) == len(made)


# The same request twice ---------------------------------------------------------------------------


def test_the_same_key_books_once_and_another_request_under_it_is_refused(ledger):
    first = book(ledger, 1, 2, once=Once("k", "x"))
    assert book(ledger, 1, 2, once=Once("k", "x")) == first
    with pytest.raises(KeyReusedError):
        book(ledger, 5, 6, once=Once("k", "y"))
    other = Actor(ActorKind.TOKEN, "tanaka")
    ledger.bookings.book(wish(5, 6), HALL, by=other, now=NOW, once=Once("k", "y"))


def test_the_same_key_from_many_threads_books_once(ledger):
    made = []

    def send():
        made.append(book(ledger, 1, 2, once=Once("k", "x")).id)

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 12
    assert len(set(made)) == 1


def test_one_key_for_two_spaces_side_by_side_books_one_of_them(ledger):
    outcomes = []

    def send(part):
        try:
            outcomes.append(book(ledger, 1, 2, (part,), once=Once("k", part)).parts)
        except KeyReusedError:
            outcomes.append(None)

    threads = [threading.Thread(target=send, args=(part,)) for part in ("a", "b", "room") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 12
    assert len({parts for parts in outcomes if parts is not None}) == 1


def test_one_command_key_side_by_side_is_kept_once(ledger):
    outcomes = []

    def send(number):
        kept = command(f"c{number}")
        outcomes.append(ledger.commands.begin(kept, NodeKey("s", "pi"), once=Once("k", "x")))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 12
    assert outcomes.count(None) == 1


# Lists --------------------------------------------------------------------------------------------


def test_bookings_are_listed_in_pages_in_order_of_their_start(ledger):
    made = [book(ledger, hour, hour + 1) for hour in (4, 1, 3, 0, 2)]
    span = Span(NOW, NOW + 9 * HOUR)
    page = ledger.bookings.between("s", span, limit=2)
    rest = ledger.bookings.between("s", span, after=Place(page[-1].wish.starts_at, page[-1].id))
    starts = [booking.wish.starts_at for booking in [*page, *rest]]
    assert starts == [NOW + hour * HOUR for hour in range(5)]
    assert {b.id for b in [*page, *rest]} == {b.id for b in made}
    assert ledger.bookings.between("other", span) == []
    assert ledger.bookings.between("s", span, space="room") == []


def test_what_is_read_is_what_was_written(ledger):
    made = book(ledger, 1, 2)
    assert ledger.bookings.find(made.id) == made


# A naive model ------------------------------------------------------------------------------------


class Hall(RuleBasedStateMachine):
    """Books and cancels at random; a list of intervals says what must come of it."""

    ledger: Ledger

    @initialize()
    def begin(self):
        with self.ledger.database.writing() as connection:
            connection.execute(delete(tables.booking_part))
            connection.execute(delete(tables.booking))
        self.held = {}

    @rule(
        start=st.integers(0, 12),
        length=st.integers(1, 4),
        parts=st.sampled_from([HALL, ("a",), ("b",), ("room",)]),
    )
    def book(self, start, length, parts):
        clash = any(
            start < other_end and other_start < start + length and set(parts) & set(other)
            for other_start, other_end, other in self.held.values()
        )
        try:
            made = book(self.ledger, start, start + length, parts)
        except TakenError:
            assert clash
        else:
            assert not clash
            self.held[made.id] = (start, start + length, parts)

    @rule(data=st.data())
    def cancel(self, data):
        if self.held:
            chosen = data.draw(st.sampled_from(sorted(self.held)))
            self.ledger.bookings.cancel(chosen, by=TANAKA, now=NOW)
            del self.held[chosen]

    @invariant()
    def the_ledger_holds_what_the_model_holds(self):
        found = self.ledger.bookings.between("s", Span(NOW, NOW + 99 * HOUR))
        assert {booking.id for booking in found} == set(self.held)


def test_the_ledger_books_exactly_what_a_naive_model_allows(ledger):
    run_state_machine_as_test(
        type("HallOf", (Hall,), {"ledger": ledger}),
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# Accounts and tokens ------------------------------------------------------------------------------


def account(name="tanaka", sites=EVERY_SITE):
    return Account(name, "hash", Role.STAFF, sites)


def test_a_session_names_its_account_until_it_ends(ledger):
    ledger.accounts.add(account(sites=frozenset({"s"})), now=NOW)
    token = ledger.accounts.sign_in(ledger.accounts.find("tanaka"), now=NOW)
    who = ledger.accounts.of_session(token, now=NOW)
    assert (who.actor, who.sites) == (TANAKA, {"s"})
    assert ledger.accounts.of_session(token, now=NOW + SESSION_LIFETIME) is None
    ledger.accounts.sign_out(token, now=NOW)
    assert ledger.accounts.of_session(token, now=NOW) is None


def test_two_accounts_or_tokens_cannot_have_one_name(ledger):
    ledger.accounts.add(account(), now=NOW)
    with pytest.raises(ConfigError, match="exists already"):
        ledger.accounts.add(account(), now=NOW)
    ledger.accounts.add_token("t", [Scope.READ], EVERY_SITE, now=NOW)
    with pytest.raises(ConfigError, match="exists already"):
        ledger.accounts.add_token("t", [Scope.READ], EVERY_SITE, now=NOW)


def test_neither_tokens_nor_sessions_are_kept_in_the_clear(ledger):
    ledger.accounts.add(account(), now=NOW)
    session = ledger.accounts.sign_in(ledger.accounts.find("tanaka"), now=NOW)
    token = ledger.accounts.add_token("t", [Scope.DOOR], {"s"}, now=NOW)
    who = ledger.accounts.of_token(token)
    assert (who.scopes, who.sites) == ({Scope.DOOR}, {"s"})
    assert ledger.accounts.of_token(session) is None
    with ledger.database.reading() as connection:
        kept = str(connection.execute(text("SELECT * FROM session")).all())
        kept += str(connection.execute(text("SELECT * FROM api_token")).all())
    assert session not in kept
    assert token not in kept


# Commands -----------------------------------------------------------------------------------------


def command(name="c1"):
    return Command(name, "lock", Action.UNLOCK, NOW, NOW + timedelta(seconds=10), TANAKA, "why")


def test_a_command_keeps_its_steps_in_order(ledger):
    assert ledger.commands.begin(command(), NodeKey("s", "pi")) is None
    for outcome in (Outcome.ACCEPTED, Outcome.EXECUTING, Outcome.VERIFIED):
        ledger.commands.add_step(Ack("c1", outcome, NOW, outcome.value))
    kept = ledger.commands.find("c1")
    assert kept.command == command()
    assert kept.node == NodeKey("s", "pi")
    assert [step.outcome for step in kept.steps] == ["accepted", "executing", "verified"]
    assert kept.ended


def test_what_a_killed_service_left_open_is_ended_once(ledger):
    ledger.commands.begin(command("c1"), NodeKey("s", "pi"))
    ledger.commands.begin(command("c2"), NodeKey("s", "pi"))
    ledger.commands.add_step(Ack("c1", Outcome.VERIFIED, NOW))
    ledger.commands.add_step(Ack("c2", Outcome.ACCEPTED, NOW))
    assert list(ledger.commands.end_unfinished(now=NOW)) == ["c2"]
    assert ledger.commands.find("c2").steps[-1] == Ack("c2", Outcome.FAILED, NOW, RESTARTED)
    assert list(ledger.commands.end_unfinished(now=NOW)) == []


def test_the_same_command_request_is_kept_once(ledger):
    ledger.commands.begin(command("c1"), NodeKey("s", "pi"), once=Once("k", "x"))
    before = ledger.commands.begin(command("c2"), NodeKey("s", "pi"), once=Once("k", "x"))
    assert before.command.id == "c1"
    with pytest.raises(KeyReusedError):
        ledger.commands.begin(command("c3"), NodeKey("s", "pi"), once=Once("k", "y"))


# The log and the tables ---------------------------------------------------------------------------


def test_every_deed_is_in_the_log_without_names_of_groups(ledger):
    made = book(ledger, 1, 2)
    ledger.bookings.cancel(made.id, by=TANAKA, now=NOW)
    ledger.commands.begin(command(), NodeKey("s", "pi"))
    ledger.commands.add_step(Ack("c1", Outcome.REFUSED, NOW, "late"))
    told = deeds(ledger.database)
    assert sorted(deed.deed for deed in told) == [
        "booking.cancel", "booking.create", "command.end", "command.send",
    ]  # fmt: skip
    assert {deed.actor for deed in told} == {TANAKA}
    assert "090" not in str(told)


@pytest.mark.parametrize("statement", ["UPDATE log SET actor = 'x'", "DELETE FROM log"])
def test_the_log_cannot_be_changed(ledger, statement):
    raw(ledger, lambda c: record(c, Deed(NOW, TANAKA, "x", "s", "y")))
    with pytest.raises((IntegrityError, LedgerError), match="append-only"):
        raw(ledger, lambda c: c.execute(text(statement)))


def test_the_tables_are_those_that_the_migrations_make(ledger):
    with ledger.database.reading() as connection:
        context = MigrationContext.configure(connection)
        differences = [
            one
            for one in compare_metadata(context, tables.metadata)
            # PostgreSQL's own: the range over the two columns, see the migration.
            if not (one[0] == "remove_column" and one[3].name == "blocked")
        ]
    assert differences == []


def test_to_migrate_twice_changes_nothing(ledger):
    ledger.database.migrate()
    ledger.database.check_version()
