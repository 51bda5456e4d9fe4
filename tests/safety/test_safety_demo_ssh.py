"""What SSH itself offers beside a shell, guessing of passwords and keys, and clients that never get as far as that."""

import asyncio
import contextlib
import os
import socket
import time

import asyncssh
import pytest
from host_demo import PASSWORD, USER, host_demo
from proc_net import descriptors, listeners, memory_kib, threads
from raw_requests import signed

WRONG = 8
"""Wrong passwords that a client tries in one connection; six are let pass."""


@pytest.fixture
def demo(tmp_path):
    with host_demo(tmp_path, "--nodes", "4") as demo:
        yield demo


@pytest.fixture
def target():
    """A server of the host that nobody may be connected to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003
        yield server


def reached(server):
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.safety("Demo: what SSH offers beside a shell")
def test_a_login_gives_a_shell_and_nothing_else(demo, target, tmp_path, attempts):
    demo.add_user()
    port = target.getsockname()[1]
    places = [("127.0.0.1", port), ("localhost", port), ("::1", port), ("0.0.0.0", port), ("", port), ("127.0.0.1", 1)]
    unix = str(tmp_path / "s.sock")

    async def refused(what, begin):
        """Try something that the node must refuse."""
        try:
            result = await begin
        except (asyncssh.Error, asyncssh.ChannelListenError, OSError):
            result = None
        attempts.case(what, got_through=result)

    async def use_subsystem(connection, name):
        process = await connection.create_process(subsystem=name)
        done = await process.wait()
        return done.exit_status != 1 or demo.canary in done.stdout

    async def main():
        async with demo.connect() as connection:
            await connection.run("true")
            demo.watch()
            before = listeners(demo.pid)
            for host, number in places:
                await refused(f"forwarding to {host}:{number}", connection.open_connection(host, number))
                await refused(f"forwarding back from {host}", connection.start_server(lambda *_: None, host, 0))
            await refused("forwarding to a socket file", connection.open_unix_connection(unix))
            await refused("forwarding back from a socket file", connection.start_unix_server(lambda *_: None, unix))
            await refused("a tunnel", connection.open_tun())
            await refused("an ethernet tunnel", connection.open_tap())
            await refused("sftp", connection.start_sftp_client())
            attempts.case("new listeners", got_through=set(listeners(demo.pid)) - set(before))
            for name in ("sftp", "netconf", "scp", "rsync", "git", "../../bin/sh", "sftp\0", "x y"):
                await refused(f"subsystem {name!r}", use_subsystem(connection, name))
            ends = (
                "scp -f /etc/passwd",
                "scp -t /tmp",
                "sftp-server",
                "/usr/lib/openssh/sftp-server",
                "rsync --server",
            )
            for line in ends:
                done = await connection.run(line)
                attempts.case(f"the host's end of {line}", got_through=done.exit_status == 0)
            wanted = {"HOST_CANARY": "", "LD_PRELOAD": "/tmp/x.so", "BASH_ENV": "/tmp/x", "PATH": "/tmp", "LC_ALL": "C"}
            for name, value in wanted.items():
                done = await connection.run("env", env={name: value or "mine"})
                found = f"{name}={value or 'mine'}" in done.stdout or demo.canary in done.stdout
                attempts.case(f"environment {name}", got_through=found)
            done = await connection.run("env; ls -la /tmp", x11_forwarding="ignore_failure", x11_display="127.0.0.1:9")
            attempts.case("X11", got_through="DISPLAY" in done.stdout or ".X11" in done.stdout)
        async with demo.connect(agent_forwarding=True, agent_path=unix) as connection:
            done = await connection.run("env")
            attempts.case("agent", got_through="SSH_AUTH_SOCK" in done.stdout)

    asyncio.run(main())
    attempts.case("connections to a server of the host", got_through=reached(target))
    attempts.case("what Python's audit hooks saw", got_through=demo.touched())


class Guesser(asyncssh.SSHClient):
    """Answers each question for a password with a wrong one, as long as there are any."""

    def __init__(self, passwords):
        self._passwords = list(passwords)
        self.asked = 0

    def password_auth_requested(self):
        self.asked += 1
        return self._passwords.pop(0) if self._passwords else None


@pytest.mark.safety("Demo: guessed passwords and keys")
def test_guessing_ends(demo, attempts):
    demo.add_user()
    port = demo.port()

    async def guess(name, passwords):
        guesser = Guesser(passwords)
        options = {"username": name, "known_hosts": None, "config": None, "client_keys": None, "agent_path": None}
        try:
            connection, _ = await asyncssh.create_connection(lambda: guesser, "127.0.0.1", port, **options)
        except (asyncssh.Error, OSError) as error:
            return guesser.asked, str(error)
        connection.abort()
        return guesser.asked, None

    async def main():
        for name in (USER, "root", "nobody", "Alice", "alice ", "", "a" * 1000, "alice\u200b", "../alice", "${USER}"):
            asked, refusal = await guess(name, [f"wrong-{number}" for number in range(WRONG)])
            attempts.case(f"{WRONG} passwords of {name[:9]!r}", got_through=refusal is None or asked > 6)
        guesses = ["", PASSWORD.lower(), PASSWORD + " ", PASSWORD[:-1], "x" * 100_000, "\u0130", "' or 1=1"]
        for password in guesses:
            _, refusal = await guess(USER, [password])
            attempts.case(f"password {password[:9]!r}", got_through=refusal is None)
        # One too many: even the right one is no good any more.
        _, refusal = await guess(USER, [f"wrong-{number}" for number in range(6)] + [PASSWORD])
        attempts.case("the right password after six wrong ones", got_through=refusal is None)
        keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(WRONG)]
        try:
            await asyncssh.connect(
                "127.0.0.1", port, username=USER, client_keys=keys, known_hosts=None, config=None, agent_path=None
            )
            through = True
        except (asyncssh.Error, OSError):
            through = False
        attempts.case(f"{WRONG} keys", got_through=through)
        async with demo.connect() as connection:  # who knows it gets in all the same
            assert (await connection.run("whoami")).stdout == "alice\n"

    asyncio.run(main())


def bad_handshakes():
    """What a client may say instead of a handshake, by kind: a function that says it on a connected socket."""
    banner = b"SSH-2.0-bad\r\n"

    def say(data, *, listen=False, reset=False):
        def act(connection):
            with contextlib.suppress(OSError):
                if data:
                    connection.sendall(data)
                if listen:
                    while connection.recv(4096):
                        pass
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

        return act

    return [
        say(b""),
        say(b"", reset=True),
        say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", listen=True),
        say(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 512),
        say(b"SSH-1.99-old\r\n" + b"\0" * 8),
        say(b"SSH-2.0-"),
        say(b"x" * 70_000, listen=True),
        say(b"SSH-2.0-" + b"x" * 70_000 + b"\r\n", listen=True),
        say(banner, reset=True),
        say(banner + b"\xff\xff\xff\xff" + b"x" * 64, listen=True),
        say(banner + b"\0\0\0\x0c\x0a\x14" + b"\0" * 10),
        say(banner + b"\0\0\0\x0c\x0a\x15" + b"\0" * 10, listen=True),
        say(banner + b"\0\0\0\0" * 64, listen=True),
        say(banner + bytes(range(256)) * 64),
        half_a_login,
    ]


def half_a_login(connection):
    """Exchange keys as a client does, then break off before a word of who it is."""

    async def main():
        class Leaver(asyncssh.SSHClient):
            def connection_made(self, conn):
                self.connection = conn

            def begin_auth(self, _username):
                self.connection.abort()

            def auth_banner_received(self, _message, _lang):
                self.connection.abort()

            def public_key_auth_requested(self):
                self.connection.abort()

            def password_auth_requested(self):
                self.connection.abort()

        connection.setblocking(False)  # noqa: FBT003
        with contextlib.suppress(asyncssh.Error, OSError):
            await asyncssh.connect(
                sock=connection, client_factory=Leaver, username="x", known_hosts=None, config=None, client_keys=None
            )

    asyncio.run(main())


HANDSHAKES = 1_000
MEMORY_KIB = 4 * 1024
"""What the memory may grow by: what an allocator keeps, not what 1,000 connections would leave behind."""


@pytest.mark.timeout(300)
@pytest.mark.safety("Demo: bad SSH handshakes")
def test_bad_handshakes_leave_nothing(demo, attempts):
    demo.add_user()
    port = demo.port()
    acts = bad_handshakes()

    async def login():
        async with demo.connect() as connection:
            return (await connection.run("whoami")).stdout

    def knock(number):
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        with connection:
            acts[number % len(acts)](connection)

    for number in range(200):  # the interpreter's and asyncssh's own memory is made now
        knock(number)
    assert asyncio.run(login()) == "alice\n"
    settled = settle(demo.pid, descriptors(demo.pid))
    before = (settled, threads(demo.pid), memory_kib(demo.pid))
    began = time.monotonic()
    for number in range(HANDSHAKES):
        try:
            knock(number)
            refused = False
        except OSError as error:
            refused = f"{number}: {error}"
        attempts.case(f"handshake {number}", got_through=refused)
    took = time.monotonic() - began
    settle(demo.pid, before[0])
    after = (descriptors(demo.pid), threads(demo.pid), memory_kib(demo.pid))
    attempts.figure("descriptors before and after", f"{before[0]}, {after[0]}")
    attempts.figure("threads before and after", f"{before[1]}, {after[1]}")
    attempts.figure("memory", f"{(after[2] - before[2]) / 1024:+.1f} MiB of {before[2] / 1024:.0f}")
    attempts.figure("time", f"{took:.1f} s, {HANDSHAKES / took:.0f} a second")
    attempts.case("descriptors left open", got_through=after[0] > before[0] and after[0])
    most = 2 + min(32, (os.cpu_count() or 1) + 4)  # the main thread, the service's, and those of its loop's executor
    attempts.case("threads left running", got_through=after[1] > most and after[1])
    attempts.case("memory left behind", got_through=after[2] - before[2] > MEMORY_KIB and after[2] - before[2])
    attempts.case("logins refused afterwards", got_through=asyncio.run(login()) != "alice\n")
    attempts.case("requests refused afterwards", got_through=signed(demo, "GET", "/pools")[0] != 200)
    attempts.case("the end of the service", got_through=demo.process.poll() is not None)


def settle(pid, wanted):
    """Wait until a process has no more descriptors than wanted, or for 20 seconds; return how many it has."""
    deadline = time.monotonic() + 20
    while (found := descriptors(pid)) > wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


@pytest.mark.safety("Demo: connections that are kept open and say nothing")
def test_silent_connections_do_not_lock_out(demo, attempts):
    """Those of one node are limited; the other nodes and the service's own port go on."""
    demo.add_user(demo.nodes[1])
    port, other = demo.port(), demo.port(demo.nodes[1])
    assert port != other
    with contextlib.ExitStack() as held:
        taken = []
        for _ in range(100):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            taken.append(connection.recv(4) == b"SSH-")
        attempts.case("more than 64 connections to a node", got_through=sum(taken) > 64 and sum(taken))

        async def login():
            async with demo.connect(demo.nodes[1]) as connection:
                return (await connection.run("whoami")).stdout

        attempts.case("another node locked out", got_through=asyncio.run(login()) != "alice\n")
        attempts.case("requests locked out", got_through=signed(demo, "GET", "/pools")[0] != 200)
