"""Images that are not of the Marketplace: those of galleries, named by an id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_widgets.errors import ValidationError
from batch_widgets.images.code import code_bundle, virtual_machine_code
from batch_widgets.problems import Problem
from batch_widgets.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_widgets.images.values import SupportedImage

_PART = r"[^/\s?#]{1,128}"
_VERSION = r"(?:\d+\.\d+\.\d+|latest)"
_COMPUTE = rf"/subscriptions/{_PART}/resourceGroups/{_PART}/providers/Microsoft\.Compute"
_FORMS = {
    "virtualMachineImageId": rf"{_COMPUTE}/galleries/{_PART}/images/{_PART}(?:/versions/{_VERSION})?",
    "sharedGalleryImageId": rf"/sharedGalleries/{_PART}/images/{_PART}/versions/{_VERSION}",
    "communityGalleryImageId": rf"/communityGalleries/{_PART}/images/{_PART}/versions/{_VERSION}",
}
_KINDS = {
    "virtualMachineImageId": "Compute Gallery",
    "sharedGalleryImageId": "shared gallery",
    "communityGalleryImageId": "community gallery",
}
EXPECTED = (
    "Expected /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/galleries/…/images/…, "
    "/sharedGalleries/…/images/…/versions/… or /communityGalleries/…/images/…/versions/…"
)


def gallery_property(image_id: str) -> str | None:
    """Give the property of an image reference that an id belongs into; None if it has none of the three forms."""
    return next((name for name, form in _FORMS.items() if re.fullmatch(form, image_id, re.IGNORECASE)), None)


def gallery_kind(image_id: str) -> str:
    """Give what people call the kind of gallery that an id is of; empty if it has none of the forms."""
    name = gallery_property(image_id)
    return "" if name is None else _KINDS[name]


@dataclass(frozen=True, slots=True)
class CustomImage:
    """An image of a Compute Gallery, a shared or a community gallery, with the node agent that fits it.

    Parameters
    ----------
    image_id : str
        The image's id; its form tells which kind of gallery it is of.
    node_agent_sku_id : str
        The node agent; Batch can't tell it from the image.
    os_type : str
        ``"linux"`` or ``"windows"``, as stated.

    Raises
    ------
    ValidationError
        If the id has none of the forms that Batch knows, or the node agent is missing.
    """

    image_id: str
    node_agent_sku_id: str
    os_type: str = "linux"

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_id", self.image_id.strip())
        problems = []
        if gallery_property(self.image_id) is None:
            problems.append(Problem("image_id", f"This is not the id of a gallery image. {EXPECTED}."))
        if not self.node_agent_sku_id:
            problems.append(Problem("node_agent_sku_id", "Choose the node agent that fits the image's system."))
        if problems:
            raise ValidationError(problems)

    @property
    def key(self) -> str:
        """A string that tells it apart from all others."""
        return f"{self.image_id}|{self.node_agent_sku_id}"

    @property
    def label(self) -> str:
        """A short name: that of the image in its gallery."""
        return re.split("/images/", self.image_id, flags=re.IGNORECASE)[-1].split("/")[0]

    def to_body(self) -> dict[str, Any]:
        """Give the ``virtualMachineConfiguration`` of a pool on this image under the service's names."""
        return {"imageReference": self._reference(), "nodeAgentSKUId": self.node_agent_sku_id}

    def to_python(self) -> str:
        """Give the code that makes the same choice with today's ``azure-batch`` SDK."""
        return virtual_machine_code(self._reference(), self.node_agent_sku_id)

    def _reference(self) -> dict[str, str]:
        name = gallery_property(self.image_id)
        assert name is not None, "checked when it was made"
        return {name: self.image_id}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return code_bundle(repr(self), self.to_python())

    def __str__(self) -> str:
        return one_line(f"{self.image_id} → {self.node_agent_sku_id}")


def fitting_node_agents(images: Iterable[SupportedImage], os_type: str) -> list[str]:
    """Give the node agents that fit an operating system, by name."""
    return sorted({image.node_agent_sku_id for image in images if image.os_type == os_type and image.node_agent_sku_id})
