"""``kyoten``: one command for all programs. It only finds the program that is meant."""

import importlib.metadata
import sys
from collections.abc import Callable, Mapping, Sequence

from hardware.table import did_you_mean

# Each program is imported when it is asked for: a Pi has no FastAPI, a server has no gpiozero.
# ruff: noqa: PLC0415

_USAGE = """\
kyoten {version}: senses, opens and accounts for the small public places of a town

  kyoten demo                      a hall and a roadside station, with virtual devices
  kyoten agent --config FILE       the agent of a node (on the Pi)
  kyoten ingest --config FILE      readings from the broker into the store
  kyoten serve --config FILE       the service: API and board
  kyoten account add NAME …        an account that may sign in
  kyoten token add NAME …          a bearer token for a machine
  kyoten check --config FILE       tries what the service's configuration relies on
  kyoten migrate --config FILE     brings the tables of a PostgreSQL ledger up to date
  kyoten broker HOST:PORT FOLDER   mosquitto where it is installed, else a broker in process
  kyoten world FILE                virtual devices, as a file describes them
  kyoten tell SOCKET JSON          meddles with a virtual world
  kyoten replay FILE PORT          captured bytes, heard again at a port that is not there

Each says more with --help."""


def main() -> int:
    """Run the program that the first word names; give its exit code."""
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help", "help"):
        print(_USAGE.format(version=importlib.metadata.version("kyoten")))
        return 0
    programs = _programs()
    if words[0] not in programs:
        print(f"kyoten: no program {words[0]!r}{did_you_mean(words[0], programs)}", file=sys.stderr)
        return 2
    return programs[words[0]](words[1:])


def _programs() -> Mapping[str, Callable[[Sequence[str]], int]]:
    of_the_gateway = ("serve", "ingest", "account", "token", "check", "migrate")
    return {
        "agent": _agent,
        "broker": _broker,
        "demo": _demo,
        "replay": _replay,
        "tell": _tell,
        "world": _world,
        **{verb: _gateway(verb) for verb in of_the_gateway},
    }


def _agent(words: Sequence[str]) -> int:
    from edge.__main__ import main as agent

    return agent(list(words))


def _gateway(verb: str) -> Callable[[Sequence[str]], int]:
    def run(words: Sequence[str]) -> int:
        from gateway.__main__ import main as gateway

        return gateway([verb, *words])

    return run


def _demo(words: Sequence[str]) -> int:
    from kyoten.demo.run import demo

    return demo(words)


def _broker(words: Sequence[str]) -> int:
    from kyoten.broker import broker

    return broker(words)


def _world(words: Sequence[str]) -> int:
    from kyoten.world import world

    return world(words)


def _replay(words: Sequence[str]) -> int:
    from kyoten.replay import replay_file

    return replay_file(words)


def _tell(words: Sequence[str]) -> int:
    from kyoten.world import tell

    return tell(words)
