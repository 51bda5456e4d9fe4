"""Rules of a pool's user accounts, application packages and mounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.pools.items import ITEM_VARIANTS
from batch_widgets.pools.rules.names import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem

_MAX_PACKAGES = 10
_MAX_ACCOUNT_NAME = 20
_MOUNT_KINDS = {variant.key: variant.noun for variant in ITEM_VARIANTS["mount_configuration"]}
_BLOB = "azureBlobFileSystemConfiguration"


def check_lists(spec: PoolSpec) -> Iterator[Problem]:
    """Check the lists, each item on its own and among the others."""
    yield from _check_packages(spec.application_package_references)
    yield from _check_accounts(spec.user_accounts)
    yield from _check_mounts(spec.mount_configuration)


def repeated(values: Iterable[Any]) -> list[Any]:
    """Give the values that are there more than once, each once."""
    seen: list[Any] = []
    twice: list[Any] = []
    for value in values:
        (twice if value in seen and value not in twice else seen).append(value)
    return twice


def folded(items: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    """Give a property of items that have it as a text, in small letters."""
    return [item[name].casefold() for item in items if isinstance(item.get(name), str) and item[name]]


def _check_packages(packages: tuple[Any, ...]) -> Iterator[Problem]:
    field = "application_package_references"
    if len(packages) > _MAX_PACKAGES:
        yield Rule.PACKAGES_TOO_MANY.error(
            field, f"A pool has at most {_MAX_PACKAGES} application packages; these are {len(packages)}."
        )
    ids = [(str(one.get("applicationId")).casefold(), str(one.get("version"))) for one in packages]
    for application, _ in repeated(ids):
        yield Rule.PACKAGE_TWICE.error(field, f"{application} stands there twice in the same version. Remove one.")


def _check_accounts(accounts: tuple[Any, ...]) -> Iterator[Problem]:
    for number, account in enumerate(accounts, 1):
        name = account.get("name")
        if isinstance(name, str) and len(name) > _MAX_ACCOUNT_NAME:
            yield Rule.ACCOUNT_NAME_LENGTH.error(
                "user_accounts",
                f"A name has at most {_MAX_ACCOUNT_NAME} characters; that of user account {number} has {len(name)}.",
            )
        linux = account.get("linuxUserConfiguration")
        if isinstance(linux, dict) and (linux.get("uid") is None) != (linux.get("gid") is None):
            yield Rule.ACCOUNT_IDS.error(
                "user_accounts", f"User account {number} needs both uid and gid, or neither of them."
            )
    for name in repeated(folded(accounts, "name")):
        yield Rule.ACCOUNT_TWICE.error("user_accounts", f"Two user accounts are named {name}. Rename one.")


def _check_mounts(mounts: tuple[Any, ...]) -> Iterator[Problem]:
    field = "mount_configuration"
    paths = []
    for number, mount in enumerate(mounts, 1):
        kinds = [key for key in _MOUNT_KINDS if mount.get(key) is not None]
        if len(kinds) > 1 or not mount:
            nouns = ", ".join(_MOUNT_KINDS.values())
            yield Rule.MOUNT_KIND.error(field, f"Mount {number} must be exactly one of {nouns}.")
            continue
        if not kinds:
            continue
        own = mount[kinds[0]]
        if not isinstance(own, dict):
            yield Rule.ITEM_TYPE.error(field, f"Mount {number} is not an object of JSON.")
            continue
        if (
            kinds[0] == _BLOB
            and sum(bool(own.get(name)) for name in ("accountKey", "sasKey", "identityReference")) != 1
        ):
            yield Rule.MOUNT_CREDENTIALS.error(
                field, f"Mount {number} needs exactly one of account key, SAS key and identity."
            )
        path = own.get("relativeMountPath")
        if isinstance(path, str) and path:
            if path.startswith(("/", "\\")) or ".." in path.replace("\\", "/").split("/"):
                yield Rule.MOUNT_PATH.error(
                    field, f"The path of mount {number} is below the node's mounts directory: begin it with a name."
                )
            paths.append(path.strip("/").casefold())
    for path in repeated(paths):
        yield Rule.MOUNT_PATH.error(field, f"Two mounts go to {path}. Give each a path of its own.")
