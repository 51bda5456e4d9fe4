"""Host keys of simulated nodes: they follow from the seed, so that a second run is not taken for an attack."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def host_key_pem(seed: int, pool_id: str, node_id: str, *, other: bool = False) -> str:
    """Return the private host key of a node in OpenSSH's form; or another one, as if somebody stood in between."""
    from cryptography.hazmat.primitives import serialization

    return (
        _private_key(seed, pool_id, node_id, "other host key" if other else "host key")
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        .decode("ascii")
    )


@functools.lru_cache(maxsize=20_000)
def host_key_line(seed: int, pool_id: str, node_id: str) -> str:
    """Return the public host key of a node: type and base64."""
    from cryptography.hazmat.primitives import serialization

    public = _private_key(seed, pool_id, node_id).public_key()
    return public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode("ascii")


def _private_key(seed: int, pool_id: str, node_id: str, what: str = "host key") -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    digest = hashlib.sha256(f"{what}\0{seed}\0{pool_id}\0{node_id}".encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(digest)
