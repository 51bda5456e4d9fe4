"""The embedded service in a process of its own, on a host that has something to hide."""

import os
import secrets
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import asyncssh
from azure.batch import BatchClient
from azure.batch.models import BatchNodeUserCreateOptions
from azure.core.credentials import AzureNamedKeyCredential
from proc_net import children

PASSWORD = "Secret-42"
USER = "alice"


class HostDemo:
    """A running service with a canary in a file of its host and in its environment.

    Attributes
    ----------
    canary : str
        What must never be seen.
    hidden : Path
        The file that holds it, alone in its folder.
    """

    def __init__(self, process, folder, canary, log):
        self.process = process
        self.pid = process.pid
        self.canary = canary
        self.hidden = folder / "hidden.txt"
        self._log = log
        lines = dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))
        self.endpoint = lines["AZURE_BATCH_ENDPOINT"]
        self.account_name = lines["AZURE_BATCH_ACCOUNT"]
        self.account_key = lines["AZURE_BATCH_ACCESS_KEY"]
        self.client = BatchClient(self.endpoint, AzureNamedKeyCredential(self.account_name, self.account_key))
        self.nodes = [node.id for node in self.client.list_nodes("demo")]

    def port(self, node_id=None):
        """Open a node's port and return it."""
        return self.client.get_node_remote_login_settings("demo", node_id or self.nodes[0]).remote_login_port

    def add_user(self, node_id=None, *, name=USER, password=PASSWORD, key=None):
        user = BatchNodeUserCreateOptions(name=name, password=password, ssh_public_key=key, is_admin=True)
        self.client.create_node_user("demo", node_id or self.nodes[0], user)

    def connect(self, node_id=None, **more):
        options = {"username": USER, "password": PASSWORD, "client_keys": None, **more}
        return asyncssh.connect("127.0.0.1", self.port(node_id), known_hosts=None, config=None, **options)

    def watch(self):
        """Begin to note what is done to the host."""
        self.process.send_signal(signal.SIGUSR1)
        self._wait_for("watching")

    def touched(self):
        """Return what was done to the host since, and end the watch; fail if the watch doesn't see what it should."""
        assert children(self.pid) == []
        before = self._lines()
        self.process.send_signal(signal.SIGUSR2)
        self._wait_for("misbehaved")
        seen = self._lines()[len(before) :]
        assert any(line.startswith("open ('/etc/hostname'") for line in seen), seen
        assert any(line.startswith("subprocess.Popen") for line in seen), seen
        return before[before.index("watching") + 1 :]

    def _lines(self):
        return self._log.read_text().splitlines() if self._log.is_file() else []

    def _wait_for(self, line):
        deadline = time.monotonic() + 20
        while line not in self._lines():
            assert self.process.poll() is None
            assert time.monotonic() < deadline, f"the service did not get to '{line}'"
            time.sleep(0.01)


@contextmanager
def host_demo(folder, *arguments):
    """Run a watched service."""
    canary = f"canary-{secrets.token_hex(12)}"
    hidden = folder / "host"
    hidden.mkdir()
    (hidden / "hidden.txt").write_text(f"{canary}\n")
    log = folder / "watch.log"
    program = Path(__file__).with_name("watched_demo.py")
    with subprocess.Popen(
        [sys.executable, str(program), str(log), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "HOST_CANARY": canary},
    ) as process:
        try:
            demo = HostDemo(process, hidden, canary, log)
            assert canary in Path(f"/proc/{process.pid}/environ").read_text()
            with demo.client:
                yield demo
        finally:
            process.terminate()
            process.communicate(timeout=20)
