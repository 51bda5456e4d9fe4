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


def assurances(
    spec: PoolSpec, images: Sequence[SupportedImage], problems: Sequence[Problem], free_since: datetime | None
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
    """
    wrong = {problem.field for problem in problems}
    if free_since is not None and "pool_id" not in wrong:
        yield "Pool id is free in this account.", f"Checked {free_since:%H:%M:%S}"
    image = known_image(spec, images)
    if image is not None and image.verified and not wrong & {"image", "node_agent_sku_id"}:
        end = image.batch_support_end_of_life
        yield "Image is verified.", f"Supported until {end:%d %b %Y}" if end else "No end of support is announced"
    pools = {pool.get("backendPort"): pool for pool in nat_pools(spec.to_body())}
    for way, port, asked in (("SSH", SSH_PORT, spec.allow_ssh), ("RDP", RDP_PORT, spec.allow_rdp)):
        pool = pools.get(port)
        if not asked or pool is None or wrong & {f"allow_{way.lower()}", f"{way.lower()}_sources", "inbound_nat_pools"}:
            continue
        rules = nat_rules(pool)
        if rules and str(rules[-1].get("access")).casefold() == "deny":
            ports = f"ports {pool.get('frontendPortRangeStart')} to {pool.get('frontendPortRangeEnd')}"
            yield f"{way} rules end with a refusal for everyone else.", f"1 NAT pool, {ports}, {len(rules)} rules"
