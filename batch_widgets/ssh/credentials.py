"""What one logs in with: read once for many nodes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncssh

from batch_widgets.errors import ValidationError
from batch_widgets.keys import find_public_keys
from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

_MOST_KEYS = 5  # servers drop a client at its sixth wrong try


@dataclass(slots=True)
class Credentials:
    """A user, and what is shown for the user. Whoever had them loaded calls :meth:`forget` once all are logged in.

    Parameters
    ----------
    user : str
        The user on the node.
    keys : tuple of asyncssh.SSHKey
        Private keys, tried in order.
    key_names : tuple of str
        What to call them, in the same order, and the agent where it is asked.
    password : str, optional
        Tried after the keys.
    agent_path : str, optional
        Socket of an SSH agent whose keys are tried too.
    """

    user: str
    keys: tuple[asyncssh.SSHKey, ...] = field(default=(), repr=False)
    key_names: tuple[str, ...] = ()
    password: str | None = field(default=None, repr=False)
    agent_path: str | None = None

    def forget(self) -> None:
        """Hold keys and password no longer: a login that goes on needs them no more, and errors hold on to much."""
        self.keys = ()
        self.password = None


def load_credentials(user: str, identity_file: Path | None, password: str | None) -> Credentials:
    """Read the key, or find the keys of this machine where neither a key nor a password is given.

    Raises
    ------
    ValidationError
        If the user's name is empty, the key cannot be read, or there is nothing to show. Nothing was sent.
    """
    if not user.strip():
        raise _refused("user", "Say who logs in.")
    if identity_file is not None:
        key = _read(identity_file.expanduser())
        return Credentials(user, (key,), (_name(identity_file, key),), password)
    if password is not None:
        if not password:
            raise _refused("password", "The password is empty.")
        return Credentials(user, password=password)
    keys, names = _own_keys()
    agent = os.environ.get("SSH_AUTH_SOCK") or None
    if not keys and agent is None:
        raise _refused(
            "identity_file", "Give a key or a password: ~/.ssh has no key that can be read, and there is no SSH agent."
        )
    return Credentials(user, keys, (*names, *(["a key of the SSH agent"] if agent else [])), agent_path=agent)


def _read(path: Path) -> asyncssh.SSHKey:
    try:
        return asyncssh.read_private_key(path)
    except FileNotFoundError:
        raise _refused("identity_file", f"There is no file {path} on the machine on which the kernel runs.") from None
    except OSError as error:
        raise _refused("identity_file", f"{path} cannot be read: {error.strerror}.") from None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        if "assphrase" in str(error):
            raise _refused(
                "identity_file",
                f"{path} has a passphrase. Add it to the SSH agent (ssh-add) and leave the file out here, or use a key "
                "without one.",
            ) from None
        raise _refused("identity_file", f"{path} holds no private key in a form that is known.") from None


def _own_keys() -> tuple[tuple[asyncssh.SSHKey, ...], tuple[str, ...]]:
    """Read the private keys of ``~/.ssh`` that need no passphrase."""
    keys: list[asyncssh.SSHKey] = []
    names: list[str] = []
    for public in find_public_keys():
        if (path := public.identity_file) is not None and len(keys) < _MOST_KEYS:
            try:
                keys.append(_read(path))
            except ValidationError:
                continue
            names.append(_name(path, keys[-1]))
    return tuple(keys), tuple(names)


def _name(path: Path, key: asyncssh.SSHKey) -> str:
    return f"the key {path.name} ({key.get_fingerprint()})"


def _refused(field_name: str, message: str) -> ValidationError:
    return ValidationError([Problem(field_name, message)])
