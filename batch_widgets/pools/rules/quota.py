"""Rules of an account's quotas: pools, and cores of dedicated and of Spot nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.pools.rules.names import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem
    from batch_widgets.sizes import Quotas, VmSizeList

_MORE = "More can be asked for in the portal, under Quotas of the Batch account."


def check_quotas(
    spec: PoolSpec,
    quotas: Quotas | None,
    sizes: VmSizeList | None,
    *,
    pools_there: int | None = None,
    most_nodes: tuple[int, int] = (0, 0),
) -> Iterator[Problem]:
    """Check a pool against what the account may have at most, where that is known. What others use is not counted.

    Parameters
    ----------
    spec : PoolSpec
        The pool.
    quotas : Quotas, optional
        The account's quotas.
    sizes : VmSizeList, optional
        The VM sizes, which tell cores and families; of a size that is not known each node has at least one core.
    pools_there : int, optional
        How many pools the account has.
    most_nodes : (int, int)
        The most dedicated and Spot nodes that the autoscale formula can ask for; 0 where that is not known.
    """
    if quotas is None:
        return
    if quotas.pools is not None and pools_there is not None and pools_there >= quotas.pools:
        yield Rule.POOL_QUOTA.error(
            "pool_id", f"The account has {pools_there:,} pools; its quota is {quotas.pools:,}. Delete one. {_MORE}"
        )
    size = sizes.find(spec.vm_size) if sizes is not None else None
    each = None if size is None else size.vcpus
    fixed = (spec.target_dedicated_nodes, spec.target_low_priority_nodes)
    dedicated, spot = most_nodes if spec.enable_auto_scale else fixed
    field = "auto_scale_formula" if spec.enable_auto_scale else "target_dedicated_nodes"
    spot_field = "auto_scale_formula" if spec.enable_auto_scale else "target_low_priority_nodes"
    family = size.family if size is not None else ""
    limits = (
        (Rule.CORE_QUOTA, field, "dedicated", dedicated, quotas.dedicated_cores, "quota of dedicated cores"),
        (
            *(Rule.FAMILY_QUOTA, field, "dedicated", dedicated, quotas.family_cores(family)),
            f"quota for the family {family}",
        ),
        (Rule.SPOT_QUOTA, spot_field, "Spot", spot, quotas.low_priority_cores, "quota of Spot cores"),
    )
    for rule, where, kind, nodes, quota, name in limits:
        if quota is not None and nodes * (each or 1) > quota:
            yield rule.error(
                where, f"{_needs(nodes, kind, each)}; the account's {name} is {quota:,}. {_less(quota, each)}"
            )


def _needs(nodes: int, kind: str, each: int | None) -> str:
    cores = nodes * (each or 1)
    who = f"{nodes:,} {kind} node needs" if nodes == 1 else f"{nodes:,} {kind} nodes need"
    return f"{who} {'' if each else 'at least '}{cores:,} core{'' if cores == 1 else 's'}"


def _less(quota: int, each: int | None) -> str:
    fits = quota // (each or 1)
    return f"Take {fits:,} node{'' if fits == 1 else 's'} or fewer, or a smaller size. {_MORE}" if fits else _MORE
