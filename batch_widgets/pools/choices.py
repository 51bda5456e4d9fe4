"""The words that a property of a pool may have, as API version 2025-06-01 knows them; upper and lower case are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CHOICES: Mapping[str, tuple[str, ...]] = {
    "start_task_auto_user_scope": ("pool", "task"),
    "dynamic_vnet_assignment_scope": ("none", "job"),
    "ip_address_provisioning_type": ("batchmanaged", "usermanaged", "nopublicipaddresses"),
    "ip_families": ("IPv4", "IPv6"),
    "node_fill_type": ("spread", "pack"),
    "job_default_order": ("none", "creationtime"),
    "os_disk_caching": ("none", "readonly", "readwrite"),
    "os_disk_storage_account_type": ("standard_lrs", "premium_lrs", "standardssd_lrs"),
    "os_disk_placement": ("cachedisk",),
    "disk_encryption_targets": ("osdisk", "temporarydisk"),
    "node_placement_policy": ("regional", "zonal"),
    "license_type": ("Windows_Server", "Windows_Client"),
    "container_type": ("dockerCompatible", "criCompatible"),
    "security_type": ("trustedLaunch", "confidentialVM"),
    "upgrade_mode": ("automatic", "manual", "rolling"),
}
"""By field of a PoolSpec."""


def is_one_of(word: object, words: tuple[str, ...]) -> bool:
    """Tell whether a word is one of some, without regard to case."""
    return isinstance(word, str) and word.casefold() in {one.casefold() for one in words}
