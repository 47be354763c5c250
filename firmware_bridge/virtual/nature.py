"""A small physical world: people in a room, the weather outside, a road. Pure.

It is not a forecast, but what depends on each other does so here: people breathe, and the CO2 of
the room follows them for an hour; snow falls when it is cold, lies, and melts; a wet road freezes.
The same seed and the same start give the same history, however the time is cut.
"""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

_FRESH_AIR = 420.0  # ppm
_BREATH = 0.005  # litres of CO2 in a second and person, sitting
_AIR_CHANGE = 1.0 / 3600  # room volumes in a second: windows shut
_HELD_BY_RADAR = 0.9  # of the time a person in the room moves enough for the radar


@dataclass(slots=True)
class Scene:
    """What is the case now. Units as in ``hardware.quantity``."""

    people: int = 0
    moving: bool = False
    nearest: float = 2500.0
    co2: float = _FRESH_AIR
    room_temperature: float = 19.0
    room_humidity: float = 45.0
    fine_dust: float = 6.0
    air_temperature: float = 2.0
    humidity: float = 70.0
    pressure: float = 1015.0
    wind_speed: float = 2.0
    gust: float = 3.0
    wind_direction: float = 300.0
    rain_intensity: float = 0.0
    snowing: bool = False
    rainfall: float = 0.0
    rain_duration: float = 0.0
    road_temperature: float = 1.0
    water_film: float = 0.0
    snow_depth: float = 0.0

    @property
    def road_surface(self) -> str:
        """What the road looks like, in the states of the quantity ``road_surface``."""
        if self.snow_depth > 5:
            return "snow"
        if self.water_film > 20 and self.road_temperature < -0.5:
            return "ice"
        if self.road_temperature < -0.5 and self.humidity > 92:
            return "frost"
        if self.water_film > 200:
            return "wet"
        return "damp" if self.water_film > 20 else "dry"


@dataclass(frozen=True, slots=True)
class Climate:
    """What is usual here: means over a day, and the room's volume in cubic metres."""

    air_temperature: float = 1.0
    swing: float = 5.0
    humidity: float = 75.0
    wet_share: float = 0.25
    room_volume: float = 250.0
    capacity: int = 30
    utc_offset: float = 9.0


class Nature:
    """Lets time pass, one second at a time.

    Attributes:
        scene: what is the case now.
        people: how many people somebody has put into the room; None lets them come and go.
        weather: ``dry``, ``rain`` or ``snow`` by order; None lets it change.
    """

    def __init__(self, *, seed: int, start: datetime, climate: Climate) -> None:
        self.scene = Scene()
        self.people: int | None = None
        self.weather: str | None = None
        self._climate = climate
        self._start = start + timedelta(hours=climate.utc_offset)
        self._random = random.Random(seed)  # noqa: S311 - weather, not secrets
        self._seconds = 0
        self._pending = 0.0
        self._wet = False
        self._cloud = 0.0

    def advance(self, seconds: float) -> None:
        """Let time pass; what is less than a second waits for the next call."""
        self._pending += seconds
        while self._pending >= 1 - 1e-9:
            self._pending -= 1
            self._seconds += 1
            self._second()

    def _second(self) -> None:
        now = self._start + timedelta(seconds=self._seconds)
        hour = now.hour + now.minute / 60 + now.second / 3600
        self._people_come_and_go(hour)
        self._room()
        self._sky(hour)
        self._wind()
        self._road(hour)

    def _drift(self, value: float, mean: float, hours: float, spread: float) -> float:
        """Pull a value to its mean, and let it wander about it by ``spread``."""
        share = 1 / (hours * 3600)
        return value + (mean - value) * share + self._random.gauss(0, spread * math.sqrt(2 * share))

    def _people_come_and_go(self, hour: float) -> None:
        scene = self.scene
        if self.people is not None:
            scene.people = self.people
        else:
            wanted = self._climate.capacity * _attendance(hour)
            chance = abs(wanted - scene.people) / 900
            if self._random.random() < chance:
                scene.people += 1 if wanted > scene.people else -1
        scene.people = max(0, scene.people)
        still = (1 - _HELD_BY_RADAR) ** max(scene.people, 1)
        scene.moving = scene.people > 0 and self._random.random() > still
        if scene.people:
            scene.nearest = min(6000.0, max(400.0, self._drift(scene.nearest, 2500, 0.02, 900)))

    def _room(self) -> None:
        scene, volume = self.scene, self._climate.room_volume
        breathed = scene.people * _BREATH / 1000 / volume * 1e6
        scene.co2 += breathed - (scene.co2 - _FRESH_AIR) * _AIR_CHANGE
        warm = 19 + 0.15 * scene.people
        scene.room_temperature = self._drift(scene.room_temperature, warm, 1.0, 0.3)
        scene.room_humidity = self._drift(scene.room_humidity, 42 + 0.5 * scene.people, 1.0, 2.0)
        dust = 5 + 0.4 * scene.people
        scene.fine_dust = max(0.5, self._drift(scene.fine_dust, dust, 0.2, 1.5))

    def _sky(self, hour: float) -> None:
        scene, climate = self.scene, self._climate
        day = climate.air_temperature + climate.swing * math.cos((hour - 14) / 24 * math.tau)
        scene.air_temperature = self._drift(scene.air_temperature, day, 2.0, 1.5)
        damp = climate.humidity + (18 if self._wet else 0) - 2 * (scene.air_temperature - day)
        scene.humidity = min(100.0, max(20.0, self._drift(scene.humidity, damp, 1.0, 5.0)))
        scene.pressure = self._drift(scene.pressure, 1013 - (6 if self._wet else 0), 12.0, 6.0)
        self._turn_the_weather()
        self._cloud = max(0.0, self._drift(self._cloud, 3.0, 0.3, 2.0))
        scene.rain_intensity = round(self._cloud, 1) if self._wet else 0.0
        if scene.rain_intensity:
            scene.rainfall += scene.rain_intensity / 3600
            scene.rain_duration += 1
        cold = scene.air_temperature < 1
        scene.snowing = self._wet and (cold if self.weather is None else self.weather == "snow")

    def _turn_the_weather(self) -> None:
        if self.weather is not None:
            self._wet = self.weather != "dry"
            return
        share = self._climate.wet_share
        chance = (1 - share if self._wet else share) / (2 * 3600)
        if self._random.random() < chance:
            self._wet = not self._wet

    def _wind(self) -> None:
        scene = self.scene
        scene.wind_speed = max(0.0, self._drift(scene.wind_speed, 3.0, 0.5, 2.0))
        scene.gust = scene.wind_speed * (1.3 + 0.3 * self._random.random())
        scene.wind_direction = self._drift(scene.wind_direction, 300, 1.0, 40) % 360

    def _road(self, hour: float) -> None:
        scene = self.scene
        sun = max(0.0, math.cos((hour - 12) / 24 * math.tau)) * (1 if self._wet else 6)
        beneath = scene.air_temperature + sun - 0.5
        scene.road_temperature = self._drift(scene.road_temperature, beneath, 1.5, 0.3)
        fallen = scene.rain_intensity / 3600
        if scene.snowing:
            scene.snow_depth += 10 * fallen  # fresh snow is a tenth as dense as water
        else:
            scene.water_film += 1000 * fallen
        if scene.air_temperature > 0 and scene.snow_depth > 0:
            melted = min(scene.snow_depth, 3 * scene.air_temperature / 3600)
            scene.snow_depth -= melted
            scene.water_film += 100 * melted
        # A thick film runs off in minutes, what is left dries within an hour or two.
        runs_off = max(0.0, scene.water_film - 300) / 600
        scene.water_film = max(0.0, scene.water_film - runs_off - 0.05)


def _attendance(hour: float) -> float:
    """How full a community hall is over a day: a morning course, an afternoon, an evening club."""
    peaks: tuple[tuple[float, float], ...] = ((10.5, 0.4), (14.5, 0.5), (19.5, 0.7))
    return max(share * math.exp(-((hour - peak) ** 2) / 1.5) for peak, share in peaks)
