"""The part of AsyncAccount that works on nodes by SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batch_widgets.account.account import BatchAccount
    from batch_widgets.ssh.terminal import TerminalSession


class AsyncSshCalls:
    """The calls of :class:`SshCalls` as coroutines."""

    _account: BatchAccount

    async def open_terminal(self, pool_id: str, node_id: str, **options: Any) -> TerminalSession:
        """Log in to a node and start an interactive shell."""
        return await self._account.open_terminal(pool_id, node_id, **options)
