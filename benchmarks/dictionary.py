"""Makes preset dictionary 1 of the block codec: ``python benchmarks/dictionary.py FILE``.

Once blocks have been sealed with a dictionary it never changes (``tests/vectors`` holds its hash);
a better one gets the next number. It is the last 8 KB of bodies of short streams of random devices,
shuffled: of the ways that were tried (frequent substrings, other sizes) none saved more on streams
of other seeds.
"""

import random
import sys
from pathlib import Path

import streams

from cloud_sync.block import MIN_SIZE, _inflate, read_header

SIZE = 8192
_HEADER = MIN_SIZE - 4


def make() -> bytes:
    """Give the dictionary."""
    dice = random.Random(5)
    bodies = []
    everything = list(streams.SERIES)
    for seed in range(100, 112):
        streams.SERIES[:] = dice.sample(everything, dice.randrange(5, 25))
        for interval in (1, 10, 60):
            _, sealed, _ = streams.blocks(120, interval=interval, seed=seed)
            bodies += [_body(block) for block in dice.sample(sealed, min(6, len(sealed)))]
    streams.SERIES[:] = everything
    dice.shuffle(bodies)
    return b"".join(bodies)[-SIZE:]


def _body(block: bytes) -> bytes:
    header = read_header(block)
    packed = block[_HEADER:-4]
    return _inflate(packed, header) if header.coding else packed


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(make())
