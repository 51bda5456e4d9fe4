"""Pools as the Resource Manager has them: the form of ``az resource``, of templates and of Bicep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

API_VERSION = "2025-06-01"
_RENAMED = {
    "nodeAgentSKUId": "nodeAgentSkuId",
    "inboundNATPools": "inboundNatPools",
    "dynamicVNetAssignmentScope": "dynamicVnetAssignmentScope",
}
"""Names that differ in their case, by the service's."""

_USER_NAME = re.compile(r"userIdentity|cifsMountConfiguration")
_WORDS = {
    "access": ("Allow", "Deny"),
    "caching": ("None", "ReadOnly", "ReadWrite"),
    "elevationLevel": ("NonAdmin", "Admin"),
    "jobDefaultOrder": ("None", "CreationTime"),
    "loginMode": ("Batch", "Interactive"),
    "nodeFillType": ("Spread", "Pack"),
    "policy": ("Regional", "Zonal"),
    "protocol": ("TCP", "UDP"),
    "provision": ("BatchManaged", "UserManaged", "NoPublicIPAddresses"),
    "targets": ("OsDisk", "TemporaryDisk"),
    "type": ("DockerCompatible", "CriCompatible"),
    "placement": ("CacheDisk",),
    "workingDirectory": ("TaskWorkingDirectory", "ContainerImageDefault"),
    "storageAccountType": ("Standard_LRS", "Premium_LRS", "StandardSSD_LRS"),
}
"""How the Resource Manager spells the words of a property. (The service's own are in small letters.)"""

_AUTO_USER_SCOPES = ("Task", "Pool")
APPLICATIONS = "/applications/"
_TYPE = "Microsoft.Batch/batchAccounts/pools"


def is_arm(resource: Mapping[str, Any]) -> bool:
    """Tell whether a pool is in the Resource Manager's form."""
    return isinstance(resource.get("properties"), dict)


def from_arm(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Give the service's body of a pool in the Resource Manager's form; what has no counterpart keeps its name."""
    rest = {name: value for name, value in resource["properties"].items() if name not in _READ_ONLY}
    body: dict[str, Any] = {"id": str(resource.get("name", "")).rpartition("/")[2]}
    deployment = rest.pop("deploymentConfiguration", None)
    if isinstance(deployment, dict):
        body.update(deployment)
    scale = rest.pop("scaleSettings", None)
    if isinstance(scale, dict):
        fixed, auto = scale.get("fixedScale"), scale.get("autoScale")
        if isinstance(auto, dict):
            names = {"formula": "autoScaleFormula", "evaluationInterval": "autoScaleEvaluationInterval"}
            body["enableAutoScale"] = True
            body |= {names.get(str(name), str(name)): value for name, value in auto.items()}
        elif isinstance(fixed, dict):
            body |= fixed
    if (between := rest.pop("interNodeCommunication", None)) is not None:
        body["enableInterNodeCommunication"] = str(between).casefold() == "enabled"
    if packages := rest.pop("applicationPackages", None):
        body["applicationPackageReferences"] = [
            {"applicationId": str(one.get("id", "")).rpartition("/")[2], **_rest(one, "id")} for one in packages
        ]
    if resource.get("tags"):
        body["resourceTags"] = dict(resource["tags"])
    if resource.get("identity"):
        body["identity"] = dict(resource["identity"])
    own = {theirs: ours for ours, theirs in _RENAMED.items()}
    return dict(_renamed({**body, **rest}, own, (), to_arm_words=False))


_READ_ONLY = frozenset(
    {
        "allocationState",
        "allocationStateTransitionTime",
        "autoScaleRun",
        "creationTime",
        "currentDedicatedNodes",
        "currentLowPriorityNodes",
        "currentNodeCommunicationMode",
        "lastModified",
        "provisioningState",
        "provisioningStateTransitionTime",
        "resizeOperationStatus",
    }
)


def to_arm(body: Mapping[str, Any], account_name: str) -> dict[str, Any]:
    """Give the Resource Manager's form of a request's body: ``type``, ``apiVersion``, ``name`` and ``properties``.

    From what is known of that interface, not tried against it: nothing here reaches Azure.
    """
    rest = dict(body)
    pool_id = rest.pop("id", "")
    properties: dict[str, Any] = {}
    if rest.get("displayName"):
        properties["displayName"] = rest.pop("displayName")
    properties["vmSize"] = rest.pop("vmSize", "")
    if "virtualMachineConfiguration" in rest:
        machine = {"virtualMachineConfiguration": rest.pop("virtualMachineConfiguration")}
        properties["deploymentConfiguration"] = machine
    formula = {
        theirs: rest.pop(ours)
        for ours, theirs in (("autoScaleFormula", "formula"), ("autoScaleEvaluationInterval", "evaluationInterval"))
        if ours in rest
    }
    fixed = {
        name: rest.pop(name)
        for name in ("targetDedicatedNodes", "targetLowPriorityNodes", "resizeTimeout")
        if name in rest
    }
    if rest.pop("enableAutoScale", False):
        properties["scaleSettings"] = {"autoScale": formula}
    elif fixed:
        properties["scaleSettings"] = {"fixedScale": fixed}
    if "enableInterNodeCommunication" in rest:
        enabled = rest.pop("enableInterNodeCommunication")
        properties["interNodeCommunication"] = "Enabled" if enabled else "Disabled"
    if packages := rest.pop("applicationPackageReferences", None):
        properties["applicationPackages"] = [
            {"id": _application_id(str(one.get("applicationId", ""))), **_rest(one, "applicationId")}
            for one in packages
        ]
    tags, identity = rest.pop("resourceTags", None), rest.pop("identity", None)
    resource = {
        "type": _TYPE,
        "apiVersion": API_VERSION,
        "name": f"{account_name}/{pool_id}",
        "properties": _renamed({**properties, **rest}, _RENAMED, (), to_arm_words=True),
    }
    return resource | ({"tags": tags} if tags else {}) | ({"identity": identity} if identity else {})


def _application_id(name: str) -> str:
    """Give the end of an application's id, which the account's comes before; a whole id stays."""
    return name if name.startswith("/") else f"{APPLICATIONS}{name}"


def _rest(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != name}


def _renamed(value: Any, names: Mapping[str, str], path: tuple[str, ...], *, to_arm_words: bool) -> Any:
    if isinstance(value, list):
        return [_renamed(item, names, path, to_arm_words=to_arm_words) for item in value]
    if isinstance(value, dict):
        if path and path[-1] in {"settings", "protectedSettings", "tags", "resourceTags", "identity"}:
            return value  # the user's own names
        if path and _USER_NAME.fullmatch(path[-1]):
            pair = ("username", "userName") if to_arm_words else ("userName", "username")
            value = {pair[1] if name == pair[0] else name: item for name, item in value.items()}
        return {
            names.get(name, name): _renamed(item, names, (*path, names.get(name, name)), to_arm_words=to_arm_words)
            for name, item in value.items()
        }
    if isinstance(value, str) and path:
        return _word(path, value, to_arm_words=to_arm_words)
    return value


def _word(path: tuple[str, ...], value: str, *, to_arm_words: bool) -> str:
    """Give a word in the other spelling; what is no known word stays."""
    words = _AUTO_USER_SCOPES if path[-2:] == ("autoUser", "scope") else _WORDS.get(path[-1], ())
    if "extensions" in path:
        return value
    for word in words:
        if word.casefold() == value.casefold().replace("_", "" if "_" not in word else "_"):
            return word if to_arm_words else _own_word(path[-1], word)
    return value


def _own_word(name: str, word: str) -> str:
    if name == "type":
        return word[0].lower() + word[1:]
    if name == "workingDirectory":
        return word[0].lower() + word[1:]
    return word.lower()
