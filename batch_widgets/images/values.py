"""Supported images and node agent SKUs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_widgets.images.code import code_bundle, virtual_machine_code
from batch_widgets.images.distribution import distribution_of
from batch_widgets.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable


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

    def to_body(self) -> dict[str, str]:
        """Give the reference under the service's names."""
        return {"publisher": self.publisher, "offer": self.offer, "sku": self.sku, "version": self.version}

    def __str__(self) -> str:
        return one_line(f"{self.publisher} : {self.offer} : {self.sku} : {self.version}")


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
    unreadable : tuple of str
        Names of properties that the service sent in a form that can't be read; what could be read is here.
    """

    node_agent_sku_id: str
    image_reference: ImageReference
    os_type: str
    verified: bool
    capabilities: tuple[str, ...] | None = None
    batch_support_end_of_life: datetime | None = None
    unreadable: tuple[str, ...] = ()

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

    @property
    def label(self) -> str:
        """A short name."""
        return f"{self.publisher} {self.sku}"

    @property
    def distribution(self) -> str:
        """What people call the system, such as ``"Ubuntu"`` or ``"Windows Server"``; ``"Other"`` for one not known."""
        return distribution_of(self.publisher, self.offer, self.node_agent_sku_id)

    @property
    def generation(self) -> int | None:
        """Hyper-V generation of the virtual machines that boot it, 1 or 2; None where the service says nothing."""
        second = self.has_capability("Generation2VMImage")
        return None if second is None else 2 if second else 1

    @property
    def gpu_driver(self) -> bool | None:
        """Whether it brings a driver for NVIDIA GPUs (Tesla or GRID); None where the service says nothing."""
        return self.has_capability("NvidiaTeslaDriverInstalled", "NvidiaGridDriverInstalled")

    @property
    def containers(self) -> bool | None:
        """Whether it runs containers; None where the service says nothing."""
        return self.has_capability("DockerCompatible")

    @property
    def rdma(self) -> bool | None:
        """Whether it is made for RDMA; None where the service says nothing."""
        return self.has_capability("SupportsRDMAOnly")

    @property
    def mpi(self) -> bool | None:
        """Whether it brings Intel's MPI runtime; None where the service says nothing."""
        return self.has_capability("IntelMPIRuntimeInstalled")

    def has_capability(self, *names: str) -> bool | None:
        """Tell whether the image has one of some capabilities; None where the service says nothing of any."""
        return None if self.capabilities is None else any(name in self.capabilities for name in names)

    def days_of_support_left(self, now: datetime | None = None) -> int | None:
        """Count the whole days until Batch's support ends, below 0 once it has; None where no date is known."""
        end = self.batch_support_end_of_life
        return None if end is None else (end - (now or datetime.now(UTC))).days

    def to_body(self) -> dict[str, Any]:
        """Give the ``virtualMachineConfiguration`` of a pool on this image under the service's names."""
        return {"imageReference": self.image_reference.to_body(), "nodeAgentSKUId": self.node_agent_sku_id}

    def to_python(self) -> str:
        """Give the code that makes the same choice with today's ``azure-batch`` SDK."""
        return virtual_machine_code(self.image_reference.to_body(), self.node_agent_sku_id)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return code_bundle(repr(self), self.to_python())

    def support_ended(self, now: datetime | None = None) -> bool:
        """Tell whether Batch's support has ended at `now` (UTC, default: today)."""
        end = self.batch_support_end_of_life
        return end is not None and end <= (now or datetime.now(UTC))

    def __str__(self) -> str:
        return one_line(f"{self.image_reference} → {self.node_agent_sku_id}")


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
