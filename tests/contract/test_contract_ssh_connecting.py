"""Connecting to nodes by asyncssh: each way in which it fails has its name."""

from __future__ import annotations

import asyncio
import errno
import socket
import subprocess

import pytest
from contract.ssh_account import PASSWORD, SshAccount

from batch_widgets import login
from batch_widgets.errors import LoginError, ValidationError
from batch_widgets.ssh import HostKeys, SshTarget, UserFacts, connecting
from batch_widgets.ssh.connecting import connect
from batch_widgets.ssh.credentials import load_credentials


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = SshAccount(tmp_path_factory.mktemp("ssh"), nodes=3)
    demo.add()
    demo.add("bob", password=PASSWORD)
    yield demo
    demo.close()


@pytest.fixture
def host_keys():
    return HostKeys(login.known_hosts_file("demo"))


@pytest.fixture
def try_login(demo, host_keys):
    """Log in to the first node and say which host key it has, or fail with the error's outcome."""

    def attempt(user="alice", *, key=demo.key, password=None, target=None, node_id=None, **options):
        async def main():
            credentials = await asyncio.to_thread(load_credentials, user, key, password)
            async with await connect(where, credentials, host_keys, **{"reach_s": 10, **options}) as connection:
                done = await connection.run("whoami")
                assert done.stdout.strip() == user
                return connection.get_server_host_key().export_public_key().decode().strip()

        where = target or target_of(demo, node_id or demo.nodes[0])
        return asyncio.run(main())

    return attempt


def target_of(demo, node_id):
    (settings,) = demo.account.list_remote_login_settings("demo", [node_id])
    return SshTarget(node_id, settings.ip_address, settings.port)


@pytest.fixture
def trouble(demo):
    """Let something be wrong with the first node's login until the test ends."""
    yield lambda what: demo.service.trouble_login("demo", demo.nodes[0], what)
    demo.service.trouble_login("demo", demo.nodes[0], None)


def failure_of(attempt, *arguments, **options):
    with pytest.raises(LoginError) as caught:
        attempt(*arguments, **options)
    return caught.value


def test_a_key_and_a_password_let_in(demo, try_login):
    key = try_login()
    assert key == demo.service.ssh_host_key(demo.nodes[0])
    assert try_login("bob", key=None, password=PASSWORD) == key
    assert try_login("bob", password=PASSWORD) == key, "the password comes after the key"


def test_the_keys_of_this_machine_are_tried_where_none_is_named(demo, try_login, tmp_path, monkeypatch):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(ValidationError, match="Give a key or a password"):
        try_login(key=None)
    folder = tmp_path / "home" / ".ssh"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for suffix in ("", ".pub"):
        (folder / f"id_mine{suffix}").write_bytes(demo.key.with_name(f"id_test{suffix}").read_bytes())
    keygen(folder / "id_locked", "secret")
    (folder / "config").write_text("Host *\n  ProxyCommand false\n  User nobody\n")
    try_login(key=None)


def test_the_keys_of_an_agent_are_tried_too(demo, try_login, tmp_path, monkeypatch):
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(tmp_path / "agent")], stdout=subprocess.PIPE)
    try:
        assert agent.stdout.readline().startswith(b"SSH_AUTH_SOCK")
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        assert failure_of(try_login, key=None).outcome == "user or key refused"
        subprocess.run(["ssh-add", "-q", str(demo.key)], check=True, timeout=30)
        try_login(key=None)
    finally:
        agent.kill()
        agent.communicate()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no file"),
        (b"", "no private key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "no private key"),
        ("locked", "has a passphrase"),
    ],
)
def test_a_key_that_cannot_be_read_is_told_before_anything_is_sent(try_login, tmp_path, content, words):
    path = tmp_path / "key"
    if content == "locked":
        keygen(path, "secret")
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(ValidationError, match=words) as caught:
        try_login(key=path, target=SshTarget("tvm", "127.255.255.255", 1))
    assert "AAAA" not in str(caught.value)


@pytest.mark.parametrize(("user", "password"), [("", None), (" ", None), ("alice", "")])
def test_an_empty_name_or_password_is_no_login(try_login, user, password):
    with pytest.raises(ValidationError):
        try_login(user, key=None, password=password, target=SshTarget("tvm", "127.255.255.255", 1))


def keygen(path, passphrase):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True)


# pinning


def test_the_first_host_key_is_kept_and_a_changed_one_refused(demo, try_login, host_keys, trouble):
    key = try_login()
    assert host_keys.known(demo.nodes[0]) == (key,)
    trouble("other host key")
    error = failure_of(try_login)
    assert error.outcome == "host key changed"
    assert "Nothing was sent" in error.message
    host_keys.forget([demo.nodes[0]])
    assert try_login() != key
    trouble(None)
    assert failure_of(try_login).outcome == "host key changed"


def test_a_key_of_another_kind_is_a_changed_one_too(demo, try_login, host_keys, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(tmp_path / "k")], check=True)
    known = " ".join((tmp_path / "k.pub").read_text().split()[:2])
    login.write_known_hosts(host_keys.path, {demo.nodes[0]: known})
    error = failure_of(try_login)
    assert error.outcome == "host key changed"
    assert "ssh-rsa" in error.message
    assert "ssh-ed25519" in error.message


def test_a_key_that_cannot_be_read_in_the_file_is_another_one(demo, try_login, host_keys):
    login.write_known_hosts(host_keys.path, {demo.nodes[0]: "ssh-ed25519 AAAA"})
    assert "one that cannot be read" in failure_of(try_login).message


def test_no_password_is_shown_to_a_node_with_another_key(try_login, trouble, monkeypatch):
    try_login("bob", key=None, password=PASSWORD)
    trouble("other host key")
    asked = []
    real = connecting._Visitor.password_auth_requested
    monkeypatch.setattr(
        connecting._Visitor, "password_auth_requested", lambda self: asked.append("password") or real(self)
    )
    error = failure_of(try_login, "bob", key=None, password=PASSWORD)
    assert error.outcome == "host key changed"
    assert PASSWORD not in repr(error)
    assert asked == []
    trouble(None)
    try_login("bob", key=None, password=PASSWORD)
    assert asked


def test_without_a_place_for_host_keys_nobody_logs_in(try_login, host_keys, monkeypatch):
    host_keys.path.parent.parent.mkdir(parents=True, exist_ok=True)
    host_keys.path.parent.write_text("a file where a folder should be")
    error = failure_of(try_login)
    assert error.outcome == "failed"
    assert "cannot be kept" in error.message
    host_keys.path.parent.unlink()
    monkeypatch.setattr(login, "write_known_hosts", refuse_to_write)
    error = failure_of(try_login)
    assert "No space left" in error.message
    assert host_keys.known("x") == ()


def refuse_to_write(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


# what fails


@pytest.mark.parametrize(
    ("what", "outcome", "options"),
    [
        ("port closed", "port closed", {}),
        ("silent", "no answer", {"reach_s": 0.3}),
        ("unreachable", "unreachable", {}),
    ],
)
def test_what_is_wrong_with_the_way_is_named(try_login, trouble, what, outcome, options):
    trouble(what)
    error = failure_of(try_login, **options)
    assert error.outcome == outcome
    assert error.hint
    trouble(None)
    try_login()


@pytest.mark.parametrize("host", ["x" * 70 + ".invalid", "a..b"])
def test_a_name_without_an_address_is_unreachable(try_login, host):
    error = failure_of(try_login, target=SshTarget("tvm", host, 22))
    assert error.outcome == "unreachable"
    assert "has no address" in error.message


def test_a_name_that_the_name_server_does_not_know_is_unreachable(try_login, monkeypatch):
    def unknown(*arguments, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert failure_of(try_login, target=SshTarget("tvm", "node.invalid", 22)).outcome == "unreachable"


def test_a_port_that_drops_what_comes_gives_no_answer(try_login):
    """A firewall drops connections without a word; a full backlog does the same."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.settimeout(0)
            filler.connect_ex(full.getsockname())
        error = failure_of(try_login, target=SshTarget("tvm", *full.getsockname()), reach_s=0.3)
    assert error.outcome == "no answer"
    assert "ssh_sources" in error.hint


def test_the_addresses_of_a_name_are_tried_one_after_the_other(demo, try_login, monkeypatch):
    real = socket.getaddrinfo

    def two(host, port, *arguments, **options):
        found = real("127.0.0.1", port, *arguments, **options)
        return [(*found[0][:4], ("127.255.255.255", port)), *found]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    try_login()


def test_a_node_that_restarts_gives_no_answer(demo, try_login):
    node_id = demo.nodes[1]
    demo.service.break_node("demo", node_id)
    error = failure_of(try_login, node_id=node_id)
    assert error.outcome == "no answer"
    assert "before a login began" in error.message


def test_what_is_no_ssh_server_is_told(try_login):
    async def main():
        async def talk(reader, writer):
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with server:
            target = SshTarget("tvm", *server.sockets[0].getsockname())
            return await asyncio.to_thread(failure_of, try_login, target=target)

    assert asyncio.run(main()).outcome in {"failed", "no answer"}


def test_who_is_refused_is_told_by_what_is_known(demo, try_login, tmp_path):
    node_id = demo.nodes[0]
    keygen(tmp_path / "other", "")
    other = {"key": tmp_path / "other"}
    assert failure_of(try_login, **other).outcome == "user or key refused"
    assert failure_of(try_login, known_users={node_id: UserFacts()}, **other).outcome == "key refused"
    assert failure_of(try_login, "carol", known_users={}).outcome == "user unknown or expired"
    assert failure_of(try_login, "bob", key=None, password="wrong").outcome == "user or password refused"
    known = {node_id: UserFacts()}
    assert failure_of(try_login, "bob", key=None, password="wrong", known_users=known).outcome == "password refused"
