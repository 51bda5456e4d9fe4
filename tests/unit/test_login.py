"""Where and how to log in: OpenSSH's own client must read what we mean."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from batch_widgets.errors import ValidationError
from batch_widgets.keys import make_key_pair
from batch_widgets.login import (
    RemoteLoginSettings,
    known_hosts_file,
    ssh_command,
    state_folder,
    write_known_hosts,
)

LOGIN = RemoteLoginSettings("tvm-1_p", "203.0.113.5", 40_017)
NAMES = ["plain", "two words", "100%h", "%d", "it's", 'say "so"', "back\\slash", "a#b", "ü", "tab\there", "a=b", "%% %"]


def as_ssh_reads(command):
    """Give what OpenSSH makes of a command line, by option."""
    first, *words = shlex.split(command)
    assert first == "ssh"
    answer = subprocess.run(["ssh", "-F", "none", "-T", "-G", *words], capture_output=True, text=True, check=True)
    assert answer.stderr == ""
    options = {}
    for line in answer.stdout.splitlines():
        name, _, value = line.partition(" ")
        options.setdefault(name, []).append(value)
    return options


@pytest.mark.parametrize("name", NAMES)
def test_ssh_reads_what_we_mean(tmp_path, name):
    identity, hosts = tmp_path / name / name, tmp_path / name / "known hosts" / name
    identity.parent.mkdir()
    identity.touch()
    command = ssh_command("alice", LOGIN, identity_file=identity, known_hosts=hosts, host_key_known=True)
    options = as_ssh_reads(command)
    assert options["user"] == ["alice"]
    assert options["hostname"] == ["203.0.113.5"]
    assert options["port"] == ["40017"]
    assert options["hostkeyalias"] == ["tvm-1_p"]
    assert options["identitiesonly"] == ["yes"]
    assert options["userknownhostsfile"] == [str(hosts)]
    assert options["identityfile"] == [str(identity).replace("%", "%%")]  # printed before ssh replaces %%
    assert options["stricthostkeychecking"] in (["true"], ["yes"])


@pytest.mark.parametrize("name", NAMES)
def test_ssh_opens_the_key_that_we_mean(tmp_path, name):
    identity = tmp_path / name
    make_key_pair(identity)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=hang_up, args=(server,), daemon=True).start()
        login = RemoteLoginSettings("node", "127.0.0.1", server.getsockname()[1])
        _, *words = shlex.split(ssh_command("me", login, identity_file=identity, known_hosts=tmp_path / "hosts"))
        answer = subprocess.run(
            ["ssh", "-F", "none", "-v", "-o", "BatchMode=yes", *words], capture_output=True, text=True, check=False
        )
    assert "not accessible" not in answer.stderr
    opened = re.findall(r"identity file (.*) type (-?\d+)", answer.stderr)
    assert [(path, kind) for path, kind in opened if not path.endswith("-cert")] == [(printed_by_ssh(identity), "3")]


def printed_by_ssh(path):
    """Give a path as ssh prints it in its log: octal outside ASCII, a backslash twice."""
    return "".join(
        chr(byte)
        if (0x20 <= byte < 0x7F and byte != 0x5C) or byte == 0x09
        else "\\\\"
        if byte == 0x5C
        else f"\\{byte:03o}"
        for byte in str(path).encode()
    )


def hang_up(server):
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"SSH-2.0-none\r\n")
        connection.recv(100)


@pytest.mark.parametrize(("known", "checking"), [(True, ("true", "yes")), (False, ("accept-new",))])
def test_an_unknown_host_key_is_accepted_once(tmp_path, known, checking):
    options = as_ssh_reads(ssh_command("me", LOGIN, known_hosts=tmp_path / "hosts", host_key_known=known))
    assert options["stricthostkeychecking"][0] in checking
    assert options["identitiesonly"] == ["no"]


def test_an_ipv6_address(tmp_path):
    login = RemoteLoginSettings("node", "2001:db8::5", 22)
    options = as_ssh_reads(ssh_command("me", login, known_hosts=tmp_path / "hosts"))
    assert options["hostname"] == ["2001:db8::5"]
    assert options["user"] == ["me"]


def test_the_plain_case_reads_plainly():
    command = ssh_command(
        "alice", LOGIN, identity_file=Path("/home/a/.ssh/id_ed25519"), known_hosts=Path("/home/a/known_hosts_contoso")
    )
    assert command == (
        "ssh -i /home/a/.ssh/id_ed25519 -o IdentitiesOnly=yes -o HostKeyAlias=tvm-1_p "
        "-o UserKnownHostsFile=/home/a/known_hosts_contoso -o StrictHostKeyChecking=accept-new -p 40017 "
        "alice@203.0.113.5"
    )


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=30))
def test_any_path_stays_one_word_of_the_shell(name):
    assume("${" not in name and not set(name) & set("\r\n"))  # refused; see below
    words = shlex.split(ssh_command("me", LOGIN, identity_file=Path("/k") / name, known_hosts=Path("/h") / name))
    assert words[0] == "ssh"
    assert words[-3:] == ["-p", "40017", "me@203.0.113.5"]
    assert len(words) == 14


@pytest.mark.parametrize("name", ["${HOME}", "a${", "two\nlines", "carriage\rreturn"])
def test_a_path_that_ssh_can_not_be_told_of_is_refused(name):
    for paths in ({"identity_file": Path("/k") / name, "known_hosts": Path("/h")}, {"known_hosts": Path("/h") / name}):
        with pytest.raises(ValidationError, match="Rename it"):
            ssh_command("me", LOGIN, **paths)


@pytest.mark.parametrize(
    "user", ["", "-oProxyCommand=x", "a b", "a@b", "a%h", "a;b", "$(id)", "a\nb", ".a", "a'b", "a\\b"]
)
def test_a_name_that_means_something_else_is_refused(user):
    with pytest.raises(ValidationError) as caught:
        ssh_command(user, LOGIN, known_hosts=Path("/h"))
    assert [problem.field for problem in caught.value.problems] == ["user"]


def test_the_private_address():
    login = replace(LOGIN, private_ip_address="10.0.0.4")
    command = ssh_command("alice", login, known_hosts=Path("/h"), private=True)
    assert command.endswith("-p 22 alice@10.0.0.4")
    with pytest.raises(ValidationError, match="tvm-1_p: no such address"):
        ssh_command("alice", LOGIN, known_hosts=Path("/h"), private=True)
    with pytest.raises(ValidationError, match="n: The node is away"):
        ssh_command("alice", RemoteLoginSettings("n", reason="The node is away."), known_hosts=Path("/h"))


def test_endpoint():
    assert LOGIN.endpoint() == ("203.0.113.5", 40_017)
    both = replace(LOGIN, ipv6_address="2001:db8::5", ipv6_port=40_018, private_ip_address="10.0.0.4")
    assert both.endpoint() == LOGIN.endpoint()
    assert replace(both, ip_address=None).endpoint() == ("2001:db8::5", 40_018)
    assert replace(both, ip_address=None).reachable
    assert not replace(both, ip_address=None, ipv6_port=None).reachable
    assert both.endpoint(private=True) == ("10.0.0.4", 22)
    assert both.endpoint(private=True, private_port=3389) == ("10.0.0.4", 3389)
    assert LOGIN.endpoint(private=True) is None


def test_reachable():
    assert LOGIN.reachable
    assert not RemoteLoginSettings("n", None, 22).reachable
    assert not RemoteLoginSettings("n", "203.0.113.5", None).reachable
    assert not RemoteLoginSettings("n").reachable


def test_state_folder(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert state_folder() == tmp_path / "state" / "batch_widgets"
    monkeypatch.setenv("XDG_STATE_HOME", "")
    assert state_folder() == Path.home() / ".local" / "state" / "batch_widgets"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert state_folder() == tmp_path / "local" / "batch_widgets"


@pytest.mark.parametrize("name", ["contoso", "../../etc/passwd", "a b/c", "127"])
def test_known_hosts_stay_in_the_state_folder(name):
    path = known_hosts_file(name)
    assert path.parent == state_folder()
    assert path.name.startswith("known_hosts_")


def test_write_known_hosts_keeps_other_nodes(tmp_path):
    path = tmp_path / "deep" / "hosts"
    write_known_hosts(path, {"a": "ssh-ed25519 AAA", "b": "ssh-ed25519 BBB"})
    write_known_hosts(path, {"b": "ssh-ed25519 NEW", "c": "ssh-ed25519 CCC"})
    assert path.read_text() == "a ssh-ed25519 AAA\nb ssh-ed25519 NEW\nc ssh-ed25519 CCC\n"
    assert [child.name for child in path.parent.iterdir()] == ["hosts"]


def test_write_known_hosts_does_not_write_for_nothing(tmp_path):
    path = tmp_path / "hosts"
    write_known_hosts(path, {"a": "k"})
    os.utime(path, (1, 1))
    write_known_hosts(path, {"a": "k"})
    assert path.stat().st_mtime == 1


def test_a_failed_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "hosts"
    write_known_hosts(path, {"a": "k"})

    def on_a_full_disk(descriptor, *_, **__):
        os.close(descriptor)
        return Path("/dev/full").open("w", encoding="utf-8")

    monkeypatch.setattr(os, "fdopen", on_a_full_disk)
    with pytest.raises(OSError, match="No space"):
        write_known_hosts(path, {"b": "k"})
    assert path.read_text() == "a k\n"
    assert list(tmp_path.iterdir()) == [path]


def test_writers_at_the_same_time_lose_no_line(tmp_path):
    path = tmp_path / "hosts"
    failures = []

    def write(number):
        try:
            write_known_hosts(path, {f"node{number}": "k"})
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(path.read_text().split()[::2]) == sorted(f"node{number}" for number in range(16))
