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

from batch_widgets.demo import DemoService, node_life
from batch_widgets.demo.service import THREAD_NAME
from batch_widgets.demo.ssh import SshLimits

PASSWORD = "Secret-42 ü"


class Door:
    """One node of a running service, its users, and OpenSSH to knock with."""

    def __init__(self, folder, limits=None):
        self.folder = folder
        self.service = DemoService(nodes=2, speed=50)
        if limits is not None:
            self.service._ssh_limits = limits
        self.service.start()
        self.state = self.service._state
        self.core = self.service._core
        self.node = next(iter(self.state.pool("demo").nodes.values()))
        self.port = self.open(self.node)
        self.key = folder / "id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)
        self.askpass = folder / "askpass"
        self.askpass.write_text('#!/bin/sh\nprintf "%s\\n" "$DEMO_PASSWORD"\n')
        self.askpass.chmod(0o755)
        self.known = folder / "known_hosts"
        self.known.write_text(f"[127.0.0.1]:{self.port} {self.service.ssh_host_key(self.node.id)}\n")

    def call(self, act):
        """Run something on the service's own thread, as a request would."""
        done = threading.Event()
        result = []

        def run():
            result.append(act())
            done.set()

        self.service._loop.call_soon_threadsafe(run)
        assert done.wait(10)
        return result[0]

    def open(self, node):
        return self.call(lambda: self.core.nodes.doors.open(self.state.pool("demo"), node)).port

    def user(self, name="alice", node=None, **more):
        from batch_widgets.demo.node_users import NodeUserOperations
        from batch_widgets.demo.request import Request
        from batch_widgets.demo.wire import encode

        (node or self.node).users.pop(name, None)
        request = Request(
            "POST", "/x", {"poolId": "demo", "nodeId": (node or self.node).id}, body=encode({"name": name, **more})
        )
        assert NodeUserOperations(self.state).create_node_user(request).status == 201

    @property
    def public_key(self):
        return Path(f"{self.key}.pub").read_text().strip()

    def arguments(self, *options, user="alice", port=None):
        return [
            *options,
            *("-F", "/dev/null", "-o", f"UserKnownHostsFile={self.known}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "NumberOfPasswordPrompts=1", "-o", "IdentityAgent=none", "-o", "LogLevel=ERROR"),
        ]

    def ssh(self, *command, user="alice", password=None, key=None, options=(), stdin=""):
        identity = ("-i", str(key), "-o", "IdentitiesOnly=yes") if key else ("-o", "PubkeyAuthentication=no")
        return subprocess.run(
            ["ssh", *self.arguments(*identity, *options), "-p", str(self.port), f"{user}@127.0.0.1", *command],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=30,
            env=self.environment(password),
            check=False,
        )

    def environment(self, password):
        return {
            "PATH": "/usr/bin:/bin",
            "SSH_ASKPASS": str(self.askpass),
            "SSH_ASKPASS_REQUIRE": "force",
            "DEMO_PASSWORD": password or "",
            "LANG": "C.UTF-8",
            "TERM": "xterm",
        }


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    door = Door(tmp_path_factory.mktemp("ssh"))
    yield door
    door.service.stop()


@pytest.fixture
def limited(tmp_path):
    """Open a door with limits of its own."""
    opened = []

    def make(**limits):
        opened.append(Door(tmp_path, SshLimits(**limits)))
        return opened[0]

    yield make
    for door in opened:
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
    with subprocess.Popen(
        ["ssh", *door.arguments("-o", "PubkeyAuthentication=no", "-tt"), "-p", str(door.port), "alice@127.0.0.1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=door.environment(PASSWORD),
    ) as process:
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


def test_a_node_that_leaves_drops_its_connections(tmp_path):
    door = Door(tmp_path)
    try:
        door.user(password=PASSWORD)
        with subprocess.Popen(
            [
                "ssh",
                *door.arguments("-o", "PubkeyAuthentication=no"),
                "-p",
                str(door.port),
                "alice@127.0.0.1",
                "sleep 9999",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=door.environment(PASSWORD),
        ) as process:
            time.sleep(1)
            assert process.poll() is None
            from batch_widgets.demo.allocation import delete_pool

            pool = door.state.pool("demo")
            door.call(lambda: delete_pool(door.state, pool, door.state.now()))
            process.communicate(timeout=10)
            assert process.returncode == 255
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", door.port), timeout=5)
    finally:
        door.service.stop()


def test_stopping_ends_the_sessions(tmp_path):
    door = Door(tmp_path)
    door.user(password=PASSWORD)
    with subprocess.Popen(
        [
            "ssh",
            *door.arguments("-o", "PubkeyAuthentication=no"),
            "-p",
            str(door.port),
            "alice@127.0.0.1",
            "sleep 9999",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=door.environment(PASSWORD),
    ) as process:
        time.sleep(1)
        began = time.monotonic()
        door.service.stop()
        assert time.monotonic() - began < 5
        process.communicate(timeout=10)
        assert process.returncode == 255


def test_agents_and_displays_are_not_forwarded(door):
    door.user(password=PASSWORD)
    done = door.ssh("env | grep -c SSH_AUTH_SOCK; env | grep -c DISPLAY", password=PASSWORD, options=("-A", "-X"))
    assert done.stdout.split() == ["0", "0"]
    subsystem = door.ssh("netconf", password=PASSWORD, options=("-s",))
    assert (subsystem.returncode, subsystem.stdout) == (1, "")


def test_an_account_that_expires_lets_nobody_in_any_more(door):
    soon = (door.state.now() + timedelta(seconds=50 * 4)).isoformat()  # the clock runs 50 times as fast
    door.user(password=PASSWORD, sshPublicKey=door.public_key, expiryTime=soon)
    assert door.ssh("true", password=PASSWORD).returncode == 0
    time.sleep(4)
    assert "Permission denied" in door.ssh("true", password=PASSWORD).stderr
    assert "Permission denied" in door.ssh("true", key=door.key).stderr


def test_files_stay_between_logins_and_are_the_ones_that_the_service_lists(door):
    door.user(password=PASSWORD)
    assert door.ssh("echo kept > /mnt/batch/tasks/shared/note", password=PASSWORD).returncode == 0
    assert door.ssh("cat /mnt/batch/tasks/shared/note", password=PASSWORD).stdout == "kept\n"
    assert door.node.machine.read("/mnt/batch/tasks/shared/note") == "kept\n"


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
    with subprocess.Popen(
        ["ssh", *door.arguments("-o", "PubkeyAuthentication=no"), "-p", str(door.port), "alice@127.0.0.1", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=door.environment(PASSWORD),
    ) as process:
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


def test_a_node_that_goes_down_drops_its_connections_and_keeps_its_port(limited):
    door = limited()
    door.user(password=PASSWORD)
    with subprocess.Popen(
        [
            "ssh",
            *door.arguments("-o", "PubkeyAuthentication=no"),
            "-p",
            str(door.port),
            "alice@127.0.0.1",
            "sleep 99999",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=door.environment(PASSWORD),
    ) as process:
        time.sleep(1)
        assert process.poll() is None
        # From another thread, as users do.
        with door.core.lock:
            node_life.reboot(door.state, door.state.pool("demo"), door.node, door.state.now())
        process.communicate(timeout=10)
        assert process.returncode == 255
    assert door.ssh("true", password=PASSWORD).returncode == 255
    assert door.port == door.open(door.node)
    deadline = time.monotonic() + 10
    while door.ssh("true", password=PASSWORD).returncode:  # 30 simulated seconds, and the same user
        assert time.monotonic() < deadline
    door.service.break_node("demo", door.node.id)
    assert door.ssh("true", password=PASSWORD).returncode == 255


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
    door.call(lambda: Path("/etc/hostname").read_bytes())
    assert seen


def test_listeners_have_a_cap():
    with DemoService(nodes=3, max_ssh_listeners=2) as service:
        door = Door.__new__(Door)
        door.service = service
        pool = service._state.pool("demo")
        found = [
            door.call(lambda node=node: service._core.nodes.doors.open(pool, node)) for node in pool.nodes.values()
        ]
        assert [isinstance(answer, str) for answer in found] == [False, False, True]
        assert "2" in found[2]


def test_without_asyncssh_the_reason_is_told(monkeypatch):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "asyncssh" else real(name, *a))
    with DemoService(nodes=1) as service:
        door = Door.__new__(Door)
        door.service = service
        pool = service._state.pool("demo")
        answer = door.call(lambda: service._core.nodes.doors.open(pool, next(iter(pool.nodes.values()))))
        assert "batch_widgets[ssh]" in answer
