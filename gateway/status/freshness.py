"""For how long a reading may be believed.

A node says by itself when a device falls silent, and the broker says when a node does. These limits
are the net behind both: what is older is not shown as if it were now, whatever nobody has said.
"""

from datetime import timedelta

from hardware.quantity import Kind, Quantity

# Profiles tell an unchanged state again every 10 minutes; two may be missed.
STATE = timedelta(minutes=25)

# The slowest gauges come every 5 minutes, and no profile waits for longer than 10 before it calls
# its device silent.
GAUGE = timedelta(minutes=15)

# Said with every reading of a radar and at least each minute: an older one says nothing of people.
PEOPLE = timedelta(minutes=5)

# Told rarely and true for long: batteries, and totals that stand still when it does not rain.
HELD = timedelta(hours=36)

# A node's clock may be ahead by this much; a reading from further in the future has a wrong time.
AHEAD = timedelta(minutes=1)

_BY_QUANTITY = {
    "presence": PEOPLE,
    "people": PEOPLE,
    "battery": HELD,
    "battery_low": HELD,
    "battery_voltage": HELD,
    "lock_calibrated": HELD,
}
_BY_KIND = {Kind.STATE: STATE, Kind.GAUGE: GAUGE, Kind.TOTAL: HELD}


def fresh_for(quantity: Quantity) -> timedelta:
    """Say for how long a reading of this quantity may be shown as now. An event is over at once."""
    return _BY_QUANTITY.get(quantity.name) or _BY_KIND.get(quantity.kind, timedelta(0))
