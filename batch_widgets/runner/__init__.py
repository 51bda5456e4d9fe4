"""Work in progress: the loop thread, the notifier thread, and the operations that run there."""

from batch_widgets.runner.merging import Merger
from batch_widgets.runner.operation import Operation, Progress
from batch_widgets.runner.runner import Runner

__all__ = ["Merger", "Operation", "Progress", "Runner"]
