"""SSH public keys: reading, refusing, fingerprints, the keys on this machine, and new pairs."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from batch_widgets.errors import ValidationError
from batch_widgets.problems import Problem

OWN_KEY = Path("~/.ssh/batch_widgets_ed25519")
"""Where :func:`own_key` keeps its private key."""

_MIN_RSA_BITS = 2048


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
        return private if private.exists() else None

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
        If it is a private key, not in OpenSSH's form, several keys, of an unknown type, or RSA below 2048 bits. The
        message never holds the text.
    """
    if "PRIVATE KEY" in text:
        raise _refused(
            "This is a private key. Keep it secret: nothing was sent. "
            "Give the public one, from the file that ends in .pub."
        )
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise _refused("There is no key here. Give the line that a .pub file holds.")
    if len(lines) > 1:
        raise _refused(f"One key on one line is needed, and here are {len(lines)} lines.")
    line = " ".join(lines[0].split())
    if not line.isprintable():
        raise _refused("The key holds characters that do not print. Copy it again from the .pub file.")
    if line.startswith("ssh-dss"):
        raise _refused("DSA keys are no longer accepted by SSH servers. Make a new key.")

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


def make_key_pair(path: Path) -> PublicKey:
    """Make an ed25519 key pair and write it, the private key readable by its owner only.

    Parameters
    ----------
    path : Path
        Where the private key goes; the public one goes beside it with ``.pub``.

    Returns
    -------
    PublicKey
        The public key.

    Raises
    ------
    FileExistsError
        If either file exists: no key is ever overwritten.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    public_path = path.with_name(path.name + ".pub")
    if path.exists() or public_path.exists():
        raise FileExistsError(f"{path} is there already; keys are never overwritten. Choose another name.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    line = f"{public} {path.name}"
    _write_new(path, secret, 0o600)
    _write_new(public_path, line.encode() + b"\n", 0o644)
    return parse_public_key(line, path=public_path)


def own_key() -> PublicKey:
    """Give this package's own key pair on the machine of the kernel, and make it when it is first asked for.

    Returns
    -------
    PublicKey
        Of ``~/.ssh/batch_widgets_ed25519``. Where the public file is missing, it is derived from the private one.

    Raises
    ------
    ValidationError
        If only the public file is there, or the private one cannot be read; neither is ever overwritten.
    """
    path = OWN_KEY.expanduser()
    public_path = path.with_name(path.name + ".pub")
    if not path.exists():
        if public_path.exists():
            raise _refused(f"{public_path} is there without its private key. Move it away to get a new pair.")
        return make_key_pair(path)
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
