"""The embedded service in a process that notes what is done to its host, once SIGUSR1 has told it to watch.

The first argument is the file to note in, the rest is for the service's command line. SIGUSR2 lets the process do what
it must never do, which shows that the watch would see it.
"""

import os
import signal
import subprocess
import sys

from batch_widgets.demo.__main__ import main

# Events of Python's audit hooks: programs, files, connections. Reading the environment has none: a canary is in it.
WATCHED = (
    *("open", "os.", "shutil.", "glob.", "tempfile.", "pathlib.", "sqlite3.", "mmap.", "fcntl.", "resource."),
    *("subprocess.", "pty.", "ctypes.", "socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostby"),
)
NOT_OF_THE_HOST = ("os.add_dll_directory",)


def watch(file):
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    watching = []
    libraries = tuple(filter(None, {*sys.path, sys.prefix, sys.base_prefix}))

    def note(event, arguments):
        if not watching or not event.startswith(WATCHED) or event in NOT_OF_THE_HOST:
            return
        name = str(arguments[0]) if arguments else ""
        if event in {"open", "os.listdir", "os.scandir"} and name.startswith(libraries):
            return  # a module that is imported late
        os.write(log, f"{event} {arguments!r}\n".encode())

    def begin(_number, _frame):
        os.write(log, b"watching\n")
        watching.append(True)

    def misbehave(_number, _frame):
        with open("/etc/hostname"):  # noqa: PTH123  as an escape would
            pass
        subprocess.run(["true"], check=True)
        os.write(log, b"misbehaved\n")

    sys.addaudithook(note)
    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, misbehave)


if __name__ == "__main__":
    watch(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
