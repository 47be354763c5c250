"""What is wrong with the devices and nodes themselves."""

from collections.abc import Iterable, Sequence

from gateway.status.observation import Observation, Standing
from gateway.status.trouble import Severity, Trouble
from hardware.place import Name
from hardware.quantity import Kind
from hardware.reading import Absence, Trust

# %; with a week's warning somebody comes by anyway, and coin cells fall steeply below it.
BATTERY_LOW = 20

# States that are an alarm wherever they are seen.
_ALARMS = {
    ("smoke", "detected"): Name("煙を検知", "smoke"),
    ("gas", "detected"): Name("ガスを検知", "gas"),
    ("carbon_monoxide", "detected"): Name("一酸化炭素を検知", "carbon monoxide"),
    ("water_leak", "wet"): Name("水漏れ", "water leak"),
    ("tamper", "tampered"): Name("機器がこじ開けられました", "a device was tampered with"),
    ("safety", "unsafe"): Name("安全装置が作動", "a safety device says unsafe"),
}


def troubles(observations: Sequence[Observation]) -> Iterable[Trouble]:
    """Say what is wrong with the devices of one space; each kind of trouble once a device."""
    told: set[tuple[str, str]] = set()
    for seen in observations:
        for trouble in _of(seen):
            if (trouble.code, trouble.device) not in told:
                told.add((trouble.code, trouble.device))
                yield trouble


def _of(seen: Observation) -> Iterable[Trouble]:
    yield from _standing(seen)
    yield from _value(seen)
    if seen.standing is Standing.CURRENT and seen.trust < Trust.SERVICE:
        yield _trouble(
            "clock_not_trusted",
            Severity.NOTICE,
            seen,
            "時計が確認できない機器",
            "clock not trusted",
        )


def _standing(seen: Observation) -> Iterable[Trouble]:
    match seen.standing:
        case Standing.OFFLINE:
            yield Trouble(
                "node_offline",
                Severity.WARNING,
                Name("現地の装置とつながりません", "the node is offline"),
                device=seen.series.node,
            )
        case Standing.SILENT:
            yield _trouble("silent", Severity.WARNING, seen, "応答がない機器", "no word from")
        case Standing.STALE if seen.quantity.kind in (Kind.STATE, Kind.GAUGE):
            # A notice only: a contact that speaks by radio when it is used may rightly be quiet.
            yield _trouble("stale", Severity.NOTICE, seen, "更新が止まった機器", "no update from")
        case Standing.FUTURE:
            yield _trouble(
                "clock_wrong", Severity.WARNING, seen, "時計が進んでいる機器", "clock ahead"
            )


def _value(seen: Observation) -> Iterable[Trouble]:
    if seen.value is Absence.IMPLAUSIBLE:
        yield _trouble(
            "implausible", Severity.NOTICE, seen, "値がおかしい機器", "implausible value"
        )
    alarm = _ALARMS.get((seen.quantity.name, str(seen.value)))
    if alarm is not None:
        since = None if seen.since is None else seen.since.at
        yield Trouble(seen.quantity.name, Severity.ALARM, alarm, since, seen.series.device)
    if _battery_low(seen):
        yield _trouble("battery_low", Severity.NOTICE, seen, "電池が少ない機器", "battery low")


def _battery_low(seen: Observation) -> bool:
    left = seen.number()
    if seen.quantity.name == "battery":
        return left is not None and left < BATTERY_LOW
    return seen.quantity.name == "battery_low" and seen.is_one_of("yes")


def _trouble(code: str, severity: Severity, seen: Observation, ja: str, en: str) -> Trouble:
    """Name the device: a clerk must know which one."""
    name = Name(seen.series.device, seen.series.device) if seen.device is None else seen.device.name
    says = Name(f"{ja}: {name.ja}", f"{en}: {name.en}")
    return Trouble(code, severity, says, device=seen.series.device)
