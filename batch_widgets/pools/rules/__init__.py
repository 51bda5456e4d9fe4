"""The rules of a pool, checked before the service sees it; written from Batch's documentation, one file a subject."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batch_widgets.pools.rules.identity import check_identity
from batch_widgets.pools.rules.image import check_image
from batch_widgets.pools.rules.lists import check_lists
from batch_widgets.pools.rules.machine import check_machine
from batch_widgets.pools.rules.names import Rule
from batch_widgets.pools.rules.network import check_network
from batch_widgets.pools.rules.quota import check_quotas
from batch_widgets.pools.rules.remote_access import check_remote_access, is_open_to_everyone
from batch_widgets.pools.rules.scale import check_scale
from batch_widgets.pools.rules.size import check_fit, check_size
from batch_widgets.pools.rules.start_task import check_start_task, wrap_in_shell
from batch_widgets.pools.rules.words import check_items, check_secrets, check_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batch_widgets.images import SupportedImage
    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem
    from batch_widgets.sizes import Quotas, VmSizeList

__all__ = ["Rule", "check", "check_fit", "is_open_to_everyone", "wrap_in_shell"]


def check(
    spec: PoolSpec,
    images: Sequence[SupportedImage] = (),
    *,
    taken_ids: Iterable[str] = (),
    sizes: VmSizeList | None = None,
    quotas: Quotas | None = None,
    pools_there: int | None = None,
    most_nodes: tuple[int, int] = (0, 0),
    now: datetime | None = None,
) -> tuple[Problem, ...]:
    """Check a pool against all rules that are known here.

    Parameters
    ----------
    spec : PoolSpec
        The pool.
    images : sequence of SupportedImage
        The account's supported images, where they are known: then image and node agent are held against them.
    taken_ids : iterable of str
        The ids of the account's pools, where they are known.
    sizes : VmSizeList, optional
        The VM sizes, where they are known: then the pool is held against its own.
    quotas : Quotas, optional
        What the account may have at most, where that is known.
    pools_there : int, optional
        How many pools the account has, where that is known.
    most_nodes : (int, int)
        The most dedicated and Spot nodes that the autoscale formula can ask for; 0 where that is not known.
    now : datetime
        The day of the check, in UTC; default: today.

    Returns
    -------
    tuple of Problem
        In the order of the form. Errors block, warnings do not. The rule of each is one of :class:`Rule`.
    """
    now = now or datetime.now(UTC)
    return (
        *check_identity(spec, taken_ids),
        *check_image(spec, images, now),
        *check_size(spec, sizes, images, now),
        *check_scale(spec),
        *check_quotas(spec, quotas, sizes, pools_there=pools_there, most_nodes=most_nodes),
        *check_start_task(spec),
        *check_remote_access(spec),
        *check_network(spec),
        *check_machine(spec, images),
        *check_lists(spec),
        *check_items(spec),
        *check_words(spec),
        *check_secrets(spec),
    )
