"""The status of every site, computed once for all who look.

Messages on the broker say when something is new; what it is, is read from the store. Thousands may
look at a site: it is still computed at most five times a second, and once for all.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cloud_sync.stores.store import Fact, NodeFacts, SeriesKey, Store, StoreError, Transition
from gateway.bookings.free import Span
from gateway.ledger.bookings import Bookings
from gateway.ledger.errors import LedgerError
from gateway.live import Event, Live
from gateway.places import Places
from gateway.status.freshness import fresh_for
from gateway.status.observation import Observation, Standing, observe
from gateway.status.space import SpaceStatus, by_trouble, space_status
from gateway.status.trouble import Severity
from gateway.usage.day import Day, Sensed, day_of_use, local_day
from hardware.clock import Clock, to_unix_us
from hardware.place import Site
from hardware.quantity import QUANTITIES, Kind, Lane

log = logging.getLogger(__name__)

COALESCE = 0.2  # seconds; a reconnecting node brings dozens of messages at once
REFRESH = 30.0  # seconds; ages grow and limits pass even if nothing is heard
LOOK_BACK = timedelta(hours=24)  # a state that is older is "for more than a day"
LOOK_AHEAD = timedelta(days=7)  # a space that is not booked for a week is simply free

_OF_USE = ("presence", "motion")


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """A site now.

    Attributes:
        today: midnight to midnight, at the site.
        spaces: the worst first.
        days: of each space that has a sensor for it, how today went.
        nodes: who hears the devices.
        unplaced: what devices say that stand in no configured space.
    """

    site: Site
    now: datetime
    today: Span
    spaces: Sequence[SpaceStatus]
    days: Mapping[str, Day]
    nodes: Sequence[NodeFacts]
    unplaced: Sequence[Observation]

    @property
    def severity(self) -> Severity:
        """How bad the worst space is."""
        return max((space.severity for space in self.spaces), default=Severity.FINE)


class Board:
    """Keeps the status of every site. ``run`` runs until cancelled.

    Whoever learns that something is new at a site calls ``touch``.
    """

    def __init__(
        self,
        store: Store,
        bookings: Bookings,
        places: Places,
        clock: Clock,
        live: Live,
        *,
        encode: Callable[[SiteStatus], Event],
    ) -> None:
        """Make the board.

        Args:
            store: where readings are.
            bookings: of the ledger.
            places: the sites to show.
            clock: the time.
            live: hands each new status out.
            encode: writes a status as it goes out; called in a thread.
        """
        self._store = store
        self._bookings = bookings
        self._places = places
        self._clock = clock
        self._live = live
        self._encode = encode
        self._touched = {site.id for site in places.sites}
        self._woken = asyncio.Event()
        self._woken.set()
        self._latest: dict[str, tuple[float, Event]] = {}
        self._renewed = dict.fromkeys((site.id for site in places.sites), clock.monotonic())
        self._locks = {site.id: asyncio.Lock() for site in places.sites}
        self.computed = 0

    def touch(self, site: str) -> None:
        """Say that something is new at a site."""
        if site in self._locks:
            self._latest.pop(site, None)
            self._touched.add(site)
            self._woken.set()

    async def run(self) -> None:
        """Renew what was touched, and every site now and then."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH):
                    await self._woken.wait()
            await self._clock.sleep(COALESCE)
            self._woken.clear()
            touched, self._touched = self._touched | self._overdue(), set()
            for site in sorted(touched):
                await self._renew(site)

    async def status(self, site: str) -> Event:
        """Give the status of a site, not older than the time in which messages are gathered.

        Raises:
            StoreError: the store cannot say.
            LedgerError: the ledger cannot say.
        """
        async with self._locks[site]:
            known = self._latest.get(site)
            now = self._clock.monotonic()
            if known is None or now - known[0] > COALESCE:
                known = (now, await asyncio.to_thread(self._read, site))
                self._latest[site] = known
            return known[1]

    def _overdue(self) -> set[str]:
        """List the sites of which nothing was heard for long: ages grow and limits pass there."""
        now = self._clock.monotonic()
        return {site for site, at in self._renewed.items() if now - at >= REFRESH}

    async def _renew(self, site: str) -> None:
        self._renewed[site] = self._clock.monotonic()
        async with self._locks[site]:
            self._latest.pop(site, None)  # what was being read while the site was touched
        try:
            self._live.publish(await self.status(site), keep=True)
        except (StoreError, LedgerError) as error:
            log.error("%s: no status now: %s", site, error)

    def _read(self, site_id: str) -> Event:
        """Read everything about a site, judge it, and write it as it goes out. Blocks."""
        self.computed += 1
        return self._encode(self._judge(site_id))

    def _judge(self, site_id: str) -> SiteStatus:
        site = self._places.site(site_id)
        assert site is not None, "only known sites have a lock"
        now = self._clock.now()
        facts = self._store.latest(site_id)
        nodes = [node for node in self._store.nodes() if node.key.site == site_id]
        changes = self._changes(facts, now)
        today = local_day(now, ZoneInfo(site.timezone))
        bookings = self._bookings.between(site_id, Span(today.start, now + LOOK_AHEAD))
        seen = observe(facts, nodes, changes, now=now)
        placed, unplaced = _by_space(site, seen)
        return SiteStatus(
            site,
            now,
            today,
            spaces=by_trouble(
                space_status(
                    space,
                    placed[space.id],
                    bookings,
                    now,
                    of_parts=[one for part in space.parts for one in placed[part]],
                    of_site=seen,
                )
                for space in site.spaces
            ),
            days=_days(site, placed, changes, today, now),
            nodes=nodes,
            unplaced=unplaced,
        )

    def _changes(
        self, facts: Iterable[Fact], now: datetime
    ) -> dict[SeriesKey, Sequence[Transition]]:
        """Read what the states of doors, people and roads were lately."""
        start, end = to_unix_us(now - LOOK_BACK), to_unix_us(now) + 1
        return {
            fact.series: self._store.transitions(fact.series, start, end)
            for fact in facts
            if _is_watched(fact.series.quantity)
        }


def _is_watched(name: str) -> bool:
    quantity = QUANTITIES.get(name)
    return (
        quantity is not None
        and quantity.kind is Kind.STATE
        and quantity.lane is not Lane.DIAGNOSTIC
    )


def _by_space(
    site: Site, observations: Iterable[Observation]
) -> tuple[dict[str, list[Observation]], list[Observation]]:
    placed: dict[str, list[Observation]] = {space.id: [] for space in site.spaces}
    unplaced: list[Observation] = []
    for seen in observations:
        space = None if seen.device is None else placed.get(seen.device.space)
        (unplaced if space is None else space).append(seen)
    return placed, unplaced


def _days(
    site: Site,
    placed: Mapping[str, Iterable[Observation]],
    changes: Mapping[SeriesKey, Sequence[Transition]],
    today: Span,
    now: datetime,
) -> dict[str, Day]:
    days = {}
    for space in site.spaces:
        seen_there = [seen for place in (space.id, *space.parts) for seen in placed[place]]
        senses = [seen for seen in seen_there if seen.quantity.name in _OF_USE]
        if senses:
            sensed = (_sensed(seen, changes.get(seen.series, ())) for seen in senses)
            days[space.id] = day_of_use(sensed, today, now=now)
    return days


def _sensed(seen: Observation, changes: Sequence[Transition]) -> Sensed:
    """Believe a sensor that falls silent until its last word grows old."""
    until = seen.at if seen.standing is Standing.OFFLINE else seen.at + fresh_for(seen.quantity)
    return Sensed(seen.quantity.name, changes, until)
