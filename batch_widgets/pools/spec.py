"""PoolSpec: a pool that one asks for, and the body of the request that asks for it."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from batch_widgets.images import CustomImage, ImageReference, SupportedImage
from batch_widgets.pools import places
from batch_widgets.pools.body import IMAGE, MACHINE, kept_paths, read_body, write_body
from batch_widgets.pools.places import DURATION, FLAG, ITEMS, NAMED_VALUES, NUMBER, OBJECT, TEXT, TEXTS, Kind, Place
from batch_widgets.pools.secrets import Item, without_secrets
from batch_widgets.texts import escaped_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_WAIT = timedelta(minutes=15)
_ELEVATED = Kind(None, lambda level: level == "admin", lambda elevated: "admin" if elevated else "nonadmin")


def _at(path: str, kind: Kind, default: Any = None) -> Any:
    """Make a field that stands at a place of the body."""
    default = kind.absent if default is None else default
    return field(default=default, metadata={"place": Place(tuple(path.split(".")), kind, default)})


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSpec:
    """A pool that one asks for; the value behind the pool builder's form.

    It holds whatever it is given: :func:`batch_widgets.pools.check` says what is wrong with it. Where no other default
    is named, what is not given (``""``, ``None``, ``()``) is left out of the request, and the service decides.

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
        Dedicated and Spot nodes wanted; not sent with `enable_auto_scale`.
    resize_timeout : timedelta
        How long the service tries to allocate the nodes: at least 5 minutes; 15 by default.
    enable_auto_scale : bool
        Let `auto_scale_formula` decide the number of nodes.
    auto_scale_formula : str
        At most 8,192 characters.
    auto_scale_evaluation_interval : timedelta, optional
        5 minutes to 168 hours; the service's default is 15 minutes.
    start_task_command_line : str
        Run on each node as it joins, without a shell; empty for none.
    start_task_elevated : bool
        Run it as administrator.
    start_task_wait_for_success : bool
        Keep tasks off a node until its start task has succeeded.
    start_task_auto_user_scope : str
        ``"pool"`` or ``"task"``: whether it shares its user with the tasks.
    start_task_username : str
        One of `user_accounts` to run it, in place of an automatic user.
    start_task_max_task_retry_count : int, optional
        How often it is repeated; -1 for without end.
    start_task_environment_settings : sequence of mapping, or mapping of name to value
        Its environment.
    start_task_resource_files : sequence of mapping
        Files that it gets, as ``ResourceFile``.
    start_task_container_image_name, start_task_container_run_options : str
        The container that it runs in.
    allow_ssh, allow_rdp : bool
        Map port 22 or 3389, so that the nodes can be reached. A pool without it has no such way in.
    ssh_sources, rdp_sources : tuple of str
        Who may connect: addresses, ranges in CIDR form, service tags, or ``"*"`` for everyone. All others are refused.
    inbound_nat_pools : sequence of mapping
        Further inbound NAT pools, as ``BatchInboundNatPool``.
    subnet_id, dynamic_vnet_assignment_scope : str
        The subnet to join, by its resource's id, and ``"none"`` or ``"job"``.
    ip_address_provisioning_type : str
        ``"batchmanaged"``, ``"usermanaged"`` or ``"nopublicipaddresses"``.
    ip_address_ids, ip_families : tuple of str
        Public addresses of one's own by their resources' ids; ``"IPv4"`` and ``"IPv6"``.
    ip_tags : sequence of mapping
        As ``IPTag``.
    enable_accelerated_networking, enable_inter_node_communication : bool, optional
        As named.
    task_slots_per_node : int, optional
        1 to four times the cores, at most 256.
    node_fill_type, job_default_order : str
        ``"spread"`` or ``"pack"``; ``"none"`` or ``"creationtime"``.
    metadata : sequence of mapping, or mapping of name to value
        For the user's own use.
    application_package_references : sequence of mapping
        As ``BatchApplicationPackageReference``; at most 10.
    user_accounts : sequence of mapping
        As ``UserAccount``; they are on each node.
    mount_configuration : sequence of mapping
        As ``MountConfiguration``.
    os_disk_caching, os_disk_storage_account_type, os_disk_placement : str
        Of the disk with the system; the placement is ``"cachedisk"`` for an ephemeral one.
    os_disk_size_gb : int, optional
        In GiB.
    os_disk_write_accelerator_enabled : bool, optional
        As named.
    data_disks : sequence of mapping
        As ``DataDisk``.
    disk_encryption_targets : tuple of str
        ``"osdisk"`` and ``"temporarydisk"``.
    node_placement_policy : str
        ``"regional"`` or ``"zonal"``.
    license_type : str
        ``"Windows_Server"`` or ``"Windows_Client"``, for licences of one's own.
    windows_enable_automatic_updates : bool, optional
        Of Windows nodes.
    container_type : str
        ``"dockerCompatible"`` or ``"criCompatible"``.
    container_image_names : tuple of str
        Fetched onto each node.
    container_registries : sequence of mapping
        As ``ContainerRegistryReference``.
    encryption_at_host, secure_boot_enabled, vtpm_enabled : bool, optional
        As named.
    security_type : str
        ``"trustedLaunch"`` or ``"confidentialVM"``.
    extensions : sequence of mapping
        As ``VMExtension``.
    service_artifact_reference_id : str
        The id of a service artifact, which fixes the versions of images taken as ``latest``.
    upgrade_mode : str
        ``"automatic"``, ``"manual"`` or ``"rolling"``.
    automatic_os_upgrade_policy, rolling_upgrade_policy : mapping, optional
        As ``AutomaticOsUpgradePolicy`` and ``RollingUpgradePolicy``.
    loaded : mapping, optional
        The body that it came from, by :meth:`from_body`: what has no field is in it, and is sent.

    Notes
    -----
    The mappings have the service's names, as in :meth:`to_json`; objects of the SDK's classes do as well. Names follow
    the SDK; where it nests, the name joins the path, without ``virtual_machine_configuration`` and the like.
    """

    pool_id: str = _at("id", TEXT)
    display_name: str = _at("displayName", TEXT)
    vm_size: str = _at("vmSize", TEXT)
    image: SupportedImage | CustomImage | ImageReference | None = None
    node_agent_sku_id: str = _at(f"{MACHINE}.nodeAgentSKUId", TEXT)
    target_dedicated_nodes: int = _at("targetDedicatedNodes", NUMBER, 0)
    target_low_priority_nodes: int = _at("targetLowPriorityNodes", NUMBER, 0)
    resize_timeout: timedelta = _at("resizeTimeout", DURATION, _WAIT)  # noqa: RUF009  it makes a field
    enable_auto_scale: bool = _at("enableAutoScale", FLAG, default=False)
    auto_scale_formula: str = _at("autoScaleFormula", TEXT)
    auto_scale_evaluation_interval: timedelta | None = _at("autoScaleEvaluationInterval", DURATION)  # noqa: RUF009
    start_task_command_line: str = _at("startTask.commandLine", TEXT)
    start_task_elevated: bool = _at("startTask.userIdentity.autoUser.elevationLevel", _ELEVATED, default=False)
    start_task_wait_for_success: bool = _at("startTask.waitForSuccess", FLAG, default=True)
    start_task_auto_user_scope: str = _at("startTask.userIdentity.autoUser.scope", TEXT, "pool")
    start_task_username: str = _at("startTask.userIdentity.username", TEXT)
    start_task_max_task_retry_count: int | None = _at("startTask.maxTaskRetryCount", NUMBER)
    start_task_environment_settings: tuple[Any, ...] = _at("startTask.environmentSettings", NAMED_VALUES)
    start_task_resource_files: tuple[Any, ...] = _at("startTask.resourceFiles", ITEMS)
    start_task_container_image_name: str = _at("startTask.containerSettings.imageName", TEXT)
    start_task_container_run_options: str = _at("startTask.containerSettings.containerRunOptions", TEXT)
    allow_ssh: bool = False
    ssh_sources: tuple[str, ...] = ()
    allow_rdp: bool = False
    rdp_sources: tuple[str, ...] = ()
    inbound_nat_pools: tuple[Any, ...] = ()
    subnet_id: str = _at("networkConfiguration.subnetId", TEXT)
    dynamic_vnet_assignment_scope: str = _at("networkConfiguration.dynamicVNetAssignmentScope", TEXT)
    ip_address_provisioning_type: str = _at("networkConfiguration.publicIPAddressConfiguration.provision", TEXT)
    ip_address_ids: tuple[str, ...] = _at("networkConfiguration.publicIPAddressConfiguration.ipAddressIds", TEXTS)
    ip_families: tuple[str, ...] = _at("networkConfiguration.publicIPAddressConfiguration.ipFamilies", TEXTS)
    ip_tags: tuple[Any, ...] = _at("networkConfiguration.publicIPAddressConfiguration.ipTags", ITEMS)
    enable_accelerated_networking: bool | None = _at("networkConfiguration.enableAcceleratedNetworking", FLAG)
    enable_inter_node_communication: bool | None = _at("enableInterNodeCommunication", FLAG)
    task_slots_per_node: int | None = _at("taskSlotsPerNode", NUMBER)
    node_fill_type: str = _at("taskSchedulingPolicy.nodeFillType", TEXT)
    job_default_order: str = _at("taskSchedulingPolicy.jobDefaultOrder", TEXT)
    metadata: tuple[Any, ...] = _at("metadata", NAMED_VALUES)
    application_package_references: tuple[Any, ...] = _at("applicationPackageReferences", ITEMS)
    user_accounts: tuple[Any, ...] = _at("userAccounts", ITEMS)
    mount_configuration: tuple[Any, ...] = _at("mountConfiguration", ITEMS)
    os_disk_caching: str = _at(f"{MACHINE}.osDisk.caching", TEXT)
    os_disk_size_gb: int | None = _at(f"{MACHINE}.osDisk.diskSizeGB", NUMBER)
    os_disk_storage_account_type: str = _at(f"{MACHINE}.osDisk.managedDisk.storageAccountType", TEXT)
    os_disk_placement: str = _at(f"{MACHINE}.osDisk.ephemeralOSDiskSettings.placement", TEXT)
    os_disk_write_accelerator_enabled: bool | None = _at(f"{MACHINE}.osDisk.writeAcceleratorEnabled", FLAG)
    data_disks: tuple[Any, ...] = _at(f"{MACHINE}.dataDisks", ITEMS)
    disk_encryption_targets: tuple[str, ...] = _at(f"{MACHINE}.diskEncryptionConfiguration.targets", TEXTS)
    node_placement_policy: str = _at(f"{MACHINE}.nodePlacementConfiguration.policy", TEXT)
    license_type: str = _at(f"{MACHINE}.licenseType", TEXT)
    windows_enable_automatic_updates: bool | None = _at(f"{MACHINE}.windowsConfiguration.enableAutomaticUpdates", FLAG)
    container_type: str = _at(f"{MACHINE}.containerConfiguration.type", TEXT)
    container_image_names: tuple[str, ...] = _at(f"{MACHINE}.containerConfiguration.containerImageNames", TEXTS)
    container_registries: tuple[Any, ...] = _at(f"{MACHINE}.containerConfiguration.containerRegistries", ITEMS)
    encryption_at_host: bool | None = _at(f"{MACHINE}.securityProfile.encryptionAtHost", FLAG)
    security_type: str = _at(f"{MACHINE}.securityProfile.securityType", TEXT)
    secure_boot_enabled: bool | None = _at(f"{MACHINE}.securityProfile.uefiSettings.secureBootEnabled", FLAG)
    vtpm_enabled: bool | None = _at(f"{MACHINE}.securityProfile.uefiSettings.vTpmEnabled", FLAG)
    extensions: tuple[Any, ...] = _at(f"{MACHINE}.extensions", ITEMS)
    service_artifact_reference_id: str = _at(f"{MACHINE}.serviceArtifactReference.id", TEXT)
    upgrade_mode: str = _at("upgradePolicy.mode", TEXT)
    automatic_os_upgrade_policy: Mapping[str, Any] | None = _at("upgradePolicy.automaticOSUpgradePolicy", OBJECT)
    rolling_upgrade_policy: Mapping[str, Any] | None = _at("upgradePolicy.rollingUpgradePolicy", OBJECT)
    loaded: Mapping[str, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.image, SupportedImage | CustomImage) and not self.node_agent_sku_id:
            object.__setattr__(self, "node_agent_sku_id", self.image.node_agent_sku_id)
        for name, make in _MADE.items():
            try:
                object.__setattr__(self, name, make(getattr(self, name)))
            except TypeError as problem:
                raise TypeError(f"{name}: {problem}.") from None

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> PoolSpec:
        """Make the spec of a request's body; nothing in it is lost.

        Parameters
        ----------
        body : mapping
            What ``BatchPoolCreateOptions`` serialises to. :func:`batch_widgets.pools.create_body` makes one of a pool
            that exists, of a text, or of the form in which the Resource Manager has it.

        Raises
        ------
        ValidationError
            If a property has a type that it can't have, each named.
        """
        return cls(**read_body(body, PLACES), loaded=Item(copy.deepcopy(dict(body))))

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

    @property
    def kept(self) -> tuple[str, ...]:
        """Paths of what was loaded and has no field: it is sent as it came."""
        return kept_paths(self.loaded or {}, PLACES)

    @property
    def keeps_image(self) -> bool:
        """True where the loaded body names an image in a way that :attr:`image` can't."""
        return self.image is None and IMAGE.read(self.loaded or {}) is not None

    @property
    def keeps_formula(self) -> bool:
        """True where the loaded body has a formula though it does not enable autoscale, which the service refuses."""
        body = self.to_body()
        return not self.enable_auto_scale and ("autoScaleFormula" in body or "autoScaleEvaluationInterval" in body)

    def to_body(self) -> dict[str, Any]:
        """Give the request's body under the service's names, what was left empty left out.

        A loaded body stays as it came but for what was changed since.

        Returns
        -------
        dict
            What ``BatchPoolCreateOptions`` serialises to, secrets included.
        """
        return write_body(self, PLACES)

    def to_json(self) -> str:
        """Give the request's body as indented JSON text, ready for ``az batch pool create --json-file``.

        No secret is in it: an object that the service refuses stands for each, and names what belongs there.
        """
        return escaped_json(json.dumps(without_secrets(self.to_body()), indent=2, ensure_ascii=False))

    def __repr__(self) -> str:
        return f"PoolSpec({escaped_json(json.dumps(without_secrets(self.to_body()), ensure_ascii=False))})"


PLACES: dict[str, Place] = {one.name: one.metadata["place"] for one in fields(PoolSpec) if "place" in one.metadata}
"""Where the fields stand that have one place of their own; the image and the ways in have more than one."""

FIELDS = tuple(one.name for one in fields(PoolSpec) if one.name != "loaded")
"""The names of all fields, as they come in the form."""

_MADE: dict[str, Any] = {
    "ssh_sources": places.texts,
    "rdp_sources": places.texts,
    "inbound_nat_pools": places.items,
    **{name: place.kind.make for name, place in PLACES.items() if place.kind.make is not None},
}
