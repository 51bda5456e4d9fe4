"""The widgets: one public class a file, and the pieces that they share."""

from batch_widgets.widgets.node_panel import NodePanel
from batch_widgets.widgets.pool_builder import PoolBuilder
from batch_widgets.widgets.sku_browser import SkuBrowser
from batch_widgets.widgets.workbench import Workbench

__all__ = ["NodePanel", "PoolBuilder", "SkuBrowser", "Workbench"]
