"""Which path and verb is which operation.

All paths of the definition are here, those of the Batch resources among the management API's too; those without an
entry in `Core`'s operations are answered with 501.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from .errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE: dict[str, dict[str, str]] = {
    "/supportedimages": {"GET": "list_supported_images"},
    "/pools": {"GET": "list_pools", "POST": "create_pool"},
    "/pools/{poolId}": {"GET": "get_pool", "HEAD": "pool_exists", "DELETE": "delete_pool", "PATCH": "update_pool"},
    "/pools/{poolId}/resize": {"POST": "resize_pool"},
    "/pools/{poolId}/stopresize": {"POST": "stop_pool_resize"},
    "/pools/{poolId}/disableautoscale": {"POST": "disable_pool_auto_scale"},
    "/pools/{poolId}/enableautoscale": {"POST": "enable_pool_auto_scale"},
    "/pools/{poolId}/evaluateautoscale": {"POST": "evaluate_pool_auto_scale"},
    "/pools/{poolId}/updateproperties": {"POST": "replace_pool_properties"},
    "/pools/{poolId}/removenodes": {"POST": "remove_nodes"},
    "/pools/{poolId}/nodes": {"GET": "list_nodes"},
    "/pools/{poolId}/nodes/{nodeId}": {"GET": "get_node"},
    "/pools/{poolId}/nodes/{nodeId}/users": {"POST": "create_node_user"},
    "/pools/{poolId}/nodes/{nodeId}/users/{userName}": {"PUT": "replace_node_user", "DELETE": "delete_node_user"},
    "/pools/{poolId}/nodes/{nodeId}/remoteloginsettings": {"GET": "get_node_remote_login_settings"},
    "/pools/{poolId}/nodes/{nodeId}/reboot": {"POST": "reboot_node"},
    "/pools/{poolId}/nodes/{nodeId}/reimage": {"POST": "reimage_node"},
    "/pools/{poolId}/nodes/{nodeId}/start": {"POST": "start_node"},
    "/pools/{poolId}/nodes/{nodeId}/deallocate": {"POST": "deallocate_node"},
    "/pools/{poolId}/nodes/{nodeId}/disablescheduling": {"POST": "disable_node_scheduling"},
    "/pools/{poolId}/nodes/{nodeId}/enablescheduling": {"POST": "enable_node_scheduling"},
    "/pools/{poolId}/nodes/{nodeId}/uploadbatchservicelogs": {"POST": "upload_node_logs"},
    "/pools/{poolId}/nodes/{nodeId}/extensions": {"GET": "list_node_extensions"},
    "/pools/{poolId}/nodes/{nodeId}/extensions/{extensionName}": {"GET": "get_node_extension"},
    "/pools/{poolId}/nodes/{nodeId}/files": {"GET": "list_node_files"},
    "/pools/{poolId}/nodes/{nodeId}/files/{filePath}": {
        "GET": "get_node_file",
        "HEAD": "get_node_file_properties",
        "DELETE": "delete_node_file",
    },
    "/nodecounts": {"GET": "list_pool_node_counts"},
    "/poolusagemetrics": {"GET": "list_pool_usage_metrics"},
    "/applications": {"GET": "list_applications"},
    "/applications/{applicationId}": {"GET": "get_application"},
    "/certificates": {"GET": "list_certificates", "POST": "create_certificate"},
    "/jobs": {"GET": "list_jobs", "POST": "create_job"},
    "/jobs/{jobId}": {"GET": "get_job", "PATCH": "update_job", "PUT": "replace_job", "DELETE": "delete_job"},
    "/jobs/{jobId}/disable": {"POST": "disable_job"},
    "/jobs/{jobId}/enable": {"POST": "enable_job"},
    "/jobs/{jobId}/terminate": {"POST": "terminate_job"},
    "/jobs/{jobId}/jobpreparationandreleasetaskstatus": {"GET": "list_job_preparation_and_release_task_status"},
    "/jobs/{jobId}/taskcounts": {"GET": "get_job_task_counts"},
    "/jobs/{jobId}/addtaskcollection": {"POST": "create_task_collection"},
    "/jobs/{jobId}/tasks": {"GET": "list_tasks", "POST": "create_task"},
    "/jobs/{jobId}/tasks/{taskId}": {"GET": "get_task", "PUT": "replace_task", "DELETE": "delete_task"},
    "/jobs/{jobId}/tasks/{taskId}/subtasksinfo": {"GET": "list_sub_tasks"},
    "/jobs/{jobId}/tasks/{taskId}/terminate": {"POST": "terminate_task"},
    "/jobs/{jobId}/tasks/{taskId}/reactivate": {"POST": "reactivate_task"},
    "/jobs/{jobId}/tasks/{taskId}/files": {"GET": "list_task_files"},
    "/jobs/{jobId}/tasks/{taskId}/files/{filePath}": {
        "GET": "get_task_file",
        "HEAD": "get_task_file_properties",
        "DELETE": "delete_task_file",
    },
    "/jobschedules": {"GET": "list_job_schedules", "POST": "create_job_schedule"},
    "/jobschedules/{jobScheduleId}": {
        "GET": "get_job_schedule",
        "HEAD": "job_schedule_exists",
        "PATCH": "update_job_schedule",
        "PUT": "replace_job_schedule",
        "DELETE": "delete_job_schedule",
    },
    "/jobschedules/{jobScheduleId}/disable": {"POST": "disable_job_schedule"},
    "/jobschedules/{jobScheduleId}/enable": {"POST": "enable_job_schedule"},
    "/jobschedules/{jobScheduleId}/terminate": {"POST": "terminate_job_schedule"},
    "/jobschedules/{jobScheduleId}/jobs": {"GET": "list_jobs_from_schedule"},
}

_SUBSCRIPTION = "/subscriptions/{subscriptionId}/providers/Microsoft.Batch"
_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Batch"
_ACCOUNT = f"{_GROUP}/batchAccounts/{{accountName}}"
_APPLICATION = f"{_ACCOUNT}/applications/{{applicationName}}"
MANAGEMENT: dict[str, dict[str, str]] = {
    "/providers/Microsoft.Batch/operations": {"GET": "list_operations"},
    f"{_SUBSCRIPTION}/batchAccounts": {"GET": "list_batch_accounts"},
    f"{_SUBSCRIPTION}/locations/{{locationName}}/quotas": {"GET": "get_location_quotas"},
    f"{_SUBSCRIPTION}/locations/{{locationName}}/virtualMachineSkus": {"GET": "list_supported_virtual_machine_skus"},
    f"{_SUBSCRIPTION}/locations/{{locationName}}/checkNameAvailability": {"POST": "check_name_availability"},
    f"{_GROUP}/batchAccounts": {"GET": "list_batch_accounts_by_resource_group"},
    _ACCOUNT: {
        "GET": "get_batch_account",
        "PUT": "create_batch_account",
        "PATCH": "update_batch_account",
        "DELETE": "delete_batch_account",
    },
    f"{_ACCOUNT}/listKeys": {"POST": "get_batch_account_keys"},
    f"{_ACCOUNT}/regenerateKeys": {"POST": "regenerate_batch_account_key"},
    f"{_ACCOUNT}/syncAutoStorageKeys": {"POST": "synchronize_auto_storage_keys"},
    f"{_ACCOUNT}/detectors": {"GET": "list_detectors"},
    f"{_ACCOUNT}/detectors/{{detectorId}}": {"GET": "get_detector"},
    f"{_ACCOUNT}/outboundNetworkDependenciesEndpoints": {"GET": "list_outbound_network_dependencies"},
    f"{_ACCOUNT}/applications": {"GET": "list_managed_applications"},
    _APPLICATION: {
        "GET": "get_managed_application",
        "PUT": "create_managed_application",
        "PATCH": "update_managed_application",
        "DELETE": "delete_managed_application",
    },
    f"{_APPLICATION}/versions": {"GET": "list_application_packages"},
    f"{_APPLICATION}/versions/{{versionName}}": {
        "GET": "get_application_package",
        "PUT": "create_application_package",
        "DELETE": "delete_application_package",
    },
    f"{_APPLICATION}/versions/{{versionName}}/activate": {"POST": "activate_application_package"},
    f"{_ACCOUNT}/pools": {"GET": "list_managed_pools"},
    f"{_ACCOUNT}/pools/{{poolName}}": {
        "GET": "get_managed_pool",
        "PUT": "create_managed_pool",
        "PATCH": "update_managed_pool",
        "DELETE": "delete_managed_pool",
    },
    f"{_ACCOUNT}/pools/{{poolName}}/disableAutoScale": {"POST": "disable_managed_pool_auto_scale"},
    f"{_ACCOUNT}/pools/{{poolName}}/stopResize": {"POST": "stop_managed_pool_resize"},
}
"""Of the management API of Azure; private links and network perimeters are unknown paths here."""

PRICES: dict[str, dict[str, str]] = {"/api/retail/prices": {"GET": "list_retail_prices"}}
"""Of the public retail price API."""

OPERATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        name: (verb, path)
        for table in (TABLE, MANAGEMENT, PRICES)
        for path, verbs in table.items()
        for verb, name in verbs.items()
    }
)
"""Verb and path of every operation of the three."""

_PAGES = frozenset({"maxresults", "$skiptoken"})
_SELECT = frozenset({"$select"})
_EXPAND = frozenset({"$expand"})
_FILTER = frozenset({"$filter"})
_RECURSIVE = frozenset({"recursive"})
QUERIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "list_supported_images": _PAGES | _FILTER,
        "list_pool_node_counts": _PAGES | _FILTER,
        "list_applications": _PAGES,
        "list_pools": _PAGES | _FILTER | _SELECT | _EXPAND,
        "get_pool": _SELECT | _EXPAND,
        "list_nodes": _PAGES | _FILTER | _SELECT,
        "get_node": _SELECT,
        "list_node_extensions": _PAGES | _SELECT,
        "get_node_extension": _SELECT,
        "list_node_files": _PAGES | _FILTER | _RECURSIVE,
        "delete_node_file": _RECURSIVE,
    }
)
"""The query parameters of each operation besides those that all have."""

_VERBS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
"""The verbs of HTTP itself; others exist, but not for the service."""


@dataclass(frozen=True)
class Match:
    """The operation that a path and a verb name, and the parameters in the path."""

    operation: str
    parameters: Mapping[str, str]


def match(method: str, segments: list[str]) -> Match:
    """Return the operation of a request.

    Raises
    ------
    BatchError
        ``ResourceNotFound`` for an unknown path, ``UnsupportedHttpVerb`` for a verb that the path doesn't have,
        ``InvalidHttpVerb`` for one that HTTP doesn't have.
    """
    if method not in _VERBS:
        raise BatchError("InvalidHttpVerb", HttpVerb=method)
    for pattern, verbs in _PATTERNS:
        parameters = _parameters(pattern, segments)
        if parameters is None:
            continue
        operation = verbs.get(method)
        if operation is None:
            raise BatchError("UnsupportedHttpVerb", HttpVerb=method, SupportedHttpVerbs=", ".join(sorted(verbs)))
        return Match(operation, parameters)
    raise BatchError("ResourceNotFound")


def _parameters(pattern: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    if pattern[-1] == "{filePath}" and len(segments) > len(pattern):
        segments = [*segments[: len(pattern) - 1], "/".join(segments[len(pattern) - 1 :])]
    if len(pattern) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for expected, found in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            if not found:
                return None
            parameters[expected[1:-1]] = found
        elif expected.lower() != found.lower():
            return None
    return parameters


def surface_of(raw_path: str) -> str:
    """Return which of the three services a path belongs to: ``"batch"``, ``"management"`` or ``"prices"``."""
    first = raw_path.strip("/").split("/", 1)[0].lower()
    return {"subscriptions": "management", "providers": "management", "api": "prices"}.get(first, "batch")


_PATTERNS = [
    (tuple(path.strip("/").split("/")), verbs) for table in (TABLE, MANAGEMENT, PRICES) for path, verbs in table.items()
]
