"""The part of an account that does something to nodes. Nothing here falls back on all nodes: they are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from batch_widgets.account import acting
from batch_widgets.account.parts import AccountPart
from batch_widgets.actions import NODE_ACTIONS, When
from batch_widgets.errors import ValidationError
from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from batch_widgets.runner import Operation

_MAKES_ANEW = frozenset({"reimage", "start"})
_ON_CANCEL = "What the service has taken so far goes on."


class NodeActionCalls(AccountPart):
    """Restarts, scheduling, removal.

    All of them return an operation whose result is a DataFrame ``node_id``, ``outcome``, ``error_code``, ``message``:
    a row for every node asked for. Outcomes are ``"done"`` (the service has taken it; the nodes need a while),
    ``"skipped"`` (the node is in a state in which it cannot be; nothing was sent), ``"failed"``, and in
    :attr:`Operation.partial` ``"not reached"``.

    ``when`` says what becomes of tasks that run on the nodes: ``"requeue"`` stops them and runs them again later,
    ``"terminate"`` stops them for good, ``"taskcompletion"`` waits until they have ended.
    """

    poll_interval_s: float

    def reboot_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> Operation[pd.DataFrame]:
        """Restart nodes; users and files stay, and the start task runs again.

        Parameters
        ----------
        pool_id : str
            The pool.
        nodes : sequence of str
            Node ids.
        when : {"requeue", "terminate", "taskcompletion"}
            What becomes of running tasks.

        Returns
        -------
        Operation
            Its result is a DataFrame of outcomes, a row for every node asked for.
        """
        return self._act("reboot", pool_id, nodes, when)

    def reimage_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> Operation[pd.DataFrame]:
        """Install the operating system of nodes anew; their users and files are lost. See :meth:`reboot_nodes`."""
        return self._act("reimage", pool_id, nodes, when)

    def deallocate_nodes(
        self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue"
    ) -> Operation[pd.DataFrame]:
        """Give the machines of nodes back until they are started again. See :meth:`reboot_nodes`."""
        return self._act("deallocate", pool_id, nodes, when)

    def start_nodes(self, pool_id: str, nodes: Sequence[str]) -> Operation[pd.DataFrame]:
        """Start deallocated nodes. See :meth:`reboot_nodes`."""
        return self._act("start", pool_id, nodes, "requeue")

    def disable_scheduling(
        self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue"
    ) -> Operation[pd.DataFrame]:
        """Keep new tasks off nodes; they are offline then, and take no users. See :meth:`reboot_nodes`."""
        return self._act("disable_scheduling", pool_id, nodes, when)

    def enable_scheduling(self, pool_id: str, nodes: Sequence[str]) -> Operation[pd.DataFrame]:
        """Let tasks come to nodes again. See :meth:`reboot_nodes`."""
        return self._act("enable_scheduling", pool_id, nodes, "requeue")

    def remove_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> Operation[pd.DataFrame]:
        """Take nodes out of their pool, which becomes that much smaller. See :meth:`reboot_nodes`.

        A call takes 100 nodes, and a pool takes a call only while its size is steady: more nodes, or a pool that is
        being resized, are waited for.
        """
        return self._act("remove", pool_id, nodes, when)

    def _act(self, name: str, pool_id: str, nodes: Sequence[str], when: When) -> Operation[pd.DataFrame]:
        action = NODE_ACTIONS[name]
        if nodes is None:
            raise ValidationError([Problem("nodes", "Name the nodes.")])
        if when not in get_args(When):
            raise ValidationError([Problem("when", f"Give one of {', '.join(get_args(When))}, not {when!r}.")])
        node_ids = (nodes,) if isinstance(nodes, str) else tuple(dict.fromkeys(nodes))

        async def work(operation: Operation[pd.DataFrame]) -> pd.DataFrame:
            service = await self.service()
            if name == "remove":
                return await acting.remove(operation, service, pool_id, node_ids, when, self.poll_interval_s)
            try:
                return await acting.act(operation, service, pool_id, action, node_ids, when)
            finally:
                if name in _MAKES_ANEW:
                    self._forget(pool_id, operation.partial)

        return self.runner.submit(action.words(len(node_ids)), work, on_cancel=_ON_CANCEL)

    def _forget(self, pool_id: str, frame: pd.DataFrame | None) -> None:
        """Forget users and host keys of machines that are made anew: they will have neither."""
        if frame is not None:
            made_anew = list(frame["node_id"][frame["outcome"] == "done"])
            self.users_given.forget(pool_id, made_anew)
            self.forget_host_keys(made_anew)

    def forget_host_keys(self, nodes: Sequence[str]) -> None:
        """Forget the host keys of nodes."""
        raise NotImplementedError
