"""The part of an account that hands out how to log in to many nodes: for ssh, for RDP, and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets import login
from batch_widgets.account.login_calls import LoginCalls
from batch_widgets.account.logins import config_text, files_for_rdp, frame_of, read_logins

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd


class LoginExports(LoginCalls):
    """Files and tables that say how to log in."""

    def ssh_config(
        self,
        pool_id: str,
        user: str,
        *,
        nodes: Sequence[str] | None = None,
        identity_file: Path | None = None,
        private: bool = False,
    ) -> str:
        """Give the text of a file of settings for ``ssh -F``, in which every node is a host.

        Parameters
        ----------
        pool_id : str
            The pool; its nodes run Linux.
        user : str
            The user on the nodes.
        nodes : sequence of str, optional
            Node ids; default: all.
        identity_file : Path, optional
            The private key, where it is known.
        private : bool
            Connect to the addresses inside the pool's network, for who is in it.

        Returns
        -------
        str
            Hosts have short names, as :func:`batch_widgets.login.host_aliases` gives them, and the nodes' ids for
            others. Nodes without an address are told of in comments, with the reason.

        Raises
        ------
        ValidationError
            If the nodes run Windows, or a name would mean something else to ssh.
        """
        found = self.wait(read_logins(self.aio, pool_id, nodes, private=private, os_type="linux"))
        return config_text(self, found, user, identity_file, private=private)

    def write_ssh_config(
        self,
        pool_id: str,
        user: str,
        *,
        nodes: Sequence[str] | None = None,
        identity_file: Path | None = None,
        private: bool = False,
        path: Path | str | None = None,
    ) -> Path:
        """Write what :meth:`ssh_config` gives to a file, readable by its owner only.

        Parameters
        ----------
        pool_id, user, nodes, identity_file, private
            As of :meth:`ssh_config`.
        path : Path or str, optional
            Where; default: a file for this pool in this package's own folder. Never ``~/.ssh/config``.

        Returns
        -------
        Path
            The file: ``ssh -F FILE NAME`` logs in.

        Raises
        ------
        FileExistsError
            If there is a file that was not made by this method.
        ValidationError
            As from :meth:`ssh_config`, and for ``~/.ssh/config``.
        """
        text = self.ssh_config(pool_id, user, nodes=nodes, identity_file=identity_file, private=private)
        return login.write_ssh_config(path or self.ssh_config_file(pool_id), text)

    def ssh_config_file(self, pool_id: str) -> Path:
        """Give where :meth:`write_ssh_config` writes by itself."""
        return login.ssh_config_file(self.name, pool_id)

    def rdp_files(
        self, pool_id: str, user: str, nodes: Sequence[str] | None = None, *, private: bool = False
    ) -> dict[str, bytes]:
        """Give the files that open Windows nodes in the Remote Desktop client, which asks for the password.

        Parameters
        ----------
        pool_id : str
            The pool; its nodes run Windows.
        user : str
            The user on the nodes.
        nodes : sequence of str, optional
            Node ids; default: all.
        private : bool
            Connect to the addresses inside the pool's network, for who is in it.

        Returns
        -------
        dict of str to bytes
            By file name, such as ``"analysis-6d7bd980.rdp"``; nodes without an address have none.

        Raises
        ------
        ValidationError
            If the nodes run Linux, or the name would mean something else.
        """
        found = self.wait(read_logins(self.aio, pool_id, nodes, private=private, os_type="windows"))
        return files_for_rdp(found, user, private=private)

    def login_frame(
        self,
        pool_id: str,
        *,
        user: str = "",
        nodes: Sequence[str] | None = None,
        identity_file: Path | None = None,
        private: bool = False,
    ) -> pd.DataFrame:
        """Lay out where the nodes of a pool can be reached as a table; ``to_csv(index=False)`` makes CSV of it.

        Parameters
        ----------
        pool_id : str
            The pool.
        user : str
            The user whose ``ssh`` commands are wanted; empty for none.
        nodes : sequence of str, optional
            Node ids; default: all.
        identity_file : Path, optional
            The user's private key, where it is known.
        private : bool
            Give commands that connect to the addresses inside the pool's network.

        Returns
        -------
        pandas.DataFrame
            As from :func:`batch_widgets.login.login_frame`: a row for each node; one without an address has ``reason``
            and ``remedy``. Windows nodes have no ``ssh_command``.
        """
        found = self.wait(read_logins(self.aio, pool_id, nodes))
        return frame_of(self, found, user, identity_file, private=private)
