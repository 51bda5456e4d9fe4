"""The files that the package writes, where others have prepared the place: links, pipes, folders, and a lax umask."""

import os
import stat
from pathlib import Path

import pytest

from batch_widgets import keys
from batch_widgets.login import known_hosts_file, ssh_config, ssh_config_file, write_known_hosts, write_ssh_config

CANARY = "canary-5f1d\n"
NODE = "tvmps_0123456789abcdef_d"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


def settings(path):
    write_ssh_config(path, ssh_config("p", [], known_hosts=Path("/h")))


def known_hosts(path):
    write_known_hosts(path, {NODE: HOST_KEY})


def key_pair(path):
    keys.make_key_pair(path)


WRITERS = {"settings": settings, "known hosts": known_hosts, "key pair": key_pair}
# Names beside a file under which programs write before they rename; a process's number is no secret.
BESIDE = ("", ".pub", f".{os.getpid()}", ".tmp", ".new", "~", ".bak", ".lock", ".part")


def prepared(folder, victim):
    """Yield how a place is prepared: its name, and what to do to a path there."""
    yield "nothing", lambda _: None
    yield "a link to a file", lambda path: path.symlink_to(victim)
    yield "a second name of a file", lambda path: path.hardlink_to(victim)
    yield "a link to nowhere", lambda path: path.symlink_to(folder / "planted")
    yield "a link to a folder", lambda path: path.symlink_to(victim.parent)
    yield "a link to itself", lambda path: path.symlink_to(path)
    yield "a link without end", lambda path: path.symlink_to("/dev/zero")
    yield "a folder", lambda path: path.mkdir()
    yield "a pipe", os.mkfifo
    yield "a file of theirs", lambda path: path.write_text("theirs\n")


@pytest.fixture
def lax():
    """Let all that is made be for everybody, unless its maker says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.safety("Files: places that others have prepared")
def test_no_prepared_place_leads_to_another_file(tmp_path, lax, attempts):
    victim = tmp_path / "home" / "victim"
    victim.parent.mkdir(mode=0o700)
    for what, write in WRITERS.items():
        for ending in BESIDE:
            for how, prepare in prepared(tmp_path, victim):
                victim.write_text(CANARY)
                victim.chmod(0o600)
                folder = tmp_path / f"{what} {ending} {how}".replace("/", "")
                folder.mkdir(mode=0o777)
                path = folder / "name"
                place = path.with_name(f"name{ending}")
                prepare(place)
                theirs = place.lstat().st_ino if os.path.lexists(place) else None
                try:
                    write(path)
                    refused = None
                except (OSError, RuntimeError) as error:  # the latter for links without end
                    refused = error
                name = f"{what}: {how} at name{ending}"
                changed = victim.read_text() != CANARY or stat.S_IMODE(victim.stat().st_mode) != 0o600
                attempts.case(name, got_through=changed or (tmp_path / "planted").exists())
                attempts.case(f"{name}: modes", got_through=open_to_others(folder, {theirs, victim.stat().st_ino}))
                attempts.case(f"{name}: others in the folder", got_through=set(victim.parent.iterdir()) != {victim})
                if how == "nothing":
                    assert refused is None


def open_to_others(folder, theirs):
    """Return the files of ours that others may write, or read what is the user's alone."""
    found = []
    for path in folder.iterdir():
        about = path.lstat()
        if about.st_ino not in theirs and not path.is_symlink():
            most = 0o644 if path.suffix == ".pub" else 0o600
            found += [(path.name, oct(about.st_mode))] if stat.S_IMODE(about.st_mode) & ~most else []
    return found


def test_a_file_that_is_open_to_others_would_be_seen(tmp_path, lax):
    (tmp_path / "open").write_text("")
    assert open_to_others(tmp_path, set()) == [("open", "0o100666")]


@pytest.mark.safety("Files: names that lead out of the folder of ours")
def test_no_account_or_pool_names_another_place(tmp_path, monkeypatch, attempts):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    names = [
        "..",
        "../x",
        "/etc/passwd",
        "a/../../x",
        "..\\x",
        "a\0b",
        "a\nb",
        "~",
        "~root",
        "$HOME",
        "",
        ".",
        "x" * 64,
    ]
    names += ["\u2024\u2024/x", "\uff0e\uff0e\uff0fx", "a:b", "con", "%2e%2e%2fx", "\u202e", "-rf", "a b"]
    for name in names:
        for path in (known_hosts_file(name), ssh_config_file(name, name), ssh_config_file("demo", name)):
            inside = path.parent == tmp_path / "batch_widgets" and Path(os.path.normpath(path)) == path
            fine = inside and path.resolve().parent == path.parent.resolve() and path.name.isprintable()
            attempts.case(f"{name!r} as {path.name!r}", got_through=not fine)
