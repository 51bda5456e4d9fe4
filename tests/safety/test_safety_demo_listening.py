"""Where the embedded service can be reached from, as the kernel tells it."""

import os
import socket

import pytest
from host_demo import host_demo
from proc_net import listeners

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


def test_a_port_that_is_open_to_others_would_be_seen():
    with socket.socket() as open_to_all:
        open_to_all.bind(("0.0.0.0", 0))  # what must not be; nobody is asked to come
        open_to_all.listen()
        port = open_to_all.getsockname()[1]
        (found,) = (listener for listener in listeners(os.getpid()) if listener[2] == port)
        assert (found[0], str(found[1])) == ("tcp", "0.0.0.0")
        assert not found[1].is_loopback
