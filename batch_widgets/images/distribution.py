"""What people call the operating system of an image."""

from __future__ import annotations

import functools
import re

OTHER = "Other"
_NAMES = (
    (r"almalinux", "AlmaLinux"),
    (r"rocky", "Rocky Linux"),
    (r"oracle", "Oracle Linux"),
    (r"rhel|redhat|red-hat", "Red Hat Enterprise Linux"),
    (r"centos", "CentOS"),
    (r"azure-?linux", "Azure Linux"),
    (r"mariner", "Mariner"),
    (r"debian", "Debian"),
    (r"sles|suse", "SUSE"),
    (r"ubuntu", "Ubuntu"),
    (r"windows", "Windows Server"),
)


_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), name) for pattern, name in _NAMES)


@functools.lru_cache(maxsize=1024)  # a list has thousands of images, of a hundred offers
def distribution_of(publisher: str, offer: str, node_agent_sku_id: str) -> str:
    """Tell the distribution: what the offer says wins over the publisher, and that over the node agent."""
    for text in (offer, publisher, node_agent_sku_id):
        for pattern, name in _PATTERNS:
            if pattern.search(text):
                return name
    return OTHER
