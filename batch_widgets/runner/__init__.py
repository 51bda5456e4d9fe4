"""Work in progress: the loop thread, the notifier thread, and the operations that run there."""

from batch_widgets.runner.merging import Merger
from batch_widgets.runner.operation import Operation, Progress
from batch_widgets.runner.runner import Runner
from batch_widgets.runner.threads import to_its_end

__all__ = ["Merger", "Operation", "Progress", "Runner", "to_its_end"]
