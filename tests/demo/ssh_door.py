"""A node of a running service, and OpenSSH to knock at its door with."""

import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

from batch_widgets.demo import DemoService

PASSWORD = "Secret-42 ü"


def on_the_loop(service, act):
    """Do something on the service's own thread, as a request would."""
    done = threading.Event()
    result = []

    def run():
        result.append(act())
        done.set()

    service._loop.call_soon_threadsafe(run)
    assert done.wait(10)
    return result[0]


def open_door(service, node):
    """Open a node's port, as asking for its login settings does."""
    return on_the_loop(service, lambda: service._core.nodes.doors.open(service._state.pool("demo"), node))


class Door:
    """One node of a running service, its users, and OpenSSH to knock with."""

    def __init__(self, folder, limits=None, **options):
        self.service = DemoService(nodes=2, **{"speed": 50, **options})
        if limits is not None:
            self.service._ssh_limits = limits
        self.service.start()
        self.state = self.service._state
        self.core = self.service._core
        self.node = next(iter(self.state.pool("demo").nodes.values()))
        self.port = self.open(self.node)
        self.key = folder / "id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)
        self.askpass = folder / "askpass"
        self.askpass.write_text('#!/bin/sh\nprintf "%s\\n" "$DEMO_PASSWORD"\n')
        self.askpass.chmod(0o755)
        self.known = folder / "known_hosts"
        self.known.write_text(f"[127.0.0.1]:{self.port} {self.service.ssh_host_key(self.node.id)}\n")

    def open(self, node):
        return open_door(self.service, node).port

    def user(self, name="alice", node=None, **more):
        from batch_widgets.demo.node_users import NodeUserOperations
        from batch_widgets.demo.request import Request
        from batch_widgets.demo.wire import encode

        (node or self.node).users.pop(name, None)
        request = Request(
            "POST", "/x", {"poolId": "demo", "nodeId": (node or self.node).id}, body=encode({"name": name, **more})
        )
        assert NodeUserOperations(self.state).create_node_user(request).status == 201

    @property
    def public_key(self):
        return Path(f"{self.key}.pub").read_text().strip()

    def arguments(self, *options, user="alice", port=None):
        return [
            *options,
            *("-F", "/dev/null", "-o", f"UserKnownHostsFile={self.known}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "NumberOfPasswordPrompts=1", "-o", "IdentityAgent=none", "-o", "LogLevel=ERROR"),
        ]

    def ssh(self, *command, user="alice", password=None, key=None, options=(), stdin=""):
        identity = ("-i", str(key), "-o", "IdentitiesOnly=yes") if key else ("-o", "PubkeyAuthentication=no")
        return subprocess.run(
            ["ssh", *self.arguments(*identity, *options), "-p", str(self.port), f"{user}@127.0.0.1", *command],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=30,
            env=self.environment(password),
            check=False,
        )

    def environment(self, password):
        return {
            "PATH": "/usr/bin:/bin",
            "SSH_ASKPASS": str(self.askpass),
            "SSH_ASKPASS_REQUIRE": "force",
            "DEMO_PASSWORD": password or "",
            "LANG": "C.UTF-8",
            "TERM": "xterm",
        }

    @contextmanager
    def open_session(self, *command, stdin=subprocess.DEVNULL, terminal=False):
        """Log in by password and stay; give the client's process."""
        options = self.arguments("-o", "PubkeyAuthentication=no", *(["-tt"] if terminal else []))
        with subprocess.Popen(
            ["ssh", *options, "-p", str(self.port), "alice@127.0.0.1", *command],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(PASSWORD),
        ) as process:
            try:
                yield process
            finally:
                process.kill()
