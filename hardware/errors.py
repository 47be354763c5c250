"""What can be wrong with bytes and with files, named by what to do next.

``DecodeError`` and its kinds are about bytes: they are counted and the next frame is read.
``ConfigError`` is about a file that a person wrote: the program stops and says which line to
change. Trouble with a link is ``firmware_bridge.transport.LinkLost``: wait and try again.
"""


class DecodeError(ValueError):
    """These bytes give no measurement."""


class NotMine(DecodeError):
    """The bytes belong to another kind of device: ask the next decoder."""


class BrokenFrame(DecodeError):
    """The frame is ours but damaged or incomplete: drop it, count it, read on."""


class NeedsKey(DecodeError):
    """The frame is ours but sealed, and the key is missing or wrong: tell the technician."""


class ConfigError(ValueError):
    """A file must be changed by a person.

    The text says where (file, table, key), what was seen, and what was expected.
    """


class ProfileError(ConfigError):
    """A device profile says something impossible; the device cannot be used until it is mended."""
