"""An account on a service whose nodes are logged in to, with users on them."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import replace

import pytest

import batch_widgets as bw
from batch_widgets.account import ssh_work
from batch_widgets.demo import DemoService
from batch_widgets.keys import make_key_pair

PASSWORD = "Secret-42 ü"


class SshAccount:
    """A service, an account that knows no host keys, and a key pair."""

    def __init__(self, folder, *, nodes=2, **options):
        self.service = DemoService(nodes=nodes, **{"speed": 50, **options}).start()
        self.account = bw.connect(
            self.service.endpoint, account_name=self.service.account_name, account_key=self.service.account_key
        )
        self.public = make_key_pair(folder / "id_test")
        self.key = folder / "id_test"
        self.nodes = [node.id for node in self.account.list_nodes("demo")]

    def add(self, name="alice", *, nodes=None, **credentials):
        credentials = credentials or {"ssh_public_key": self.public.line}
        frame = self.account.add_user("demo", name, nodes=nodes, **credentials).result(timeout=60)
        assert set(frame["outcome"]) == {"added"}

    def close(self):
        self.account.close()
        self.service.stop()


class Relay:
    """A port that passes on to the first node's until the cable is pulled, and an account that is told that port."""

    def __init__(self, demo):
        (settings,) = demo.account.list_remote_login_settings("demo", demo.nodes[:1])
        self._target = (settings.ip_address, settings.port)
        self._pulled = threading.Event()
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._sockets[0].getsockname()[1]
        self.account = bw.connect(
            demo.service.endpoint, account_name=demo.service.account_name, account_key=demo.service.account_key
        )
        self._threads = [threading.Thread(target=self._accept)]

    def pull(self):
        """Pass nothing on any more; the connections stay as they are."""
        self._pulled.set()

    def __enter__(self):
        real = ssh_work.list_remote_login_settings

        async def told(*arguments, **options):
            found = await real(*arguments, **options)
            return [replace(one, ip_address="127.0.0.1", port=self.port) for one in found]

        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(ssh_work, "list_remote_login_settings", told)
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._patch.undo()
        self.account.close()
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._sockets[0].accept()
                node = socket.create_connection(self._target)
                self._sockets += [client, node]
                for source, sink in ((client, node), (node, client)):
                    self._threads.append(threading.Thread(target=self._pass_on, args=(source, sink)))
                    self._threads[-1].start()

    def _pass_on(self, source, sink):
        with suppress(OSError):
            while data := source.recv(65_536):
                if not self._pulled.is_set():
                    sink.sendall(data)
