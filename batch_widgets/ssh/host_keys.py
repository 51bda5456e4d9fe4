"""The host keys of nodes: kept on first use in a file of our own, and compared ever after."""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_widgets import login

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass
class _Known:
    """The keys of a known-hosts file: by name, and those whose names OpenSSH has hashed."""

    by_name: dict[str, list[str]] = field(default_factory=dict)
    hashed: list[tuple[bytes, bytes, str]] = field(default_factory=list)


class HostKeys:
    """The known host keys of an account's nodes. Works on any thread; does file I/O.

    OpenSSH writes the same file, by ``UserKnownHostsFile`` and ``HostKeyAlias`` of the commands that the account gives.

    Parameters
    ----------
    path : Path
        The known-hosts file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._read: tuple[object, _Known] = (None, _Known())

    def known(self, node_id: str) -> tuple[str, ...]:
        """Give the known keys of a node, each as type and base64; none where it was never seen."""
        with self._lock:
            return self._known(node_id)

    def accept(self, node_id: str, key: str) -> bool:
        """Tell whether a key that a node shows is the known one; the first one ever seen is kept and accepted.

        Parameters
        ----------
        node_id : str
            The node.
        key : str
            Type and base64.
        """
        with self._lock:
            known = self._known(node_id)
            if not known:
                login.write_known_hosts(self.path, {node_id: key})
            return not known or key in known

    def forget(self, node_ids: Sequence[str]) -> None:
        """Forget the keys of nodes: the next one that each of them shows is kept."""
        names = {node_id.casefold() for node_id in node_ids}

        def without(lines: list[str]) -> list[str]:
            return [line for line in lines if not _names(line, names)]

        with self._lock:
            login.rewrite_known_hosts(self.path, without)

    def _known(self, node_id: str) -> tuple[str, ...]:
        name = node_id.casefold()
        found = self._file()
        hashed = (key for salt, digest, key in found.hashed if _matches(salt, digest, name))
        return (*found.by_name.get(name, ()), *hashed)

    def _file(self) -> _Known:
        """Read the file, unless it is as it was the last time."""
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._read[0] != stamp:
                self._read = (stamp, _parse(self.path.read_text(encoding="utf-8", errors="replace").splitlines()))
        except FileNotFoundError:
            self._read = (None, _Known())
        return self._read[1]


def _parse(lines: Iterable[str]) -> _Known:
    known = _Known()
    for line in lines:
        names, key = _split(line)
        if hashed := _hashed(names):
            known.hashed.append((*hashed, key))
        else:
            for name in filter(None, names.casefold().split(",")):
                known.by_name.setdefault(name, []).append(key)
    return known


def _split(line: str) -> tuple[str, str]:
    """Give names and key of a line; nothing for a comment, a marker such as ``@revoked``, and what is no entry."""
    words = line.split()
    return (words[0], " ".join(words[1:3])) if len(words) >= 3 and words[0][0] not in "#@" else ("", "")


def _hashed(names: str) -> tuple[bytes, bytes] | None:
    """Give salt and digest of a name that OpenSSH has hashed (``HashKnownHosts``, which Debian turns on)."""
    parts = names.split("|")
    if len(parts) != 4 or parts[:2] != ["", "1"]:
        return None
    try:
        return base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except binascii.Error:
        return None


def _matches(salt: bytes, digest: bytes, name: str) -> bool:
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)


def _names(line: str, names: set[str]) -> bool:
    """Tell whether a line is about one of these nodes."""
    found, _ = _split(line)
    if hashed := _hashed(found):
        return any(_matches(*hashed, name) for name in names)
    return not names.isdisjoint(found.casefold().split(","))
