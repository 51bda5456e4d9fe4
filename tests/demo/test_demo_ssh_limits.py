"""What the simulated nodes let one do at most, and what becomes of connections when a node or the service goes."""

import asyncio
import importlib.util
import socket
import subprocess
import time

import asyncssh
import pytest
from ssh_door import PASSWORD, Door, on_the_loop, open_door

from batch_widgets.demo import DemoService, SteppedClock, allocation, node_life
from batch_widgets.demo.ssh import SshLimits


@pytest.fixture
def make_door(tmp_path):
    """Open a door to a service with options of its own."""
    opened = []

    def make(**options):
        opened.append(Door(tmp_path, **options))
        return opened[-1]

    yield make
    for door in opened:
        door.service.stop()


@pytest.fixture
def limited(make_door):
    """Open a door with limits of its own."""
    return lambda **limits: make_door(limits=SshLimits(**limits))


def test_a_client_that_fails_too_often_is_dropped(limited):
    door = limited(attempts=3)
    door.user(password=PASSWORD)
    done = door.ssh("true", password="wrong", options=("-o", "NumberOfPasswordPrompts=9"))
    assert done.returncode == 255
    assert "Too many failures" in done.stderr
    assert door.ssh("true", password=PASSWORD).returncode == 0


def test_a_node_takes_so_many_connections(limited):
    door = limited(connections_per_node=2)
    door.user(password=PASSWORD)
    first = [socket.create_connection(("127.0.0.1", door.port), timeout=5) for _ in range(2)]
    assert all(held.recv(4) == b"SSH-" for held in first)
    with socket.create_connection(("127.0.0.1", door.port), timeout=5) as third:
        assert third.recv(100) == b""
    for held in first:
        held.close()
    time.sleep(0.3)
    assert door.ssh("true", password=PASSWORD).returncode == 0


def test_the_service_takes_so_many_connections(limited):
    door = limited(connections=1)
    other = door.open(list(door.state.pool("demo").nodes.values())[1])
    with socket.create_connection(("127.0.0.1", door.port), timeout=5) as held:
        assert held.recv(4) == b"SSH-"
        with socket.create_connection(("127.0.0.1", other), timeout=5) as second:
            assert second.recv(100) == b""


def test_who_does_not_log_in_is_dropped(limited):
    door = limited(login_s=0.5)
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as held:
        assert held.recv(4) == b"SSH-"
        began = time.monotonic()
        while held.recv(4096):
            pass
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("command", [(), ("sleep 999999",)])
def test_sessions_end_in_time(limited, command):
    door = limited(idle_s=0.5, session_s=2)
    door.user(password=PASSWORD)
    with door.open_session(*command, stdin=subprocess.PIPE) as process:
        assert process.wait(10) == 124
        assert b"ends sessions" in process.stderr.read()


def test_a_connection_has_so_many_sessions(limited):
    door = limited(sessions=2)
    door.user(password=PASSWORD)

    async def main():
        async with asyncssh.connect(
            "127.0.0.1", door.port, username="alice", password=PASSWORD, known_hosts=None, config=None, client_keys=None
        ) as connection:
            held = [await connection.create_process("sleep 9999") for _ in range(2)]
            with pytest.raises(asyncssh.ChannelOpenError, match="refused"):
                await connection.run("true")
            for process in held:
                process.close()
                await process.wait_closed()
            await asyncio.sleep(0.5)
            assert (await connection.run("echo again")).stdout == "again\n"

    asyncio.run(main())


def test_lines_without_an_end_are_refused(limited):
    door = limited()
    door.user(password=PASSWORD)
    done = door.ssh(password=PASSWORD, options=("-T",), stdin="x" * 2_000_000)
    assert "too long" in done.stderr


def test_a_node_that_leaves_drops_its_connections(make_door):
    door = make_door()
    door.user(password=PASSWORD)
    with door.open_session("sleep 99999") as process:
        time.sleep(1)
        assert process.poll() is None
        pool = door.state.pool("demo")
        on_the_loop(door.service, lambda: allocation.delete_pool(door.state, pool, door.state.now()))
        assert process.wait(10) == 255
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", door.port), timeout=5)


def test_stopping_ends_the_sessions(make_door):
    door = make_door()
    door.user(password=PASSWORD)
    with door.open_session("sleep 99999") as process:
        time.sleep(1)
        began = time.monotonic()
        door.service.stop()
        assert time.monotonic() - began < 5
        assert process.wait(10) == 255


def test_a_node_that_goes_down_drops_its_connections_and_keeps_its_port(make_door):
    clock = SteppedClock()
    door = make_door(clock=clock)
    door.user(password=PASSWORD)
    with door.open_session("sleep 99999") as process:
        time.sleep(1)
        assert process.poll() is None
        with door.core.lock:  # from another thread than the service's, as users do
            node_life.reboot(door.state, door.state.pool("demo"), door.node, door.state.now())
        assert process.wait(10) == 255
    assert door.ssh("true", password=PASSWORD).returncode == 255
    clock.advance(60)
    assert door.port == door.open(door.node)
    assert door.ssh("true", password=PASSWORD).returncode == 0
    door.service.break_node("demo", door.node.id)
    assert door.ssh("true", password=PASSWORD).returncode == 255


def test_listeners_have_a_cap():
    with DemoService(nodes=3, max_ssh_listeners=2) as service:
        found = [open_door(service, node) for node in service._state.pool("demo").nodes.values()]
        assert [isinstance(answer, str) for answer in found] == [False, False, True]
        assert "2" in found[2]


def test_without_asyncssh_the_reason_is_told(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "asyncssh" else real(name, *a))
    with DemoService(nodes=1) as service:
        (node,) = service._state.pool("demo").nodes.values()
        assert "batch_widgets[ssh]" in open_door(service, node)
