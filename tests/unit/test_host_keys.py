"""Host keys kept on first use, and compared ever after."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from batch_widgets import login
from batch_widgets.errors import ValidationError
from batch_widgets.ssh import HostKeys

ONE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOne"
TWO = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAITwo"


@pytest.fixture
def host_keys(tmp_path):
    return HostKeys(tmp_path / "state" / "known_hosts")


def test_the_first_key_is_kept_and_another_refused(host_keys):
    assert host_keys.known("tvm-1") == ()
    assert host_keys.accept("tvm-1", ONE)
    assert host_keys.accept("tvm-1", ONE)
    assert not host_keys.accept("tvm-1", TWO)
    assert host_keys.known("TVM-1") == (ONE,)
    assert host_keys.path.read_text() == f"tvm-1 {ONE}\n"
    assert HostKeys(host_keys.path).known("tvm-1") == (ONE,), "another kernel sees it"


def test_nodes_do_not_share_keys(host_keys):
    host_keys.accept("tvm-1", ONE)
    assert host_keys.accept("tvm-2", TWO)
    assert not host_keys.accept("tvm-1", TWO)


def test_a_forgotten_key_makes_room_for_the_next(host_keys):
    host_keys.accept("tvm-1", ONE)
    host_keys.accept("tvm-2", ONE)
    host_keys.forget(["tvm-1"])
    assert host_keys.known("tvm-1") == ()
    assert host_keys.known("tvm-2") == (ONE,)
    assert host_keys.accept("tvm-1", TWO)


def test_what_others_write_is_seen(host_keys):
    host_keys.accept("tvm-1", ONE)
    with host_keys.path.open("a") as file:
        file.write(f"# a comment\n@revoked * {TWO}\nnonsense\n\ntvm-2,tvm-3 {TWO} by somebody\n")
    assert host_keys.known("tvm-3") == (TWO,)
    assert not host_keys.accept("tvm-2", ONE)
    host_keys.path.unlink()
    assert host_keys.known("tvm-1") == ()


def test_names_that_openssh_hashed_are_found_and_forgotten(host_keys):
    keygen = shutil.which("ssh-keygen")
    login.write_known_hosts(host_keys.path, {"tvm-1": ONE_REAL, "tvm-2": ONE_REAL})
    subprocess.run([keygen, "-H", "-f", str(host_keys.path)], check=True, capture_output=True)
    assert "tvm" not in host_keys.path.read_text()
    assert host_keys.known("tvm-1") == (ONE_REAL,)
    assert host_keys.known("tvm-9") == ()
    assert not host_keys.accept("tvm-1", TWO)
    host_keys.forget(["tvm-1"])
    assert host_keys.known("tvm-1") == ()
    assert host_keys.known("tvm-2") == (ONE_REAL,)


def test_a_broken_hash_is_no_entry(host_keys):
    host_keys.accept("tvm-1", ONE)
    with host_keys.path.open("a") as file:
        file.write(f"|1|x|y {TWO}\n|2|aaaa|bbbb {TWO}\n")
    assert host_keys.known("tvm-1") == (ONE,)


ONE_REAL = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGP9OSWGSMtJY7ZbZqeaTZLhMvQWmOvTVqQdHnBbyDNW"


@pytest.mark.parametrize("node_id", ["*", "a,b", "a b", "a\n*", "#a", "|1|a", "@revoked", ""])
def test_what_is_no_name_of_a_node_is_never_written(host_keys, node_id):
    with pytest.raises(ValidationError):
        host_keys.accept(node_id, ONE)
    assert not host_keys.path.exists()
