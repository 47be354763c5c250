"""Quantities: what can be measured. One quantity has one unit, for ever.

Units are SenML codes (RFC 8428, RFC 8798 and the IANA registry that they opened). Conversion
happens once, in a device's profile; from there on a number never travels with a unit beside it.

The order of a quantity's ``states`` is its wire code: append, never reorder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """How the values of a quantity behave in time."""

    GAUGE = "gauge"  # may be averaged
    TOTAL = "total"  # only grows; a smaller value is a new start
    STATE = "state"  # holds until the next one
    EVENT = "event"  # is over at once


class Lane(StrEnum):
    """The journal's lanes, most precious first. The order is the wire code."""

    ALARM = "alarm"
    COUNT = "count"
    ENVIRONMENT = "environment"
    DIAGNOSTIC = "diagnostic"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that can be measured.

    Attributes:
        name: the identifier used in profiles, on the wire, in the store and in the API.
        unit: SenML unit code; empty for states and events.
        step: the finest difference kept where a device does not state its own, in ``unit``.
        states: the values of a state or event, in the order of their wire codes.
    """

    name: str
    unit: str
    kind: Kind
    lane: Lane
    step: Decimal
    ja: str
    en: str
    states: tuple[str, ...] = ()


def _gauge(
    name: str, unit: str, step: str, ja: str, en: str, lane: Lane = Lane.ENVIRONMENT
) -> Quantity:
    return Quantity(name, unit, Kind.GAUGE, lane, Decimal(step), ja, en)


def _total(name: str, unit: str, step: str, ja: str, en: str, lane: Lane = Lane.COUNT) -> Quantity:
    return Quantity(name, unit, Kind.TOTAL, lane, Decimal(step), ja, en)


def _state(name: str, lane: Lane, ja: str, en: str, *states: str) -> Quantity:
    return Quantity(name, "", Kind.STATE, lane, Decimal(1), ja, en, states)


def _event(name: str, lane: Lane, ja: str, en: str, *states: str) -> Quantity:
    return Quantity(name, "", Kind.EVENT, lane, Decimal(1), ja, en, states)


_ALL = (
    # Doors
    _state(
        "lock_state", Lane.ALARM, "錠", "lock",
        "locked", "unlocked", "locking", "unlocking", "jammed", "half_locked",
    ),
    _state("door", Lane.ALARM, "扉", "door", "closed", "open"),
    _state("window", Lane.ALARM, "窓", "window", "closed", "open"),
    _state("opening", Lane.ALARM, "開口", "opening", "closed", "open"),
    _state("held_open", Lane.ALARM, "開けっぱなし", "held open", "no", "yes"),
    _state("left_unlocked", Lane.ALARM, "鍵のかけ忘れ", "left unlocked", "no", "yes"),
    _state("lock_calibrated", Lane.DIAGNOSTIC, "錠の位置合わせ", "lock calibrated", "no", "yes"),
    _state("tamper", Lane.ALARM, "こじ開け検知", "tamper", "clear", "tampered"),
    _state("smoke", Lane.ALARM, "煙", "smoke", "clear", "detected"),
    _state("gas", Lane.ALARM, "ガス", "gas", "clear", "detected"),
    _state("carbon_monoxide", Lane.ALARM, "一酸化炭素", "carbon monoxide", "clear", "detected"),
    _state("water_leak", Lane.ALARM, "水漏れ", "water leak", "dry", "wet"),
    _state("safety", Lane.ALARM, "安全", "safety", "safe", "unsafe"),
    _state("problem", Lane.ALARM, "異常", "problem", "ok", "problem"),
    _event(
        "button", Lane.ALARM, "ボタン", "button",
        "press", "double_press", "triple_press", "long_press", "long_double_press",
        "long_triple_press", "hold_press", "hold_release",
    ),
    _event("dimmer", Lane.COUNT, "つまみ", "dimmer", "rotate_left", "rotate_right"),
    # People
    _state("presence", Lane.COUNT, "在室", "presence", "absent", "present"),
    _state("motion", Lane.COUNT, "動き", "motion", "still", "moving"),
    _gauge("people", "count", "1", "人数", "people", Lane.COUNT),
    _total("passages", "count", "1", "通過人数", "passages"),
    _total("events_counted", "count", "1", "計数", "count"),
    _gauge("moving_distance", "mm", "10", "動く人までの距離", "distance of the moving target"),
    _gauge("still_distance", "mm", "10", "静止した人までの距離", "distance of the still target"),
    _gauge("detection_distance", "mm", "10", "検知距離", "detection distance"),
    _gauge("moving_energy", "/100", "1", "動きの反射強度", "moving energy", Lane.DIAGNOSTIC),
    _gauge("still_energy", "/100", "1", "静止の反射強度", "still energy", Lane.DIAGNOSTIC),
    # Air
    _gauge("air_temperature", "Cel", "0.01", "気温", "temperature"),
    _gauge("relative_humidity", "%RH", "0.01", "湿度", "humidity"),
    _gauge("air_pressure", "hPa", "0.01", "気圧", "air pressure"),
    _gauge("dew_point", "Cel", "0.01", "露点", "dew point"),
    _gauge("co2", "ppm", "1", "CO2", "CO2"),
    _gauge("tvoc", "ug/m3", "1", "揮発性有機化合物", "TVOC"),
    _gauge("pm1", "ug/m3", "0.1", "PM1", "PM1"),
    _gauge("pm25", "ug/m3", "0.1", "PM2.5", "PM2.5"),
    _gauge("pm10", "ug/m3", "0.1", "PM10", "PM10"),
    _gauge("illuminance", "lx", "0.01", "明るさ", "illuminance"),
    _gauge("light_level", "count", "1", "明るさの段階", "light level"),
    _state("light", Lane.ENVIRONMENT, "明暗", "light", "dark", "light"),
    _gauge("sound_level", "dB", "0.01", "音の大きさ", "sound level"),
    _gauge("uv_index", "/", "0.1", "UV指数", "UV index"),
    # Weather
    _gauge("wind_speed", "m/s", "0.1", "風速", "wind speed"),
    _gauge("wind_direction", "deg", "1", "風向", "wind direction"),
    _total("rainfall", "mm", "0.01", "降水量", "rainfall"),
    _total("rain_duration", "s", "1", "降水時間", "rain duration"),
    _gauge("rain_intensity", "mm/h", "0.1", "降水強度", "rain intensity"),
    _total("hail_hits", "count", "0.1", "ひょう", "hail hits per square centimetre"),
    _gauge("visibility", "m", "1", "視程", "visibility"),
    # Road
    _gauge("road_temperature", "Cel", "0.01", "路面温度", "road surface temperature"),
    _gauge("freezing_point", "Cel", "0.01", "凍結温度", "freezing point"),
    _state(
        "road_surface", Lane.ENVIRONMENT, "路面", "road surface",
        "dry", "damp", "wet", "damp_with_salt", "wet_with_salt", "ice", "snow", "frost",
    ),
    _gauge(
        "road_surface_code", "count", "1", "路面コード(機器の値)",
        "road surface code of the device",
    ),
    _gauge("water_film", "um", "1", "水膜の厚さ", "water film"),
    _gauge("friction", "/", "0.01", "摩擦係数", "friction"),
    _gauge("distance", "mm", "1", "距離", "distance"),
    _gauge("snow_depth", "mm", "1", "積雪深", "snow depth"),
    _gauge("water_level", "mm", "1", "水位", "water level"),
    # Things
    _gauge("acceleration", "m/s2", "0.001", "加速度", "acceleration", Lane.DIAGNOSTIC),
    _total("movements", "count", "1", "動いた回数", "movements"),
    _gauge("rotation", "deg", "0.1", "傾き", "rotation"),
    _gauge("voltage", "V", "0.001", "電圧", "voltage"),
    _gauge("current", "A", "0.001", "電流", "current"),
    _gauge("power", "W", "0.01", "電力", "power"),
    _total("energy", "kWh", "0.001", "電力量", "energy"),
    _state("power_on", Lane.COUNT, "電源", "power", "off", "on"),
    _state("vibration", Lane.COUNT, "振動", "vibration", "still", "vibrating"),
    _gauge("soil_moisture", "/100", "0.01", "水分", "moisture"),
    # The device itself
    _gauge("battery", "%EL", "1", "電池残量", "battery", Lane.DIAGNOSTIC),
    _state("battery_low", Lane.ALARM, "電池切れ間近", "battery low", "no", "yes"),
    _gauge("battery_voltage", "V", "0.001", "電池電圧", "battery voltage", Lane.DIAGNOSTIC),
    _gauge("supply_voltage", "V", "0.1", "電源電圧", "supply voltage", Lane.DIAGNOSTIC),
    _gauge("device_temperature", "Cel", "0.1", "機器温度", "device temperature", Lane.DIAGNOSTIC),
    _gauge("transmit_power", "dBm", "1", "送信出力", "transmit power", Lane.DIAGNOSTIC),
    _gauge("signal_strength", "dBm", "1", "電波の強さ", "signal strength", Lane.DIAGNOSTIC),
    _gauge(
        "device_fault", "count", "1", "機器の異常コード",
        "fault code of the device", Lane.DIAGNOSTIC,
    ),
    # The node
    _gauge("uptime", "s", "1", "稼働時間", "uptime", Lane.DIAGNOSTIC),
    _gauge("memory", "B", "4096", "使用メモリ", "resident memory", Lane.DIAGNOSTIC),
    _total("cpu_time", "s", "0.01", "CPU時間", "CPU time", Lane.DIAGNOSTIC),
    _gauge("disk_free", "B", "4096", "ディスク空き", "free disk", Lane.DIAGNOSTIC),
    _total("frames_heard", "count", "1", "受信フレーム", "frames heard", Lane.DIAGNOSTIC),
    _total("frames_broken", "count", "1", "破損フレーム", "broken frames", Lane.DIAGNOSTIC),
    _gauge(
        "journal_backlog", "count", "1", "未送信の読み取り",
        "readings not yet receipted", Lane.DIAGNOSTIC,
    ),
    _total(
        "journal_written", "B", "1", "フラッシュ書き込み",
        "bytes written to flash", Lane.DIAGNOSTIC,
    ),
    _gauge(
        "journal_window", "s", "1", "停電で失う最大時間",
        "window lost at a power cut", Lane.DIAGNOSTIC,
    ),
    _total("readings_shed", "count", "1", "間引いた読み取り", "readings shed", Lane.ALARM),
    _state(
        "clock_trust", Lane.DIAGNOSTIC, "時計の信頼", "clock trust",
        "none", "bounded", "service", "rtc", "gnss", "ntp",
    ),
)  # fmt: skip

QUANTITIES: Mapping[str, Quantity] = MappingProxyType({q.name: q for q in _ALL})
"""Every quantity by its name."""


def decimals(step: Decimal) -> int:
    """Give the number of decimal places that a step needs: 2 for 0.05, 0 for 10."""
    exponent = step.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "a step is a finite number"
    return max(0, -exponent)
