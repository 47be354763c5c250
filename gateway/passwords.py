"""Passwords of staff: hashed slowly, checked in equal time, and not to be guessed at speed."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hardware.errors import ConfigError

SHORTEST = 10  # characters; NIST SP 800-63B asks for 8, and the counter's screen is seen by many
LONGEST = 1000  # characters; hashing more is work for whoever sends it, and for us

# Argon2id with 19 MiB and two passes: OWASP's second choice, 30 ms on a server, so that a Raspberry
# Pi can do it too.
_TIME, _MEMORY, _LANES = 2, 19_456, 1
_AT_ONCE = 4  # hashes; together 76 MiB, so that a flood of sign-ins does not take the memory

FREE_TRIES = 3  # a typing error or two cost no time
FIRST_DELAY, LAST_DELAY = 2.0, 300.0  # seconds; doubles, and leaves a guesser 300 tries a day
FORGET_AFTER = 3600.0  # seconds without a try
REMEMBERED = 10_000  # pairs of account and address, about 2 MB


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(_TIME, _MEMORY, _LANES)
        self._at_once = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash("the password of an account that does not exist")

    def hash(self, password: str) -> str:
        """Hash a new password.

        Raises:
            ConfigError: it is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise ConfigError(f"a password has {SHORTEST} to {LONGEST} characters")
        return self._hasher.hash(password)

    def holds(self, password_hash: str | None, password: str) -> bool:
        """Check a password. Blocks; takes as long for an account that does not exist (None)."""
        with self._at_once:
            try:
                self._hasher.verify(password_hash or self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None


class Throttle:
    """Counts wrong passwords by account and address; each one doubles the wait for the next.

    An account is never locked: a guesser at one address does not keep the clerk out at another.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def wait(self, account: str, address: str) -> float:
        """Say for how many seconds no password is looked at; 0 to go on."""
        failures, last = self._failures.get((account, address), (0, 0.0))
        if failures < FREE_TRIES or self._monotonic() - last > FORGET_AFTER:
            return 0.0
        delay = min(FIRST_DELAY * 2.0 ** min(failures - FREE_TRIES, 30), LAST_DELAY)
        return max(0.0, delay - (self._monotonic() - last))

    def failed(self, account: str, address: str) -> None:
        """Note a wrong password."""
        failures, last = self._failures.pop((account, address), (0, 0.0))
        now = self._monotonic()
        if now - last > FORGET_AFTER:
            failures = 0
        self._failures[account, address] = (failures + 1, now)
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget the wrong ones."""
        self._failures.pop((account, address), None)
