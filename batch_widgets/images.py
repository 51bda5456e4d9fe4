"""Supported images and node agent SKUs: values, the frame, and picking one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_widgets.errors import AmbiguousSelectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd


@dataclass(frozen=True, slots=True)
class ImageReference:
    """A Marketplace image: what ``BatchVmImageReference`` names.

    Parameters
    ----------
    publisher, offer, sku : str
        The image's coordinates, such as ``"canonical"``, ``"0001-com-ubuntu-server-jammy"``, ``"22_04-lts"``.
    version : str
        ``"latest"`` or an exact version.
    """

    publisher: str
    offer: str
    sku: str
    version: str = "latest"

    def __str__(self) -> str:
        return f"{self.publisher} : {self.offer} : {self.sku} : {self.version}"


@dataclass(frozen=True, slots=True)
class SupportedImage:
    """An image that Batch supports, with the node agent that fits it.

    Parameters
    ----------
    node_agent_sku_id : str
        The node agent, such as ``"batch.node.ubuntu 22.04"``.
    image_reference : ImageReference
        The image.
    os_type : str
        ``"linux"`` or ``"windows"``.
    verified : bool
        True where the service vouches for image and agent together.
    capabilities : tuple of str, or None
        What the image brings along; None where the service does not say.
    batch_support_end_of_life : datetime, optional
        When Batch stops supporting it, in UTC; None where no date is known.
    """

    node_agent_sku_id: str
    image_reference: ImageReference
    os_type: str
    verified: bool
    capabilities: tuple[str, ...] | None = None
    batch_support_end_of_life: datetime | None = None

    @property
    def publisher(self) -> str:
        """The image's publisher."""
        return self.image_reference.publisher

    @property
    def offer(self) -> str:
        """The image's offer."""
        return self.image_reference.offer

    @property
    def sku(self) -> str:
        """The image's SKU."""
        return self.image_reference.sku

    @property
    def version(self) -> str:
        """The image's version, as a rule ``"latest"``."""
        return self.image_reference.version

    @property
    def key(self) -> str:
        """A string that tells the row apart from all others."""
        return f"{self.publisher}|{self.offer}|{self.sku}|{self.version}|{self.node_agent_sku_id}"

    def support_ended(self, now: datetime | None = None) -> bool:
        """Tell whether Batch's support has ended at `now` (UTC, default: today)."""
        end = self.batch_support_end_of_life
        return end is not None and end <= (now or datetime.now(UTC))

    def __str__(self) -> str:
        return f"{self.image_reference} → {self.node_agent_sku_id}"


@dataclass(frozen=True, slots=True)
class NodeAgentSku:
    """A node agent and the verified images that it fits, the shape of the SDK before version 7.

    Parameters
    ----------
    id : str
        The node agent's SKU id, such as ``"batch.node.ubuntu 22.04"``.
    os_type : str
        ``"linux"`` or ``"windows"``.
    verified_image_references : tuple of ImageReference
        The images that the service has verified with it, in the service's order.
    """

    id: str
    os_type: str
    verified_image_references: tuple[ImageReference, ...] = field(default=())


def node_agent_skus(images: Iterable[SupportedImage]) -> list[NodeAgentSku]:
    """Group supported images by node agent, verified images only, as the 2017 service did.

    Parameters
    ----------
    images : iterable of SupportedImage
        The supported images.

    Returns
    -------
    list of NodeAgentSku
        In the order in which the agents first appear; an agent without a verified image is left out.
    """
    groups: dict[str, tuple[str, list[ImageReference]]] = {}
    for image in images:
        if image.verified:
            _, references = groups.setdefault(image.node_agent_sku_id, (image.os_type, []))
            references.append(image.image_reference)
    return [NodeAgentSku(sku_id, os_type, tuple(references)) for sku_id, (os_type, references) in groups.items()]


def images_frame(images: Sequence[SupportedImage]) -> pd.DataFrame:
    """Lay the images out as a table.

    Parameters
    ----------
    images : sequence of SupportedImage
        The rows.

    Returns
    -------
    pandas.DataFrame
        A row per image and node agent, in the given order: ``node_agent_sku_id``, ``os_type``, ``publisher``,
        ``offer``, ``sku``, ``version``, ``verified`` (bool), ``capabilities`` (tuple of str, or None),
        ``batch_support_end_of_life`` (UTC timestamp, or NaT). The index is :attr:`SupportedImage.key`.
    """
    import pandas as pd

    frame = pd.DataFrame(
        {
            "node_agent_sku_id": pd.Categorical([image.node_agent_sku_id for image in images]),
            "os_type": pd.Categorical([image.os_type for image in images]),
            "publisher": pd.Series([image.publisher for image in images], dtype="string"),
            "offer": pd.Series([image.offer for image in images], dtype="string"),
            "sku": pd.Series([image.sku for image in images], dtype="string"),
            "version": pd.Series([image.version for image in images], dtype="string"),
            "verified": pd.Series([image.verified for image in images], dtype="bool"),
            "capabilities": pd.Series([image.capabilities for image in images], dtype="object"),
            "batch_support_end_of_life": pd.Series(
                [image.batch_support_end_of_life for image in images], dtype="datetime64[us, UTC]"
            ),
        }
    )
    frame.index = pd.Index([image.key for image in images], name="key", dtype="object")
    return frame


def select_image(
    images: Sequence[SupportedImage],
    query: str | Callable[[SupportedImage], bool] | None = None,
    *,
    publisher: str | None = None,
    offer: str | None = None,
    sku: str | None = None,
    node_agent_sku_id: str | None = None,
    latest: bool = False,
    first: bool = False,
) -> SupportedImage:
    """Pick one image.

    Parameters
    ----------
    images : sequence of SupportedImage
        Where to look. Verified images win: others count only where no verified one matches.
    query : str or callable, optional
        A part of the node agent's id or of ``"publisher offer sku"``, without regard to case; or a predicate.
    publisher, offer, sku, node_agent_sku_id : str, optional
        Properties that must be equal, without regard to case.
    latest : bool
        Of several matches take the newest: the numbers in the SKU are compared, or in the offer where the SKU has none.
    first : bool
        Of several matches take the first.

    Returns
    -------
    SupportedImage
        The pick.

    Raises
    ------
    AmbiguousSelectionError
        If nothing matches, or several do and neither `latest` nor `first` is set.
    TypeError
        If `query` is neither text nor callable.
    """
    matches = list(images)
    wanted: list[str] = []
    if isinstance(query, str):
        needle = query.casefold()
        matches = [image for image in matches if _contains(image, needle)]
        wanted.append(repr(query))
    elif callable(query):
        matches = [image for image in matches if query(image)]
        wanted.append("the predicate")
    elif query is not None:
        raise TypeError(f"query must be text or a function of an image, not {type(query).__name__}")
    exact = {"publisher": publisher, "offer": offer, "sku": sku, "node_agent_sku_id": node_agent_sku_id}
    for name, value in exact.items():
        if value is not None:
            matches = [image for image in matches if getattr(image, name).casefold() == value.casefold()]
            wanted.append(f"{name}={value!r}")
    matches = [image for image in matches if image.verified] or matches
    asked = " and ".join(wanted) or "no condition"
    if not matches:
        raise AmbiguousSelectionError(
            f"No image matches {asked}.", hint="Loosen the condition, or look at browser.frame."
        )
    if len(matches) == 1 or first:
        return matches[0]
    if latest:
        return max(matches, key=_newest)
    raise AmbiguousSelectionError(
        f"{len(matches)} images match {asked}.",
        matches,
        hint="Add publisher=, offer=, sku= or node_agent_sku_id=, or take latest=True or first=True.",
    )


def _contains(image: SupportedImage, needle: str) -> bool:
    return (
        needle in image.node_agent_sku_id.casefold()
        or needle in f"{image.publisher} {image.offer} {image.sku}".casefold()
    )


def _newest(image: SupportedImage) -> tuple[Any, ...]:
    """Order images by the numbers in their SKU, else in their offer; then the fewest extras win, then the plain SKU."""
    return (_numbers(image.sku) or _numbers(image.offer), -len(image.capabilities or ()), -len(image.sku))


def _numbers(text: str) -> tuple[int, ...]:
    """Give the numbers in a SKU, a four-digit release in two halves, so that 20_04, 2004 and 22_04 compare as meant."""
    runs = re.findall(r"\d+", re.sub(r"(?<![a-z])g(en)?\d", "", text.casefold()))  # a generation is no release
    halves = [part for run in runs for part in ((run[:2], run[2:]) if len(run) == 4 else (run,))]
    return tuple(int(part) for part in halves)
