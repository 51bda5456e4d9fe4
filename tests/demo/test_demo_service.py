"""The service as a whole: its thread, its socket, its command line."""

import asyncio
import http.client
import re
import socket
import subprocess
import sys
import threading

import pytest

from batch_widgets.demo import DemoService, SteppedClock


def get(service, path="/pools", host=None, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", int(service.endpoint.rpartition(":")[2]), timeout=10)
    try:
        connection.request(method, path, body=body, headers={"Host": host} if host else {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_it_starts_stops_and_leaves_nothing():
    service = DemoService(nodes=1)
    with pytest.raises(RuntimeError, match="start"):
        _ = service.endpoint
    assert service.start() is service
    endpoint = service.endpoint
    service.start()
    assert service.endpoint == endpoint
    assert get(service)[0] == 403
    names = {thread.name for thread in threading.enumerate()}
    assert "batch-widgets-demo" in names
    service.stop()
    service.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batch-widgets-")]
    with pytest.raises(ConnectionRefusedError):
        get(service)


def test_it_can_start_again():
    service = DemoService(nodes=0)
    with service:
        pass
    with service:
        assert get(service)[0] == 403


def test_it_listens_on_loopback_only():
    with DemoService(nodes=0) as service:
        port = int(service.endpoint.rpartition(":")[2])
        with socket.socket() as other:
            # Another loopback address is free: the service did not bind them all.
            other.bind(("127.0.0.2", port))


def test_a_port_that_is_taken_is_told_and_nothing_is_left():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        service = DemoService(nodes=0, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="address already in use"):
            service.start()
        assert not [thread for thread in threading.enumerate() if thread.name == "batch-widgets-demo"]


def test_foreign_hosts_are_refused_over_the_network():
    with DemoService(nodes=0) as service:
        status, body = get(service, host="evil.example")
        assert status == 400
        assert b"InvalidHeaderValue" in body
        assert b"AuthenticationFailed" in get(service, host=f"localhost:{service.endpoint.rpartition(':')[2]}")[1]


def test_a_large_body_is_refused_over_the_network():
    with DemoService(nodes=0) as service:
        port = int(service.endpoint.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"POST /pools HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_junk_is_answered_without_a_trace():
    with DemoService(nodes=0) as service:
        port = int(service.endpoint.rpartition(":")[2])
        for junk in (
            b"\x16\x03\x01\x00\r\n\r\n",
            b"GET  HTTP/9\r\n\r\n",
            b"GET http://other/pools HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                client.sendall(junk)
                answer = client.recv(65536)
                assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
                assert b"Traceback" not in answer


def test_wrong_arguments():
    with pytest.raises(ValueError, match="nodes"):
        DemoService(nodes=-1)
    with pytest.raises(ValueError, match="speed"):
        DemoService(speed=0)
    with pytest.raises(ValueError, match="base64"):
        DemoService(account_key="not base64!")


def test_its_own_parts_are_told():
    clock = SteppedClock()
    service = DemoService(nodes=1, clock=clock, account_name="mine", account_key="a2V5", seed=3)
    assert (service.clock, service.account_name, service.account_key) == (clock, "mine", "a2V5")
    node = next(iter(service._state.pool("demo").nodes))
    assert re.fullmatch(r"ssh-ed25519 [A-Za-z0-9+/=]+", service.ssh_host_key(node))
    assert service.ssh_host_key(node) == DemoService(nodes=1, seed=3).ssh_host_key(node)
    assert service.ssh_host_key("none") is None
    assert service.ssh_host_keys(["none", node]) == {node: service.ssh_host_key(node)}
    assert service.illustrative_images
    assert service.requests.total() == 0
    assert DemoService().account_key != DemoService().account_key
    assert service.account_key not in repr(service)


def test_it_serves_while_a_loop_of_the_caller_runs():
    async def main():
        with DemoService(nodes=0) as service:
            return await asyncio.to_thread(get, service)

    assert asyncio.run(main())[0] == 403


def test_light_imports():
    code = (
        "import sys, batch_widgets.demo; "
        "print(*sorted({'aiohttp','asyncssh','cryptography','pandas','ipywidgets','azure'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == ""
