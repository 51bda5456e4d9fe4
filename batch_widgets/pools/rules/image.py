"""Rules of a pool's image and node agent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from batch_widgets.images import CustomImage, SupportedImage, fitting_node_agents
from batch_widgets.pools.rules.names import Rule
from batch_widgets.pools.rules.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from batch_widgets.images import ImageReference
    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem

_SOON = timedelta(days=90)


def check_image(spec: PoolSpec, images: Sequence[SupportedImage], now: datetime) -> Iterator[Problem]:
    """Check the image against itself and, where they are known, against the account's supported images."""
    if isinstance(spec.image, CustomImage):
        agents = fitting_node_agents(images, spec.image.os_type)
        if agents and spec.node_agent_sku_id.casefold() not in {agent.casefold() for agent in agents}:
            yield Rule.NODE_AGENT_UNKNOWN.error(
                "node_agent_sku_id",
                f"The account offers no node agent {spec.node_agent_sku_id} for {spec.image.os_type.capitalize()}. "
                f"Choose {joined(agents, 'or')}.",
            )
        return
    reference = spec.image_reference
    if reference is None:
        yield from _check_kept(spec)
        return
    empty = [name for name in ("publisher", "offer", "sku", "version") if not getattr(reference, name)]
    if empty:
        yield Rule.IMAGE_INCOMPLETE.error("image", f"The image needs its {joined(empty)} too.")
        return
    if not spec.node_agent_sku_id:
        yield _no_agent()
        return
    same = [image for image in images if _same(image.image_reference, reference)]
    if images and not same:
        yield Rule.IMAGE_UNKNOWN.warning("image", "The account's list of supported images does not have this one.")
    if not same and isinstance(spec.image, SupportedImage):
        same = [spec.image]
    if same:
        yield from _check_support(spec, same, now)


def _check_kept(spec: PoolSpec) -> Iterator[Problem]:
    """Check that there is an image at all: one that was loaded and that no value here can say counts."""
    if not spec.keeps_image:
        yield Rule.IMAGE_MISSING.error(
            "image", "Pick an image in the SKU browser, or type its publisher, offer, SKU and version."
        )
    elif not spec.node_agent_sku_id:
        yield _no_agent()


def _no_agent() -> Problem:
    return Rule.NODE_AGENT_MISSING.error(
        "node_agent_sku_id", "Choose the node agent that fits the image, such as batch.node.ubuntu 22.04."
    )


def _check_support(spec: PoolSpec, same: Sequence[SupportedImage], now: datetime) -> Iterator[Problem]:
    """Hold the pool against what is known of its image: `same` are the rows of that image, one per node agent."""
    fitting = [image for image in same if image.node_agent_sku_id.casefold() == spec.node_agent_sku_id.casefold()]
    if not fitting:
        agents = joined(sorted({image.node_agent_sku_id for image in same}), "or")
        yield Rule.NODE_AGENT_MISMATCH.error("node_agent_sku_id", f"This image goes with {agents}.")
        return
    known = fitting[0]
    if not known.verified:
        yield Rule.IMAGE_UNVERIFIED.warning(
            "image", "Batch has not verified this image with its node agent. Prefer a verified one."
        )
    if (end := known.batch_support_end_of_life) is not None:
        if end <= now:
            yield Rule.IMAGE_ENDED.warning(
                "image", f"Batch's support for this image ended on {end:%d %b %Y}. Pick a newer one."
            )
        elif end <= now + _SOON:
            yield Rule.IMAGE_ENDS_SOON.warning(
                "image", f"Batch's support for this image ends on {end:%d %b %Y}. Prefer a newer one."
            )


def known_image(spec: PoolSpec, images: Sequence[SupportedImage]) -> SupportedImage | None:
    """Give what is known of the image of a pool: what the account says, else what came with the image."""
    reference = spec.image_reference
    same = [image for image in images if reference and _same(image.image_reference, reference)]
    agent = spec.node_agent_sku_id.casefold()
    own = [spec.image] if isinstance(spec.image, SupportedImage) else []
    fitting = [image for image in same if image.node_agent_sku_id.casefold() == agent]
    return next(iter((*fitting, *same, *own)), None)


def _same(one: ImageReference, other: ImageReference) -> bool:
    return all(
        getattr(one, name).casefold() == getattr(other, name).casefold() for name in ("publisher", "offer", "sku")
    )
