"""Supported images: values, tables of them, picking one, and how long they are supported. No I/O."""

from batch_widgets.images.custom import CustomImage, fitting_node_agents, gallery_kind, gallery_property
from batch_widgets.images.frame import diff, images_frame, row_keys, to_markdown
from batch_widgets.images.selecting import select_image
from batch_widgets.images.support import STATES, ends_within, successor, support_state
from batch_widgets.images.values import ImageReference, NodeAgentSku, SupportedImage, node_agent_skus

__all__ = [
    "STATES",
    "CustomImage",
    "ImageReference",
    "NodeAgentSku",
    "SupportedImage",
    "diff",
    "ends_within",
    "fitting_node_agents",
    "gallery_kind",
    "gallery_property",
    "images_frame",
    "node_agent_skus",
    "row_keys",
    "select_image",
    "successor",
    "support_state",
    "to_markdown",
]
