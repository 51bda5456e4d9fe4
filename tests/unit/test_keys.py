"""SSH public keys: what is taken, what is refused, and new pairs; held against OpenSSH's own tools."""

from __future__ import annotations

import base64
import os
import re
import stat
import struct
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_widgets.errors import ValidationError
from batch_widgets.keys import find_public_keys, identity_file_of, make_key_pair, own_key, parse_public_key


def line_of(private, comment="me@here"):
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return f"{public} {comment}".strip()


ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(b"1" * 32)
LINE = line_of(ED25519)
OTHER = line_of(ed25519.Ed25519PrivateKey.from_private_bytes(b"2" * 32), "other")
RSA_2048 = rsa.generate_private_key(65537, 2048)
RSA_1024 = rsa.generate_private_key(65537, 1024)
ECDSA = ec.generate_private_key(ec.SECP256R1())


def in_wire_form(*parts):
    return base64.b64encode(b"".join(struct.pack(">I", len(part)) + part for part in parts)).decode()


DSA_LINE = "ssh-dss " + in_wire_form(b"ssh-dss", b"\1" * 129, b"\1" * 21, b"\1" * 129, b"\1" * 129) + " old"
COMPRESSED = in_wire_form(b"ecdsa-sha2-nistp256", b"nistp256", b"\2" + b"\1" * 32)  # a form that SSH does not use


def refusal(text):
    with pytest.raises(ValidationError) as caught:
        parse_public_key(text)
    (problem,) = caught.value.problems
    assert problem.field == "ssh_public_key"
    return problem.message


@pytest.mark.parametrize(
    ("private", "kind"),
    [(ED25519, "ED25519"), (RSA_2048, "RSA 2048"), (ECDSA, "ECDSA-SHA2-NISTP256")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kinds(private, kind):
    key = parse_public_key(line_of(private))
    assert key.kind == kind
    assert key.line == line_of(private)
    assert key.material == " ".join(line_of(private).split()[:2])


@pytest.mark.parametrize("options", [["ed25519"], ["rsa", "-b", "3072"], ["rsa", "-b", "2048"], ["ecdsa", "-b", "521"]])
def test_fingerprint_is_that_of_ssh_keygen(tmp_path, options):
    path = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", "a b", "-f", path, "-t", *options], check=True)
    key = parse_public_key((tmp_path / "id.pub").read_text(), path=tmp_path / "id.pub")
    printed = subprocess.run(
        ["ssh-keygen", "-l", "-E", "sha256", "-f", path], capture_output=True, text=True, check=True
    ).stdout.split()
    assert key.fingerprint == printed[1]
    assert key.identity_file == path
    if options[0] == "rsa":
        assert key.kind == f"RSA {printed[0]}"


def test_a_certificate_is_refused(tmp_path):
    for name in ("ca", "id"):
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", tmp_path / name, "-t", "ed25519"], check=True)
    subprocess.run(["ssh-keygen", "-q", "-s", tmp_path / "ca", "-I", "me", "-n", "me", tmp_path / "id.pub"], check=True)
    assert "certificate" in refusal((tmp_path / "id-cert.pub").read_text())


def test_rfc_4716_and_pem_are_refused(tmp_path):
    path = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", path, "-t", "rsa", "-b", "2048"], check=True)
    for form in ("RFC4716", "PKCS8", "PEM"):
        text = subprocess.run(
            ["ssh-keygen", "-e", "-m", form, "-f", path], capture_output=True, text=True, check=True
        ).stdout
        said = refusal(text)
        command = re.search(r"ssh-keygen -i -m \w+ -f FILE", said)
        (tmp_path / "FILE").write_text(text)
        line = subprocess.run(
            command.group().split(), cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout  # what it advises gives the key
        assert parse_public_key(line).material == parse_public_key(path.with_suffix(".pub").read_text()).material


def test_a_key_that_was_wrapped_is_told_from_two_keys():
    assert "line break" in refusal(f"{LINE[:40]}\n{LINE[40:]}")
    assert "line break" not in refusal(f"{LINE}\n{OTHER}")


def test_other_pem_is_no_key():
    assert "no public key" in refusal("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")


def test_puttys_private_key_is_refused_as_a_private_key():
    lines = ("PuTTY-User-Key-File-3: ssh-ed25519", "Public-Lines: 1", "AAAA", "Private-Lines: 1", "SECRET")
    said = refusal("\n".join(lines))
    assert "private key" in said
    assert "SECRET" not in said


@pytest.mark.parametrize(
    "text",
    [f"{LINE}\r\n", f"\r\n\n  {LINE}  \n\n", LINE.replace(" ", "   "), LINE.replace(" ", "\t")],
    ids=["crlf", "blank lines", "blanks", "tabs"],
)
def test_white_space_is_put_right(text):
    assert parse_public_key(text).line == LINE


def test_a_comment_is_not_needed():
    assert parse_public_key(line_of(ED25519, "")).fingerprint == parse_public_key(LINE).fingerprint


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0b"])
def test_two_keys_are_refused(separator):
    assert "2 lines" in refusal(LINE + separator + OTHER)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no key here"),
        (" \n\t\r\n", "no key here"),
        (LINE[:60], "not a public key"),
        (LINE.split()[1], "not a public key"),
        ("ssh-ed25519", "not a public key"),
        (f'restrict,command="true" {LINE}', "in front of the key"),
        (f"no-pty {LINE}", "in front of the key"),
        (f"alice: {LINE}", "in front of the key"),
        (LINE.replace("ssh-ed25519", "ssh-rsa"), "not a public key"),
        (DSA_LINE, "DSA"),
        (line_of(RSA_1024), "1024 bits; at least 2048"),
        ("ecdsa-sha2-nistp256 " + COMPRESSED, "not a public key"),
        ("ssh-new " + LINE.split()[1], "not a public key"),
        (LINE.replace("AAAA", "AA!AA"), "not a public key"),
        (LINE.replace("AAAA", "AA¡AA"), "not a public key"),
        (f"{LINE}\x00", "do not print"),
        (f"\ufeff{LINE}", "do not print"),
        ("\ud800 x", "do not print"),
    ],
)
def test_refused(text, says):
    assert says in refusal(text)


@pytest.mark.parametrize(
    "form",
    [PrivateFormat.OpenSSH, PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL],
    ids=["openssh", "pkcs8", "pem"],
)
def test_a_private_key_is_refused_and_never_repeated(form):
    text = RSA_2048.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    with pytest.raises(ValidationError) as caught:
        parse_public_key(text)
    assert "private key" in str(caught.value)
    assert caught.value.__context__ is None
    secret_lines = text.splitlines()[1:-1]
    assert not any(line in str(caught.value) or line in repr(caught.value) for line in secret_lines)


def test_a_security_keys_public_key_is_read_or_refused_plainly():
    line = "sk-ssh-ed25519@openssh.com " + in_wire_form(b"sk-ssh-ed25519@openssh.com", b"\2" * 32, b"ssh:")
    try:
        key = parse_public_key(line)
    except ValidationError as error:
        assert error.problems[0].field == "ssh_public_key"  # noqa: PT017 (either is right: it depends on cryptography)
    else:
        assert key.fingerprint.startswith("SHA256:")


def _mutated(line):
    return st.builds(
        lambda start, end, middle: line[:start] + middle + line[end:],
        st.integers(0, len(line)),
        st.integers(0, len(line)),
        st.text(max_size=6) | st.text("AQ=/+ 019\n", max_size=6),
    )


@settings(deadline=None, max_examples=300)
@given(st.text() | _mutated(LINE) | _mutated(line_of(RSA_2048)) | _mutated(line_of(ECDSA)) | _mutated(DSA_LINE))
def test_nothing_but_a_validation_error_is_raised(text):
    try:
        key = parse_public_key(text)
    except ValidationError:
        return
    assert key.line.split()[0] in {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"}
    assert len(key.line.splitlines()) == 1


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-dss", "sk-ssh-ed25519@openssh.com"]),
    st.lists(st.binary(max_size=40), max_size=4),
)
def test_well_formed_nonsense_raises_nothing_else(kind, parts):
    try:
        parse_public_key(f"{kind} {in_wire_form(kind.encode(), *parts)}")
    except ValidationError as error:
        assert error.problems  # noqa: PT017 (most are refused, some are keys)


# keys on this machine


def write_pair(folder, name, private=None, comment="me"):
    private = private or ed25519.Ed25519PrivateKey.generate()
    (folder / f"{name}.pub").write_text(line_of(private, comment) + "\n")
    (folder / name).write_text("secret")
    return line_of(private, comment)


def test_find_public_keys_passes_over_the_rest(tmp_path):
    second, first = write_pair(tmp_path, "id_b"), write_pair(tmp_path, "id_a")
    (tmp_path / "broken.pub").write_text("nothing")
    (tmp_path / "binary.pub").write_bytes(b"\xff\xfe")
    (tmp_path / "weak.pub").write_text(line_of(RSA_1024))
    (tmp_path / "folder.pub").mkdir()
    (tmp_path / "id_c").write_text(LINE)
    found = find_public_keys(tmp_path)
    assert [key.line for key in found] == [first, second]
    assert [key.identity_file for key in found] == [tmp_path / "id_a", tmp_path / "id_b"]


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_find_public_keys_waits_for_no_pipe_and_reads_nothing_huge(tmp_path):
    os.mkfifo(tmp_path / "pipe.pub")
    (tmp_path / "huge.pub").write_text(f"{LINE} {'x' * 100_000}\n")
    (tmp_path / "dangling.pub").symlink_to(tmp_path / "none")
    line = write_pair(tmp_path, "id")
    assert [key.line for key in find_public_keys(tmp_path)] == [line]


def test_without_a_folder_there_are_no_keys(tmp_path):
    assert find_public_keys(tmp_path / "none") == []
    assert find_public_keys() == []


def test_find_public_keys_looks_in_the_home_folder():
    folder = Path.home() / ".ssh"
    folder.mkdir()
    line = write_pair(folder, "id")
    assert [key.line for key in find_public_keys()] == [line]
    assert identity_file_of(line) == folder / "id"


def test_identity_file_of_compares_without_the_comment(tmp_path):
    line = write_pair(tmp_path, "id.work", comment="one")
    material = " ".join(line.split()[:2])
    assert identity_file_of(f"{material} another", tmp_path) == tmp_path / "id.work"
    assert identity_file_of(material, tmp_path) == tmp_path / "id.work"
    assert identity_file_of(OTHER, tmp_path) is None
    (tmp_path / "id.work").unlink()
    assert identity_file_of(line, tmp_path) is None


def test_identity_file_needs_a_pub_file():
    assert parse_public_key(LINE).identity_file is None
    assert parse_public_key(LINE, path=Path("/tmp/key.txt")).identity_file is None


# new pairs


@pytest.fixture(params=[0o000, 0o077], ids=["open umask", "closed umask"])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_an_rsa_pair(tmp_path):
    key = make_key_pair(tmp_path / "id_rsa", "rsa-3072", comment="  of the notebook ")
    assert key.kind == "RSA 3072"
    assert key.line.endswith(" of the notebook")
    checked = subprocess.run(
        ["ssh-keygen", "-y", "-f", tmp_path / "id_rsa"], capture_output=True, text=True, check=True
    ).stdout
    assert checked.split()[:2] == key.material.split()


def test_a_path_may_be_text_and_begin_with_the_home_folder():
    key = make_key_pair("~/.ssh/id_new", comment="")
    assert key.identity_file == Path.home() / ".ssh" / "id_new"
    assert len(key.line.split()) == 2
    assert find_public_keys() == [key]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"kind": "dsa"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"comment": "two\nlines"}, "comment"),
        ({"comment": "\0"}, "comment"),
    ],
)
def test_what_can_not_be_made_leaves_no_file(tmp_path, options, field):
    with pytest.raises(ValidationError) as caught:
        make_key_pair(tmp_path / "new" / "id", **options)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert list(tmp_path.iterdir()) == []


def test_half_a_pair_is_not_left(tmp_path, monkeypatch):
    real = os.open

    def full(path, *arguments):
        if str(path).endswith(".pub"):
            raise OSError("No space left on device")
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="No space"):
        make_key_pair(tmp_path / "id")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_make_key_pair_keeps_the_private_key_to_its_owner(tmp_path, umask):
    path = tmp_path / "new" / "id_batch"
    key = make_key_pair(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(key.path.stat().st_mode) == 0o644 & ~umask
    assert key.identity_file == path
    assert key.line.endswith(" id_batch")
    assert parse_public_key((tmp_path / "new" / "id_batch.pub").read_text()).line == key.line


def test_the_halves_belong_together(tmp_path):
    key = make_key_pair(tmp_path / "id")
    derived = subprocess.run(
        ["ssh-keygen", "-y", "-f", tmp_path / "id"], capture_output=True, text=True, check=True
    ).stdout
    assert derived.split()[:2] == key.material.split()


@pytest.mark.parametrize("existing", ["id", "id.pub"])
def test_make_key_pair_never_overwrites(tmp_path, existing):
    (tmp_path / existing).write_text("mine")
    with pytest.raises(FileExistsError, match="never overwritten"):
        make_key_pair(tmp_path / "id")
    assert (tmp_path / existing).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [existing]


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_make_key_pair_does_not_write_through_a_dangling_link(tmp_path):
    (tmp_path / "id").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        make_key_pair(tmp_path / "id")
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "id.pub").exists()


def test_own_key_derives_a_public_key_that_is_missing():
    first = own_key()
    first.path.unlink()
    assert own_key() == first
    assert first.path.exists()


def test_own_keys_of_both_kinds():
    assert [own_key("rsa-3072").kind, own_key().kind] == ["RSA 3072", "ED25519"]
    assert [key.path.stem for key in find_public_keys()] == ["batch_widgets_ed25519", "batch_widgets_rsa"]
    assert own_key("rsa-3072") == own_key("rsa-3072")
    with pytest.raises(ValidationError, match="these kinds: ed25519, rsa-3072"):
        own_key("dsa")


def test_own_key_says_that_a_passphrase_is_in_the_way():
    path = Path.home() / ".ssh" / "batch_widgets_ed25519"
    path.parent.mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", path], check=True)
    path.with_name(path.name + ".pub").unlink()
    with pytest.raises(ValidationError, match="passphrase"):
        own_key()
