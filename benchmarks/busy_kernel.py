"""How much later the next cell and a click are answered while 2,000 calls are under way, than by an idle kernel.

A real kernel, driven by `jupyter_client` as a front end would: a cell is sent and its end awaited, a click is a message
of a button's comm and its answer the change of a label. The service runs in a process of its own.
"""

from __future__ import annotations

import subprocess
import time
from ast import literal_eval
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel
from results import Row, main, median, say, spread
from services import ACCOUNT, POOL, service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

NODES = 1_000
LATENCY_S = 0.05
RUNS = 5
IDLE_SAMPLES = 30
PAUSE_S = 0.02  # between a cell and a click: somebody works, not a loop
PATIENCE_S = 120.0
SETUP = """
import batch_widgets as bw, ipywidgets
account = bw.connect({endpoint!r}, account_name={name!r}, account_key={key!r})
account.check()
key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
button, label = ipywidgets.Button(), ipywidgets.Label("0")
button.on_click(lambda _: setattr(label, "value", str(int(label.value) + 1)))
"""
START = """
calls = [account.add_user({pool!r}, name, ssh_public_key=key) for name in ("user{run}a", "user{run}b")]
calls[0]
"""
IS_DONE = "all(call.done() for call in calls)"
ALL_ADDED = "[int((call.result()['outcome'] == 'added').sum()) for call in calls]"


@dataclass
class Delays:
    """What was measured, in milliseconds."""

    cells: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)


class Kernel:
    """A kernel, as a front end sees it."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, code: str) -> float:
        """Run a cell; return the milliseconds until it has ended."""
        began = time.perf_counter()
        sent = self._client.execute(code, store_history=False)
        self._await(lambda message: self._ends(message, sent))
        return (time.perf_counter() - began) * 1000

    def value(self, expression: str) -> Any:
        """Return what an expression is, of numbers, texts and lists of them."""
        sent = self._client.execute("", store_history=False, user_expressions={"it": expression})
        reply = self._client.get_shell_msg(timeout=PATIENCE_S)
        while reply["parent_header"].get("msg_id") != sent:
            reply = self._client.get_shell_msg(timeout=PATIENCE_S)
        self._await(lambda message: self._ends(message, sent))
        return literal_eval(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])

    def click(self, button: str, label: str) -> float:
        """Click; return the milliseconds until the label has changed."""
        data = {"method": "custom", "content": {"event": "click"}}
        message = self._client.session.msg("comm_msg", {"comm_id": button, "data": data})
        began = time.perf_counter()
        self._client.shell_channel.send(message)
        self._await(lambda answer: _changes(answer, label))
        taken = (time.perf_counter() - began) * 1000
        self._await(lambda answer: self._ends(answer, message["header"]["msg_id"]))
        return taken

    def _await(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        while not wanted(self._client.get_iopub_msg(timeout=PATIENCE_S)):
            pass

    def _ends(self, message: dict[str, Any], sent: str) -> bool:
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(message["content"]["traceback"]))
        ended = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
        return bool(ended and message["parent_header"].get("msg_id") == sent)


def _changes(message: dict[str, Any], comm_id: str) -> bool:
    content = message["content"]
    if message["msg_type"] != "comm_msg" or content["comm_id"] != comm_id:
        return False
    return content["data"].get("method") == "update" and "value" in content["data"]["state"]


def rows() -> Iterator[Row]:
    """Measure row 9."""
    idle, busy = Delays(), Delays()
    seconds: list[float] = []
    with service(NODES, latency_s=LATENCY_S) as served, kernel() as shell:
        shell.run(SETUP.format(endpoint=served.endpoint, name=ACCOUNT, key=served.key))
        button, label = (shell.value(f"{name}.comm.comm_id") for name in ("button", "label"))
        for run in range(RUNS):
            for _ in range(IDLE_SAMPLES):
                sample(shell, button, label, idle)
            began = time.perf_counter()
            shell.run(START.format(pool=POOL, run=run))
            samples = 0
            while not shell.value(IS_DONE):
                sample(shell, button, label, busy)
                samples += 1
            seconds.append(time.perf_counter() - began)
            assert shell.value(ALL_ADDED) == [NODES, NODES]
            say(f"run {run + 1}: {samples} samples in {seconds[-1]:.1f} s")
    note = (
        f"{RUNS} runs; in each, {IDLE_SAMPLES} cells and as many clicks on the idle kernel, then as many as there was "
        f"time for while two users were added to {NODES:,} nodes, with their progress on show. Each run of "
        f"2,000 calls took {spread(seconds)} s. ipykernel handles both on its main thread."
    )
    for name, without, during in (
        ("delay of the next cell", idle.cells, busy.cells),
        ("delay of a click", idle.clicks, busy.clicks),
    ):
        more = median(during) - median(without)
        yield Row(
            9,
            f"a {2 * NODES:,}-call fan-out running: {name}",
            "an idle kernel",
            "at most 100 ms more (median)",
            f"{spread(during)} ms against {spread(without)} ms: {more:.1f} ms more",
            median(during) / median(without),
            more <= 100,
            {f"{name}, fan-out running, ms": during, f"{name}, idle, ms": without},
            note,
        )


def sample(shell: Kernel, button: str, label: str, delays: Delays) -> None:
    """Run a cell and click, with a pause before each."""
    time.sleep(PAUSE_S)
    delays.cells.append(shell.run("1 + 1"))
    time.sleep(PAUSE_S)
    delays.clicks.append(shell.click(button, label))


@contextmanager
def kernel() -> Iterator[Kernel]:
    """Run a kernel until the block ends."""
    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)
    try:
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main(rows)
