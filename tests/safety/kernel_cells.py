"""What the cells of the tests with kernels call. It runs in the kernel, so it needs nothing of the tests."""

import asyncio
import contextvars
import gc
import threading
import time
from pathlib import Path

import ipykernel
import ipywidgets
from ipywidgets.widgets import widget

CELL_S = 5.0
_LONGEST_S = 90.0
_ENDS_S = 30.0

told = []
"""Where :func:`tell` was called: on which thread, and whether a cell was busy then."""

_is_busy = threading.Event()


def tell(_button):
    """Note on which thread a handler of a click runs, and whether a cell is busy."""
    main = threading.current_thread() is threading.main_thread()
    told.append(("the main thread" if main else "a thread of a subshell", _is_busy.is_set()))


def on_a_thread(call):
    """Call on a new thread; with ipykernel 7.0 in the context of the cell, as whoever touches a widget there has to."""
    if ipykernel.version_info[:2] == (7, 0):
        threading.Thread(target=contextvars.copy_context().run, args=(call,)).start()
    else:
        threading.Thread(target=call).start()


def busy(until):
    """Keep the kernel's main thread busy for five seconds, and on until a file is there."""
    begun_s = time.monotonic()
    _is_busy.set()
    while time.monotonic() < begun_s + CELL_S or not Path(until).exists():
        assert time.monotonic() < begun_s + _LONGEST_S
        time.sleep(0.02)
    _is_busy.clear()


def has_begun(operation, parts):
    """Wait until an operation has done so many parts."""
    begun_s = time.monotonic()
    while operation.progress.done < parts:
        assert not operation.done(), "it was to be in the middle"
        assert time.monotonic() < begun_s + _LONGEST_S
        time.sleep(0.005)


def wait_for(path):
    """Wait until a file is there."""
    begun_s = time.monotonic()
    while not Path(path).exists():
        assert time.monotonic() < begun_s + _LONGEST_S
        time.sleep(0.005)


def outcomes(operation):
    """Give what an operation on nodes knows of each: node, word, message."""
    frame = operation.partial
    return [] if frame is None else frame[["node_id", "outcome", "message"]].to_numpy().tolist()


def sockets():
    """Give the sockets of this process, as the system names them."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:  # closed since the folder was read
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


def native_threads():
    """Give the threads of this process, as the system numbers them."""
    return {entry.name for entry in Path("/proc/self/task").iterdir()}


def tasks():
    """Give what is still to be done on any loop: the tasks of asyncio that have not ended."""
    gc.collect()
    return [task for task in gc.get_objects() if isinstance(task, asyncio.Task) and not task.done()]


def open_widgets():
    """Give the widgets that are open. ipywidgets itself leaves looks of closed widgets open, those of each control."""
    looks = (ipywidgets.Layout, ipywidgets.Style)
    return {
        f"{type(one).__name__} {model_id}" for model_id, one in list(_instances().items()) if not isinstance(one, looks)
    }


def _instances():
    return widget._instances


def own_threads():
    """Give the names of the package's threads."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("batch-widgets-")]


class Left:
    """What a kernel has more than when this was made. Tasks of the kernel's own loops come and go, and don't count."""

    def __init__(self):
        self._loops = {id(task.get_loop()) for task in tasks()}
        self._before = self.now_all()

    def now_all(self):
        """Give all that there is, by kind."""
        ours = [task for task in tasks() if id(task.get_loop()) not in self._loops or "batch_widgets" in repr(task)]
        names = {str(thread.native_id): thread.name for thread in threading.enumerate()}
        return {
            "threads": {f"{number} {names.get(number, '?')}" for number in native_threads()},
            "sockets": sockets(),
            "tasks": {repr(task) for task in ours},
            "widgets": open_widgets(),
        }

    def more(self):
        """Give what there is more now."""
        return {kind: sorted(found - self._before[kind]) for kind, found in self.now_all().items()}

    def now(self):
        """Give the same, once threads that are ending have ended."""
        deadline = time.monotonic() + _ENDS_S
        while True:
            more = self.more()
            if not any(more.values()) or time.monotonic() > deadline:
                return more
            time.sleep(0.02)
