"""The part of an account that works on nodes: their list, users, and all that is done to many of them."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from batch_widgets.account import users
from batch_widgets.account.keep_adding import KeepAdding
from batch_widgets.account.ledger import GivenUser
from batch_widgets.account.parts import AccountPart
from batch_widgets.errors import ValidationError
from batch_widgets.keys import identity_file_of, parse_public_key
from batch_widgets.nodes import NodeUser, check_user
from batch_widgets.problems import Problem, errors_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from batch_widgets.nodes import Node
    from batch_widgets.runner import Operation


class NodeCalls(AccountPart):
    """Nodes of a pool, and their users."""

    def list_nodes(self, pool_id: str) -> list[Node]:
        """List the nodes of a pool."""
        return self.wait(self.aio.list_nodes(pool_id))

    def add_user(
        self,
        pool_id: str,
        name: str,
        *,
        ssh_public_key: str | None = None,
        password: str | Callable[[], str] | None = None,
        is_admin: bool = False,
        days: int | None = None,
        nodes: Sequence[str] | None = None,
        os_type: str = "linux",
        if_exists: users.IfExists = "keep",
        keep_adding: bool = False,
    ) -> Operation[pd.DataFrame]:
        """Add a user to many nodes at once.

        Parameters
        ----------
        pool_id : str
            The pool.
        name : str
            The user's name.
        ssh_public_key : str, optional
            In OpenSSH's one-line form.
        password : str or callable, optional
            Or a function that asks for it, such as ``getpass.getpass``.
        is_admin : bool
            Whether it may use ``sudo``.
        days : int, optional
            Days until it expires; the service's default is one. Linux nodes count whole days.
        nodes : sequence of str, optional
            Node ids; default: all usable nodes, the others are skipped with the reason.
        os_type : str
            ``"linux"`` or ``"windows"``: what the nodes run.
        if_exists : str
            What is done where a node has a user of that name: ``"keep"`` leaves it as it is. ``"replace"`` gives it
            this key, password and expiry: what is left out here is wiped, an expiry to the service's day. Whether it is
            an administrator stays as it was, and cannot be read.
        keep_adding : bool
            Whether it goes on as nodes become usable, also those that join the pool later, until all have the user. A
            node that is reimaged or allocated again meanwhile gets it anew. Nodes that do not become usable by
            themselves are skipped once all others have it.

        Returns
        -------
        Operation
            Its result is a DataFrame ``node_id``, ``outcome`` (``"added"``, ``"updated"``, ``"exists"``, ``"skipped"``,
            ``"failed"``), ``error_code``, ``message``: a row for every node asked for. While it runs, and after it was
            cancelled, :attr:`Operation.partial` is that table too, with ``"not reached"`` for nodes that have no
            outcome.

        Raises
        ------
        ValidationError
            If name, key, password or days are wrong; nothing was sent.
        ValueError
            If `if_exists` is another word.
        """
        if if_exists not in {"keep", "replace"}:
            raise ValueError(f"if_exists is “keep” or “replace”, not {if_exists!r}.")
        problems = errors_of(
            check_user(name, days=days, has_password=bool(password), has_key=bool(ssh_public_key), os_type=os_type)
        )
        if problems:
            raise ValidationError(problems)
        key = parse_public_key(ssh_public_key).line if ssh_public_key else None
        secret = password() if callable(password) else password
        if password is not None and not secret:
            raise ValidationError([Problem("password", "The password is empty.")])
        expiry = datetime.now(UTC) + timedelta(days=days) if days is not None else None
        user = NodeUser(name, secret, key, is_admin, expiry)
        given = GivenUser(
            name,
            expiry,
            identity_file_of(key) if key else None,
            by_password=key is None,
            is_admin=is_admin,
            given=datetime.now(UTC),
        )
        record = functools.partial(self.users_given.record, pool_id, given)

        held = [user]  # a box to take it out of: a closure lives as long as an error that passed by

        async def work(operation: Operation[pd.DataFrame]) -> pd.DataFrame:
            try:
                service = await self.service()
                adding = users.Adding(service, pool_id, held[0], if_exists, record)
            finally:
                held.clear()
            try:
                if keep_adding:
                    return await KeepAdding(operation, service, pool_id, adding, nodes, self.poll_interval_s).run()
                return await users.add_user(operation, service, pool_id, adding, nodes)
            finally:
                adding.forget()

        return self.runner.submit(f"Add user {name}", work, on_cancel="Nodes that have the user keep it.")

    def delete_user(self, pool_id: str, name: str, *, nodes: Sequence[str] | None = None) -> Operation[pd.DataFrame]:
        """Delete a user from many nodes at once.

        Parameters
        ----------
        pool_id, name : str
            The pool and the user.
        nodes : sequence of str, optional
            Node ids; default: all usable nodes.

        Returns
        -------
        Operation
            Its result, and what there is of it meanwhile, is a DataFrame as from :meth:`add_user`, outcomes
            ``"deleted"``, ``"absent"``, ``"skipped"``, ``"failed"``.
        """
        record = functools.partial(self.users_given.record, pool_id, GivenUser(name))

        async def work(operation: Operation[pd.DataFrame]) -> pd.DataFrame:
            return await users.delete_user(operation, await self.service(), pool_id, name, nodes, record)

        return self.runner.submit(f"Delete user {name}", work, on_cancel="Nodes done so far stay done.")
