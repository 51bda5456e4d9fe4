"""What can be wrong with the way to a simulated node, on demand."""

import socket
import subprocess

import pytest
from ssh_door import PASSWORD, Door, open_door

from batch_widgets.demo import DemoService


@pytest.fixture
def door(tmp_path):
    door = Door(tmp_path)
    door.user(password=PASSWORD)
    yield door
    door.service.stop()


def test_a_closed_port_refuses_until_it_is_opened_again(door):
    with door.open_session("sleep 99999") as process:
        assert door.ssh("true", password=PASSWORD).returncode == 0
        door.service.trouble_login("demo", door.node.id, "port closed")
        assert process.wait(10) == 255
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", door.port), timeout=5)
    assert door.open(door.node) == door.port
    door.service.trouble_login("demo", door.node.id, None)
    assert door.ssh("true", password=PASSWORD).returncode == 0


def test_a_port_that_is_closed_before_it_was_ever_told_refuses_too(door):
    other = list(door.state.pool("demo").nodes.values())[1]
    door.service.trouble_login("demo", other.id, "port closed")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", door.open(other)), timeout=5)


def test_a_silent_node_takes_connections_and_says_nothing(door):
    door.service.trouble_login("demo", door.node.id, "silent")
    with socket.create_connection(("127.0.0.1", door.port), timeout=0.5) as held:
        with pytest.raises(TimeoutError):
            held.recv(4)
        door.service.trouble_login("demo", door.node.id, None)
        held.settimeout(5)
        assert held.recv(4) == b"", "dropped, as all connections when the trouble changes"


def test_an_address_that_leads_nowhere(door):
    door.service.trouble_login("demo", door.node.id, "unreachable")
    told = open_door(door.service, door.node)
    assert (told.host, told.port) == ("127.255.255.255", door.port)
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection((told.host, told.port), timeout=5)


def test_another_host_key_is_refused_by_a_client_that_knows_the_right_one(door):
    right = door.service.ssh_host_key(door.node.id)
    door.service.trouble_login("demo", door.node.id, "other host key")
    done = door.ssh("true", password=PASSWORD)
    assert done.returncode == 255
    assert "verification failed" in done.stderr
    assert door.service.ssh_host_key(door.node.id) == right
    shown = subprocess.run(
        ["ssh-keyscan", "-p", str(door.port), "127.0.0.1"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert "ssh-ed25519" in shown
    assert right not in shown


def test_trouble_can_be_set_before_the_service_starts_and_after_it_has_stopped():
    service = DemoService(nodes=1)
    (node,) = service._state.pool("demo").nodes.values()
    service.trouble_login("demo", node.id, "port closed")
    service.start()
    service.stop()
    service.trouble_login("demo", node.id, None)
    assert node.login_trouble is None


@pytest.mark.parametrize(("node_id", "trouble"), [("nothing", "silent"), (None, "nothing")])
def test_what_there_is_not_is_refused(node_id, trouble):
    service = DemoService(nodes=1)
    (node,) = service._state.pool("demo").nodes.values()
    with pytest.raises(ValueError, match="nothing"):
        service.trouble_login("demo", node_id or node.id, trouble)
