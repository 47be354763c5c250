"""What the machine says of itself. The only file that asks the kernel."""

import ctypes
import hashlib
import resource
from pathlib import Path

_STA_UNSYNC = 0x0040  # from <sys/timex.h>
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_MARKS = (
    Path("/sys/firmware/devicetree/base/serial-number"),  # a Raspberry Pi's own
    Path("/etc/machine-id"),
)


class _Timex(ctypes.Structure):
    """``struct timex`` as far as it is read; the rest is room for the kernel to write in."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def clock_synchronised() -> bool:
    """Whether something disciplines the wall clock (chrony, timesyncd and ntpd tell the kernel)."""
    timex = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    return 0 <= state != _TIME_ERROR and not timex.status & _STA_UNSYNC


def boot_id() -> str:
    """The kernel's id of this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def mark() -> str:
    """A mark of the machine that a cloned card does not carry along; it tells nothing else."""
    for path in _MARKS:
        try:
            serial = path.read_bytes()
        except OSError:
            continue
        return hashlib.sha256(b"kyoten machine " + serial).hexdigest()[:12]
    return "unknown"


def resident_memory() -> int:
    """Bytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def cpu_time() -> float:
    """Seconds of processor time that this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
