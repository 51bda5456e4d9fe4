"""An account in whose every answer there is hostile text, for tests of this process and for a kernel's notebooks."""

from __future__ import annotations

from hostile_wire import HTML_TEXTS, HostileWire

import batch_widgets as bw
from batch_widgets.account import BatchAccount
from batch_widgets.account.surroundings import Surroundings
from batch_widgets.demo import DemoService
from batch_widgets.pools import PoolSpec
from batch_widgets.sdk.credentials import StaticToken
from batch_widgets.sdk.management import SdkManagement
from batch_widgets.sdk.prices import RetailPrices

POOL = "work"
WAIT_S = 90.0
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f "


class HostileAccount:
    """A service, a hostile wire to it, and an account on the wire.

    Parameters
    ----------
    nodes : int
        Nodes of the pool ``work``, whose start task has failed on each; they are idle all the same.
    texts, ids
        See :class:`HostileWire`.
    """

    def __init__(self, *, nodes=4, texts=HTML_TEXTS, ids=True):
        self.service = DemoService(nodes=0, speed=60).start()
        self.wire = HostileWire(self.service, texts, ids=ids)
        self.account = self._connect()
        service = self.service
        self.plain = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
        self.plain.poll_interval_s = 0.1
        self._make_pools(nodes)
        self.pool_id = self.wire.id_of(POOL) if ids else POOL

    def _make_pools(self, nodes):
        """Make a pool with nodes, and one that scales."""
        image = bw.select_image(self.plain.list_supported_images(), "ubuntu 22.04", latest=True)
        common = {"vm_size": "Standard_D2s_v3", "image": image, "allow_ssh": True, "ssh_sources": ("127.0.0.1",)}
        lines = "; ".join(f"echo step {number}: fetching part {number} of the data" for number in range(60))
        command = f"/bin/sh -c '{lines}; apt-get install nonsense'"
        work = {"target_dedicated_nodes": nodes, "start_task_command_line": command}
        work["start_task_wait_for_success"] = False
        scaled = {"enable_auto_scale": True, "auto_scale_formula": "$TargetDedicatedNodes = 0;"}
        for pool_id, more in ((POOL, work), ("scaled", scaled)):
            self.plain.create_pool(PoolSpec(pool_id=pool_id, **common, **more)).result(WAIT_S)

    def _connect(self):
        service, endpoint = self.service, self.wire.endpoint
        plain = bw.connect(endpoint, account_name=service.account_name, account_key=service.account_key)

        def make_management():
            return SdkManagement(
                *(endpoint, service.account_name),
                subscription_id=service.subscription_id,
                resource_group=service.resource_group,
                location=service.location,
                credential=StaticToken(service.management_token),
                url=service.endpoint,
            )

        surroundings = Surroundings(
            make_management=make_management,
            make_prices=lambda: RetailPrices(service.endpoint),
            location=service.location,
        )
        return BatchAccount(
            plain._make_service,
            endpoint=endpoint,
            name=plain.name,
            poll_interval_s=0.1,
            surroundings=surroundings,
        )

    def close(self):
        self.plain.close()
        self.account.close()
        self.wire.close()
        self.service.stop()


def hostile_body(text):
    """Give a pool as JSON may describe it, with a text in every place that takes one."""
    image = {"publisher": text, "offer": text, "sku": text, "version": text}
    return {
        "id": text,
        "displayName": text,
        "vmSize": text,
        "resizeTimeout": "PT15M",
        "enableAutoScale": True,
        "autoScaleFormula": text,
        "autoScaleEvaluationInterval": "PT15M",
        "metadata": [{"name": text, "value": text}],
        "startTask": {
            "commandLine": text,
            "environmentSettings": [{"name": text, "value": text}],
            "resourceFiles": [{"httpUrl": text, "filePath": text}],
            "containerSettings": {"imageName": text, "containerRunOptions": text},
        },
        "userAccounts": [{"name": text, "password": "x", "elevationLevel": "nonAdmin"}],
        "mountConfiguration": [{"nfsMountConfiguration": {"source": text, "relativeMountPath": text}}],
        "virtualMachineConfiguration": {
            "imageReference": image,
            "nodeAgentSKUId": text,
            "containerConfiguration": {"type": text, "containerImageNames": [text]},
            "extensions": [{"name": text, "publisher": text, "type": text, "settings": {text: text}}],
        },
        text: {text: [text]},
    }
