"""The traits of the pool builder: the fields of a PoolSpec, under their names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from traitlets import Bool, HasTraits, Instance, Int, TraitError, TraitType, Unicode, Union

from batch_widgets.images import CustomImage, ImageReference, SupportedImage
from batch_widgets.pools import PoolSpec


class Made(TraitType[Any, Any]):
    """A trait that takes for a field all that PoolSpec takes for it, and holds what it makes of it.

    Parameters
    ----------
    field : str
        The field's name.
    """

    def __init__(self, field: str) -> None:
        self._field = field
        super().__init__(getattr(PoolSpec(), field))

    def validate(self, obj: Any, value: Any) -> Any:
        """Give the value as PoolSpec has it; what it refuses raises a TraitError."""
        del obj
        try:
            return getattr(PoolSpec(**{self._field: value}), self._field)
        except TypeError as problem:
            raise TraitError(str(problem)) from None


class PoolTraits(HasTraits):
    """A pool, field by field; PoolSpec tells what is sent of it."""

    pool_id = Unicode("")
    """str: 1 to 64 letters, digits, hyphens and underscores; unique in the account without regard to case."""

    display_name = Unicode("")
    """str: at most 1,024 characters; need not be unique."""

    vm_size = Unicode("")
    """str: such as ``"Standard_D2s_v3"``."""

    image = Union(
        [Instance(SupportedImage), Instance(CustomImage), Instance(ImageReference)], default_value=None, allow_none=True
    )
    """SupportedImage, CustomImage, ImageReference or None: the image; the first two bring their node agent along."""

    node_agent_sku_id = Unicode("")
    """str: the node agent; taken from :attr:`image` where that has one."""

    target_dedicated_nodes = Int(0)
    """int: dedicated nodes wanted; not sent with :attr:`enable_auto_scale`."""

    target_low_priority_nodes = Int(0)
    """int: Spot nodes wanted; not sent with :attr:`enable_auto_scale`."""

    resize_timeout = Instance(timedelta, (0, 900))
    """timedelta: how long the service tries to allocate the nodes: at least 5 minutes; 15 by default."""

    enable_auto_scale = Bool(default_value=False)
    """bool: let :attr:`auto_scale_formula` decide the number of nodes."""

    auto_scale_formula = Unicode("")
    """str: at most 8,192 characters."""

    auto_scale_evaluation_interval = Instance(timedelta, allow_none=True)
    """timedelta or None: 5 minutes to 168 hours; the service's default is 15 minutes."""

    start_task_command_line = Unicode("")
    """str: run on each node as it joins, without a shell; empty for none."""

    start_task_elevated = Bool(default_value=False)
    """bool: run it as administrator."""

    start_task_wait_for_success = Bool(default_value=True)
    """bool: keep tasks off a node until its start task has succeeded."""

    start_task_auto_user_scope = Unicode("pool")
    """str: ``"pool"`` or ``"task"``: whether it shares its user with the tasks."""

    start_task_username = Unicode("")
    """str: one of :attr:`user_accounts` to run it, in place of an automatic user."""

    start_task_max_task_retry_count = Int(None, allow_none=True)
    """int or None: how often it is repeated; -1 for without end."""

    start_task_environment_settings = Made("start_task_environment_settings")
    """tuple of dict: its environment."""

    start_task_resource_files = Made("start_task_resource_files")
    """tuple of dict: files that it gets, as ``ResourceFile``."""

    start_task_container_image_name = Unicode("")
    """str: the container that it runs in."""

    start_task_container_run_options = Unicode("")
    """str: options for starting that container."""

    allow_ssh = Bool(default_value=False)
    """bool: map port 22 of Linux nodes, so that they can be reached. A pool without it has no such way in."""

    ssh_sources = Made("ssh_sources")
    """tuple of str: who may connect by SSH: addresses, ranges in CIDR form, service tags, or ``"*"`` for everyone."""

    allow_rdp = Bool(default_value=False)
    """bool: map port 3389 of Windows nodes, so that they can be reached. A pool without it has no such way in."""

    rdp_sources = Made("rdp_sources")
    """tuple of str: who may connect by RDP, as :attr:`ssh_sources`."""

    inbound_nat_pools = Made("inbound_nat_pools")
    """tuple of dict: further inbound NAT pools, as ``BatchInboundNatPool``."""

    subnet_id = Unicode("")
    """str: the subnet to join, by its resource's id."""

    dynamic_vnet_assignment_scope = Unicode("")
    """str: ``"none"`` or ``"job"``."""

    ip_address_provisioning_type = Unicode("")
    """str: ``"batchmanaged"``, ``"usermanaged"`` or ``"nopublicipaddresses"``."""

    ip_address_ids = Made("ip_address_ids")
    """tuple of str: public addresses of one's own, by their resources' ids."""

    ip_families = Made("ip_families")
    """tuple of str: ``"IPv4"`` and ``"IPv6"``."""

    ip_tags = Made("ip_tags")
    """tuple of dict: as ``IPTag``."""

    enable_accelerated_networking = Bool(None, allow_none=True)
    """bool or None: let the nodes' network traffic bypass the host; not every VM size can."""

    enable_inter_node_communication = Bool(None, allow_none=True)
    """bool or None: let the nodes reach each other, which limits their number."""

    task_slots_per_node = Int(None, allow_none=True)
    """int or None: 1 to four times the cores, at most 256."""

    node_fill_type = Unicode("")
    """str: ``"spread"`` or ``"pack"``: how tasks are laid on the nodes."""

    job_default_order = Unicode("")
    """str: ``"none"`` or ``"creationtime"``: the order of jobs that have the same priority."""

    metadata = Made("metadata")
    """tuple of dict: for the user's own use."""

    application_package_references = Made("application_package_references")
    """tuple of dict: as ``BatchApplicationPackageReference``; at most 10."""

    user_accounts = Made("user_accounts")
    """tuple of dict: as ``UserAccount``; they are on each node."""

    mount_configuration = Made("mount_configuration")
    """tuple of dict: as ``MountConfiguration``."""

    os_disk_caching = Unicode("")
    """str: ``"none"``, ``"readonly"`` or ``"readwrite"``."""

    os_disk_size_gb = Int(None, allow_none=True)
    """int or None: the size of the disk with the system, in GiB."""

    os_disk_storage_account_type = Unicode("")
    """str: ``"standard_lrs"``, ``"premium_lrs"`` or ``"standardssd_lrs"``."""

    os_disk_placement = Unicode("")
    """str: ``"cachedisk"`` for an ephemeral disk."""

    os_disk_write_accelerator_enabled = Bool(None, allow_none=True)
    """bool or None: speed up writing to the disk with the system."""

    data_disks = Made("data_disks")
    """tuple of dict: as ``DataDisk``."""

    disk_encryption_targets = Made("disk_encryption_targets")
    """tuple of str: ``"osdisk"`` and ``"temporarydisk"``: the disks to encrypt."""

    node_placement_policy = Unicode("")
    """str: ``"regional"`` or ``"zonal"``."""

    license_type = Unicode("")
    """str: ``"Windows_Server"`` or ``"Windows_Client"``, for licences of one's own."""

    windows_enable_automatic_updates = Bool(None, allow_none=True)
    """bool or None: let Windows nodes update themselves."""

    container_type = Unicode("")
    """str: ``"dockerCompatible"`` or ``"criCompatible"``."""

    container_image_names = Made("container_image_names")
    """tuple of str: fetched onto each node."""

    container_registries = Made("container_registries")
    """tuple of dict: as ``ContainerRegistryReference``."""

    encryption_at_host = Bool(None, allow_none=True)
    """bool or None: encrypt all disks, the temporary one too, on the host."""

    security_type = Unicode("")
    """str: ``"trustedLaunch"`` or ``"confidentialVM"``."""

    secure_boot_enabled = Bool(None, allow_none=True)
    """bool or None: start signed systems only."""

    vtpm_enabled = Bool(None, allow_none=True)
    """bool or None: give the nodes a virtual TPM."""

    extensions = Made("extensions")
    """tuple of dict: as ``VMExtension``."""

    service_artifact_reference_id = Unicode("")
    """str: the id of a service artifact, which fixes the versions of images taken as ``latest``."""

    upgrade_mode = Unicode("")
    """str: ``"automatic"``, ``"manual"`` or ``"rolling"``."""

    automatic_os_upgrade_policy = Made("automatic_os_upgrade_policy")
    """dict or None: as ``AutomaticOsUpgradePolicy``."""

    rolling_upgrade_policy = Made("rolling_upgrade_policy")
    """dict or None: as ``RollingUpgradePolicy``."""
