"""Logging in to simulated nodes with the system's own OpenSSH client."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest
from ssh_door import PASSWORD, Door, on_the_loop, open_door
from this_host import has_ipv6

from batch_widgets.demo import SteppedClock
from batch_widgets.demo.service import THREAD_NAME


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    door = Door(tmp_path_factory.mktemp("ssh"))
    yield door
    door.service.stop()


def test_a_password_lets_in(door):
    door.user(password=PASSWORD)
    done = door.ssh("whoami; exit 7", password=PASSWORD)
    assert (done.returncode, done.stdout) == (7, "alice\n"), done.stderr
    # The host key was checked against the one that the service tells.


def test_a_key_lets_in(door):
    door.user(sshPublicKey=door.public_key)
    done = door.ssh("ls /mnt/batch/tasks && printenv AZ_BATCH_POOL_ID", key=door.key)
    assert done.stdout.split() == ["fsmounts", "shared", "startup", "volatile", "workitems"], done.stderr
    assert done.returncode == 1


def test_an_rsa_key_lets_in(door, tmp_path):
    key = tmp_path / "id_rsa"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(key)], check=True)
    door.user(sshPublicKey=Path(f"{key}.pub").read_text())
    assert door.ssh("echo in", key=key).stdout == "in\n"


@pytest.mark.parametrize(
    ("user", "password", "more"),
    [
        ("alice", "wrong", {}),
        ("alice", "", {}),
        ("nobody", PASSWORD, {}),
        ("root", PASSWORD, {}),
        ("alice", PASSWORD, {"expiryTime": "2020-01-01T00:00:00Z"}),
    ],
)
def test_nobody_else_gets_in(door, user, password, more):
    door.user(password=PASSWORD, **more)
    done = door.ssh("whoami", user=user, password=password)
    assert (done.returncode, done.stdout) == (255, "")
    assert "Permission denied" in done.stderr


def test_another_key_does_not_let_in(door, tmp_path):
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    door.user(sshPublicKey=door.public_key)
    assert "Permission denied" in door.ssh("whoami", key=other).stderr


def test_a_user_of_one_node_is_none_of_another(door):
    other = list(door.state.pool("demo").nodes.values())[1]
    door.user("bob", node=other, password=PASSWORD)
    assert "Permission denied" in door.ssh("whoami", user="bob", password=PASSWORD).stderr


def test_a_deleted_user_does_not_get_in(door):
    door.user(password=PASSWORD)
    assert door.ssh("true", password=PASSWORD).returncode == 0
    door.node.users.clear()
    assert door.ssh("true", password=PASSWORD).returncode == 255


def test_an_interactive_shell(door):
    door.user(password=PASSWORD, isAdmin=True)
    done = door.ssh(password=PASSWORD, options=("-tt",), stdin="whoami\ncd /mnt\npwd\nsudo whoami\nnonsense\nexit 5\n")
    assert done.returncode == 5, done.stderr
    prompt = f"alice@{door.node.machine.hostname}:~$ "
    assert "simulated node" in done.stdout
    assert prompt in done.stdout
    for text in ("alice\n", ":/mnt$ ", "/mnt\n", "root\n", "command not found"):
        assert text in done.stdout


def test_an_interactive_command_is_interrupted(door):
    door.user(password=PASSWORD)
    with door.open_session(stdin=subprocess.PIPE, terminal=True) as process:
        process.stdin.write(b"sleep 100000\r")
        process.stdin.flush()
        time.sleep(1)
        process.stdin.write(b"\x03")
        process.stdin.flush()
        time.sleep(0.5)
        out, _ = process.communicate(b"echo $? on\rexit 0\r", timeout=20)
    assert b"^C" in out
    assert b"130 on" in out
    assert process.returncode == 0


def test_commands_from_standard_input(door):
    door.user(password=PASSWORD)
    done = door.ssh(password=PASSWORD, options=("-T",), stdin="echo one\nfalse\n")
    assert (done.returncode, done.stdout) == (1, "one\n")


def test_sleep_takes_the_services_time(door):
    door.user(password=PASSWORD)
    began = time.monotonic()
    assert door.ssh("sleep 60; echo awake", password=PASSWORD).stdout == "awake\n"
    assert 1.1 < time.monotonic() - began < 10


def test_a_dual_stack_node_listens_on_both(tmp_path):
    door = Door(tmp_path)
    try:
        pool = door.state.pool("demo")
        pool.given["networkConfiguration"]["publicIPAddressConfiguration"] = {"ipFamilies": ["IPv4", "IPv6"]}
        address = open_door(door.service, list(pool.nodes.values())[1])
        hosts = [address.host, *([address.ipv6_host] if address.ipv6_host else [])]
        assert hosts == ["127.0.0.1", "::1"][: 1 + has_ipv6()]
        for host in hosts:
            with socket.create_connection((host, address.port), timeout=5) as connection:
                assert connection.recv(4) == b"SSH-"
    finally:
        door.service.stop()


def test_forwarding_is_refused(door):
    door.user(password=PASSWORD)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        target = f"127.0.0.1:{listener.getsockname()[1]}"
        done = door.ssh(password=PASSWORD, options=("-W", target))
        assert done.returncode != 0
        remote = door.ssh("true", password=PASSWORD, options=("-o", "ExitOnForwardFailure=yes", "-R", f"0:{target}"))
        assert remote.returncode == 255
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("tool", [["sftp"], ["scp", "-O"], ["scp"]])
def test_files_are_not_transferred(door, tool, tmp_path):
    door.user(password=PASSWORD)
    (tmp_path / "f").write_text("x")
    ends = [str(tmp_path / "f"), "alice@127.0.0.1:f"] if tool[0] == "scp" else ["alice@127.0.0.1"]
    done = subprocess.run(
        [*tool, *door.arguments("-o", "PubkeyAuthentication=no"), "-P", str(door.port), *ends],
        capture_output=True,
        text=True,
        input="",
        timeout=30,
        env=door.environment(PASSWORD),
        check=False,
    )
    assert done.returncode != 0


def test_agents_and_displays_are_not_forwarded(door):
    door.user(password=PASSWORD)
    done = door.ssh("env | grep -c SSH_AUTH_SOCK; env | grep -c DISPLAY", password=PASSWORD, options=("-A", "-X"))
    assert done.stdout.split() == ["0", "0"]
    subsystem = door.ssh("netconf", password=PASSWORD, options=("-s",))
    assert (subsystem.returncode, subsystem.stdout) == (1, "")


def test_an_account_that_expires_lets_nobody_in_any_more(tmp_path):
    clock = SteppedClock()
    door = Door(tmp_path, clock=clock)
    try:
        expiry = (clock.now() + timedelta(days=1)).isoformat()
        door.user(password=PASSWORD, sshPublicKey=door.public_key, expiryTime=expiry)
        for passed_s, status in ((0, 0), (86_399, 0), (1, 255)):
            clock.advance(passed_s)
            assert door.ssh("true", password=PASSWORD).returncode == status
            assert door.ssh("true", key=door.key).returncode == status
    finally:
        door.service.stop()


def test_files_stay_between_logins_and_are_the_ones_that_the_service_lists(door):
    door.user(password=PASSWORD)
    assert door.ssh("echo kept > /mnt/batch/tasks/shared/note", password=PASSWORD).returncode == 0
    assert door.ssh("cat /mnt/batch/tasks/shared/note", password=PASSWORD).stdout == "kept\n"
    assert door.node.machine.read("/mnt/batch/tasks/shared/note") == "kept\n"


ESCAPES = [
    *("cat /etc/passwd", "cat /etc/shadow", "cat /proc/self/environ", "ls -l /proc", "cat ../../../../etc/passwd"),
    *("echo x > /tmp/escaped", "echo x > /etc/cron.d/x", "echo x >> ~/.ssh/authorized_keys", "cat /dev/sda | head"),
    *("sudo bash -c 'cat /etc/shadow; echo x > /root/x'", "/bin/sh -c 'exec /bin/sh'", "env LD_PRELOAD=/tmp/x ls"),
    *("python3 -c 'import os'", "perl -e 1", "nc -l 1", "curl file:///etc/passwd", "kill -9 1", "which sh bash ls"),
    *(
        "$(cat /etc/passwd)",
        "`id`",
        "a=`ls`; echo $a",
        "cat < /etc/passwd",
        "ls & wait",
        "exec bash",
        "source /etc/profile",
    ),
    *(
        "echo {1..9}",
        "ls /home/*",
        "cat /etc/*",
        "export PATH=/bin; ls",
        "\x00ls",
        "echo '\x1b]0;x'",
        "df; free; ps; uptime",
    ),
]


def test_nothing_of_the_host_is_touched(door):
    """Watch, by Python's audit hook, what the service's thread does while one tries to break out."""
    touched = []
    watching = threading.Event()
    harmless = ("object.", "socket.", "sys._getframe", "time.", "cpython.", "code.", "builtins.id", "_thread.", "gc.")

    def watch(event, arguments):
        thread = threading.current_thread().name
        if watching.is_set() and thread == THREAD_NAME and not event.startswith(harmless):
            touched.append((event, arguments))

    sys.addaudithook(watch)  # it can't be taken away, only told to look elsewhere
    door.user(password=PASSWORD, isAdmin=True)

    async def main():
        async with asyncssh.connect(
            "127.0.0.1", door.port, username="alice", password=PASSWORD, known_hosts=None, config=None, client_keys=None
        ) as connection:
            await connection.run("ls")
            watching.set()
            for line in ESCAPES:
                done = await connection.run(line)
                assert "root:" not in done.stdout
            assert (await connection.run(input="cat /etc/passwd\nbash\nexit 3\n")).exit_status == 3
            watching.clear()

    asyncio.run(main())
    assert touched == []
    assert not Path("/tmp/escaped").exists()


def test_the_watch_would_see_a_file_that_is_opened(door):
    seen = []

    def watch(event, _arguments):
        if threading.current_thread().name == THREAD_NAME and event == "open":
            seen.append(event)

    sys.addaudithook(watch)
    on_the_loop(door.service, lambda: Path("/etc/hostname").read_bytes())
    assert seen
