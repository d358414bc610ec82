"""PostgreSQL and Redis for one test process: own data, own socket in a private folder, gone when the process is.

They listen on Unix sockets only, so there is no port to race for and nobody else to keep out.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

START_SECONDS = 30


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a new PostgreSQL cluster; yields the SQLAlchemy URL of its database ``postgres``."""
    with postgres_cluster() as folder, postgres_running(folder) as url:
        yield url


@contextmanager
def postgres_cluster() -> Iterator[Path]:
    """Make a PostgreSQL cluster (UTF-8, C.UTF-8, fsync on), to be run by postgres_running; yields its folder."""
    with _private_folder(_postgres_user()) as folder:
        initdb = [f"{_postgres_binaries()}/initdb", "-D", str(folder / "data"), "-U", "postgres", "--auth=trust"]
        encoding = ["-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run([*_drop_root(), *initdb, *encoding], check=True, stdout=subprocess.DEVNULL)
        yield folder


@contextmanager
def postgres_running(folder: Path, **settings: str) -> Iterator[str]:
    """Run a cluster with these settings; yields the SQLAlchemy URL of its database ``postgres``."""
    postgres = [f"{_postgres_binaries()}/postgres", "-D", str(folder / "data"), "-k", str(folder)]
    options = [f"--{name}={value}" for name, value in {"listen_addresses": "", **settings}.items()]
    with _running([*_drop_root(), *postgres, *options], folder, folder / ".s.PGSQL.5432"):
        url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        _wait_until_it_answers(url)
        yield url


def postgres_crash(folder: Path) -> None:
    """Stop a cluster at once, as ``pg_ctl stop -m immediate`` does: nobody is waited for, nothing is written."""
    postmaster = int((folder / "data" / "postmaster.pid").read_text("ascii").split()[0])
    os.kill(postmaster, signal.SIGQUIT)


@contextmanager
def postgres_database(server: str, template: str = "template1") -> Iterator[str]:
    """Make a database in a cluster, empty or a copy of `template` (to which nobody is connected).

    Yields its SQLAlchemy URL, drops it whoever is still connected.
    """
    name = f"t{secrets.token_hex(8)}"
    with psycopg.connect(libpq(server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        try:
            yield server.replace("/postgres?", f"/{name}?")
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def libpq(url: str) -> str:
    """What psycopg takes for an SQLAlchemy URL."""
    return url.replace("postgresql+psycopg://", "postgresql://")


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a Redis that stores nothing; yields its URL."""
    with _private_folder(None) as folder:
        listen = folder / "redis.sock"
        redis = ["redis-server", "--port", "0", "--unixsocket", str(listen), "--save", "", "--dir", str(folder)]
        with _running([*_with_parent("TERM"), *redis], folder, listen):
            yield f"unix://{listen}?db=0"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago, for a server that is to come back on the same one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _postgres_binaries() -> Path:
    """Debian keeps each version in a folder of its own, off the search path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    other = shutil.which("initdb")
    if not found and other is None:
        raise FileNotFoundError("no PostgreSQL server: make test-setup installs it")
    return (found[-1] if found else Path(str(other))).parent


def _postgres_user() -> str | None:
    """PostgreSQL refuses to run as root; Debian's package has made a user for it."""
    return "postgres" if os.geteuid() == 0 else None


def _with_parent(signame: str) -> list[str]:
    """Prefix of a command that is to get this signal when we die, even by SIGKILL."""
    return ["setpriv", "--pdeathsig", signame]


def _drop_root() -> list[str]:
    # SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for its clients.
    user = _postgres_user()
    as_user = ["--reuid", user, "--regid", user, "--init-groups"] if user else []
    return [*_with_parent("INT"), *as_user]


@contextmanager
def _private_folder(owner: str | None) -> Iterator[Path]:
    """A folder of mode 0700; pytest's own lie under one that another user cannot enter."""
    with tempfile.TemporaryDirectory(prefix="sunbid-test-", ignore_cleanup_errors=True) as name:
        if owner:
            user = pwd.getpwnam(owner)
            os.chown(name, user.pw_uid, user.pw_gid)
        yield Path(name)


@contextmanager
def _running(command: list[str], folder: Path, listen: Path) -> Iterator[None]:
    """Run a server, from the moment its socket is there until the end of the block."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    try:
        _wait_for_socket(process, listen, log)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(START_SECONDS)


def _wait_for_socket(process: subprocess.Popen[bytes], listen: Path, log: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while not _listens(listen):
        if process.poll() is not None or time.monotonic() > limit:
            process.kill()
            raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)


def _listens(path: Path) -> bool:
    """A socket is a file as soon as it has its name, which is a moment before anybody can connect."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True


def _wait_until_it_answers(url: str) -> None:
    """PostgreSQL has its socket a moment before it lets anybody in."""
    limit = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(libpq(url)).close()
        except psycopg.OperationalError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.02)
        else:
            return
