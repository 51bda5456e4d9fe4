"""Connecting to a node: name, port, host key, user, in that order, each failure by its name."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING, Any

import asyncssh

from batch_widgets.ssh import diagnosis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_widgets.errors import LoginError
    from batch_widgets.ssh.credentials import Credentials
    from batch_widgets.ssh.host_keys import HostKeys
    from batch_widgets.ssh.values import SshTarget, UserFacts

Connection = asyncssh.SSHClientConnection
"""A login to a node."""

REACH_S = 15.0
"""How long a node may take to accept a connection, and again to let the user in, in seconds."""
KEEPALIVE_S = 10.0
"""How often a node is asked whether it is still there; after three questions without an answer it is not."""

_KEEPALIVES = 3
_WITHOUT_CERTIFICATES = (
    *("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    *("rsa-sha2-512", "rsa-sha2-256"),
)
_ALGORITHMS_OF = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


async def connect(
    target: SshTarget,
    credentials: Credentials,
    host_keys: HostKeys,
    *,
    known_users: Mapping[str, UserFacts] | None = None,
    reach_s: float = REACH_S,
    keepalive_s: float = KEEPALIVE_S,
) -> Connection:
    """Log in to a node.

    Nothing of the user's own ``~/.ssh`` counts: no configuration, no known hosts; of its keys those that were loaded.

    Parameters
    ----------
    target : SshTarget
        The node.
    credentials : Credentials
        Who logs in, with what.
    host_keys : HostKeys
        The known host keys: a new one is kept before anything is shown to the node, a changed one refused.
    known_users : mapping of str to UserFacts, optional
        What is known of the user by node id.
    reach_s : float
        How long the node may take to accept the connection, and again to let the user in, in seconds.
    keepalive_s : float
        How often to ask whether it is still there, in seconds.

    Raises
    ------
    LoginError
        With the outcome that names what failed.
    """
    try:
        known = host_keys.known(target.node_id)
    except OSError as error:
        raise diagnosis.not_kept(host_keys.path, error) from None
    reached = await _reach(target, reach_s)
    visitor = _Visitor(target, credentials, host_keys)
    try:
        async with asyncio.timeout(reach_s):
            return await asyncssh.connect(
                sock=reached,
                host_key_alias=target.node_id,
                client_factory=lambda: visitor,
                config=None,
                known_hosts=([], [], []),
                server_host_key_algs=_algorithms(known),
                x509_trusted_certs=None,
                username=credentials.user,
                client_keys=None,
                agent_path=None,
                preferred_auth="publickey,password,keyboard-interactive",
                gss_host=None,
                keepalive_interval=keepalive_s,
                keepalive_count_max=_KEEPALIVES,
            )
    except TimeoutError:
        raise diagnosis.silent(target, reach_s) from None
    except (asyncssh.Error, OSError, ValueError) as error:
        raise _named(error, visitor, known_users) from None
    finally:
        if not visitor.connected:  # otherwise the connection has the socket
            reached.close()


class _Visitor(asyncssh.SSHClient):
    """Answers what a connection asks while it logs in, and remembers how far it came."""

    def __init__(self, target: SshTarget, credentials: Credentials, host_keys: HostKeys) -> None:
        self.target = target
        self.credentials = credentials
        self.host_keys = host_keys
        self.connected = False
        self.shown: str | None = None
        self.changed = False
        self.not_kept: OSError | None = None
        self.asked: list[str] = []
        self._keys_shown = self._password_shown = False
        self._agent: Any = None

    def connection_made(self, conn: Connection) -> None:  # noqa: ARG002
        self.connected = True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._agent is not None:
            self._agent.close()

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        self.shown = " ".join(key.export_public_key().decode().split()[:2])
        try:
            self.changed = not self.host_keys.accept(self.target.node_id, self.shown)
        except OSError as error:
            self.not_kept = error
            return False
        return not self.changed

    async def public_key_auth_requested(self) -> Any:
        if "key" not in self.asked:
            self.asked.append("key")
        if self._keys_shown:
            return None
        self._keys_shown = True
        return [*self.credentials.keys, *await self._agent_keys()] or None

    async def _agent_keys(self) -> list[Any]:
        """Give the keys of the agent, which signs with them as long as the connection lasts."""
        if self.credentials.agent_path is None:
            return []
        try:
            self._agent = await asyncssh.connect_agent(self.credentials.agent_path)
            return list(await self._agent.get_keys())
        except (OSError, ValueError):  # an agent that is gone has no keys
            return []

    def password_auth_requested(self) -> str | None:
        if "password" not in self.asked:
            self.asked.append("password")
        if self._password_shown:
            return None
        self._password_shown = True
        return self.credentials.password

    def kbdint_auth_requested(self) -> str | None:
        """Answer one password prompt, for servers that ask for passwords this way."""
        return None if self.credentials.password is None or self._password_shown else ""

    def kbdint_challenge_received(self, *challenge: Any) -> list[str] | None:
        prompts = challenge[-1]
        if len(prompts) == 1 and "password" in prompts[0][0].casefold():
            password = self.password_auth_requested()
            return None if password is None else [password]
        return None if prompts else []


async def _reach(target: SshTarget, reach_s: float) -> socket.socket:
    """Connect to the port, trying the addresses of a name one after the other."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(reach_s):
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            failure: OSError = OSError(errno.EHOSTUNREACH, "there is no address")
            for family, kind, protocol, _, address in found:
                reached = socket.socket(family, kind, protocol)
                try:
                    reached.setblocking(False)  # noqa: FBT003
                    await loop.sock_connect(reached, address)
                except OSError as error:
                    reached.close()
                    failure = error
                except BaseException:
                    reached.close()
                    raise
                else:
                    return reached
            raise failure
    except TimeoutError:
        raise diagnosis.no_answer(target, reach_s) from None
    except (socket.gaierror, UnicodeError):
        raise diagnosis.unknown_name(target) from None
    except ConnectionRefusedError:
        raise diagnosis.port_closed(target) from None
    except OSError as error:
        raise diagnosis.no_route(target, error.strerror or str(error)) from None


def _algorithms(known: tuple[str, ...]) -> list[str]:
    """Give the host key algorithms to offer, those of the known keys first, so that the known key is the one shown."""
    kinds = [key.split(maxsplit=1)[0] for key in known]
    first = [name for kind in kinds for name in _ALGORITHMS_OF.get(kind, (kind,)) if name in _WITHOUT_CERTIFICATES]
    return list(dict.fromkeys([*first, *_WITHOUT_CERTIFICATES]))


def _named(error: Exception, visitor: _Visitor, known_users: Mapping[str, UserFacts] | None) -> LoginError:
    """Give the failure of a login its name."""
    target, credentials = visitor.target, visitor.credentials
    if visitor.changed and visitor.shown is not None:
        known = [_fingerprint(key) for key in visitor.host_keys.known(target.node_id)]
        return diagnosis.host_key_changed(target, _fingerprint(visitor.shown), known)
    if visitor.not_kept is not None:
        return diagnosis.not_kept(visitor.host_keys.path, visitor.not_kept)
    too_many = visitor.asked and "authentication failures" in str(error)  # OpenSSH's word for it
    if isinstance(error, asyncssh.PermissionDenied) or too_many:
        return diagnosis.refused(
            target,
            credentials.user,
            keys=credentials.key_names,
            password=credentials.password is not None,
            asked=visitor.asked,
            known_users=known_users,
        )
    if isinstance(error, asyncssh.ConnectionLost | OSError) and visitor.shown is None:
        return diagnosis.hung_up(target)
    return diagnosis.lost(str(error) or type(error).__name__)


def _fingerprint(key: str) -> str:
    try:
        return f"{asyncssh.import_public_key(key).get_fingerprint()} ({key.split(maxsplit=1)[0]})"
    except asyncssh.KeyImportError:
        return "one that cannot be read"
