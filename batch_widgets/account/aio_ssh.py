"""The part of AsyncAccount that works on nodes by SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from batch_widgets.account.account import BatchAccount
    from batch_widgets.ssh.terminal import TerminalSession


class AsyncSshCalls:
    """The calls of :class:`SshCalls` as coroutines."""

    _account: BatchAccount

    async def open_terminal(self, pool_id: str, node_id: str, **options: Any) -> TerminalSession:
        """Log in to a node and start an interactive shell."""
        return await self._account.open_terminal(pool_id, node_id, **options)

    async def run(self, pool_id: str, command: str, **options: Any) -> pd.DataFrame:
        """Run a command on many nodes at once."""
        return await self._account.run(pool_id, command, **options)

    async def test_login(self, pool_id: str, **options: Any) -> pd.DataFrame:
        """Try to log in to many nodes at once, and say what fails and what to do."""
        return await self._account.test_login(pool_id, **options)
