"""The part of an account that knows where and how to log in to nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets import login
from batch_widgets.account.parts import AccountPart
from batch_widgets.login import SshHost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from batch_widgets.login import RemoteLoginSettings


class LoginCalls(AccountPart):
    """Where nodes can be reached, and what logs in to them."""

    _host_keys: Callable[[Sequence[str]], Mapping[str, str]] | None

    def list_remote_login_settings(
        self,
        pool_id: str,
        nodes: Sequence[str] | None = None,
        *,
        on_some: Callable[[list[RemoteLoginSettings]], object] | None = None,
    ) -> list[RemoteLoginSettings]:
        """Get where the nodes of a pool can be reached.

        Parameters
        ----------
        pool_id : str
            The pool.
        nodes : sequence of str, optional
            Node ids; default: all.
        on_some : callable, optional
            Called with those that have come since the last time, about ten times a second, on the notifier thread:
            those of a large pool take some seconds, and ``account.aio`` waits for longer than this does.

        Returns
        -------
        list of RemoteLoginSettings
            One for each node, in order; one without a way in has its ``reason``.
        """
        return self.wait(self.aio.list_remote_login_settings(pool_id, nodes, on_some=on_some))

    @property
    def known_hosts(self) -> Path:
        """The file in which the ``ssh`` commands keep the nodes' host keys."""
        return login.known_hosts_file(self.name)

    def ssh_command(
        self,
        user: str,
        settings: RemoteLoginSettings,
        *,
        identity_file: Path | None = None,
        private: bool = False,
    ) -> str:
        """Give the complete ``ssh`` command of a user on a node.

        Parameters
        ----------
        user : str
            The user.
        settings : RemoteLoginSettings
            Where the node is.
        identity_file : Path, optional
            The private key, where it is known.
        private : bool
            Connect to the address inside the pool's network, for who is in it.

        Returns
        -------
        str
            Quoted for a POSIX shell. Where the node's host key is known (the demo), it is written to
            :attr:`known_hosts` first.

        Raises
        ------
        ValidationError
            If the node has no such address.
        """
        (host,) = self.ssh_hosts(user, [settings], identity_file=identity_file)
        return _command(host, self.known_hosts, private=private)

    def ssh_commands(
        self,
        user: str,
        settings: Sequence[RemoteLoginSettings],
        *,
        identity_file: Path | None = None,
        private: bool = False,
    ) -> dict[str, str]:
        """Give the ``ssh`` commands of a user by node id, of those nodes that can be reached."""
        reachable = [one for one in settings if one.endpoint(private=private)]
        hosts = self._hosts(user, reachable, identity_file)
        known_hosts = self.known_hosts  # looked up once: there may be thousands of nodes
        return {host.login.node_id: _command(host, known_hosts, private=private) for host in hosts}

    def ssh_hosts(
        self, user: str, settings: Sequence[RemoteLoginSettings], *, identity_file: Path | None = None
    ) -> list[SshHost]:
        """Give nodes as hosts for :func:`batch_widgets.login.ssh_config`.

        Where their host keys are known (the demo), they are written to :attr:`known_hosts` first.
        """
        return list(self._hosts(user, settings, identity_file))

    def _hosts(
        self, user: str, settings: Sequence[RemoteLoginSettings], identity_file: Path | None
    ) -> Iterator[SshHost]:
        known = self._host_keys([one.node_id for one in settings]) if self._host_keys else {}
        if known:
            login.write_known_hosts(self.known_hosts, known)
        for one in settings:
            yield SshHost(one, user, identity_file, one.node_id in known)


def _command(host: SshHost, known_hosts: Path, *, private: bool) -> str:
    return login.ssh_command(
        host.user,
        host.login,
        identity_file=host.identity_file,
        known_hosts=known_hosts,
        host_key_known=host.host_key_known,
        private=private,
    )
