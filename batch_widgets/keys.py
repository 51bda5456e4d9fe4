"""SSH public keys: reading, refusing, fingerprints, the keys on this machine, and new pairs."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from batch_widgets.errors import ValidationError
from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

KeyKind = Literal["ed25519", "rsa-3072"]

OWN_KEY = Path("~/.ssh/batch_widgets_ed25519")
"""Where :func:`own_key` keeps its private key."""

OWN_KEYS: dict[KeyKind, Path] = {"ed25519": OWN_KEY, "rsa-3072": Path("~/.ssh/batch_widgets_rsa")}
"""The same for each kind of key."""

_MIN_RSA_BITS = 2048
_NEW_RSA_BITS = 3072
_MAX_FILE_BYTES = 65_536  # an RSA key of 16,384 bits has 2.8 kB
_CONVERT = "OpenSSH converts it: ssh-keygen -i -m {} -f FILE prints the line that is needed."
_OTHER_FORMS = (
    ("---- BEGIN SSH2 PUBLIC KEY", f"This key is in the form of RFC 4716. {_CONVERT.format('RFC4716')}"),
    ("-----BEGIN RSA PUBLIC KEY", f"This key is in PEM's form. {_CONVERT.format('PEM')}"),
    ("-----BEGIN PUBLIC KEY", f"This key is in PKCS #8's form. {_CONVERT.format('PKCS8')}"),
    ("-----BEGIN ", "This is in PEM's form, and no public key of SSH. Give the line that a .pub file holds."),
)
_TYPES = ("ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An SSH public key in OpenSSH's one-line form.

    Parameters
    ----------
    line : str
        The key: type, base64 and comment.
    kind : str
        Type in words, such as ``"ED25519"`` or ``"RSA 3072"``.
    fingerprint : str
        SHA-256, as ``ssh-keygen -l`` prints it.
    path : Path, optional
        The file that it was read from.
    """

    line: str
    kind: str
    fingerprint: str
    path: Path | None = None

    @property
    def identity_file(self) -> Path | None:
        """The private key beside it, if there is one on this machine."""
        if self.path is None or self.path.suffix != ".pub":
            return None
        private = self.path.with_suffix("")
        return private if os.path.exists(private) else None  # noqa: PTH110 (Path.exists raises where it may not look)

    @property
    def material(self) -> str:
        """Type and base64 without the comment: two lines with the same material are the same key."""
        return " ".join(self.line.split()[:2])


def parse_public_key(text: str, *, path: Path | None = None) -> PublicKey:
    """Read an SSH public key and refuse all that is not exactly one.

    Parameters
    ----------
    text : str
        What was typed or pasted, or read from a ``.pub`` file.
    path : Path, optional
        Where it came from.

    Returns
    -------
    PublicKey
        The key on one line.

    Raises
    ------
    ValidationError
        If it is a private key, not in OpenSSH's form, several keys, of an unknown type, or RSA below 2048 bits; with
        options in front, as in ``authorized_keys``. The message never holds the text.
    """
    line = _one_line(text)

    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        kind_on_wire, encoded = line.split()[:2]
        blob = base64.b64decode(encoded, validate=True)  # cryptography passes over what is not base64; ssh does not
        key = load_ssh_public_key(line.encode())
    except (ValueError, NotImplementedError, UnsupportedAlgorithm):
        raise _refused(
            "This is not a public key in OpenSSH's form, such as “ssh-ed25519 AAAA… name”. "
            "Copy the whole line of the .pub file."
        ) from None
    if "cert" in kind_on_wire:
        raise _refused("This is a certificate. Give the plain public key.")
    kind = kind_on_wire.removeprefix("ssh-").upper()
    if isinstance(key, RSAPublicKey):
        if key.key_size < _MIN_RSA_BITS:
            raise _refused(
                f"This RSA key has {key.key_size} bits; at least {_MIN_RSA_BITS} are needed. Make a new key."
            )
        kind = f"RSA {key.key_size}"
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return PublicKey(line, kind, f"SHA256:{digest}", path)


def is_private(text: str) -> bool:
    """Tell whether a text is, or has in it, a private key in one of the usual forms."""
    return "PRIVATE KEY" in text or "PuTTY-User-Key-File" in text or "Private-Lines:" in text


def _one_line(text: str) -> str:
    """Give the one line that a key is on, its blanks put right; refuse what is surely something else."""
    if is_private(text):
        raise _refused(
            "This is a private key. Keep it secret: nothing was sent. "
            "Give the public one, from the file that ends in .pub."
        )
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise _refused("There is no key here. Give the line that a .pub file holds.")
    for start, message in _OTHER_FORMS:
        if lines[0].lstrip().startswith(start):
            raise _refused(message)
    if len(lines) > 1:
        wrapped = not any(line.lstrip().startswith(_TYPES) for line in lines[1:])
        hint = " If a line break came into the key when it was copied, take it out." if wrapped else ""
        raise _refused(f"One key on one line is needed, and here are {len(lines)} lines.{hint}")
    line = " ".join(lines[0].split())
    if not line.isprintable():
        raise _refused("The key holds characters that do not print. Copy it again from the .pub file.")
    if line.startswith("ssh-dss"):
        raise _refused("DSA keys are no longer accepted by SSH servers. Make a new key.")
    if not line.startswith(_TYPES) and any(f" {kind}" in line for kind in _TYPES):
        raise _refused("There is something in front of the key, such as options. Begin with its type, as ssh-ed25519.")
    return line


def find_public_keys(folder: Path | None = None) -> list[PublicKey]:
    """Find the usable public keys in a folder of the machine that the kernel runs on.

    Parameters
    ----------
    folder : Path, optional
        Default: ``~/.ssh``.

    Returns
    -------
    list of PublicKey
        In the order of their file names; files that hold no usable key are passed over.
    """
    folder = folder or Path.home() / ".ssh"
    keys = []
    for path in sorted(folder.glob("*.pub")):
        try:
            if path.is_file() and path.stat().st_size <= _MAX_FILE_BYTES:  # reading a pipe would wait for ever
                keys.append(parse_public_key(path.read_text(encoding="utf-8"), path=path))
        except (ValidationError, OSError, UnicodeDecodeError):
            continue
    return keys


def identity_file_of(public_key: str, folder: Path | None = None) -> Path | None:
    """Find the private key file on this machine that belongs to a public key.

    Parameters
    ----------
    public_key : str
        The public key's line.
    folder : Path, optional
        Default: ``~/.ssh``.

    Returns
    -------
    Path or None
        None where this machine has no such file.
    """
    material = " ".join(public_key.split()[:2])
    for key in find_public_keys(folder):
        if key.material == material and key.identity_file:
            return key.identity_file
    return None


def make_key_pair(path: Path | str, kind: KeyKind = "ed25519", *, comment: str | None = None) -> PublicKey:
    """Make a key pair without a passphrase and write it, the private key readable by its owner only.

    Parameters
    ----------
    path : Path or str
        Where the private key goes; the public one goes beside it with ``.pub``. ``~`` is the home folder, and a folder
        that is not there is made for its owner only.
    kind : str
        ``"ed25519"``, or ``"rsa-3072"`` for what takes no other; that one takes a moment.
    comment : str, optional
        What stands behind the public key; default: the file's name.

    Returns
    -------
    PublicKey
        The public key.

    Raises
    ------
    FileExistsError
        If either file exists: no key is ever overwritten.
    ValidationError
        If kind or comment are wrong.
    """
    path = Path(path).expanduser()
    public_path = path.with_name(path.name + ".pub")
    secret, public = _generate(kind)
    if comment is None:
        comment = "".join(character if character.isprintable() else " " for character in path.name)
    if not comment.isprintable():
        raise ValidationError([Problem("comment", "A key's comment is one line of text.")])
    key = parse_public_key(f"{public} {comment}", path=public_path)
    if os.path.lexists(path) or os.path.lexists(public_path):
        raise FileExistsError(f"{path} is there already; keys are never overwritten. Choose another name.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_new(path, secret, 0o600)
    try:
        _write_new(public_path, key.line.encode() + b"\n", 0o644)
    except BaseException:
        path.unlink()  # half a pair would be in the way of the next try
        raise
    return key


def _generate(kind: str) -> tuple[bytes, str]:
    """Give a new private key and its public one."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    makers: dict[str, Callable[[], Any]] = {
        "ed25519": Ed25519PrivateKey.generate,
        "rsa-3072": lambda: generate_private_key(65_537, _NEW_RSA_BITS),
    }
    if kind not in makers:
        raise _no_kind()
    private = makers[kind]()
    secret: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return secret, private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def own_key(kind: KeyKind = "ed25519") -> PublicKey:
    """Give this package's own key pair on the machine of the kernel, and make it when it is first asked for.

    Parameters
    ----------
    kind : str
        ``"ed25519"`` or ``"rsa-3072"``.

    Returns
    -------
    PublicKey
        Of ``~/.ssh/batch_widgets_ed25519`` or ``~/.ssh/batch_widgets_rsa``. Where the public file is missing, it is
        derived from the private one.

    Raises
    ------
    ValidationError
        If only the public file is there, or the private one cannot be read; neither is ever overwritten. If there is
        no such kind.
    """
    if kind not in OWN_KEYS:
        raise _no_kind()
    path = OWN_KEYS[kind].expanduser()
    public_path = path.with_name(path.name + ".pub")
    if not path.exists():
        if public_path.exists():
            raise _refused(f"{public_path} is there without its private key. Move it away to get a new pair.")
        return make_key_pair(path, kind)
    if not public_path.exists():
        _write_new(public_path, f"{_public_of(path)} {path.name}\n".encode(), 0o644)
    return parse_public_key(public_path.read_text(encoding="utf-8"), path=public_path)


def _public_of(path: Path) -> str:
    """Derive the public key of a private key file."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

    try:
        private = load_ssh_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _refused(
            f"{path} cannot be read: it is no private key in OpenSSH's form, or has a passphrase. Move it away."
        ) from None
    return private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _write_new(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)


def _refused(message: str) -> ValidationError:
    return ValidationError([Problem("ssh_public_key", message)])


def _no_kind() -> ValidationError:
    return ValidationError([Problem("kind", f"Keys are made of these kinds: {', '.join(OWN_KEYS)}.")])
