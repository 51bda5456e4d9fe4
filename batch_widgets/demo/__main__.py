"""Serve until interrupted; print what a client needs in a form that a shell can export."""

from __future__ import annotations

import argparse
import math
import signal
import sys
import threading
from typing import TYPE_CHECKING

from .service import DemoService

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    service = DemoService(nodes=options.nodes, speed=options.speed, seed=options.seed, port=options.port)
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
    return parser


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
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0 or 'instant', not {text!r}")
    return speed


if __name__ == "__main__":
    sys.exit(main())
