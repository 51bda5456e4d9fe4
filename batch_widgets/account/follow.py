"""Changing a pool and following it until the change is complete. Our own polling: the SDK's pollers swallow errors."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from batch_widgets.account.attempts import Patience, read, said_again
from batch_widgets.errors import (
    AlreadyExistsError,
    BatchWidgetsError,
    NotFoundError,
    PoolAllocationError,
    ServiceError,
    ServiceUnreachableError,
    ThrottledError,
)
from batch_widgets.nodes import BROKEN_STATES, ON_THE_WAY_STATES, state_counts, state_words
from batch_widgets.runner import Progress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from batch_widgets.nodes import Node
    from batch_widgets.pools import Pool, PoolSpec
    from batch_widgets.service import BatchService

    Report = Callable[[Progress], None]

_CLOCK_TOLERANCE = timedelta(minutes=15)
_DELETIONS = 3  # asked for, where the answer is lost and the pool still there: one that is gone cannot be deleted again
_LOOK_LATER = "Look it up as soon as the service answers."
_NOT_THERE = "Try again. Should it turn up meanwhile, you are told so: no second pool is made."


async def create_pool(service: BatchService, spec: PoolSpec, report: Report, poll_interval_s: float) -> Pool:
    """Create a pool and follow it until its nodes are ready."""
    report(Progress(0, spec.target_nodes, "asking for the pool"))
    asked_at = datetime.now(UTC)
    try:
        await _unhurried(lambda: service.create_pool(spec), report)
    except BatchWidgetsError as error:
        if not error.maybe_done:
            raise
        report(Progress(0, spec.target_nodes, "no clear answer; looking whether the pool exists"))
        await _confirm_created(service, spec.pool_id, asked_at, error, poll_interval_s)
    report(Progress(0, spec.target_nodes, "the pool is there", unit="nodes ready", accepted=True))
    with _after(f"Pool {spec.pool_id} was created and may be charged; whether its nodes get ready is not known."):
        return await follow_until_ready(service, spec.pool_id, report, poll_interval_s)


@contextmanager
def _after(what: str) -> Iterator[None]:
    """Say with an error of following what was done before it: the change itself did not fail."""
    try:
        yield
    except PoolAllocationError:
        raise
    except BatchWidgetsError as error:
        raise said_again(error, what, error.hint or _LOOK_LATER, maybe_done=True) from None


async def _unhurried(change: Callable[[], Awaitable[None]], report: Report) -> None:
    """Ask for a change again for as long as the service asks for a pause: a refused change was not made."""
    patience = Patience()
    while True:
        try:
            await change()
        except ThrottledError as error:
            report(Progress(message="the account asks for a pause"))
            await patience.wait(error, 0.0)
        else:
            return


async def _confirm_created(
    service: BatchService, pool_id: str, asked_at: datetime, lost: BatchWidgetsError, poll_interval_s: float
) -> None:
    """Find out what a lost or unclear answer meant."""
    patience = Patience()
    missed = False
    while True:
        try:
            pool = await service.get_pool(pool_id)
        except NotFoundError:
            if missed:  # looked twice: the first look may have come before the pool
                raise said_again(lost, f"Pool {pool_id} was not created.", _NOT_THERE, maybe_done=False) from None
            missed = True
            await asyncio.sleep(poll_interval_s)
        except BatchWidgetsError as error:
            try:
                await patience.wait(error, poll_interval_s)
            except BatchWidgetsError:
                raise said_again(
                    lost,
                    f"Pool {pool_id} may exist and be charged.",
                    _LOOK_LATER,
                    maybe_done=True,
                ) from None
        else:
            break
    asked_at += service.clock_ahead()  # this machine's clock may be wrong
    if pool.creation_time and pool.creation_time < asked_at - _CLOCK_TOLERANCE:
        raise AlreadyExistsError(
            f"Pool {pool_id} exists since {pool.creation_time:%d %b %Y %H:%M} UTC.",
            hint="Choose another pool id.",
            code="PoolExists",
        ) from lost


async def resize_pool(
    service: BatchService,
    pool_id: str,
    dedicated: int | None,
    spot: int | None,
    report: Report,
    poll_interval_s: float,
) -> Pool:
    """Resize a pool and follow it until its nodes are ready."""
    report(Progress(message="asking for the new size"))

    async def ask() -> None:
        await service.resize_pool(pool_id, target_dedicated_nodes=dedicated, target_low_priority_nodes=spot)

    try:
        await _unhurried(ask, report)
    except BatchWidgetsError as error:
        if not error.maybe_done:
            raise
        report(Progress(message="no clear answer; looking what the pool's size is"))
        pool = await _look(service, pool_id, error, f"The size of pool {pool_id} may have been changed.")
        if dedicated not in {None, pool.target_dedicated_nodes} or spot not in {None, pool.target_low_priority_nodes}:
            raise
    with _after(f"The new size of pool {pool_id} was asked for; whether it is reached is not known."):
        return await follow_until_ready(service, pool_id, report, poll_interval_s)


async def _look(service: BatchService, pool_id: str, lost: BatchWidgetsError, meaning: str) -> Pool:
    """Look at a pool after a lost answer; where that fails too, nobody knows what the answer was."""
    try:
        return await read(lambda: service.get_pool(pool_id))
    except NotFoundError:
        raise
    except BatchWidgetsError:
        raise said_again(lost, meaning, _LOOK_LATER, maybe_done=True) from None


async def stop_resize(service: BatchService, pool_id: str, report: Report) -> None:
    """Stop the resize of a pool."""
    try:
        await _unhurried(lambda: service.stop_pool_resize(pool_id), report)
    except BatchWidgetsError as error:
        if not error.maybe_done:
            raise
        report(Progress(message="no clear answer; looking whether the pool is still being resized"))
        pool = await _look(service, pool_id, error, f"The resize of pool {pool_id} may have been stopped.")
        if pool.allocation_state == "resizing":
            raise


async def delete_pool(service: BatchService, pool_id: str, report: Report, poll_interval_s: float) -> None:
    """Delete a pool and follow it until it is gone."""
    report(Progress(0, 1, "asking for the deletion"))
    lost: BatchWidgetsError | None = None
    for _ in range(_DELETIONS):
        unclear = False
        try:
            await _unhurried(lambda: service.delete_pool(pool_id), report)
        except BatchWidgetsError as error:
            if unclear := error.maybe_done:
                lost = error
            elif error.code != "PoolBeingDeleted" and not (lost and isinstance(error, NotFoundError)):
                raise (lost or error) from None
        asked = "may have been" if unclear else "was"
        with _after(f"The deletion of pool {pool_id} {asked} asked for, and may go on."):
            if await _follow_until_gone(service, pool_id, report, poll_interval_s, or_active=unclear):
                return
    if lost is not None:
        raise lost


async def _follow_until_gone(
    service: BatchService, pool_id: str, report: Report, poll_interval_s: float, *, or_active: bool
) -> bool:
    """Follow a deletion; False for a pool that nobody deletes, where that may be."""
    patience = Patience()
    while True:
        try:
            pool = await service.get_pool(pool_id)
        except NotFoundError:
            report(Progress(1, 1, "deleted"))
            return True
        except (ServiceUnreachableError, ServiceError) as error:
            report(Progress(0, 1, "no answer; trying again"))
            await patience.wait(error, poll_interval_s)
            continue
        patience = Patience()
        if or_active and pool.state == "active":
            return False
        report(Progress(0, 1, f"deleting, {pool.current_nodes} nodes left"))
        await asyncio.sleep(poll_interval_s)


async def follow_until_ready(service: BatchService, pool_id: str, report: Report, poll_interval_s: float) -> Pool:
    """Poll a pool until it has all its nodes and each is ready.

    Raises
    ------
    PoolAllocationError
        If the pool did not reach its size, a node broke, or the pool was deleted meanwhile.
    """
    patience = Patience()
    while True:
        try:
            pool = await service.get_pool(pool_id)
            nodes = await service.list_nodes(pool_id)
        except NotFoundError:
            raise PoolAllocationError(f"Pool {pool_id} was deleted meanwhile.", code="PoolNotFound") from None
        except (ServiceUnreachableError, ServiceError) as error:
            report(Progress(message="no answer; trying again"))
            await patience.wait(error, poll_interval_s)
            continue
        patience = Patience()
        if pool.state == "deleting":
            raise PoolAllocationError(f"Pool {pool_id} is being deleted.", code="PoolBeingDeleted")
        report(_progress(pool, nodes))
        if _settled(pool, nodes):
            _raise_if_broken(pool, nodes)
            return pool
        await asyncio.sleep(poll_interval_s)


def _progress(pool: Pool, nodes: Sequence[Node]) -> Progress:
    counts = state_counts(nodes)
    ready = sum(node.usable for node in nodes)
    if pool.allocation_state != "steady":
        message = f"allocating, {pool.current_nodes} there"
    elif ready < pool.target_nodes:
        waiting = [state_words(state) for state in counts if state in ON_THE_WAY_STATES]
        message = ", ".join(waiting) or "waiting for nodes"
    else:
        message = ""
    return Progress(ready, pool.target_nodes, message, counts, "nodes ready", accepted=True)


def _settled(pool: Pool, nodes: Sequence[Node]) -> bool:
    if pool.allocation_state != "steady":
        return False
    if pool.resize_errors:
        return True
    complete = pool.current_nodes == pool.target_nodes == len(nodes)
    return complete and not any(node.state in ON_THE_WAY_STATES for node in nodes)


def _raise_if_broken(pool: Pool, nodes: Sequence[Node]) -> None:
    remains = f"Pool {pool.id} remains."
    if nodes:
        count = "1 node" if len(nodes) == 1 else f"{len(nodes)} nodes"
        remains = f"Pool {pool.id} remains with {count}; delete or resize it to stop the charge."
    if pool.resize_errors:
        first = pool.resize_errors[0]
        values = "; ".join(f"{name}: {value}" for name, value in first.values)
        raise PoolAllocationError(
            f"Pool {pool.id} has {pool.current_nodes} of {pool.target_nodes} nodes. {first.message}"
            + (f" ({values})" if values else ""),
            code=first.code,
            hint=f"{first.advice} {remains}".strip(),
        )
    if broken := [node for node in nodes if node.state in BROKEN_STATES]:
        start_task = any(node.state == "starttaskfailed" for node in broken)
        advice = "Mend the start task, then make the pool again." if start_task else "Reboot them, or resize the pool."
        raise PoolAllocationError(
            f"{len(broken)} of {len(nodes)} nodes of pool {pool.id} did not become ready. {broken[0].trouble}",
            code=broken[0].state,
            hint=f"{advice} {remains}",
        )
