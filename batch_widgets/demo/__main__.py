"""Serve until interrupted; print what a client needs in a form that a shell can export."""

from __future__ import annotations

import argparse
import dataclasses
import math
import signal
import sys
import threading
from typing import TYPE_CHECKING

from .faults import Fault
from .resize_errors import ON_REQUEST
from .service import DemoService, usual_quota
from .state import Troubles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


_QUOTAS = ("pools", "dedicated_cores", "spot_cores", "region_cores")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    given = {name: getattr(options, name) for name in _QUOTAS if getattr(options, name) is not None}
    service = DemoService(
        nodes=options.nodes,
        speed=options.speed,
        seed=options.seed,
        port=options.port,
        quota=dataclasses.replace(usual_quota(options.nodes), **given),
        troubles=Troubles(options.unusable_share, options.spot_life_s, options.resize_error),
    )
    for fault in options.faults:
        service.faults.add(fault)
    try:
        service.start()
    except OSError as error:
        print(f"batch_widgets.demo: can't listen on port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    try:
        print(f"AZURE_BATCH_ENDPOINT={service.endpoint}")
        print(f"AZURE_BATCH_ACCOUNT={service.account_name}")
        print(f"AZURE_BATCH_ACCESS_KEY={service.account_key}", flush=True)
        print("Serving a simulated Azure Batch account until interrupted (Ctrl+C).", file=sys.stderr, flush=True)
        stop.wait()
    except BrokenPipeError:
        return 1
    finally:
        service.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m batch_widgets.demo",
        description="Serve a simulated Azure Batch account on 127.0.0.1 until interrupted.",
    )
    parser.add_argument("--port", type=_port, default=0, help="where to listen; the system chooses by default")
    parser.add_argument(
        "--nodes", type=_count, default=4, help="nodes of the ready pool 'demo' (default 4; 0 for none)"
    )
    parser.add_argument(
        "--speed", type=_speed, default=10.0, help="simulated seconds per second, or 'instant' (default 10)"
    )
    parser.add_argument("--seed", type=int, default=0, help="node ids and host keys follow from it (default 0)")
    quotas = parser.add_argument_group("what the account may have")
    quotas.add_argument("--pool-quota", dest="pools", type=_count, metavar="N", help="pools (default 100)")
    quotas.add_argument(
        "--core-quota",
        dest="dedicated_cores",
        type=_count,
        metavar="N",
        help="cores of dedicated nodes (default 500, or more if the pool 'demo' needs them)",
    )
    quotas.add_argument(
        "--spot-core-quota", dest="spot_cores", type=_count, metavar="N", help="cores of Spot nodes (default 500)"
    )
    quotas.add_argument(
        "--region-cores",
        type=_count,
        metavar="N",
        help="cores that the region has free: allocation of more times out (default: enough)",
    )
    troubles = parser.add_argument_group("what goes wrong")
    troubles.add_argument(
        "--unusable-share",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="share of new nodes that become unusable, from 0 to 1 (default 0)",
    )
    troubles.add_argument(
        "--spot-life",
        dest="spot_life_s",
        type=_seconds,
        metavar="SECONDS",
        help="simulated seconds until a Spot node is preempted, on average (default: never)",
    )
    troubles.add_argument(
        "--resize-error",
        choices=sorted(ON_REQUEST),
        metavar="CODE",
        help="the error that every resize to more nodes ends with, or with RemoveNodesFailed every resize to fewer: "
        f"{', '.join(sorted(ON_REQUEST))}",
    )
    troubles.add_argument(
        "--fault",
        dest="faults",
        type=_fault,
        action="append",
        default=[],
        metavar="FAULT",
        help="something that goes wrong with requests: latency, throttle, error, reset, lost or slow, and which "
        "of them: 'throttle operation=list_nodes times=3 seconds=2', 'error status=503 share=0.05'; "
        "can be given several times",
    )
    return parser


def _fault(text: str) -> Fault:
    try:
        return Fault.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _share(text: str) -> float:
    share = _number(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, not {text!r}")
    return share


def _seconds(text: str) -> float:
    seconds = _number(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, not {text!r}")
    return seconds


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, not {text!r}")
    return number


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of 0 or more, not {text!r}")
    return number


def _speed(text: str) -> float:
    if text == "instant":
        return math.inf
    speed = _number(text)
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0 or 'instant', not {text!r}")
    return speed


if __name__ == "__main__":
    sys.exit(main())
