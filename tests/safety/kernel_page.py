"""A real kernel, and a page that sends it what the front end sends: cells, and messages of widgets."""

from __future__ import annotations

import ast
import json
import os
import queue
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

TESTS = Path(__file__).resolve().parents[1]
PATIENCE_S = 60
_ANSWER_S = 10
VIEW = "application/vnd.jupyter.widget-view+json"
_REFERENCE = "IPY_MODEL_"
_TARGET = "jupyter.widget"


class RequestLostError(Exception):
    """A kernel that answers others has left what this page sent unread, and will not read it any more."""


@dataclass
class Cell:
    """What came of a cell."""

    status: str = ""
    name: str = ""
    text: str = ""
    views: list[str] = field(default_factory=list)
    replied: bool = False
    ended: int = 0
    """int: where among all messages its end stands; 0 while it runs."""
    expressions: dict = field(default_factory=dict)

    @property
    def is_over(self):
        return self.replied and self.ended > 0


@dataclass
class Model:
    """A widget as the page has it."""

    model_id: str
    state: dict
    closed: bool = False
    custom: list[dict] = field(default_factory=list)


class Page:
    """Drives a kernel by the protocol, from one thread.

    Parameters
    ----------
    manager : KernelManager
        Whose kernel runs.
    log : Path
        Where the kernel's own outputs go.

    Attributes
    ----------
    models : dict
        The widgets that were opened to the page, by id.
    subshell : str or None
        Where messages of widgets go: as JupyterLab does it, to a subshell, or to the main shell with the cells.
    secret : str
        What is typed in fields for secrets.
    loses_requests : bool
        Whether the kernel may leave requests unread for good.
    """

    def __init__(self, manager, log):
        self.manager = manager
        self.log = log
        self.models = {}
        self.subshell = None
        self.secret = ""
        self.loses_requests = False
        self.after_close = []
        self.opened = Counter()
        self.errors = ""
        self._cells = {}
        self._seen = 0
        self._answers = {}
        self._connect()

    # the kernel

    def _connect(self):
        self._client = self.manager.client()
        self._client.start_channels(hb=False, stdin=False)
        self._client.wait_for_ready(timeout=PATIENCE_S)
        self._channels = {
            channel.socket: channel
            for channel in (self._client.iopub_channel, self._client.shell_channel, self._client.control_channel)
        }

    @property
    def pid(self):
        return self.manager.provisioner.process.pid

    def restart(self, *, now):
        """End the kernel and start another: politely, or by killing it."""
        self._client.stop_channels()
        self.manager.restart_kernel(now=now)
        self.models.clear()
        self.subshell = None
        self._connect()

    def interrupt(self):
        self.manager.interrupt_kernel()

    def nudge(self):
        """Ask something: where a cell awaits, a kernel takes in an interrupt no sooner than with the next message."""
        self._client.shell_channel.send(self._client.session.msg("kernel_info_request", {}))

    def _is_unheard(self):
        """Tell whether the kernel answers another client, and not this page."""
        self._answers.pop("kernel_info_reply", None)
        self.nudge()
        other = self.manager.client()
        other.start_channels(iopub=False, stdin=False, hb=False, control=False)
        other.kernel_info()
        try:
            other.shell_channel.get_msg(timeout=_ANSWER_S)
            while self._client.shell_channel.msg_ready():
                self._take(self._client.shell_channel.get_msg(timeout=1))
        except queue.Empty:  # the kernel is busy, or hangs
            return False
        finally:
            other.stop_channels()
        return "kernel_info_reply" not in self._answers

    def close(self):
        self._client.stop_channels()

    def said(self):
        """Give what the kernel has written outside of cells, and the errors that it logged."""
        return self.log.read_text(encoding="utf-8", errors="replace") + self.errors

    def use_subshell(self):
        """Send messages of widgets to a subshell from now on, as JupyterLab does; False where the kernel has none."""
        self._ask("kernel_info_request", self._client.shell_channel)
        features = self._answers.pop("kernel_info_reply").get("supported_features", [])
        if "kernel subshells" not in features:
            return False
        self._ask("create_subshell_request", self._client.control_channel)
        self.subshell = self._answers.pop("create_subshell_reply")["subshell_id"]
        return True

    def _ask(self, kind, channel):
        channel.send(self._client.session.msg(kind, {}))
        answer = kind.replace("request", "reply")
        self.wait(lambda: answer in self._answers, kind)

    # cells

    def start(self, code, expressions=None):
        """Send a cell, and don't wait for it."""
        message_id = self._client.execute(
            code, user_expressions=expressions or {}, allow_stdin=False, store_history=bool(code)
        )
        cell = self._cells[message_id] = Cell()
        return cell

    def run(self, code, *, fails=""):
        """Run a cell to its end; it raises nothing, or what is expected."""
        cell = self.finish(self.start(code))
        assert cell.name == fails, f"{cell.name or 'no error'}\n{cell.text}\n{self.said()}"
        return cell

    def finish(self, cell):
        self.wait(lambda: cell.is_over, "the end of a cell")
        return cell

    def value(self, expression):
        """Give the value of an expression, as the next cell sees it."""
        cell = self.finish(self.start("", {"value": f"__import__('json').dumps({expression}, default=str)"}))
        answer = cell.expressions["value"]
        assert answer["status"] == "ok", f"{answer}\n{self.said()}"
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    # widgets

    def send(self, model_id, data, subshell=None):
        """Send a message to a widget."""
        message = self._client.session.msg("comm_msg", {"comm_id": model_id, "data": data})
        if subshell or self.subshell:
            message["header"]["subshell_id"] = subshell or self.subshell
        self._client.shell_channel.send(message)

    def custom(self, model_id, **content):
        self.send(model_id, {"method": "custom", "content": content})

    def click(self, model_id):
        self.custom(model_id, event="click")

    def set(self, model_id, **state):
        self.models[model_id].state.update(state)
        self.send(model_id, {"method": "update", "state": state, "buffer_paths": []})

    def show(self, model_id, page="page-1", *, visible=True):
        """Show a widget as a page does: its pieces ask for their code, and its frame says that it is in sight."""
        for model in self.tree(model_id):
            if "_bundle_hash" in model.state and visible:
                self.custom(model.model_id, type="bundle", page=page)
            if model.state.get("_kind") == "frame":
                self.custom(model.model_id, type="views", page=page, visible=visible)

    def tree(self, model_id):
        """Give a widget and all below it that is there."""
        model = self.models[model_id]
        found = [model]
        for child in model.state.get("children", ()):
            found += self.tree(child.removeprefix(_REFERENCE))
        return found

    def find(self, model_id, **wanted):
        """Wait until there is a piece of a widget whose state has all that; give its id."""

        def matching():
            return [model.model_id for model in self.tree(model_id) if _matches(model.state, wanted)]

        self.wait(lambda: _no_gap(matching), f"a piece with {wanted}")
        return matching()[0]

    def open_models(self):
        return [model for model in self.models.values() if not model.closed]

    # messages

    def wait(self, condition, what):
        """Take messages until something is so."""
        deadline = time.monotonic() + PATIENCE_S
        poller = zmq.Poller()
        for socket in self._channels:
            poller.register(socket, zmq.POLLIN)
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0 and self.loses_requests and self._is_unheard():
                raise RequestLostError(what)
            assert left > 0, f"there was not {what} within {PATIENCE_S} s\n{self.said()}"
            for socket, _ in poller.poll(min(left, 0.2) * 1000):
                self._take(self._channels[socket].get_msg(timeout=1))

    def _take(self, message):
        self._seen += 1
        kind, content = message["msg_type"], message["content"]
        if kind == "stream" and content["name"] == "stderr":  # logs of other threads come here, beside any cell
            self.errors += content["text"]
        cell = self._cells.get(message["parent_header"].get("msg_id"))
        if kind.startswith("comm_"):
            self._take_comm(kind, content)
        elif kind in {"kernel_info_reply", "create_subshell_reply"}:
            self._answers[kind] = content
        elif cell is not None:
            self._take_cell(cell, kind, content)

    def _take_cell(self, cell, kind, content):
        if kind == "execute_reply":
            cell.replied, cell.status, cell.expressions = True, content["status"], content.get("user_expressions", {})
            cell.name = content.get("ename", "") if content["status"] == "error" else ""
        elif kind == "status" and content["execution_state"] == "idle":
            cell.ended = self._seen
        elif kind == "stream":
            cell.text += content["text"]
        elif kind == "error":
            cell.text += "\n".join(content["traceback"])
        elif kind in {"display_data", "execute_result"}:
            cell.text += content["data"].get("text/plain", "")
            if VIEW in content["data"]:
                cell.views.append(content["data"][VIEW]["model_id"])

    def _take_comm(self, kind, content):
        model_id = content["comm_id"]
        data = content.get("data", {})
        if kind == "comm_open":
            if content["target_name"] == _TARGET:
                self.opened[model_id] += 1
                self.models[model_id] = Model(model_id, dict(data["state"]))
            return
        model = self.models.get(model_id)
        if model is None:
            return
        if model.closed:
            self.after_close.append((model_id, data.get("method", kind)))
        if kind == "comm_close":
            model.closed = True
        elif data.get("method") == "update":
            model.state.update(data["state"])
        elif data.get("method") == "custom":
            model.custom.append(data["content"])
            self._answer(model_id, data["content"])

    def _answer(self, model_id, content):
        """Do what the pieces of the front end do by themselves."""
        if content.get("type") == "settle":
            self.custom(model_id, type="settled", id=content["id"])
        elif content.get("type") == "request":
            self.custom(model_id, type="secret", id=content["id"], value=self.secret)


def _matches(state, wanted):
    return all(str(state.get(name, "")).startswith(value) for name, value in wanted.items())


def _no_gap(look):
    try:
        return look()
    except KeyError:  # a child that is told before it is opened
        return False


@contextmanager
def kernel(python, folder, **environment):
    """Run a kernel of a Python's own ipykernel, and give a page on it."""
    spec = folder / "specs" / "attacked"
    spec.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.joinpath("kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "attacked", "language": "python"})
    )
    specs = KernelSpecManager(kernel_dirs=[str(spec.parent)], ensure_native_kernel=False)
    manager = KernelManager(
        kernel_name="attacked", kernel_spec_manager=specs, connection_file=str(folder / "connection.json")
    )
    log = folder / "kernel.log"
    own = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    own |= {"PYTHONPATH": str(TESTS / "safety"), "PYDEVD_DISABLE_FILE_VALIDATION": "1", **environment}
    with log.open("w") as output:
        manager.start_kernel(env=own, cwd=str(folder), stdout=output, stderr=output)
        page = None
        try:
            page = Page(manager, log)
            yield page
        finally:
            if page is not None:
                page.close()
            manager.shutdown_kernel(now=True)
