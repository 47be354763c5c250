"""A link over which bytes pass, whatever it is made of."""

from typing import Protocol


class LinkLost(ConnectionError):
    """The link is gone (unplugged, refused, timed out): wait, then open it again."""


class Transport(Protocol):
    """One byte stream to one port. Opened once, closed once; a lost link needs a new transport."""

    async def open(self) -> None:
        """Open the port.

        Raises:
            LinkLost: there is no such port now, or somebody else has it; the text says which.
        """

    async def read(self) -> bytes:
        """Wait for bytes and give all that are there, at least one. Cancelling loses none.

        Raises:
            LinkLost: nothing more will come.
        """

    async def write(self, octets: bytes) -> None:
        """Hand bytes to the port.

        Raises:
            LinkLost: they could not be handed over.
        """

    def discard(self) -> None:
        """Forget what has come and was not read: the late answer to an earlier question."""

    async def close(self) -> None:
        """Close the port; harmless when it is closed or lost already."""
