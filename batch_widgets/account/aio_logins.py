"""The names of :mod:`batch_widgets.account.login_exports` as coroutines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets import login
from batch_widgets.account.logins import config_text, files_for_rdp, frame_of, read_logins

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from batch_widgets.account.account import BatchAccount
    from batch_widgets.account.logins import Logins


class AsyncLoginExports:
    """Files and tables that say how to log in, as coroutines."""

    _account: BatchAccount

    async def _read(
        self, pool_id: str, nodes: Sequence[str] | None, *, private: bool = False, os_type: str = ""
    ) -> Logins:
        return await read_logins(self._account.aio, pool_id, nodes, private=private, os_type=os_type)

    async def ssh_config(
        self,
        pool_id: str,
        user: str,
        *,
        nodes: Sequence[str] | None = None,
        identity_file: Path | None = None,
        private: bool = False,
    ) -> str:
        """Give the text of a file of settings for ``ssh -F``, in which every node is a host."""
        found = await self._read(pool_id, nodes, private=private, os_type="linux")
        return config_text(self._account, found, user, identity_file, private=private)

    async def write_ssh_config(
        self,
        pool_id: str,
        user: str,
        *,
        nodes: Sequence[str] | None = None,
        identity_file: Path | None = None,
        private: bool = False,
        path: Path | str | None = None,
    ) -> Path:
        """Write what :meth:`ssh_config` gives to a file, readable by its owner only."""
        text = await self.ssh_config(pool_id, user, nodes=nodes, identity_file=identity_file, private=private)
        return login.write_ssh_config(path or self._account.ssh_config_file(pool_id), text)

    async def rdp_files(
        self, pool_id: str, user: str, nodes: Sequence[str] | None = None, *, private: bool = False
    ) -> dict[str, bytes]:
        """Give the files that open Windows nodes in the Remote Desktop client, which asks for the password."""
        found = await self._read(pool_id, nodes, private=private, os_type="windows")
        return files_for_rdp(found, user, private=private)

    async def login_frame(
        self,
        pool_id: str,
        *,
        user: str = "",
        nodes: Sequence[str] | None = None,
        identity_file: Path | None = None,
        private: bool = False,
    ) -> pd.DataFrame:
        """Lay out where the nodes of a pool can be reached as a table."""
        found = await self._read(pool_id, nodes)
        return frame_of(self._account, found, user, identity_file, private=private)
