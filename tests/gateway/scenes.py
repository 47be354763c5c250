"""What the rig's two sites say: fine, in trouble, unknown, offline."""

from datetime import UTC, datetime, timedelta

from cloud_sync.stores.embedded import EmbeddedStore
from gateway.bookings.booking import Wish
from gateway.ledger.ledger import Ledger
from gateway.places import Places, atomic_parts
from hardware.command import Actor, ActorKind
from hardware.place import Device, Name
from hardware.reading import Absence, Trust
from tests.gateway.rig import Feed

AFTERNOON = datetime(2026, 11, 24, 5, 20, tzinfo=UTC)  # Tuesday, 14:20 in Japan
CLERK = Actor(ActorKind.STAFF, "tanaka")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def device(id_, model, space, ja, en, *actions, simulated=True):
    return Device(id_, model, space, Name(ja, en), actions, simulated=simulated)


HALL_DEVICES = (
    device("front-lock", "strike-relay", "entrance", "玄関の電気錠", "front strike", "unlock"),
    device("air-hall", "mh-z19b", "hall", "ホールの空気", "hall air"),
    device("people-hall", "counter", "hall", "人数計", "head counter"),
    device("radar-a", "hlk-ld2410", "hall-a", "東の人感レーダー", "east radar"),
    device("radar-b", "hlk-ld2410", "hall-b", "西の人感レーダー", "west radar"),
    device("tag-washitsu", "ruuvitag", "washitsu", "和室の温湿度計", "tatami tag"),
    device("pir-washitsu", "pir", "washitsu", "和室の人感センサー", "tatami motion"),
    device("tag-kitchen", "ruuvitag", "kitchen", "調理室の温湿度計", "kitchen tag"),
    device("radar-kitchen", "hlk-ld2410", "kitchen", "調理室の人感", "kitchen radar"),
    device("store-lock", "switchbot-lock", "store", "倉庫のスマートロック", "store lock"),
    device("store-door", "door-contact", "store", "倉庫の扉センサー", "store contact"),
)
ROAD_DEVICES = (
    device("road-1", "lufft-irs31pro", "road", "路面センサー", "road sensor"),
    device("snow-1", "maxbotix-hrxl-5m", "road", "積雪計", "snow gauge"),
    device("wx-1", "vaisala-wxt530", "sky", "気象計", "weather transmitter"),
    device("vis-1", "visibility", "sky", "視程計", "visibility sensor"),
    device("dust-1", "sds011", "sky", "粉じん計", "dust sensor"),
    device("pir-toilet", "pir", "toilet", "トイレの人感", "toilet motion"),
    device("radar-stall", "hlk-ld2410", "stall", "出店の人感", "stall radar"),
)


class Say:
    """Says that something is so at some minutes before now."""

    def __init__(self, feed: Feed, now: datetime) -> None:
        self._feed = feed
        self._now = now

    def __call__(self, device, quantity, *values, channel="", trust=Trust.NTP):
        """Values are (minutes ago, value), oldest first; a bare value was said just now."""
        readings = [
            (self._now - value[0] * MINUTE, value[1])
            if isinstance(value, tuple)
            else (self._now - timedelta(seconds=8), value)
            for value in values
        ]
        self._feed.say(device, quantity, *readings, channel=channel, trust=trust)


def hall(store: EmbeddedStore, now: datetime, mood: str = "fine") -> Feed:
    """A community hall in the early afternoon."""
    feed = Feed(store, "tokiwa", "hall-pi")
    for described in HALL_DEVICES:
        feed.device(described)
    say = Say(feed, now)
    _hall_day(say)
    if mood == "trouble":
        _hall_trouble(say)
    elif mood == "unknown":
        for name in ("radar-a", "radar-b"):
            say(name, "presence", Absence.SILENT)
        say("front-lock", "lock_state", Absence.SILENT)
        say("front-lock", "door", Absence.SILENT)
        say("air-hall", "co2", Absence.NOT_AVAILABLE)
        say("air-hall", "air_temperature", Absence.IMPLAUSIBLE)
    feed.born(now - 3 * MINUTE, online=mood != "offline")
    return feed


def _hall_day(say: Say) -> None:
    quiet, busy = "absent", "present"
    say("front-lock", "lock_state", (330, "locked"), (325, "unlocked"), (5, "unlocked"))
    say(
        "front-lock",
        "door",
        (325, "open"),
        (324, "closed"),
        (20, "open"),
        (19.8, "closed"),
        (4, "closed"),
    )
    say("air-hall", "co2", (1, 642.0))
    say("air-hall", "air_temperature", (1, 21.4))
    say("air-hall", "relative_humidity", (1, 48.0))
    say("people-hall", "people", 23.0)
    say("radar-a", "presence", (860, quiet), (322, busy), (205, quiet), (83, busy), busy)
    say("radar-b", "presence", (860, quiet), (320, busy), (204, quiet), quiet)
    say("tag-washitsu", "air_temperature", 19.8)
    say("tag-washitsu", "relative_humidity", 52.0)
    say("tag-washitsu", "battery", (60, 71.0))
    say(
        "pir-washitsu",
        "motion",
        (860, "still"),
        (260, "moving"),
        (259, "still"),
        (215, "moving"),
        (214, "still"),
        (6, "still"),
    )
    say("tag-kitchen", "air_temperature", 20.6)
    say("tag-kitchen", "relative_humidity", 55.0)
    say("radar-kitchen", "presence", (860, quiet), (150, busy), (40, quiet), quiet)
    say("store-lock", "lock_state", (860, "locked"), (3, "locked"), channel="reported")
    say("store-lock", "battery", (30, 64.0))
    say("store-door", "door", (860, "closed"), (3, "closed"))


def _hall_trouble(say: Say) -> None:
    say("front-lock", "lock_state", (2, "jammed"))
    say("air-hall", "co2", (0.5, 1680.0))
    say("tag-washitsu", "battery", (2, 12.0))
    say("tag-kitchen", "air_temperature", (0.1, Absence.SILENT))
    say("tag-kitchen", "relative_humidity", (0.1, Absence.SILENT))
    say("store-door", "door", (26, "open"), (1, "open"))
    say("store-lock", "lock_state", (26, "unlocked"), (1, "unlocked"), channel="reported")


def road(store: EmbeddedStore, now: datetime, mood: str = "fine") -> Feed:
    """A roadside station; in trouble it is winter."""
    feed = Feed(store, "mikuni", "road-pi")
    for described in ROAD_DEVICES:
        feed.device(described)
    say = Say(feed, now)
    winter = mood == "trouble"
    say("road-1", "road_surface", (400, "dry"), (45, "ice" if winter else "dry"))
    say("road-1", "road_surface", "ice" if winter else "dry")
    say("road-1", "road_temperature", -1.8 if winter else 9.2)
    say("road-1", "water_film", 120.0 if winter else 0.0)
    say("road-1", "friction", 0.24 if winter else 0.81)
    say("snow-1", "snow_depth", 185.0 if winter else 0.0)
    say("wx-1", "air_temperature", -2.4 if winter else 11.3)
    say("wx-1", "relative_humidity", 91.0 if winter else 63.0)
    say("wx-1", "wind_speed", 12.1 if winter else 3.4)
    say("wx-1", "wind_direction", 310.0)
    say("wx-1", "rain_intensity", 3.2 if winter else 0.0)
    say("wx-1", "air_pressure", 1012.4)
    say("vis-1", "visibility", 85.0 if winter else 8200.0)
    say("dust-1", "pm25", 8.0)
    say("dust-1", "pm10", 14.0)
    say(
        "pir-toilet",
        "motion",
        (860, "still"),
        (30, "moving"),
        (29.5, "still"),
        (3, "moving"),
        (2, "moving"),
    )
    say("radar-stall", "presence", (860, "absent"), (300, "present"), "present")
    if mood == "unknown":
        say("wx-1", "wind_speed", (0.01, Absence.NOT_AVAILABLE))
        say("vis-1", "visibility", (0.01, Absence.SILENT))
    feed.born(now - 3 * MINUTE, online=mood != "offline")
    return feed


def book(ledger: Ledger, places: Places, now: datetime) -> None:
    """A day with bookings: past, now, soon, and tomorrow."""
    day = now.replace(minute=0, second=0, microsecond=0) - 5 * HOUR  # nine in the morning
    for space, start, hours, title in (
        ("hall", 0, 3, "ときわ合唱団"),
        ("hall-a", 4, 2, "健康体操の会"),
        ("washitsu", 0.5, 1.5, "茶道クラブ"),
        ("washitsu", 9, 2, "将棋同好会"),
        ("kitchen", 24.5, 3, "男の料理教室"),
        ("hall-b", 6, 3, "卓球クラブ"),
    ):
        known = places.space("tokiwa", space)
        assert known is not None
        wish = Wish(
            "tokiwa",
            space,
            day + start * HOUR,
            day + (start + hours) * HOUR,
            title,
            "090-0000-0000",
        )
        ledger.bookings.book(wish, atomic_parts(known), by=CLERK, now=now)
