"""The part of an account that works on nodes by SSH (extra `ssh`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.account.parts import AccountPart
from batch_widgets.account.ssh_work import on_ways
from batch_widgets.errors import ValidationError
from batch_widgets.problems import Problem
from batch_widgets.ssh import CommandResult, LoginTest, require_asyncssh
from batch_widgets.ssh.frames import commands_frame, logins_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from batch_widgets.account.ssh_work import Secret, SshWork, WayIn
    from batch_widgets.runner import Operation
    from batch_widgets.ssh import UserFacts
    from batch_widgets.ssh.terminal import TerminalSession


_UNFINISHED = "not finished: the command may still run on the node"
_UNFINISHED_LOGIN = "The login was under way."


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
        secret: Secret = [password() if callable(password) else password]

        async def work(operation: Operation[TerminalSession]) -> TerminalSession:
            del operation  # it is done in one step
            async with self.ssh_work.credentials(user, identity_file, secret) as credentials:
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

    def run(
        self,
        pool_id: str,
        command: str,
        *,
        user: str,
        nodes: Sequence[str] | None = None,
        identity_file: Path | str | None = None,
        password: str | Callable[[], str] | None = None,
        timeout_s: float = 60.0,
        at_once: int = 16,
        most_bytes: int = 1 << 20,
        known_users: Mapping[str, UserFacts] | None = None,
    ) -> Operation[pd.DataFrame]:
        """Run a command on many nodes at once.

        Parameters
        ----------
        pool_id : str
            The pool.
        command : str
            For the user's shell on the nodes; there is no terminal and nothing to read.
        user : str
            Who logs in.
        nodes : sequence of str, optional
            Node ids; default: all.
        identity_file : Path or str, optional
            A private key on this machine.
        password : str or callable, optional
            Or a function that asks for it, such as ``getpass.getpass``.
        timeout_s : float
            How long the command may take on a node, in seconds; then it gets SIGTERM.
        at_once : int
            On how many nodes it runs at a time.
        most_bytes : int
            How much output is kept of each node; what was left out is said at its end.
        known_users : mapping of str to UserFacts, optional
            What is known of the user by node id, to tell an unknown user from a wrong key.

        Returns
        -------
        Operation
            Its result is a DataFrame ``node_id``, ``exit_status``, ``stdout``, ``stderr``, ``seconds``, ``error``: a
            row for every node asked for. ``error`` is empty where there is an exit status; else it says why there is
            none, in the words of :meth:`test_login` where the login failed. While it runs, and when it was cancelled,
            :attr:`Operation.partial` is that table so far.

        Raises
        ------
        ValidationError
            If there is no command, or a number makes no sense.
        """
        require_asyncssh()
        _refuse(
            Problem("command", "There is no command.") if not command.strip() else None,
            Problem("timeout_s", "Give more than 0 seconds.") if not timeout_s > 0 else None,
            Problem("at_once", "Give 1 node or more.") if at_once < 1 else None,
            Problem("most_bytes", "Give 0 bytes or more.") if most_bytes < 0 else None,
        )
        secret: Secret = [password() if callable(password) else password]

        async def work(operation: Operation[pd.DataFrame]) -> pd.DataFrame:
            async with self.ssh_work.credentials(user, identity_file, secret) as credentials:
                ways = await self.ssh_work.ways_in(await self.service(), pool_id, nodes)

                async def one(way: WayIn) -> CommandResult:
                    return await self.ssh_work.run(
                        way, credentials, command, timeout_s=timeout_s, most_bytes=most_bytes, known_users=known_users
                    )

                return await on_ways(
                    operation,
                    ways,
                    one,
                    message="running the command",
                    open_row=lambda node_id, begun: CommandResult(
                        node_id, error=_UNFINISHED if begun else "not reached"
                    ),
                    word=lambda result: result.word,
                    frame=commands_frame,
                    in_flight=at_once,
                )

        return self.runner.submit(f"Run {command}", work, on_cancel="The command may still run on nodes.")

    def test_login(
        self,
        pool_id: str,
        *,
        user: str,
        nodes: Sequence[str] | None = None,
        identity_file: Path | str | None = None,
        password: str | Callable[[], str] | None = None,
        timeout_s: float = 15.0,
        known_users: Mapping[str, UserFacts] | None = None,
    ) -> Operation[pd.DataFrame]:
        """Try to log in to many nodes at once, and say what fails and what to do.

        Parameters
        ----------
        pool_id : str
            The pool.
        user : str
            Who logs in.
        nodes : sequence of str, optional
            Node ids; default: all.
        identity_file : Path or str, optional
            A private key on this machine.
        password : str or callable, optional
            Or a function that asks for it, such as ``getpass.getpass``.
        timeout_s : float
            How long a node may take to accept the connection, and again to let the user in, in seconds.
        known_users : mapping of str to UserFacts, optional
            What is known of the user by node id. SSH does not tell an unknown user from a wrong key: without this, the
            outcome does not either.

        Returns
        -------
        Operation
            Its result is a DataFrame ``node_id``, ``outcome``, ``message``: a row for every node asked for, with an
            outcome of :data:`batch_widgets.ssh.LoginOutcome`, ``"ok"`` where it worked.
        """
        require_asyncssh()
        _refuse(Problem("timeout_s", "Give more than 0 seconds.") if not timeout_s > 0 else None)
        secret: Secret = [password() if callable(password) else password]

        async def work(operation: Operation[pd.DataFrame]) -> pd.DataFrame:
            async with self.ssh_work.credentials(user, identity_file, secret) as credentials:
                ways = await self.ssh_work.ways_in(await self.service(), pool_id, nodes)

                async def one(way: WayIn) -> LoginTest:
                    return await self.ssh_work.test(way, credentials, reach_s=timeout_s, known_users=known_users)

                return await on_ways(
                    operation,
                    ways,
                    one,
                    message="logging in",
                    open_row=lambda node_id, begun: LoginTest(
                        node_id, "not reached", _UNFINISHED_LOGIN if begun else ""
                    ),
                    word=lambda test: test.outcome,
                    frame=logins_frame,
                )

        return self.runner.submit(f"Test the login of {user}", work)

    def forget_host_keys(self, nodes: Sequence[str]) -> None:
        """Forget the host keys of nodes that were reimaged: the next one that each of them shows is kept.

        Parameters
        ----------
        nodes : sequence of str
            Node ids.
        """
        self.ssh_work.host_keys.forget([nodes] if isinstance(nodes, str) else nodes)


def _refuse(*problems: Problem | None) -> None:
    if found := [problem for problem in problems if problem is not None]:
        raise ValidationError(found)
