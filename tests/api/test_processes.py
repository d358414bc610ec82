"""`sunbid serve --processes`: more than one process answers on one port, and they end together."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest

from api import server
from tests.serving import Process, variables

_CONNECTIONS = 64


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Several processes want PostgreSQL."""
    return postgres_url


@pytest.fixture(name="process")
def _process(tmp_path: Path, database_url: str) -> Iterator[Process]:
    process = Process(tmp_path / "home", database_url, log=tmp_path / "log", processes=2)
    process.start()
    yield process
    process.kill()


def web(process: Process) -> list[psutil.Process]:
    """The processes that listen on the port."""
    first = psutil.Process(process.pid)
    everyone = [first, *first.children(recursive=True)]
    return [
        one
        for one in everyone
        if any(c.status == "LISTEN" and c.laddr.port == process.port for c in one.net_connections())
    ]


@pytest.mark.parametrize("count", [1, 2])
def test_no_answer_waits_for_the_reader_to_confirm_its_beginning(count: int) -> None:
    with ExitStack() as open_:
        listening = [open_.enter_context(closing(one)) for one in server._listening("127.0.0.1", 0, count)]
        for one in listening:
            open_.enter_context(closing(socket.create_connection(one.getsockname())))
            taken, _ = one.accept()
            with taken:
                assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_both_answer_and_know_the_same(process: Process) -> None:
    """The other one comes up a little later: the port gives it connections from then on."""
    with ExitStack() as open_:
        taken: set[int] = set()
        while len(taken) < 2:
            connections = [
                open_.enter_context(closing(http.client.HTTPConnection("127.0.0.1", process.port)))
                for _ in range(_CONNECTIONS)
            ]
            for one in connections:
                one.request("GET", "/notices")
                answer = one.getresponse()
                assert (answer.status, bool(answer.read())) == (200, True)
            for answering in web(process):
                if any(c.status == "ESTABLISHED" and c.laddr.port == process.port for c in answering.net_connections()):
                    taken.add(answering.pid)
            for one in connections:
                one.close()


def test_told_to_end_all_end(process: Process) -> None:
    processes = waited(process)
    process.terminate()
    assert process.wait(60) == 0
    assert psutil.wait_procs(processes, timeout=60)[1] == []
    free(process.port)


def test_killed_the_first_takes_the_others_along(process: Process) -> None:
    processes = waited(process)
    process.kill()
    assert psutil.wait_procs(processes, timeout=60)[1] == []
    free(process.port)


def test_when_another_is_killed_all_end_for_the_whole_to_be_started_again(process: Process, tmp_path: Path) -> None:
    processes = waited(process)
    next(one for one in processes if one.pid != process.pid).kill()
    assert process.wait(60) == 1
    assert "web_process_ended" in (tmp_path / "log").read_text("utf-8")
    free(process.port)


def test_a_port_that_is_taken_is_not_shared(process: Process, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(process.port), "--processes", "2"]
    environment = os.environ | variables(tmp_path / "other", f"sqlite:///{tmp_path / 'other.db'}")
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
    assert (done.returncode, "in use" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def waited(process: Process) -> list[psutil.Process]:
    """Both, once both listen."""
    while len(found := web(process)) < 2:
        time.sleep(0.05)
    return found


def free(port: int) -> None:
    """Nobody listens there any more."""
    socket.create_server(("127.0.0.1", port)).close()
