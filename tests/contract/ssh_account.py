"""An account on a service whose nodes are logged in to, with users on them."""

from __future__ import annotations

import batch_widgets as bw
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
