"""VM sizes: values, a list that was recorded, tables of them, and the quotas of an account. No requests."""

from batch_widgets.sizes.frame import vm_sizes_frame
from batch_widgets.sizes.recorded import recorded_vm_sizes
from batch_widgets.sizes.values import Quotas, VmSize, VmSizeList

__all__ = ["Quotas", "VmSize", "VmSizeList", "recorded_vm_sizes", "vm_sizes_frame"]
