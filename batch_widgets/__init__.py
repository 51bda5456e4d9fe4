"""Jupyter widgets that put Azure Batch into a notebook cell.

The public names load what they need when they are first used, so that importing the package is cheap.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from batch_widgets._version import __version__

if TYPE_CHECKING:
    from batch_widgets import cost, images, pools, sizes
    from batch_widgets.account import BatchAccount, connect, connect_demo
    from batch_widgets.errors import (
        AlreadyExistsError,
        AmbiguousSelectionError,
        AuthenticationError,
        BatchWidgetsError,
        ClosedError,
        LoginError,
        NotFoundError,
        PoolAllocationError,
        ServiceError,
        ServiceUnreachableError,
        ThrottledError,
        ValidationError,
    )
    from batch_widgets.images import CustomImage, ImageReference, NodeAgentSku, SupportedImage, select_image
    from batch_widgets.keys import PublicKey, find_public_keys, make_key_pair, own_key
    from batch_widgets.login import RemoteLoginSettings
    from batch_widgets.nodes import Node
    from batch_widgets.pools import Pool, PoolSpec
    from batch_widgets.problems import Problem
    from batch_widgets.runner import Operation, Progress
    from batch_widgets.sdk import to_sdk
    from batch_widgets.sizes import Quotas, VmSize, VmSizeList
    from batch_widgets.widgets import NodePanel, PoolBuilder, SkuBrowser, Workbench

_HOMES = {
    "account": ("BatchAccount", "connect", "connect_demo"),
    "errors": (
        "AlreadyExistsError",
        "AmbiguousSelectionError",
        "AuthenticationError",
        "BatchWidgetsError",
        "ClosedError",
        "LoginError",
        "NotFoundError",
        "PoolAllocationError",
        "ServiceError",
        "ServiceUnreachableError",
        "ThrottledError",
        "ValidationError",
    ),
    "images": ("CustomImage", "ImageReference", "NodeAgentSku", "SupportedImage", "select_image"),
    "keys": ("PublicKey", "find_public_keys", "make_key_pair", "own_key"),
    "login": ("RemoteLoginSettings",),
    "nodes": ("Node",),
    "pools": ("Pool", "PoolSpec"),
    "problems": ("Problem",),
    "runner": ("Operation", "Progress"),
    "sdk": ("to_sdk",),
    "sizes": ("Quotas", "VmSize", "VmSizeList"),
    "widgets": ("NodePanel", "PoolBuilder", "SkuBrowser", "Workbench"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AlreadyExistsError",
    "AmbiguousSelectionError",
    "AuthenticationError",
    "BatchAccount",
    "BatchWidgetsError",
    "ClosedError",
    "CustomImage",
    "ImageReference",
    "LoginError",
    "Node",
    "NodeAgentSku",
    "NodePanel",
    "NotFoundError",
    "Operation",
    "Pool",
    "PoolAllocationError",
    "PoolBuilder",
    "PoolSpec",
    "Problem",
    "Progress",
    "PublicKey",
    "Quotas",
    "RemoteLoginSettings",
    "ServiceError",
    "ServiceUnreachableError",
    "SkuBrowser",
    "SupportedImage",
    "ThrottledError",
    "ValidationError",
    "VmSize",
    "VmSizeList",
    "Workbench",
    "__version__",
    "connect",
    "connect_demo",
    "cost",
    "find_public_keys",
    "images",
    "make_key_pair",
    "own_key",
    "pools",
    "select_image",
    "sizes",
    "to_sdk",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name in {"cost", "images", "pools", "sizes"}:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    if "batch_widgets.runner" in sys.modules:  # from now on there can be operations, and a cell may show one
        sys.modules["batch_widgets.runner"].Operation.view = staticmethod(_view_operation)
    return value


def _view_operation(operation: Operation[Any]) -> Any:
    from batch_widgets.widgets.operation import OperationView

    return OperationView(operation)


def __dir__() -> list[str]:
    return sorted(__all__)
