"""The rules of a pool by name; the documentation lists them under these names."""

from __future__ import annotations

from enum import StrEnum

from batch_widgets.problems import Problem


class Rule(StrEnum):
    """What a pool is held against."""

    POOL_ID_MISSING = "pool-id-missing"
    POOL_ID_CHARACTERS = "pool-id-characters"
    POOL_ID_LENGTH = "pool-id-length"
    POOL_ID_TAKEN = "pool-id-taken"
    DISPLAY_NAME_LENGTH = "display-name-length"
    VM_SIZE_MISSING = "vm-size-missing"
    VM_SIZE_FORM = "vm-size-form"

    IMAGE_MISSING = "image-missing"
    IMAGE_INCOMPLETE = "image-incomplete"
    IMAGE_UNKNOWN = "image-unknown"
    IMAGE_UNVERIFIED = "image-unverified"
    IMAGE_ENDED = "image-ended"
    IMAGE_ENDS_SOON = "image-ends-soon"
    NODE_AGENT_MISSING = "node-agent-missing"
    NODE_AGENT_MISMATCH = "node-agent-mismatch"
    NODE_AGENT_UNKNOWN = "node-agent-unknown"

    NODES_RANGE = "nodes-range"
    NODES_NONE = "nodes-none"
    RESIZE_TIMEOUT_SHORT = "resize-timeout-short"
    FORMULA_MISSING = "formula-missing"
    FORMULA_LENGTH = "formula-length"
    FORMULA_UNUSED = "formula-unused"
    INTERVAL_RANGE = "interval-range"
    TASK_SLOTS_RANGE = "task-slots-range"
    INTER_NODE_LIMIT = "inter-node-limit"

    COMMAND_BLANK = "command-blank"
    COMMAND_NEEDS_SHELL = "command-needs-shell"
    START_TASK_WITHOUT_COMMAND = "start-task-without-command"
    RETRIES_RANGE = "retries-range"
    START_TASK_USER_UNKNOWN = "start-task-user-unknown"
    START_TASK_TWO_USERS = "start-task-two-users"
    START_TASK_NOT_IN_CONTAINER = "start-task-not-in-container"
    RESOURCE_FILE_SOURCE = "resource-file-source"
    RESOURCE_FILE_PATH = "resource-file-path"
    RESOURCE_FILE_PREFIX = "resource-file-prefix"

    SSH_ON_WINDOWS = "ssh-on-windows"
    RDP_ON_LINUX = "rdp-on-linux"
    SOURCES_MISSING = "sources-missing"
    SOURCE_FORM = "source-form"
    SOURCE_TWICE = "source-twice"
    OPEN_TO_EVERYONE = "open-to-everyone"
    PORTS_TOO_FEW = "ports-too-few"
    NAT_POOLS_TOO_MANY = "nat-pools-too-many"
    NAT_POOL_NAME = "nat-pool-name"
    NAT_POOL_TWICE = "nat-pool-twice"
    NAT_BACKEND_PORT = "nat-backend-port"
    NAT_FRONTEND_RANGE = "nat-frontend-range"
    NAT_RANGE_RESERVED = "nat-range-reserved"
    NAT_RANGES_OVERLAP = "nat-ranges-overlap"
    NAT_RULES_TOO_MANY = "nat-rules-too-many"
    NAT_RULE_PRIORITY = "nat-rule-priority"
    NAT_RULE_SOURCE = "nat-rule-source"
    NAT_RULE_ACCESS = "nat-rule-access"
    NAT_RULE_SOURCE_PORTS = "nat-rule-source-ports"
    NAT_WITHOUT_PUBLIC_IP = "nat-without-public-ip"
    NO_PUBLIC_IP_NEEDS_SUBNET = "no-public-ip-needs-subnet"
    SUBNET_FORM = "subnet-form"
    ADDRESS_IDS = "address-ids"
    ADDRESSES_TOO_FEW = "addresses-too-few"
    IP_FAMILIES = "ip-families"

    WINDOWS_ONLY = "windows-only"
    DISK_SIZE = "disk-size"
    DISK_LUN = "disk-lun"
    DISK_ENCRYPTION = "disk-encryption"
    CONTAINER_TYPE_MISSING = "container-type-missing"
    CONTAINERS_UNSUPPORTED = "containers-unsupported"
    REGISTRY_CREDENTIALS = "registry-credentials"
    SECURITY_TYPE_MISSING = "security-type-missing"
    SECURITY_NEEDS_GENERATION_2 = "security-needs-generation-2"
    EXTENSION_TWICE = "extension-twice"
    EXTENSION_SETTINGS = "extension-settings"
    UPGRADE_MODE_MISSING = "upgrade-mode-missing"
    UPGRADE_PERCENT = "upgrade-percent"
    UPGRADE_ACROSS_ZONES = "upgrade-across-zones"
    UPGRADE_TWO_WAYS = "upgrade-two-ways"
    UPGRADE_PAUSE = "upgrade-pause"

    PACKAGES_TOO_MANY = "packages-too-many"
    PACKAGE_TWICE = "package-twice"
    ACCOUNT_NAME_LENGTH = "account-name-length"
    ACCOUNT_TWICE = "account-twice"
    ACCOUNT_IDS = "account-ids"
    MOUNT_KIND = "mount-kind"
    MOUNT_CREDENTIALS = "mount-credentials"
    MOUNT_PATH = "mount-path"
    ITEM_INCOMPLETE = "item-incomplete"
    ITEM_TYPE = "item-type"
    WORD = "word"
    SECRET_MISSING = "secret-missing"  # noqa: S105  a name

    def error(self, field: str, message: str) -> Problem:
        """Give a problem that blocks."""
        return Problem(field, message, rule=self.value)

    def warning(self, field: str, message: str) -> Problem:
        """Give a problem that does not block."""
        return Problem(field, message, "warning", rule=self.value)
