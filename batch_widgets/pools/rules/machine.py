"""Rules of a pool's machines: disks, Windows, containers, security, extensions, upgrades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.durations import parse_duration
from batch_widgets.images import CustomImage
from batch_widgets.pools.rules.image import known_image
from batch_widgets.pools.rules.lists import folded, repeated
from batch_widgets.pools.rules.names import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_widgets.images import SupportedImage
    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem

_LUNS = range(64)
_PERCENT = {
    "maxBatchInstancePercent": (5, 100),
    "maxUnhealthyInstancePercent": (5, 100),
    "maxUnhealthyUpgradedInstancePercent": (0, 100),
}


def check_machine(spec: PoolSpec, images: Sequence[SupportedImage]) -> Iterator[Problem]:
    """Check what the machines are made of, against the image where it is known."""
    image = known_image(spec, images)
    yield from _check_disks(spec)
    yield from _check_windows(spec)
    yield from _check_containers(spec, image)
    yield from _check_security(spec, image)
    yield from _check_extensions(spec)
    yield from _check_upgrades(spec)


def _check_disks(spec: PoolSpec) -> Iterator[Problem]:
    if spec.os_disk_size_gb is not None and spec.os_disk_size_gb < 1:
        yield Rule.DISK_SIZE.error("os_disk_size_gb", "A disk has 1 GiB or more.")
    units = [disk.get("lun") for disk in spec.data_disks]
    for number, disk in enumerate(spec.data_disks, 1):
        size, unit = disk.get("diskSizeGB"), disk.get("lun")
        if isinstance(size, int) and size < 1:
            yield Rule.DISK_SIZE.error("data_disks", f"Data disk {number} has 1 GiB or more.")
        if isinstance(unit, int) and unit not in _LUNS:
            yield Rule.DISK_LUN.error("data_disks", f"The LUN of data disk {number} is 0 to 63.")
    for unit in repeated([unit for unit in units if isinstance(unit, int)]):
        yield Rule.DISK_LUN.error("data_disks", f"Two data disks have the LUN {unit}. Give each its own.")
    targets = {target.casefold() for target in spec.disk_encryption_targets}
    if targets:
        if spec.os_type != "windows" and "osdisk" in targets:
            yield Rule.DISK_ENCRYPTION.warning(
                "disk_encryption_targets", "On Linux only the temporary disk can be encrypted: use temporarydisk."
            )
        if spec.os_type != "windows" and isinstance(spec.image, CustomImage):
            yield Rule.DISK_ENCRYPTION.error(
                "disk_encryption_targets", "Disks of Linux pools on an image of a gallery can't be encrypted this way."
            )


def _check_windows(spec: PoolSpec) -> Iterator[Problem]:
    if spec.os_type == "windows":
        return
    if spec.windows_enable_automatic_updates is not None:
        yield Rule.WINDOWS_ONLY.error(
            "windows_enable_automatic_updates", "The image is a Linux one. Leave this to the service."
        )
    if spec.license_type:
        yield Rule.WINDOWS_ONLY.error("license_type", "The image is a Linux one. Leave the Windows licence empty.")
    for number, account in enumerate(spec.user_accounts, 1):
        if account.get("windowsUserConfiguration") is not None:
            yield Rule.WINDOWS_ONLY.error(
                "user_accounts", f"The image is a Linux one. Leave the login mode of user account {number} empty."
            )


def _check_containers(spec: PoolSpec, image: SupportedImage | None) -> Iterator[Problem]:
    if (spec.container_image_names or spec.container_registries) and not spec.container_type:
        yield Rule.CONTAINER_TYPE_MISSING.error(
            "container_type", "Images and registries of containers need a container type, such as dockerCompatible."
        )
    if spec.container_type and image is not None and image.containers is False:
        yield Rule.CONTAINERS_UNSUPPORTED.warning(
            "container_type", "The image does not say that it runs containers. Pick one that does."
        )
    for number, registry in enumerate(spec.container_registries, 1):
        has_identity = registry.get("identityReference") is not None
        has_password = registry.get("password") is not None
        if has_identity == has_password or has_password != bool(registry.get("username")):
            yield Rule.REGISTRY_CREDENTIALS.error(
                "container_registries", f"Registry {number} needs a user with password, or an identity."
            )


def _check_security(spec: PoolSpec, image: SupportedImage | None) -> Iterator[Problem]:
    uefi = [name for name in ("secure_boot_enabled", "vtpm_enabled") if getattr(spec, name) is not None]
    if uefi and not spec.security_type:
        yield Rule.SECURITY_TYPE_MISSING.error("security_type", "Secure boot and vTPM need a security type.")
    if spec.security_type and image is not None and image.generation == 1:
        yield Rule.SECURITY_NEEDS_GENERATION_2.error(
            "security_type", "Trusted launch and confidential machines need an image of generation 2. Pick one."
        )


def _check_extensions(spec: PoolSpec) -> Iterator[Problem]:
    for name in repeated(folded(spec.extensions, "name")):
        yield Rule.EXTENSION_TWICE.error("extensions", f"Two extensions are named {name}. Rename one.")
    names = folded(spec.extensions, "name")
    for number, extension in enumerate(spec.extensions, 1):
        after = extension.get("provisionAfterExtensions")
        for other in after if isinstance(after, list) else ():
            if not isinstance(other, str) or other.casefold() not in names:
                yield Rule.EXTENSION_SETTINGS.error(
                    "extensions", f"Extension {number} waits for {other}, which is no extension of this pool."
                )


def _check_upgrades(spec: PoolSpec) -> Iterator[Problem]:
    rolling = spec.rolling_upgrade_policy or {}
    automatic = spec.automatic_os_upgrade_policy or {}
    if not spec.upgrade_mode and (
        spec.rolling_upgrade_policy is not None or spec.automatic_os_upgrade_policy is not None
    ):
        yield Rule.UPGRADE_MODE_MISSING.error("upgrade_mode", "An upgrade policy needs a mode, such as rolling.")
    for name, (least, most) in _PERCENT.items():
        value: Any = rolling.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most):
            yield Rule.UPGRADE_PERCENT.error("rolling_upgrade_policy", f"{name} is a number from {least} to {most}.")
    batch, unhealthy = rolling.get("maxBatchInstancePercent"), rolling.get("maxUnhealthyInstancePercent")
    if isinstance(batch, int) and isinstance(unhealthy, int) and batch > unhealthy:
        yield Rule.UPGRADE_PERCENT.error(
            "rolling_upgrade_policy", "maxBatchInstancePercent is at most maxUnhealthyInstancePercent."
        )
    if rolling.get("enableCrossZoneUpgrade") is not None and spec.node_placement_policy.casefold() != "zonal":
        yield Rule.UPGRADE_ACROSS_ZONES.error(
            "rolling_upgrade_policy", "enableCrossZoneUpgrade needs zonal node placement."
        )
    pause = rolling.get("pauseTimeBetweenBatches")
    if pause is not None and (not isinstance(pause, str) or parse_duration(pause) is None):
        yield Rule.UPGRADE_PAUSE.error("rolling_upgrade_policy", "pauseTimeBetweenBatches is a duration such as PT30S.")
    updates = spec.windows_enable_automatic_updates
    if spec.os_type == "windows" and automatic.get("enableAutomaticOSUpgrade") is True and updates is True:
        yield Rule.UPGRADE_TWO_WAYS.error(
            "windows_enable_automatic_updates", "Windows updates and automatic OS upgrade exclude each other."
        )
