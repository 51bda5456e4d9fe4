"""Files that log in: OpenSSH's own client must read its settings as we mean them; files for RDP; the table."""

from __future__ import annotations

import csv
import io
import re
import stat
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_widgets.errors import ValidationError
from batch_widgets.login import (
    NoEndpoint,
    RemoteLoginSettings,
    SshHost,
    host_aliases,
    login_csv,
    login_frame,
    rdp_file,
    rdp_files,
    ssh_config,
    ssh_config_file,
    state_folder,
    write_ssh_config,
    zip_files,
)

NODE_A = f"tvmps_{'6d7bd980' * 8}_d"
NODE_B = f"tvmps_{'d893f740' * 8}_p"
LOGIN_A = RemoteLoginSettings(NODE_A, "203.0.113.5", 40_017, private_ip_address="10.0.0.4")
LOGIN_B = RemoteLoginSettings(NODE_B, "203.0.113.5", 40_018)
AWAY = RemoteLoginSettings("tvm-3", reason="The node is\nstarting.")
NAMES = [
    "plain",
    "two words",
    "100%h",
    "%d",
    "it's",
    'say "so"',
    "back\\slash",
    "a#b",
    "ü",
    "tab\there",
    "a=b",
    "$HOME",
]


def as_ssh_reads(path, alias):
    """Give what OpenSSH makes of a host in a file of settings, by option."""
    answer = subprocess.run(["ssh", "-F", path, "-T", "-G", alias], capture_output=True, text=True, check=True)
    assert answer.stderr == ""
    options = {}
    for line in answer.stdout.splitlines():
        name, _, value = line.partition(" ")
        options.setdefault(name, []).append(value)
    return options


@pytest.mark.parametrize("name", NAMES)
def test_ssh_reads_what_we_mean(tmp_path, name):
    identity, known_hosts = tmp_path / name, tmp_path / "hosts" / name
    identity.touch()
    hosts = [SshHost(LOGIN_A, "alice", identity, host_key_known=True), SshHost(LOGIN_B, "bob")]
    path = write_ssh_config(tmp_path / "config", ssh_config("Analysis", hosts, known_hosts=known_hosts))
    for alias in ("Analysis-6d7bd980", NODE_A):
        options = as_ssh_reads(path, alias)
        assert options["user"] == ["alice"]
        assert options["hostname"] == ["203.0.113.5"]
        assert options["port"] == ["40017"]
        assert options["hostkeyalias"] == [NODE_A]
        assert options["identityfile"] == [str(identity).replace("%", "%%")]  # printed before ssh replaces %%
        assert options["identitiesonly"] == ["yes"]
        assert options["userknownhostsfile"] == [str(known_hosts)]
        assert options["stricthostkeychecking"] in (["true"], ["yes"])
        assert options["hashknownhosts"] == ["no"]
        assert options["serveraliveinterval"] == ["60"]
    options = as_ssh_reads(path, "Analysis-d893f740")
    assert options["user"] == ["bob"]
    assert options["port"] == ["40018"]
    assert options["stricthostkeychecking"] == ["accept-new"]
    assert options["identitiesonly"] == ["no"]
    assert as_ssh_reads(path, "elsewhere")["hostname"] == ["elsewhere"]  # a file that includes it is left alone


def test_private_addresses(tmp_path):
    text = ssh_config("p", [SshHost(LOGIN_A, "alice"), SshHost(LOGIN_B, "bob")], known_hosts=Path("/h"), private=True)
    options = as_ssh_reads(write_ssh_config(tmp_path / "config", text), "p-6d7bd980")
    assert (options["hostname"], options["port"]) == (["10.0.0.4"], ["22"])
    assert text.splitlines()[-1] == f"# Not here: {NODE_B}: no such address."


def test_ipv6(tmp_path):
    login = RemoteLoginSettings(NODE_A, None, None, "2001:db8::5", 40_017)
    path = write_ssh_config(tmp_path / "config", ssh_config("p", [SshHost(login, "me")], known_hosts=Path("/h")))
    assert as_ssh_reads(path, NODE_A)["hostname"] == ["2001:db8::5"]


def test_a_node_without_an_address_is_told_of():
    text = ssh_config("p", [SshHost(AWAY, "me"), SshHost(LOGIN_A, "me")], known_hosts=Path("/h"))
    assert text.endswith("\n\n# Not here: tvm-3: The node is starting.\n")
    assert text.count("\nHost ") == 1
    assert ssh_config("p", [], known_hosts=Path("/h")).count("\n") == 1


ANY = st.text(max_size=12)
CRAFTED = st.sampled_from(
    [
        *("a\nProxyCommand id", 'x"\r\nHost *', "%h", "${HOME}", "*", "!a", "a b"),
        *("-oX=y", "\x85x", "\u2028x", "#", "", "10.0.0.4 -x"),
    ]
)
WORD = ANY | CRAFTED
KNOWN = (
    *("Host", "HostName", "Port", "User", "IdentityFile", "IdentitiesOnly", "HostKeyAlias", "UserKnownHostsFile"),
    *("StrictHostKeyChecking", "HashKnownHosts", "ServerAliveInterval"),
)


@settings(deadline=None, max_examples=400)
@given(WORD, st.sampled_from([NODE_A]) | WORD, st.sampled_from(["10.0.0.4"]) | WORD, st.just("me") | WORD, WORD, WORD)
def test_nothing_breaks_out(pool_id, node_id, address, user, path, reason):
    hosts = [
        SshHost(RemoteLoginSettings(node_id, address, 40_000, reason=reason), user, Path("/k") / path.strip("/\0")),
        SshHost(RemoteLoginSettings("other", reason=reason), user),
    ]
    try:
        text = ssh_config(pool_id, hosts, known_hosts=Path("/h") / path.strip("/\0"))
    except ValidationError:
        return
    lines = text.split("\n")
    assert "\r" not in text
    assert sum(line.startswith("Host ") for line in lines) == bool(address)
    assert [line.split()[0] for line in lines if line and line[0] != "#"] == list(KNOWN if address else ())


@pytest.mark.parametrize(
    "login",
    [
        RemoteLoginSettings("a b", "10.0.0.4", 22),
        RemoteLoginSettings("*", "10.0.0.4", 22),
        RemoteLoginSettings("n", "10.0.0.4\nProxyCommand id", 22),
        RemoteLoginSettings("n", "-x", 22),
        RemoteLoginSettings("n", "10.0.0.4", 65_536),
        RemoteLoginSettings("n", "10.0.0.4", -1),
    ],
)
def test_what_no_service_would_say_is_refused(login):
    with pytest.raises(ValidationError):
        ssh_config("p", [SshHost(login, "me")], known_hosts=Path("/h"))
    with pytest.raises(ValidationError):
        rdp_files("p", {login.node_id: "me"}, [login])


# names


def test_names_are_short_and_say_which_node_it_is():
    assert host_aliases("analysis", [NODE_A, NODE_B, "tvm-1219235766_3-20160919t172711z"]) == {
        NODE_A: "analysis-6d7bd980",
        NODE_B: "analysis-d893f740",
        "tvm-1219235766_3-20160919t172711z": "analysis-tvm-1219235766_3-20160919t172711z",
    }
    assert host_aliases("-p", ["n"]) == {"n": "pool-p-n"}


def test_names_grow_where_they_would_clash():
    near = f"tvmps_{'6d7bd980' * 7}6d7bd981_d"
    spot = f"{NODE_A[:-1]}p"
    names = host_aliases("p", [NODE_A, near, spot, NODE_B, "6d7bd980", NODE_A])
    assert len(set(names.values())) == len(names) == 5
    assert names[NODE_B] == "p-d893f740"
    assert names["6d7bd980"] == "p-6d7bd980"
    odd = f"{'6d7bd980' * 8}_d"  # what is left of the first one in full
    assert len(set(host_aliases("p", [NODE_A, spot, odd]).values())) == 3


@given(st.lists(st.from_regex(r"tvmps_0{15}[0-3]{1,2}_[dp]|[ab]{1,2}", fullmatch=True), max_size=12))
def test_names_are_unique(node_ids):
    names = host_aliases("p", node_ids)
    assert set(names) == set(node_ids)
    assert len(set(names.values())) == len(names)


# writing


def test_the_file_is_its_owners_and_whole(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "config"
    text = ssh_config("p", [SshHost(LOGIN_A, "me")], known_hosts=Path("/h"))
    assert write_ssh_config(path, text) == path
    assert path.read_text() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    assert write_ssh_config(path, ssh_config("p", [], known_hosts=Path("/h"))) == path  # it is ours: written anew
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def full(self, _target):
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_ssh_config(path, text)
    assert path.read_text().count("\n") == 1
    assert [one.name for one in path.parent.iterdir()] == ["config"]


@pytest.mark.parametrize("there", [True, False])
def test_the_users_own_settings_are_never_touched(there, tmp_path):
    own = Path.home() / ".ssh" / "config"
    text = ssh_config("p", [], known_hosts=Path("/h"))
    if there:
        own.parent.mkdir()
        own.write_text(text)  # even if it looks like one of ours
    link = tmp_path / "link"
    link.symlink_to(own)
    for path in (own, "~/.ssh/config", link, own.parent / ".." / ".ssh" / "config"):
        with pytest.raises(ValidationError, match="left alone"):
            write_ssh_config(path, text)
    assert own.exists() is there


def test_what_others_wrote_is_never_overwritten(tmp_path):
    path, link, folder = tmp_path / "mine", tmp_path / "link", tmp_path / "folder"
    path.write_text("Host mine\n")
    link.symlink_to(tmp_path / "nowhere")
    folder.mkdir()
    for taken in (path, link, folder):
        with pytest.raises(FileExistsError, match="Choose another name"):
            write_ssh_config(taken, ssh_config("p", [], known_hosts=Path("/h")))
    assert path.read_text() == "Host mine\n"


@pytest.mark.parametrize("name", ["contoso", "../../etc/passwd", "a b/c"])
def test_the_place_is_in_the_state_folder(name):
    assert ssh_config_file(name, name).parent == state_folder()


# RDP


def test_an_rdp_file():
    assert rdp_file("alice", RemoteLoginSettings("n", "203.0.113.5", 40_001)) == (
        b"full address:s:203.0.113.5:40001\r\nusername:s:.\\alice\r\nprompt for credentials:i:1\r\n"
    )
    assert rdp_file("alice", LOGIN_A, private=True).startswith(b"full address:s:10.0.0.4:3389\r\n")
    ipv6 = RemoteLoginSettings("n", None, None, "2001:db8::5", 40_001)
    assert rdp_file("alice", ipv6).startswith(b"full address:s:[2001:db8::5]:40001\r\n")


def test_a_name_outside_ascii_is_written_as_the_client_writes_it():
    content = rdp_file("jürgen", LOGIN_A)
    assert content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    assert "username:s:.\\jürgen\r\n" in content.decode("utf-16")


@given(WORD, WORD)
def test_nothing_breaks_out_of_an_rdp_file(user, address):
    try:
        content = rdp_file(user, RemoteLoginSettings("n", address, 40_001))
    except ValidationError:
        return
    text = content.decode("utf-16" if content[:1] in {b"\xff", b"\xfe"} else "ascii")
    assert re.fullmatch(r"full address:s:[^\r\n]+\r\nusername:s:[^\r\n]+\r\nprompt for credentials:i:1\r\n", text)


def test_rdp_files_are_named_like_the_hosts():
    users = {NODE_A: "alice", NODE_B: "bob", "tvm-3": "me"}
    files = rdp_files("p", users, [LOGIN_A, LOGIN_B, AWAY, RemoteLoginSettings("none", "10.0.0.9", 1)])
    assert list(files) == ["p-6d7bd980.rdp", "p-d893f740.rdp"]
    assert b"bob" in files["p-d893f740.rdp"]
    with zipfile.ZipFile(io.BytesIO(zip_files(files))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
    assert zip_files(files) == zip_files(files)
    with pytest.raises(ValidationError, match="starting"):
        rdp_file("me", AWAY)


# the table


def test_the_table():
    commands = {NODE_A: "ssh alice@203.0.113.5"}
    frame = login_frame([LOGIN_A, AWAY], commands, {"tvm-3": NoEndpoint("The node is starting.", "Wait.")})
    assert frame["node_id"].tolist() == [NODE_A, "tvm-3"]
    assert frame.loc[0, ["ip_address", "port", "private_ip_address", "ssh_command"]].tolist() == [
        *("203.0.113.5", 40_017, "10.0.0.4", "ssh alice@203.0.113.5")
    ]
    assert frame.loc[0, ["ipv6_address", "ipv6_port", "reason", "remedy"]].isna().all()
    assert frame.loc[1, ["reason", "remedy"]].tolist() == ["The node is starting.", "Wait."]
    assert frame.dtypes.astype(str).tolist() == ["string", "string", "Int64", "string", "Int64", *["string"] * 4]
    assert frame.to_csv(index=False, lineterminator="\n").splitlines()[1] == (
        f"{NODE_A},203.0.113.5,40017,,,10.0.0.4,ssh alice@203.0.113.5,,"
    )
    assert login_frame([AWAY])["reason"].tolist() == ["The node is\nstarting."]


def test_an_empty_table_has_its_columns():
    pd.testing.assert_index_equal(login_frame([]).columns, login_frame([LOGIN_A]).columns)
    assert login_frame([]).dtypes.tolist() == login_frame([LOGIN_A]).dtypes.tolist()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_spreadsheet_finds_a_formula(start):
    words = f"{start}cmd|' /C calc'!A0"
    frame = login_frame(
        [RemoteLoginSettings("a", "203.0.113.5", 40_000), RemoteLoginSettings("b", reason=words)],
        {"a": "ssh alice@203.0.113.5"},
        {"b": NoEndpoint(words, "-1")},
    )
    first, second = csv.DictReader(io.StringIO(login_csv(frame), newline=""))
    assert (first["ip_address"], first["port"], first["ssh_command"]) == (
        "203.0.113.5",
        "40000",
        "ssh alice@203.0.113.5",
    )
    assert (first["reason"], second["port"]) == ("", "")
    assert second["reason"] == f"'{words}".replace("\r", "\n")
    assert second["remedy"] == "'-1"
