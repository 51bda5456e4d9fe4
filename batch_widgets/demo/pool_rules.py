"""What the service demands of a pool before it takes it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from .autoscale import check_formula
from .errors import BatchError, invalid_property, missing_property
from .images import Catalogue, VmSize, find_vm_size
from .machine_rules import check_disks, check_mounts, check_start_task, check_user_accounts
from .network_rules import check_network
from .wire import JsonObject, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .applications import Application
    from .state import Pool

LEAST_RESIZE_TIMEOUT = timedelta(minutes=5)
LEAST_INTERVAL = timedelta(minutes=5)
MOST_INTERVAL = timedelta(hours=168)
MOST_NODES = 100_000
"""Far above any quota; keeps a slip of the keyboard from filling the memory."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TARGETS = ("targetDedicatedNodes", "targetLowPriorityNodes")
ANY_TIME = frozenset(
    {
        "startTask",
        "certificateReferences",
        "applicationPackageReferences",
        "metadata",
        "targetNodeCommunicationMode",
    }
)
"""What of a pool may be patched while it has nodes."""

_GALLERY = ("virtualMachineImageId", "sharedGalleryImageId", "communityGalleryImageId")
_MARKETPLACE = ("publisher", "offer", "sku")


def check_pool(body: JsonObject, images: Catalogue) -> str:
    """Return the operating system of a pool that keeps every rule.

    Raises
    ------
    BatchError
        For the first rule that it breaks, with the property's name.
    """
    if not _ID.fullmatch(body["id"]):
        raise invalid_property("id", body["id"], "Expected 1 to 64 letters, digits, hyphens and underscores.")
    if len(body.get("displayName", "")) > 1024:
        raise invalid_property("displayName", body["displayName"], "Expected at most 1024 characters.")
    size = check_vm_size(body["vmSize"])
    _check_slots(body, size)
    if "virtualMachineConfiguration" not in body:
        raise missing_property("virtualMachineConfiguration")
    operating_system = _check_image(body["virtualMachineConfiguration"], images)
    _check_windows(body["virtualMachineConfiguration"], body.get("upgradePolicy", {}), operating_system)
    check_disks(body["virtualMachineConfiguration"].get("dataDisks", ()))
    _check_network(body)
    if "startTask" in body:
        check_start_task(body["startTask"], body.get("userAccounts", ()))
    if len(body.get("applicationPackageReferences", ())) > 10:
        raise invalid_property(
            "applicationPackageReferences", len(body["applicationPackageReferences"]), "Expected at most 10."
        )
    check_user_accounts(body.get("userAccounts", ()), operating_system)
    check_mounts(body.get("mountConfiguration", ()))
    if not all(item["name"] for item in body.get("metadata", ())):
        raise BatchError("EmptyMetadataKey")
    return operating_system


def check_vm_size(name: str) -> VmSize:
    """Return the VM size of that name; or raise ``InvalidPropertyValue``."""
    size = find_vm_size(name)
    if size is None:
        raise invalid_property("vmSize", name, "The specified VM size is not offered in the region of the account.")
    return size


def check_targets(body: JsonObject) -> None:
    """Check the node counts of a pool or of a resize."""
    if not any(name in body for name in _TARGETS):
        raise missing_property(_TARGETS[0], f"At least one of {' and '.join(_TARGETS)} is needed.")
    for name in _TARGETS:
        if not 0 <= body.get(name, 0) <= MOST_NODES:
            raise invalid_property(name, body[name], f"Expected 0 to {MOST_NODES}.")


def check_resize_timeout(body: JsonObject) -> None:
    """Check the time that a resize is given."""
    timeout = body.get("resizeTimeout")
    if timeout is not None and parse_duration(timeout) < LEAST_RESIZE_TIMEOUT:
        raise invalid_property("resizeTimeout", timeout, "Expected at least 5 minutes.")


def check_scale(body: JsonObject) -> None:
    """Check how a new pool is to find its size."""
    check_resize_timeout(body)
    if body.get("enableAutoScale"):
        if given := [name for name in _TARGETS if name in body]:
            raise invalid_property(given[0], body[given[0]], "Not allowed when enableAutoScale is true.")
        if "autoScaleFormula" not in body:
            raise missing_property("autoScaleFormula", "Needed when enableAutoScale is true.")
        check_auto_scale(body)
        return
    for name in ("autoScaleFormula", "autoScaleEvaluationInterval"):
        if name in body:
            raise invalid_property(name, body[name], "Only allowed when enableAutoScale is true.")
    check_targets(body)


def check_auto_scale(settings: JsonObject) -> None:
    """Check a formula and how often it is to be evaluated."""
    interval = settings.get("autoScaleEvaluationInterval", "PT15M")
    if not LEAST_INTERVAL <= parse_duration(interval) <= MOST_INTERVAL:
        raise invalid_property("autoScaleEvaluationInterval", interval, "Expected 5 minutes to 168 hours.")
    check_formula(settings["autoScaleFormula"])


def check_empty_only(body: JsonObject, pool: Pool) -> None:
    """Refuse to change what can be changed only while a pool has no nodes."""
    if not pool.nodes and not any(pool.targets.values()):
        return
    for name in body:
        if name not in ANY_TIME:
            raise BatchError(
                "OperationNotValidOnPool",
                PropertyName=name,
                Reason=f"{name} can be updated only when the pool is empty.",
            )


def check_applications(body: JsonObject, applications: Iterable[Application]) -> None:
    """Refuse application packages that the account doesn't have."""
    known = {one.id.lower(): one.versions for one in applications}
    for reference in body.get("applicationPackageReferences", ()):
        # Whole resource ids are taken as well; the last part is the name.
        versions = known.get(reference["applicationId"].lower().rpartition("/")[2])
        version = reference.get("version")
        if versions is None or (version and version not in versions):
            raise BatchError(
                "InvalidApplicationPackageReferences",
                ApplicationId=reference["applicationId"],
                **({"Version": version} if version else {}),
            )


def _check_slots(body: JsonObject, size: VmSize) -> None:
    most = min(4 * size.vcpus, 256)
    if not 1 <= body.get("taskSlotsPerNode", 1) <= most:
        raise invalid_property(
            "taskSlotsPerNode",
            body["taskSlotsPerNode"],
            f"Expected 1 to {most}: four for each core of the VM size, and at most 256.",
        )


def _check_image(configuration: JsonObject, images: Catalogue) -> str:
    reference = configuration["imageReference"]
    agent = configuration["nodeAgentSKUId"]
    agent_os = images.node_agent_os(agent)
    if agent_os is None:
        raise invalid_property("nodeAgentSKUId", agent, "The specified node agent SKU is not offered.")
    given = [name for name in _GALLERY if name in reference]
    if given:
        others = [name for name in (*_GALLERY, *_MARKETPLACE, "version") if name in reference and name != given[0]]
        if others:
            raise invalid_property(given[0], reference[given[0]], f"It excludes {', '.join(others)}.")
        return agent_os
    for name in _MARKETPLACE:
        if not reference.get(name):
            raise missing_property(f"virtualMachineConfiguration.imageReference.{name}")
    found = images.find(reference)
    shown = " ".join(reference[name] for name in _MARKETPLACE)
    if not found:
        raise invalid_property("imageReference", shown, "The specified image is not among the supported images.")
    fitting = [image["nodeAgentSKUId"] for image in found]
    if agent.lower() not in {name.lower() for name in fitting}:
        reason = f"The image needs the node agent '{fitting[0]}'."
        raise invalid_property("nodeAgentSKUId", agent, reason)
    return agent_os


def _check_windows(configuration: JsonObject, upgrades: JsonObject, operating_system: str) -> None:
    windows = configuration.get("windowsConfiguration")
    if windows is None:
        return
    if operating_system != "windows":
        raise invalid_property("windowsConfiguration", "", "The image is a Linux one.")
    automatic = upgrades.get("automaticOSUpgradePolicy", {})
    if windows.get("enableAutomaticUpdates") and automatic.get("enableAutomaticOSUpgrade"):
        raise invalid_property(
            "windowsConfiguration.enableAutomaticUpdates", value=True, reason="It excludes enableAutomaticOSUpgrade."
        )


def _check_network(body: JsonObject) -> None:
    network = body.get("networkConfiguration")
    if network is not None:
        check_network(network)
