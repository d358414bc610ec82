"""The servers of the tests are what the tests take them for."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests import servers


def test_a_database_is_empty_and_writable(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (name text)"))
        connection.execute(text("INSERT INTO t VALUES ('阳光标')"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT upper(name) FROM t")).scalar_one() == "阳光标"
    engine.dispose()


def test_postgres_is_durable_and_speaks_unicode(postgres: str) -> None:
    with psycopg.connect(servers.libpq(postgres)) as connection:
        shown = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in ("fsync", "full_page_writes")]
        assert shown == [("on",), ("on",)]
        assert connection.execute("SELECT upper('ä'), length('公告')").fetchone() == ("Ä", 2)


def test_two_databases_of_a_cluster_are_apart(postgres: str) -> None:
    with servers.postgres_database(postgres) as one, servers.postgres_database(postgres) as other:
        assert one != other
        with psycopg.connect(servers.libpq(one)) as connection:
            connection.execute("CREATE TABLE t ()")
        with psycopg.connect(servers.libpq(other)) as connection:
            assert connection.execute("SELECT to_regclass('t')").fetchone() == (None,)


def test_redis_answers(redis: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(redis.removeprefix("unix://").removesuffix("?db=0"))
        client.sendall(b"PING\r\n")
        assert client.recv(16) == b"+PONG\r\n"


def test_a_killed_run_leaves_no_server() -> None:
    program = "from tests import servers\nwith servers.postgres_server() as url: print(url, flush=True), input()"
    root = Path(__file__).parent.parent
    child = subprocess.Popen([sys.executable, "-c", program], cwd=root, stdin=-1, stdout=-1, text=True)
    assert child.stdout is not None
    url = child.stdout.readline().strip()
    psycopg.connect(servers.libpq(url)).close()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    folder = Path(url.partition("host=")[2])
    limit = time.monotonic() + 10
    while (folder / "data/postmaster.pid").exists() and time.monotonic() < limit:
        time.sleep(0.02)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(servers.libpq(url))
    shutil.rmtree(folder)
