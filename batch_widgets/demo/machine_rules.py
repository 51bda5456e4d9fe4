"""What the service demands of what a pool's nodes are to run, whom they know, and what they mount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import invalid_property, missing_property

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .wire import JsonObject

MOST_USER_NAME = 20
LUNS = range(64)

_FILE_SOURCES = ("autoStorageContainerName", "storageContainerUrl", "httpUrl")
_BLOB_SECRETS = ("accountKey", "sasKey", "identityReference")


def check_disks(disks: Iterable[JsonObject]) -> None:
    """Check the data disks of a node."""
    units: set[int] = set()
    for index, disk in enumerate(disks):
        if disk["lun"] not in LUNS or disk["lun"] in units:
            raise invalid_property(f"dataDisks[{index}].lun", disk["lun"], "Expected 0 to 63, each once.")
        units.add(disk["lun"])


def check_start_task(task: JsonObject, accounts: Iterable[JsonObject]) -> None:
    """Check a start task, which may run as one of the pool's user accounts."""
    if not task["commandLine"].strip():
        raise invalid_property("startTask.commandLine", task["commandLine"], "Expected a command.")
    if task.get("maxTaskRetryCount", 0) < -1:
        raise invalid_property("startTask.maxTaskRetryCount", task["maxTaskRetryCount"], "Expected -1 or more.")
    if "userIdentity" in task:
        _check_identity(task["userIdentity"], {account["name"] for account in accounts})
    for index, file in enumerate(task.get("resourceFiles", ())):
        _check_resource_file(file, f"startTask.resourceFiles[{index}]")


def check_user_accounts(accounts: Iterable[JsonObject], operating_system: str) -> None:
    """Check the user accounts of a pool."""
    names: set[str] = set()
    for index, account in enumerate(accounts):
        path = f"userAccounts[{index}]"
        if not 1 <= len(account["name"]) <= MOST_USER_NAME:
            raise invalid_property(f"{path}.name", account["name"], f"Expected 1 to {MOST_USER_NAME} characters.")
        if account["name"].lower() in names:
            raise invalid_property(f"{path}.name", account["name"], "The name is there twice.")
        names.add(account["name"].lower())
        if "windowsUserConfiguration" in account and operating_system != "windows":
            raise invalid_property(f"{path}.windowsUserConfiguration", "", "The image is a Linux one.")
        linux = account.get("linuxUserConfiguration", {})
        if ("uid" in linux) is not ("gid" in linux):
            given = "uid" if "uid" in linux else "gid"
            raise invalid_property(
                f"{path}.linuxUserConfiguration.{given}", linux[given], "uid and gid must be given together."
            )


def check_mounts(mounts: Iterable[JsonObject]) -> None:
    """Check the file systems that nodes are to mount."""
    for index, mount in enumerate(mounts):
        path = f"mountConfiguration[{index}]"
        known = [name for name in mount if name.endswith("Configuration")]
        if len(known) != 1:
            raise invalid_property(path, ", ".join(known), "Expected exactly one file system.")
        blob = mount.get("azureBlobFileSystemConfiguration")
        if blob is not None and sum(name in blob for name in _BLOB_SECRETS) != 1:
            raise invalid_property(
                f"{path}.azureBlobFileSystemConfiguration", "", f"Expected exactly one of {', '.join(_BLOB_SECRETS)}."
            )


def _check_identity(identity: JsonObject, names: set[str]) -> None:
    path = "startTask.userIdentity"
    if ("username" in identity) is ("autoUser" in identity):
        raise invalid_property(path, identity.get("username", ""), "Expected either username or autoUser.")
    if "username" in identity and identity["username"] not in names:
        raise invalid_property(f"{path}.username", identity["username"], "Not among userAccounts.")


def _check_resource_file(file: JsonObject, path: str) -> None:
    if sum(name in file for name in _FILE_SOURCES) != 1:
        raise invalid_property(path, "", f"Expected exactly one of {', '.join(_FILE_SOURCES)}.")
    if "httpUrl" in file and not file.get("filePath"):
        raise missing_property(f"{path}.filePath", "Needed with httpUrl.")
    if ".." in file.get("filePath", "").replace("\\", "/").split("/"):
        raise invalid_property(f"{path}.filePath", file["filePath"], "It leads out of the working directory.")
