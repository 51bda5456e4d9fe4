"""The users that a client adds to nodes, and the check of what they log in with."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from .clock import later
from .errors import BatchError, invalid_property, missing_property
from .node_actions import require_state
from .state import USABLE, Node, NodeUser, Pool, State
from .wire import Answer, JsonObject, parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from .request import Request

DAY_S = 86_400.0

_KEY_TYPES = frozenset(
    {
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)
_DUMMY = (b"nobody has it...", b"\0" * 32)


class NodeUserOperations:
    """What a client can do with the users of a node."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create_node_user(self, request: Request) -> Answer:
        """Add a user."""
        pool, node = self._usable_node(request)
        body = request.json("ComputeNodeUser")
        name = body["name"]
        _check_name(name, pool)
        _check_credentials(body, pool)
        user = NodeUser(name, body.get("isAdmin", False), self._expiry(body))
        _set_credentials(user, body)
        if _user_key(pool, name) in node.users:
            raise BatchError("NodeUserExists")
        node.users[_user_key(pool, name)] = user
        url = f"{self._state.base_url}{request.raw_path}"
        return Answer(201, headers={"Location": url, "DataServiceId": url})

    def replace_node_user(self, request: Request) -> Answer:
        """Give a user another password, key and expiry; what is left out is removed or reset."""
        pool, node = self._usable_node(request)
        body = request.json("NodeUpdateUserParameter")
        if "isAdmin" in body:
            raise BatchError("UnsupportedProperty", PropertyName="isAdmin")
        user = self._user(pool, node, request)
        _check_credentials(body, pool)
        user.expiry = self._expiry(body)
        _set_credentials(user, body)
        return Answer(200)

    def delete_node_user(self, request: Request) -> Answer:
        """Remove a user."""
        pool, node = self._usable_node(request)
        self._user(pool, node, request)
        del node.users[_user_key(pool, request.path["userName"])]
        return Answer(200)

    def _usable_node(self, request: Request) -> tuple[Pool, Node]:
        self._state.changeable_pool(request.path["poolId"])
        pool, node = self._state.node(request.path["poolId"], request.path["nodeId"])
        require_state(node, *USABLE)
        return pool, node

    def _user(self, pool: Pool, node: Node, request: Request) -> NodeUser:
        user = node.users.get(_user_key(pool, request.path["userName"]))
        if user is None:
            raise BatchError("NodeUserNotFound")
        return user

    def _expiry(self, body: JsonObject) -> datetime:
        if "expiryTime" in body:
            return parse_timestamp(body["expiryTime"])
        return later(self._state.now(), DAY_S)


def password_fits(user: NodeUser | None, password: str) -> bool:
    """Tell whether a password is the user's; nobody's costs the same time."""
    salt, expected = (user and user.password) or _DUMMY
    found = _hash(password, salt)
    return hmac.compare_digest(found, expected) and user is not None and user.password is not None


def key_fits(user: NodeUser | None, public_key: bytes) -> bool:
    """Tell whether a public key in SSH's binary form is the user's."""
    if user is None or user.ssh_public_key is None:
        return False
    return hmac.compare_digest(_key_data(user.ssh_public_key), public_key)


def _hash(password: str, salt: bytes) -> bytes:
    # Cheap on purpose: users of a thousand nodes are added in seconds, and the hashes never leave the process.
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=256, r=8, p=1, dklen=32)


def _user_key(pool: Pool, name: str) -> str:
    return name.lower() if pool.is_windows else name


def _check_name(name: str, pool: Pool) -> None:
    most = 20 if pool.is_windows else 64
    if not 1 <= len(name) <= most or not name.isprintable() or not name.strip():
        raise invalid_property("name", name, f"Expected 1 to {most} printable characters.")


def _check_credentials(body: JsonObject, pool: Pool) -> None:
    key = body.get("sshPublicKey")
    if pool.is_windows:
        if key is not None:
            raise invalid_property("sshPublicKey", key, "It can be specified for Linux nodes only.")
        if not body.get("password"):
            raise missing_property("password", "A user of a Windows node needs a password.")
        return
    if not body.get("password") and not key:
        raise missing_property("password", "A user needs a password, an SSH public key, or both.")
    if key is not None:
        try:
            _key_data(key)
        except ValueError as error:
            raise invalid_property("sshPublicKey", key, str(error)) from error


def _set_credentials(user: NodeUser, body: JsonObject) -> None:
    user.password = None
    if body.get("password"):
        salt = os.urandom(16)
        user.password = salt, _hash(body["password"], salt)
    user.ssh_public_key = body.get("sshPublicKey")


def _key_data(text: str) -> bytes:
    """Return the binary form of a public key in OpenSSH's form.

    Raises
    ------
    ValueError
        If it is something else.
    """
    parts = text.split()
    if len(parts) < 2 or parts[0] not in _KEY_TYPES:
        raise ValueError("Expected a public key in OpenSSH's form: a type, then the key in base64.")
    try:
        data = base64.b64decode(parts[1], validate=True)
    except binascii.Error as error:
        raise ValueError("The key is not base64.") from error
    name = parts[0].encode("ascii")
    if not data.startswith(len(name).to_bytes(4, "big") + name):
        raise ValueError("The key is not of the type that stands before it.")
    return data
