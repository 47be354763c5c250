"""The databases that the ledger is tested on: SQLite, and a PostgreSQL of the test's own."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def find_postgresql() -> Path | None:
    """Find the folder of the server's programs."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    return _DEBIAN[-1] if _DEBIAN else None


def why_not() -> str | None:
    """Say what is missing for PostgreSQL; None if nothing is."""
    if find_postgresql() is None:
        return "needs the server of PostgreSQL (initdb), which is not installed"
    if importlib.util.find_spec("psycopg") is None:
        return "needs psycopg (the extra kyoten[postgresql]), which is not installed"
    return None


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a server on loopback, as a user who is not root; give the URL of its database."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    programs = find_postgresql()
    assert programs is not None
    user = _unprivileged()
    if user is not None:
        for above in (folder, *folder.parents[:3]):
            above.chmod(0o755)
        shutil.chown(folder, user)
    data = folder / "data"
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        command = [programs / program, "-D", data, *arguments]
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    run("initdb", "-A", "trust", "-U", "kyoten", "--no-sync", "-E", "UTF8")
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=80"
    )
    run("pg_ctl", "start", "-w", "-o", options, "-l", str(folder / "log"))
    try:
        yield f"postgresql+psycopg://kyoten@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "stop", "-m", "immediate")


def free_port() -> int:
    """Give a port of loopback that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _unprivileged() -> str | None:
    """Name whom to be: the server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
