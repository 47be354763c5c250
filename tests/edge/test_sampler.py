import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

from fakes import virtual
from hypothesis import given
from hypothesis import strategies as st

from edge.mounting import Mounting
from edge.sampler import Sampler
from edge.thinning import Thinner
from hardware.errors import BrokenFrame
from hardware.profile import Report
from hardware.profile_file import load_profile
from hardware.quantity import QUANTITIES
from hardware.reading import Absence, Measurement

RADAR = load_profile("hlk-ld2410")
SECOND = 1_000_000


def measured(quantity, value):
    return Measurement(QUANTITIES[quantity], value, "", Decimal(1))


@asynccontextmanager
async def sampling(clock, profile=RADAR, **options):
    kept = []
    sampler = Sampler("pi", {"radar": profile}, clock, kept.append, **options)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(sampler.run())
        yield sampler, kept
        task.cancel()


def values(kept, quantity):
    return [r.measurement.value for r in kept if r.measurement.quantity.name == quantity]


def test_a_reading_says_who_and_when_to_the_millisecond():
    async def main(clock):
        async with sampling(clock) as (sampler, kept):
            sampler.observe("radar", (measured("presence", "present"),), 12_345_678)
            (reading,) = kept
            assert reading.device == "radar"
            assert reading.stamp.since_boot_us == 12_345_000
            assert reading.stamp.boot == clock.boot

    virtual.run(main)


def test_a_device_that_falls_silent_is_said_once_to_be_silent():
    async def main(clock):
        async with sampling(clock) as (sampler, kept):
            sampler.observe("radar", (measured("presence", "present"),), clock.since_boot_us())
            await clock.sleep(RADAR.silent_after - 1)
            assert values(kept, "presence") == ["present"]
            await clock.sleep(200)
            assert values(kept, "presence") == ["present", Absence.SILENT]
            sampler.observe("radar", (measured("presence", "present"),), clock.since_boot_us())
            assert values(kept, "presence") == ["present", Absence.SILENT, "present"]

    virtual.run(main)


def test_a_device_that_only_speaks_of_events_is_never_silent():
    async def main(clock):
        profile = replace(RADAR, silent_after=None)
        async with sampling(clock, profile) as (sampler, kept):
            sampler.observe("radar", (measured("presence", "present"),), clock.since_boot_us())
            await clock.sleep(100_000)
            assert Absence.SILENT not in values(kept, "presence")

    virtual.run(main)


def test_frames_are_counted_the_broken_ones_apart():
    async def main(clock):
        async with sampling(clock) as (sampler, kept):
            for _ in range(5):
                sampler.observe("radar", (), clock.since_boot_us())
            sampler.broken("radar", BrokenFrame("the checksum does not hold"))
            await clock.sleep(70)
            assert values(kept, "frames_heard") == [5.0]
            assert values(kept, "frames_broken") == [1.0]

    virtual.run(main)


def test_a_row_of_broken_frames_is_complained_of_once(caplog):
    async def main(clock):
        async with sampling(clock) as (sampler, _):
            for _ in range(50):
                sampler.broken("radar", BrokenFrame("the checksum does not hold"))

    virtual.run(main)
    assert caplog.text.count("the checksum does not hold") == 1


def test_a_state_is_told_when_it_changes_and_again_after_a_while():
    thinner = Thinner(Report(every=5, repeat=60))
    told = [
        second
        for second in range(150)
        if thinner.lets_pass(
            measured("presence", "present" if second < 70 else "absent"), second * SECOND
        )
    ]
    assert told == [0, 60, 70, 130]


def test_a_gauge_is_told_now_and_then_but_its_going_at_once():
    thinner = Thinner(Report(every=10))
    wanted = {3: Absence.NOT_AVAILABLE, 5: Absence.NOT_AVAILABLE, 7: 21.0}
    told = [
        second
        for second in range(20)
        if thinner.lets_pass(measured("co2", wanted.get(second, 20.0)), second * SECOND)
    ]
    assert told == [0, 3, 4, 5, 6, 16]


@given(st.lists(st.sampled_from(["present", "absent"]), max_size=50))
def test_no_change_of_a_state_is_ever_thinned_out(states):
    thinner = Thinner(Report(every=1000, repeat=1000))
    told = [
        state for n, state in enumerate(states) if thinner.lets_pass(measured("presence", state), n)
    ]
    assert told == [s for n, s in enumerate(states) if n == 0 or s != states[n - 1]]


def test_a_range_finder_that_knows_its_height_tells_the_snow_below_it():
    async def main(clock):
        profile = load_profile("maxbotix-hrxl-5m")
        options = {"mountings": {"radar": Mounting(2500, "snow_depth")}}
        async with sampling(clock, replace(profile, report=Report()), **options) as (sampler, kept):
            for distance in (2100.0, 2550.0, 2700.0, Absence.NOT_AVAILABLE):
                sampler.observe("radar", (measured("distance", distance),), clock.since_boot_us())
            assert values(kept, "snow_depth") == [
                400.0,
                -50.0,
                Absence.IMPLAUSIBLE,
                Absence.NOT_AVAILABLE,
            ]

    virtual.run(main)
