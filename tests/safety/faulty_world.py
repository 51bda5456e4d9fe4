"""An account whose wire to the embedded service is spoiled, and what came of its calls against what the service did."""

from __future__ import annotations

import asyncio
import itertools
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from faulty_wire import FaultyWire

import batch_widgets as bw
from batch_widgets.demo import DemoService, Quota
from batch_widgets.errors import AlreadyExistsError, BatchWidgetsError, NotFoundError
from batch_widgets.pools import PoolSpec
from batch_widgets.sdk import service as sdk_service

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGl1AviSp2LzfrRzrEVNdSBlqVh/C6cnvuyjD1R5/5ub"
HANGS_S = 60.0  # nothing is measured by it: what has not ended by then hangs
DONE = frozenset({"added", "updated", "exists", "deleted", "absent", "done"})
DOUBT = ("may have", "may be", "may exist", "was created", "was asked for", "may go on", "has taken")
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Claim:
    """What a caller is told: that it was ``"done"``, ``"not done"`` or ``"maybe"``, in which words."""

    word: str
    text: str = ""
    value: object = None


class Naps:
    """A clock for pauses: they are counted, not waited for."""

    def __init__(self, monkeypatch) -> None:
        self.seconds = 0.0
        really = asyncio.sleep

        async def nap(delay, result=None):
            self.seconds += max(0.0, delay)
            return await really(min(max(0.0, delay), 0.001), result)

        monkeypatch.setattr(asyncio, "sleep", nap)


class World:
    """A service, a wire to it that can be spoiled, and accounts on both sides of the wire."""

    def __init__(self, monkeypatch, *, nodes=2, read_timeout_s=1.0, speed="instant", **options) -> None:
        monkeypatch.setattr(
            sdk_service, "TIMEOUTS", {"connection_timeout": 4 * read_timeout_s, "read_timeout": read_timeout_s}
        )
        self.naps = Naps(monkeypatch)
        quota = Quota(pools=100_000, dedicated_cores=1_000_000)
        self.service = DemoService(nodes=nodes, speed=speed, quota=quota, **options)
        self.service.start()
        self.wire = FaultyWire(self.service.endpoint)
        self.account = self._connect(self.wire.endpoint)
        self.aside = self._connect(self.service.endpoint)
        self.image = next(image for image in self.aside.list_supported_images() if _is_usual(image))
        self.pool_id = self.node = ""
        if nodes:
            self.pool_id, (self.node, *_) = self.pool(nodes, start_task_command_line="/bin/bash -c 'echo hello'")

    def _connect(self, endpoint):
        account = bw.connect(endpoint, account_name="demo", account_key=self.service.account_key)
        account.poll_interval_s = 0.01
        return account

    def spec(self, pool_id, nodes=1, **more):
        return PoolSpec(
            pool_id=pool_id,
            vm_size="Standard_D2s_v3",
            target_dedicated_nodes=nodes,
            image=self.image,
            allow_ssh=True,
            ssh_sources=("*",),
            **more,
        )

    def pool(self, nodes=1, **more):
        """Make a pool, past the wire, and give its id and those of its nodes."""
        pool_id = f"p{next(NUMBERS)}"
        self.aside.create_pool(self.spec(pool_id, nodes, **more)).result(HANGS_S)
        return pool_id, [node.id for node in self.aside.list_nodes(pool_id)]

    def close(self):
        self.wire.mend()
        self.account.close()
        self.aside.close()
        self.wire.close()
        self.service.stop()


def _is_usual(image) -> bool:
    return image.verified and image.node_agent_sku_id == "batch.node.ubuntu 22.04"


@contextmanager
def world(monkeypatch, **options):
    """Give a world that ends with the block."""
    made = World(monkeypatch, **options)
    try:
        yield made
    finally:
        made.close()


def claim_of(call) -> Claim:
    """Make a call and say what its caller is told."""
    try:
        result = call()
        if hasattr(result, "result"):
            result = result.result(HANGS_S)
    except TimeoutError:
        return Claim("hangs")
    except BatchWidgetsError as error:
        text = str(error)
        if not error.message or not error.hint:
            return Claim("says not what to do", f"{error.message!r} {error.hint!r}")
        if isinstance(error, NotFoundError | AlreadyExistsError):
            return Claim("not done", text)
        return Claim("maybe" if error.maybe_done or _doubts(text) else "not done", text)
    except Exception as error:  # noqa: BLE001  what is told then is for nobody's eyes
        return Claim("a stranger's error", repr(error))
    if hasattr(result, "columns") and "error_code" in result.columns:
        return _of_rows(result)
    return Claim("done", value=result)


def _of_rows(frame) -> Claim:
    rows = list(zip(frame["outcome"], frame["message"], strict=True))
    if not rows:
        return Claim("done", "no rows")
    if all(outcome in DONE for outcome, _ in rows):
        return Claim("done", str(rows))
    if silent := [row for row in rows if row[0] == "failed" and not row[1]]:
        return Claim("says not what to do", str(silent))
    return Claim("maybe" if all(o in DONE or _doubts(m) for o, m in rows) else "not done", str(rows))


def _doubts(text: str) -> bool:
    return any(words in text for words in DOUBT)


def lie(claim: Claim, *, done: bool) -> str:
    """Say what is wrong with a claim about a change; nothing where it is right or honest."""
    if claim.word == "done":
        return "" if done else f"told as done, and was not: {claim.text}"
    if claim.word == "not done":
        return f"told as not done, and was: {claim.text}" if done else ""
    return "" if claim.word == "maybe" else f"{claim.word}: {claim.text}"


def moments():
    """Give a beginning and an end for logs."""
    now = datetime.now(UTC)
    return {"start_time": now - timedelta(hours=1), "end_time": now}


def wait_until(operation, is_so) -> None:
    """Wait for what an operation's progress tells; each change of it is an event."""
    changed = threading.Event()
    operation.observe(lambda _: changed.set(), ["progress", "status"])
    while not is_so():
        assert changed.wait(HANGS_S), "it hangs"
        changed.clear()


def ended(w, is_so) -> None:
    """Wait until what a widget asked has come to an end, and all that look were told."""
    for _ in range(int(HANGS_S / 0.02)):
        w.account.runner.drain()
        if is_so():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it hangs")
