"""Measure all rows, each module in a process of its own, and write `RESULTS.md`.

`make bench`, or `python benchmarks` where the packages of `requirements.txt` are; `make bench ROWS="1 3"`, or
`python benchmarks 1 3`, measures only those rows, prints them and leaves the page as it is.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import FOLDER, RESULTS, Row, document, read, say, write

MODULES: dict[str, tuple[int, ...]] = {  # which rows a module measures
    "many_nodes": (1, 2),
    "images": (3,),
    "tables": (4, 5, 6),
    "imports": (7,),
    "demo_start": (8,),
    "busy_kernel": (9,),
    "transfer": (10,),
    "growth": (11,),
    "page_size": (11,),
}


def main() -> int:
    """Run the command line; the status tells whether a module failed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rows", type=int, nargs="*", help="numbers of the rows to measure; all by default")
    wanted = set(parser.parse_args().rows)
    if unknown := wanted - {number for numbers in MODULES.values() for number in numbers}:
        parser.error(f"no such row: {', '.join(map(str, sorted(unknown)))}")
    began = time.monotonic()
    rows: list[Row] = []
    failed: list[str] = []
    for module, numbers in MODULES.items():
        if wanted and not wanted.intersection(numbers):
            continue
        say(f"== {module}")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "rows.json")
            command = [sys.executable, str(FOLDER / f"{module}.py"), "--json", str(file)]
            if subprocess.run(command, check=False).returncode:
                failed.append(module)
            if file.is_file():
                rows += [row for row in read(file) if not wanted or row.number in wanted]
    seconds = time.monotonic() - began
    if wanted:
        print(document(rows, failed, seconds), end="")
    else:
        write(rows, failed, seconds)
        say(f"wrote {RESULTS.relative_to(FOLDER.parent)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
