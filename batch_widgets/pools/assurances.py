"""What is in order with a pool, worth a line beside what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.pools.remote_access import RDP_PORT, SSH_PORT, nat_pools, nat_rules
from batch_widgets.pools.rules.image import known_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from batch_widgets.images import SupportedImage
    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem
    from batch_widgets.sizes import Quotas, VmSize, VmSizeList


def assurances(
    spec: PoolSpec,
    images: Sequence[SupportedImage],
    problems: Sequence[Problem],
    free_since: datetime | None,
    sizes: VmSizeList | None = None,
    quotas: Quotas | None = None,
) -> Iterator[tuple[str, str]]:
    """Give sentences with details.

    Parameters
    ----------
    spec : PoolSpec
        The pool.
    images : sequence of SupportedImage
        The account's supported images, where they are known.
    problems : sequence of Problem
        What is wrong with it.
    free_since : datetime, optional
        When the account said that it has no pool of that id, in local time.
    sizes : VmSizeList, optional
        The VM sizes, where they are known.
    quotas : Quotas, optional
        What the account may have at most, where that is known.
    """
    wrong = {problem.field for problem in problems}
    if free_since is not None and "pool_id" not in wrong:
        yield "Pool id is free in this account.", f"Checked {free_since:%H:%M:%S}"
    image = known_image(spec, images)
    if image is not None and image.verified and not wrong & {"image", "node_agent_sku_id"}:
        end = image.batch_support_end_of_life
        yield "Image is verified.", f"Supported until {end:%d %b %Y}" if end else "No end of support is announced"
    size = sizes.find(spec.vm_size) if sizes is not None else None
    if size is not None and image is not None and "vm_size" not in wrong:
        yield from _fit(image, size)
    if size is not None and quotas is not None and not spec.enable_auto_scale:
        yield from _within_quotas(spec, size, quotas, wrong)
    pools = {pool.get("backendPort"): pool for pool in nat_pools(spec.to_body())}
    for way, port, asked in (("SSH", SSH_PORT, spec.allow_ssh), ("RDP", RDP_PORT, spec.allow_rdp)):
        pool = pools.get(port)
        if not asked or pool is None or wrong & {f"allow_{way.lower()}", f"{way.lower()}_sources", "inbound_nat_pools"}:
            continue
        rules = nat_rules(pool)
        if rules and str(rules[-1].get("access")).casefold() == "deny":
            ports = f"ports {pool.get('frontendPortRangeStart')} to {pool.get('frontendPortRangeEnd')}"
            yield f"{way} rules end with a refusal for everyone else.", f"1 NAT pool, {ports}, {len(rules)} rules"


def _fit(image: SupportedImage, size: VmSize) -> Iterator[tuple[str, str]]:
    boots = size.hyper_v_generations
    if boots and image.generation is not None:
        shown = ", ".join(f"Gen {number}" for number in boots)
        yield f"Image (Gen {image.generation}) fits the VM size ({shown}).", ""


def _within_quotas(spec: PoolSpec, size: VmSize, quotas: Quotas, wrong: set[str]) -> Iterator[tuple[str, str]]:
    kinds = (
        ("target_dedicated_nodes", "dedicated", quotas.dedicated_cores),
        ("target_low_priority_nodes", "Spot", quotas.low_priority_cores),
    )
    for field, kind, quota in kinds:
        nodes = getattr(spec, field)
        if nodes > 0 and size.vcpus and quota is not None and field not in wrong:
            yield (
                f"{nodes * size.vcpus:,} of {quota:,} {kind} cores are asked for.",
                "What other pools use is not counted",
            )
