"""What the items of a pool's lists are made of: for the form, and for the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

PartKind = Literal["text", "number", "flag", "choice", "texts", "object", "objects", "secret", "secret object"]


@dataclass(frozen=True, slots=True)
class Part:
    """A property of an item.

    Parameters
    ----------
    path : str
        The service's names from the item down, joined by dots.
    label : str
        What the form calls it.
    kind : str
        What it is; an ``"object"`` has a structure of its own and is typed in as JSON.
    required : bool
        An item without it is refused.
    choices : tuple of str
        The words that a ``"choice"`` has.
    may_be_empty : bool
        An empty text is a value like others.
    """

    path: str
    label: str
    kind: PartKind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    may_be_empty: bool = False

    def get(self, item: Mapping[str, Any]) -> Any:
        """Give its value in an item; None where it is not there."""
        here: Any = item
        for step in self.path.split("."):
            if not isinstance(here, Mapping):
                return None
            here = here.get(step)
        return here


@dataclass(frozen=True, slots=True)
class Variant:
    """A kind of item.

    Parameters
    ----------
    noun : str
        What the form calls one of it.
    parts : tuple of Part
        Its properties.
    key : str
        The property that tells it from other kinds; empty where there is only one kind.
    """

    noun: str
    parts: tuple[Part, ...]
    key: str = ""

    @property
    def title(self) -> str:
        """The noun as it begins a line."""
        return self.noun[0].upper() + self.noun[1:]


_NAME_VALUE = (Part("name", "Name", required=True), Part("value", "Value"))
_IDENTITY = Part("identityReference.resourceId", "Identity")
_CACHING = ("none", "readonly", "readwrite")
_STORAGE = ("standard_lrs", "premium_lrs", "standardssd_lrs")
_ELEVATION = ("nonadmin", "admin")


def _mount(key: str, noun: str, *parts: Part) -> Variant:
    own = (*parts, Part("relativeMountPath", "Mount path", required=True))
    moved = tuple(Part(f"{key}.{one.path}", one.label, one.kind, one.required, one.choices) for one in own)
    return Variant(noun, moved, key)


ITEM_VARIANTS: dict[str, tuple[Variant, ...]] = {
    "start_task_environment_settings": (Variant("variable", _NAME_VALUE),),
    "start_task_resource_files": (
        Variant(
            "resource file",
            (
                Part("httpUrl", "URL of a file", "secret"),
                Part("storageContainerUrl", "URL of a container", "secret"),
                Part("autoStorageContainerName", "Container of the account's storage"),
                Part("blobPrefix", "Blob prefix"),
                Part("filePath", "Path on the node"),
                Part("fileMode", "Mode"),
                _IDENTITY,
            ),
        ),
    ),
    "inbound_nat_pools": (
        Variant(
            "inbound NAT pool",
            (
                Part("name", "Name", required=True),
                Part("protocol", "Protocol", "choice", required=True, choices=("tcp", "udp")),
                Part("backendPort", "Port on the node", "number", required=True),
                Part("frontendPortRangeStart", "First port outside", "number", required=True),
                Part("frontendPortRangeEnd", "Last port outside", "number", required=True),
                Part("networkSecurityGroupRules", "Rules", "objects"),
            ),
        ),
    ),
    "ip_tags": (Variant("IP tag", (Part("ipTagType", "Type"), Part("tag", "Tag"))),),
    "metadata": (Variant("metadata item", (_NAME_VALUE[0], Part("value", "Value", required=True, may_be_empty=True))),),
    "application_package_references": (
        Variant(
            "application package", (Part("applicationId", "Application", required=True), Part("version", "Version"))
        ),
    ),
    "user_accounts": (
        Variant(
            "user account",
            (
                Part("name", "Name", required=True),
                Part("password", "Password", "secret", required=True),
                Part("elevationLevel", "Rights", "choice", choices=_ELEVATION),
                Part("linuxUserConfiguration.uid", "uid", "number"),
                Part("linuxUserConfiguration.gid", "gid", "number"),
                Part("linuxUserConfiguration.sshPrivateKey", "SSH private key", "secret"),
                Part("windowsUserConfiguration.loginMode", "Login mode", "choice", choices=("batch", "interactive")),
            ),
        ),
    ),
    "mount_configuration": (
        _mount(
            "azureBlobFileSystemConfiguration",
            "blob container",
            Part("accountName", "Storage account", required=True),
            Part("containerName", "Container", required=True),
            Part("accountKey", "Account key", "secret"),
            Part("sasKey", "SAS key", "secret"),
            _IDENTITY,
            Part("blobfuseOptions", "blobfuse options"),
        ),
        _mount(
            "azureFileShareConfiguration",
            "file share",
            Part("accountName", "Storage account", required=True),
            Part("azureFileUrl", "URL", required=True),
            Part("accountKey", "Account key", "secret", required=True),
            Part("mountOptions", "Options"),
        ),
        _mount(
            "nfsMountConfiguration",
            "NFS share",
            Part("source", "Source", required=True),
            Part("mountOptions", "Options"),
        ),
        _mount(
            "cifsMountConfiguration",
            "CIFS share",
            Part("username", "User", required=True),
            Part("password", "Password", "secret", required=True),
            Part("source", "Source", required=True),
            Part("mountOptions", "Options"),
        ),
    ),
    "data_disks": (
        Variant(
            "data disk",
            (
                Part("lun", "LUN", "number", required=True),
                Part("diskSizeGB", "GiB", "number", required=True),
                Part("caching", "Caching", "choice", choices=_CACHING),
                Part("managedDisk.storageAccountType", "Storage", "choice", choices=_STORAGE),
            ),
        ),
    ),
    "container_registries": (
        Variant(
            "registry",
            (
                Part("registryServer", "Server"),
                Part("username", "User"),
                Part("password", "Password", "secret"),
                _IDENTITY,
            ),
        ),
    ),
    "extensions": (
        Variant(
            "extension",
            (
                Part("name", "Name", required=True),
                Part("publisher", "Publisher", required=True),
                Part("type", "Type", required=True),
                Part("typeHandlerVersion", "Version"),
                Part("autoUpgradeMinorVersion", "Newer minor version", "flag"),
                Part("enableAutomaticUpgrade", "Automatic upgrade", "flag"),
                Part("settings", "Settings", "object"),
                Part("protectedSettings", "Protected settings", "secret object"),
                Part("provisionAfterExtensions", "After", "texts"),
            ),
        ),
    ),
}
"""The kinds of item that each list of a PoolSpec has."""


OBJECT_PARTS: dict[str, tuple[Part, ...]] = {
    "automatic_os_upgrade_policy": (
        Part("enableAutomaticOSUpgrade", "Automatic OS upgrade", "flag"),
        Part("useRollingUpgradePolicy", "By the rolling policy", "flag"),
        Part("disableAutomaticRollback", "No rollback", "flag"),
        Part("osRollingUpgradeDeferral", "Wait for running tasks", "flag"),
    ),
    "rolling_upgrade_policy": (
        Part("maxBatchInstancePercent", "Nodes at a time, %", "number"),
        Part("maxUnhealthyInstancePercent", "Unhealthy at most, %", "number"),
        Part("maxUnhealthyUpgradedInstancePercent", "Unhealthy after upgrade at most, %", "number"),
        Part("pauseTimeBetweenBatches", "Pause between batches", "text"),
        Part("enableCrossZoneUpgrade", "Across zones", "flag"),
        Part("prioritizeUnhealthyInstances", "Unhealthy nodes first", "flag"),
        Part("rollbackFailedInstancesOnPolicyBreach", "Roll back failed nodes", "flag"),
    ),
}
"""The properties of the objects that a PoolSpec has."""


def variant_of(field: str, item: Mapping[str, Any]) -> Variant | None:
    """Give the kind of an item; None for a kind that is not known here."""
    return next((one for one in ITEM_VARIANTS[field] if not one.key or item.get(one.key) is not None), None)
