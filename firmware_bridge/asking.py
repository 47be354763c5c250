"""Devices that speak when asked."""

from firmware_bridge.deadline import within
from firmware_bridge.driver import Conversation, NoAnswer, Speaks
from firmware_bridge.speaking import Speaker
from firmware_bridge.transport import Transport
from hardware.clock import Clock
from hardware.errors import BrokenFrame
from hardware.profile import Poll, Profile
from hardware.reading import Measurements


class FrameConversation:
    """The same request each time, answered by a frame or line of the profile's layout."""

    def __init__(self, profile: Profile) -> None:
        assert profile.poll is not None
        self._profile = profile
        self.request = profile.poll.request

    def reader(self) -> Speaks:
        """Make a reader for one answer."""
        return Speaker(self._profile)


class Asker:
    """Asks one device on a line that it may share. Satisfies ``driver.Answers``."""

    def __init__(self, conversation: Conversation, poll: Poll, clock: Clock) -> None:
        self._conversation = conversation
        self._poll = poll
        self._clock = clock

    @property
    def every(self) -> float:
        """Seconds from one question to the next."""
        return self._poll.every

    async def ask(self, line: Transport) -> Measurements:
        """Ask once and measure the answer.

        Raises:
            NoAnswer: nothing that is an answer came in time.
            BrokenFrame: an answer came, and it was damaged or a refusal.
            LinkLost: the port is gone.
        """
        line.discard()
        await line.write(self._conversation.request)
        damage: list[BrokenFrame] = []
        try:
            return await within(self._clock, self._poll.within, self._answer(line, damage))
        except TimeoutError:
            if damage:
                raise damage[-1] from None
            raise NoAnswer(f"nothing within {self._poll.within} s") from None

    async def _answer(self, line: Transport, damage: list[BrokenFrame]) -> Measurements:
        """Wait for the first sound answer: one may still follow what was damaged."""
        reader = self._conversation.reader()
        while True:
            for found in reader.feed(await line.read()):
                if isinstance(found, tuple):
                    return found
                if isinstance(found, BrokenFrame):  # another device's answer is no damage
                    damage.append(found)
