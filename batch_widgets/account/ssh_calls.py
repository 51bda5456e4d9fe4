"""The part of an account that works on nodes by SSH (extra `ssh`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.account.parts import AccountPart
from batch_widgets.ssh import require_asyncssh

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from batch_widgets.account.ssh_work import SshWork
    from batch_widgets.runner import Operation
    from batch_widgets.ssh import UserFacts
    from batch_widgets.ssh.terminal import TerminalSession


class SshCalls(AccountPart):
    """Logins to nodes from the machine on which the kernel runs.

    Where neither a key nor a password is given, the keys of ``~/.ssh`` that need no passphrase are tried, and those of
    the SSH agent. A node's host key is kept on first use in :attr:`known_hosts`, and refused when it has changed.
    """

    ssh_work: SshWork

    def open_terminal(
        self,
        pool_id: str,
        node_id: str,
        *,
        user: str,
        on_output: Callable[[bytes], object],
        on_end: Callable[[str], object],
        identity_file: Path | str | None = None,
        password: str | Callable[[], str] | None = None,
        columns: int = 80,
        rows: int = 24,
        known_users: Mapping[str, UserFacts] | None = None,
        keepalive_s: float | None = None,
    ) -> Operation[TerminalSession]:
        """Log in to a node and start an interactive shell.

        Parameters
        ----------
        pool_id, node_id : str
            The node.
        user : str
            Who logs in.
        on_output : callable
            Gets what the shell writes, in batches of at most 64 KiB; the next one waits until this has returned.
            Called on the thread of observers, as `on_end`.
        on_end : callable
            Gets the reason, in a sentence, once.
        identity_file : Path or str, optional
            A private key on this machine.
        password : str or callable, optional
            Or a function that asks for it, such as ``getpass.getpass``.
        columns, rows : int
            The terminal's size.
        known_users : mapping of str to UserFacts, optional
            What is known of the user by node id, to tell an unknown user from a wrong key.
        keepalive_s : float, optional
            How often to ask the node whether it is still there; after three questions without an answer, 30 seconds by
            default, the session ends.

        Returns
        -------
        Operation
            Its result is the TerminalSession; it fails with LoginError where the login does. The session ends with
            the account at the latest.
        """
        require_asyncssh()
        secret = password() if callable(password) else password

        async def work(operation: Operation[TerminalSession]) -> TerminalSession:
            del operation  # it is done in one step
            credentials = await self.ssh_work.prepare(user, identity_file, secret)
            (way,) = await self.ssh_work.ways_in(await self.service(), pool_id, [node_id])
            return await self.ssh_work.open_terminal(
                way,
                credentials,
                columns=columns,
                rows=rows,
                on_output=on_output,
                on_end=on_end,
                known_users=known_users,
                keepalive_s=keepalive_s,
            )

        return self.runner.submit(f"Connect to {node_id}", work)

    def forget_host_keys(self, nodes: Sequence[str]) -> None:
        """Forget the host keys of nodes that were reimaged: the next one that each of them shows is kept.

        Parameters
        ----------
        nodes : sequence of str
            Node ids.
        """
        self.ssh_work.host_keys.forget([nodes] if isinstance(nodes, str) else nodes)
