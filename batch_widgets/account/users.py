"""Users of nodes: added to many at once, replaced where that is wanted, and deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from batch_widgets.account import attempts
from batch_widgets.account.fan_out import on_nodes
from batch_widgets.errors import AlreadyExistsError, BatchWidgetsError, NotFoundError
from batch_widgets.nodes import NodeOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from batch_widgets.nodes import Node, NodeUser
    from batch_widgets.runner import Operation
    from batch_widgets.service import BatchService

IfExists = Literal["keep", "replace"]
Record = Callable[[NodeOutcome], object]

ADDING = "adding the user"
KEPT = "There already, and left as it was."
"""str: the message of a node that had the user and kept it, for sure."""
_KEPT_OR_OURS = "The first try had no clear answer; the user is there now, by this call or from before."
_OURS = "The first try had no clear answer, but it added the user: the node did not have it before."
_UPDATED = (
    "It was there: its key, password and expiry are those given now, and what was left out is gone. Whether it is an "
    "administrator stayed as it was."
)
_UPDATED_OR_OURS = (
    "The first try had no clear answer; the user has the key, password and expiry given now. Where it was there "
    "before, whether it is an administrator stayed as it was."
)
_GONE_MEANWHILE = "The user was there, and was deleted before it could be replaced. Retry."


class Adding:
    """How a user is added to one node after the other.

    Parameters
    ----------
    service : BatchService
        Who is asked.
    pool_id : str
        The pool.
    user : NodeUser
        The user.
    if_exists : str
        ``"keep"`` or ``"replace"``: what is done where a node has a user of that name.
    record : callable
        Told what came of each node, as soon as it is known.
    """

    def __init__(
        self, service: BatchService, pool_id: str, user: NodeUser, if_exists: IfExists, record: Record
    ) -> None:
        self._service = service
        self._pool_id = pool_id
        self._user: NodeUser | None = user
        self._if_exists = if_exists
        self._record = record
        self._line = attempts.Line()

    @property
    def user(self) -> NodeUser:
        """The user, until :meth:`forget`."""
        assert self._user is not None
        return self._user

    def forget(self) -> None:
        """Hold the user with the password no longer: errors hold on to whoever adds it."""
        self._user = None

    async def to(self, node: Node, *, new: bool = False) -> NodeOutcome:
        """Add the user to a node.

        Parameters
        ----------
        node : Node
            The node.
        new : bool
            True where the node cannot have had the user before.
        """
        outcome = await self._add(node, new=new)
        self._record(replace(outcome, allocation_time=node.allocation_time))
        return outcome

    async def _add(self, node: Node, *, new: bool) -> NodeOutcome:
        attempt = attempts.Attempt(self._line)
        try:
            await attempt.make(lambda: self._service.create_node_user(self._pool_id, node.id, self.user))
        except AlreadyExistsError as error:
            if attempt.lost and new:
                return NodeOutcome(node.id, "added", "", _OURS)
            if self._if_exists == "replace":
                return await self._replace(node, lost=attempt.lost)
            return NodeOutcome(node.id, "exists", error.code, _KEPT_OR_OURS if attempt.lost else KEPT)
        except BatchWidgetsError as error:
            return _failed(node, attempt, error, "The user may be there all the same.")
        return NodeOutcome(node.id, "added")

    async def _replace(self, node: Node, *, lost: bool) -> NodeOutcome:
        attempt = attempts.Attempt(self._line)
        try:
            await attempt.make(lambda: self._service.replace_node_user(self._pool_id, node.id, self.user))
        except NotFoundError as error:
            if error.code != "NodeUserNotFound":
                raise
            return NodeOutcome(node.id, "failed", error.code, _GONE_MEANWHILE)
        except BatchWidgetsError as error:
            return _failed(node, attempt, error, "It may have been replaced all the same.")
        return NodeOutcome(node.id, "updated", "", _UPDATED_OR_OURS if lost else _UPDATED)


def _failed(node: Node, attempt: attempts.Attempt, error: BatchWidgetsError, doubt: str) -> NodeOutcome:
    may_pass = attempt.given_up or attempts.may_pass(error)
    return NodeOutcome(node.id, "failed", error.code, attempt.say(error, doubt), may_pass=may_pass)


async def add_user(
    operation: Operation[pd.DataFrame],
    service: BatchService,
    pool_id: str,
    adding: Adding,
    node_ids: Sequence[str] | None,
) -> pd.DataFrame:
    """Add a user to nodes: to the ones named, or to all usable ones."""
    nodes = await attempts.read(lambda: service.list_nodes(pool_id))
    return await on_nodes(operation, nodes, node_ids, adding.to, message=ADDING)


async def delete_user(
    operation: Operation[pd.DataFrame],
    service: BatchService,
    pool_id: str,
    name: str,
    node_ids: Sequence[str] | None,
    record: Record,
) -> pd.DataFrame:
    """Delete a user from nodes: from the ones named, or from all usable ones. `record` is told of each outcome."""
    line = attempts.Line()

    async def delete(node: Node) -> NodeOutcome:
        outcome = await delete_from(node)
        record(replace(outcome, allocation_time=node.allocation_time))
        return outcome

    async def delete_from(node: Node) -> NodeOutcome:
        attempt = attempts.Attempt(line)
        try:
            await attempt.make(lambda: service.delete_node_user(pool_id, node.id, name))
        except NotFoundError as error:
            if error.code != "NodeUserNotFound":
                raise
            if attempt.lost:
                return NodeOutcome(node.id, "deleted", "", "The first try had no clear answer; the user is gone now.")
            return NodeOutcome(node.id, "absent", error.code, "No such user here.")
        except BatchWidgetsError as error:
            return _failed(node, attempt, error, "The user may be gone all the same.")
        return NodeOutcome(node.id, "deleted")

    nodes = await attempts.read(lambda: service.list_nodes(pool_id))
    return await on_nodes(operation, nodes, node_ids, delete, message="deleting the user")
