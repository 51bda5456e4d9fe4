"""Where the embedded service can be reached from, as the kernel tells it."""

import os
import socket

import pytest
from host_demo import host_demo
from proc_net import listeners

import batch_widgets as bw
from batch_widgets.demo import DemoService
from batch_widgets.demo.__main__ import main

NODES = 20


@pytest.mark.safety("Demo: ports that are open to others than this machine")
def test_every_port_is_on_loopback(tmp_path, attempts):
    with host_demo(tmp_path, "--nodes", str(NODES)) as demo:
        ports = [int(demo.endpoint.rpartition(":")[2]), *(demo.port(node) for node in demo.nodes)]
        found = listeners(demo.pid)
    for port in ports:
        mine = [(table, address) for table, address, number in found if number == port]
        assert mine, f"{port} is not to be found"
        attempts.case(port, got_through=[each for each in mine if not each[1].is_loopback])
    others = [listener for listener in found if listener[2] not in ports]
    attempts.case("other sockets of the process", got_through=others)


PLACES = ("0.0.0.0", "::", "::1", "", "*", "localhost", "127.0.0.2", "0.0.0.0:0", "[::]:0", "/tmp/s.sock", "fd://0")
OPTIONS = ("--host", "--bind", "--address", "--listen", "--ip", "-b", "-H", "--port", "--p", "--endpoint")
NAMES = ("host", "bind", "address", "listen", "ip", "hostname", "endpoint", "sock")
VARIABLES = (
    "HOST",
    "BIND",
    "ADDRESS",
    "IP",
    "AZURE_BATCH_ENDPOINT",
    "BATCH_WIDGETS_DEMO_HOST",
    "ASYNCSSH_HOST",
    "SERVER_NAME",
)


@pytest.mark.safety("Demo: being asked to listen elsewhere")
def test_nobody_can_ask_for_another_address(tmp_path, monkeypatch, attempts):
    for place in PLACES:
        for option in OPTIONS:
            for arguments in ([option, place], [f"{option}={place}"]):
                with pytest.raises(SystemExit) as ended:
                    main(arguments)
                attempts.case(arguments, got_through=ended.value.code != 2)
        for name in NAMES:
            for make in (DemoService, bw.connect_demo):
                with pytest.raises(TypeError, match=name):
                    make(**{name: place})
                attempts.case(f"{make.__name__}({name}={place!r})", got_through=False)
    for name in VARIABLES:
        monkeypatch.setenv(name, "0.0.0.0")
    with host_demo(tmp_path, "--nodes", "1") as demo:
        demo.port()
        found = listeners(demo.pid)
    assert len(found) == 2
    for each in found:
        attempts.case(f"{each} with {len(VARIABLES)} variables", got_through=not each[1].is_loopback)


def test_a_port_that_is_open_to_others_would_be_seen():
    with socket.socket() as open_to_all:
        open_to_all.bind(("0.0.0.0", 0))  # what must not be; nobody is asked to come
        open_to_all.listen()
        port = open_to_all.getsockname()[1]
        (found,) = (listener for listener in listeners(os.getpid()) if listener[2] == port)
        assert (found[0], str(found[1])) == ("tcp", "0.0.0.0")
        assert not found[1].is_loopback
