"""PoolSpec: a pool that one asks for, and the body of the request that asks for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from batch_widgets.images import CustomImage, ImageReference, SupportedImage

SSH_PORT = 22
_FRONTEND_START = 40_000
_FRONTEND_PORTS = 501
_ALLOW_PRIORITY = 1_000
_DENY_PRIORITY = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSpec:
    """A pool that one asks for; the value behind the pool builder's form.

    It holds whatever it is given: :func:`batch_widgets.pools.check` says what is wrong with it.

    Parameters
    ----------
    pool_id : str
        1 to 64 letters, digits, hyphens and underscores; unique in the account without regard to case.
    display_name : str
        At most 1,024 characters; need not be unique.
    vm_size : str
        Such as ``"Standard_D2s_v3"``.
    image : SupportedImage, CustomImage or ImageReference, optional
        The image; a supported or custom image brings its node agent along.
    node_agent_sku_id : str
        The node agent; taken from `image` where that has one.
    target_dedicated_nodes, target_low_priority_nodes : int
        Dedicated and Spot nodes wanted.
    resize_timeout : timedelta
        How long the service tries to allocate the nodes: at least 5 minutes.
    start_task_command_line : str
        Run on each node as it joins, without a shell; empty for none.
    start_task_elevated : bool
        Run it as administrator.
    start_task_wait_for_success : bool
        Keep tasks off a node until its start task has succeeded.
    allow_ssh : bool
        Map port 22, so that the nodes can be reached. A pool without it has no SSH.
    ssh_sources : tuple of str
        Who may connect: addresses, ranges in CIDR form, service tags, or ``"*"`` for everyone. All others are refused.
    """

    pool_id: str = ""
    display_name: str = ""
    vm_size: str = ""
    image: SupportedImage | CustomImage | ImageReference | None = None
    node_agent_sku_id: str = ""
    target_dedicated_nodes: int = 0
    target_low_priority_nodes: int = 0
    resize_timeout: timedelta = timedelta(minutes=15)
    start_task_command_line: str = ""
    start_task_elevated: bool = False
    start_task_wait_for_success: bool = True
    allow_ssh: bool = False
    ssh_sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.image, SupportedImage | CustomImage) and not self.node_agent_sku_id:
            object.__setattr__(self, "node_agent_sku_id", self.image.node_agent_sku_id)
        given: Any = self.ssh_sources  # one source on its own is taken for a tuple of one, not of its letters
        object.__setattr__(self, "ssh_sources", (given,) if isinstance(given, str) else tuple(given))

    @property
    def image_reference(self) -> ImageReference | None:
        """The Marketplace image without its node agent; None for an image of a gallery."""
        if isinstance(self.image, CustomImage):
            return None
        return self.image.image_reference if isinstance(self.image, SupportedImage) else self.image

    @property
    def os_type(self) -> str:
        """``"windows"`` or ``"linux"``, as the image or the node agent says."""
        if isinstance(self.image, SupportedImage | CustomImage):
            return self.image.os_type
        return "windows" if "windows" in self.node_agent_sku_id.casefold() else "linux"

    @property
    def target_nodes(self) -> int:
        """Dedicated and Spot nodes together."""
        return self.target_dedicated_nodes + self.target_low_priority_nodes

    def to_body(self) -> dict[str, Any]:
        """Give the request's body under the service's names, what was left empty left out.

        Returns
        -------
        dict
            What ``BatchPoolCreateOptions`` serialises to.
        """
        body: dict[str, Any] = {"id": self.pool_id, "vmSize": self.vm_size}
        if self.display_name:
            body["displayName"] = self.display_name
        if self.image is not None:
            alone = isinstance(self.image, ImageReference)
            reference = self.image.to_body() if alone else self.image.to_body()["imageReference"]
            body["virtualMachineConfiguration"] = {
                "imageReference": reference,
                "nodeAgentSKUId": self.node_agent_sku_id,
            }
        body["resizeTimeout"] = _iso_duration(self.resize_timeout)
        body["targetDedicatedNodes"] = self.target_dedicated_nodes
        body["targetLowPriorityNodes"] = self.target_low_priority_nodes
        if self.start_task_command_line:
            elevation = "admin" if self.start_task_elevated else "nonadmin"
            body["startTask"] = {
                "commandLine": self.start_task_command_line,
                "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": elevation}},
                "waitForSuccess": self.start_task_wait_for_success,
            }
        if self.allow_ssh:
            body["networkConfiguration"] = {"endpointConfiguration": {"inboundNATPools": [self._ssh_nat_pool()]}}
        return body

    def _ssh_nat_pool(self) -> dict[str, Any]:
        rules = [_rule(_ALLOW_PRIORITY + position, "allow", source) for position, source in enumerate(self.ssh_sources)]
        rules.append(_rule(_DENY_PRIORITY, "deny", "*"))
        return {
            "name": "ssh",
            "protocol": "tcp",
            "backendPort": SSH_PORT,
            "frontendPortRangeStart": _FRONTEND_START,
            "frontendPortRangeEnd": _FRONTEND_START + max(_FRONTEND_PORTS, self.target_nodes) - 1,
            "networkSecurityGroupRules": rules,
        }

    def to_json(self) -> str:
        """Give the request's body as indented JSON text, ready for ``az batch pool create --json-file``."""
        return json.dumps(self.to_body(), indent=2, ensure_ascii=False)


def _rule(priority: int, access: str, source: str) -> dict[str, Any]:
    return {"priority": priority, "access": access, "sourceAddressPrefix": source, "sourcePortRanges": ["*"]}


def _iso_duration(duration: timedelta) -> str:
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    return f"PT{minutes}M" + (f"{seconds}S" if seconds else "")
