"""SDK objects to own values, and own values to SDK objects."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from azure.batch import models

from batch_widgets.autoscale import AutoScaleError, AutoScaleEvaluation, parse_results
from batch_widgets.images import CustomImage, ImageReference, SupportedImage
from batch_widgets.login import InboundEndpoint, NodeEndpoints, RemoteLoginSettings
from batch_widgets.node_facts import NodeFile, StartTaskInfo, TaskFailure, UploadedLogs
from batch_widgets.nodes import Node
from batch_widgets.pools import Pool, ResizeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from batch_widgets.nodes import NodeUser
    from batch_widgets.pools import PoolSpec

T = TypeVar("T")


def _text(value: Any) -> str:
    """Give an enum's value, a newer service's plain text as it is, and nothing as the empty text."""
    return str(value.value) if isinstance(value, Enum) else str(value or "")


def image_reference(reference: models.BatchVmImageReference | None) -> ImageReference | None:
    """Convert a Marketplace image; a custom or gallery image, and none, give None."""
    if reference is None or not reference.publisher:
        return None
    return ImageReference(
        publisher=reference.publisher,
        offer=reference.offer or "",
        sku=reference.sku or "",
        version=reference.version or "latest",
    )


def supported_image(image: Any) -> SupportedImage:
    """Convert a supported image; what can't be read is named in its ``unreadable``, and the rest is kept.

    Texts are taken as they came: reading each through the SDK's models takes longer than all the rest.
    """
    if not isinstance(image, models.BatchSupportedImage):
        return SupportedImage("", ImageReference("", "", ""), "", verified=False, unreadable=("row",))
    unreadable: list[str] = []

    def read(
        source: Any, name: str, convert: Callable[[Any], T], missing: T, *, sent_as: str = "", required: bool = False
    ) -> T:
        if source is None:
            return missing
        try:
            value = source.get(sent_as) if sent_as else getattr(source, name)
            if value is not None:
                return convert(value)
        except Exception:  # noqa: BLE001  whatever the service sent, the row is not to be lost
            unreadable.append(name)
            return missing
        if required:
            unreadable.append(name)
        return missing

    reference = read(image, "image_reference", _image_reference_model, None, required=True)
    names = ("publisher", "offer", "sku")
    publisher, offer, sku = (read(reference, name, _plain, "", sent_as=name, required=True) for name in names)
    return SupportedImage(
        node_agent_sku_id=read(image, "node_agent_sku_id", _plain, "", sent_as="nodeAgentSKUId", required=True),
        image_reference=ImageReference(
            publisher, offer, sku, read(reference, "version", _plain, "", sent_as="version") or "latest"
        ),
        os_type=read(image, "os_type", _plain, "", sent_as="osType", required=True),
        verified=read(image, "verification_type", _plain, "", sent_as="verificationType", required=True) == "verified",
        capabilities=read(image, "capabilities", _texts, None, sent_as="capabilities"),
        batch_support_end_of_life=read(image, "batch_support_end_of_life", _moment, None),
        unreadable=tuple(unreadable),
    )


def _plain(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(_plain(item) for item in value)


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        raise TypeError("not a moment")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _image_reference_model(value: Any) -> models.BatchVmImageReference | None:
    if not isinstance(value, models.BatchVmImageReference):
        raise TypeError("not an image reference")
    return value


def _check(answer: Any, kind: type, name: str) -> None:
    """Refuse what is none of a kind: taken for one, it would have no id and no state."""
    if not isinstance(answer, kind) or not answer.id or not _text(answer.state):  # type: ignore[attr-defined]
        raise ValueError(f"there is no {name} in it.")


def pool(answer: models.BatchPool) -> Pool:
    """Convert a pool."""
    _check(answer, models.BatchPool, "pool")
    machine = answer.virtual_machine_configuration
    return Pool(
        id=answer.id,
        display_name=answer.display_name or "",
        state=_text(answer.state),
        allocation_state=_text(answer.allocation_state),
        vm_size=answer.vm_size or "",
        node_agent_sku_id=(machine.node_agent_sku_id or "") if machine else "",
        image_reference=image_reference(machine.image_reference) if machine else None,
        current_dedicated_nodes=answer.current_dedicated_nodes or 0,
        current_low_priority_nodes=answer.current_low_priority_nodes or 0,
        target_dedicated_nodes=answer.target_dedicated_nodes or 0,
        target_low_priority_nodes=answer.target_low_priority_nodes or 0,
        resize_errors=tuple(
            ResizeError(
                code=error.code or "",
                message=error.message or "",
                values=tuple((pair.name or "", pair.value or "") for pair in error.error_values or ()),
            )
            for error in answer.resize_errors or ()
        ),
        creation_time=answer.creation_time,
        body=answer.as_dict(),
    )


def auto_scale_evaluation(pool_id: str, answer: models.AutoScaleRun) -> AutoScaleEvaluation:
    """Convert what a formula gave."""
    error = None
    if answer.error is not None:
        values = tuple((pair.name or "", pair.value or "") for pair in answer.error.error_values or ())
        error = AutoScaleError(answer.error.code or "", answer.error.message or "", values)
    return AutoScaleEvaluation(pool_id, answer.timestamp, parse_results(answer.results or ""), error)


NODE_PROPERTIES = [
    "id",
    "state",
    "isDedicated",
    "ipAddress",
    "schedulingState",
    "runningTasksCount",
    "startTaskInfo",
    "errors",
    "allocationTime",
    "stateTransitionTime",
    "lastBootTime",
    "nodeAgentInfo",
]
"""What :func:`node` takes of a node: the SDK's models of the rest take as long again where nodes are thousands."""


def node(answer: models.BatchNode) -> Node:
    """Convert a node; whatever a creating node does not have yet is empty.

    Plain values are taken as they came: read through the SDK's models, those of thousands take twice as long.
    """
    sent = answer.get if isinstance(answer, models.BatchNode) else {}.get
    if not sent("id") or not sent("state"):  # taken for a node, it would have no id and no state
        raise ValueError("there is no node in it.")
    info = answer.start_task_info if sent("startTaskInfo") else None
    agent = answer.node_agent_info if sent("nodeAgentInfo") else None
    failure = info.failure_info if info else None
    return Node(
        id=sent("id"),
        state=_text(sent("state")),
        is_dedicated=sent("isDedicated") is not False,
        ip_address=sent("ipAddress") or "",
        scheduling_state=_text(sent("schedulingState")),
        running_tasks_count=sent("runningTasksCount"),
        start_task_exit_code=info.exit_code if info else None,
        start_task_failure=(failure.message or failure.code or "") if failure else "",
        errors=tuple(_node_error(error) for error in answer.errors or ()) if sent("errors") else (),
        allocation_time=_when(answer, "allocation_time", "allocationTime"),
        state_transition_time=_when(answer, "state_transition_time", "stateTransitionTime"),
        last_boot_time=_when(answer, "last_boot_time", "lastBootTime"),
        node_agent_version=(agent.version or "") if agent else "",
        start_task=start_task_info(info) if info else None,
    )


def _when(answer: models.BatchNode, name: str, sent_as: str) -> datetime | None:
    """Give a moment; what is not written as usual the SDK reads, or says that it can't."""
    sent = answer.get(sent_as)
    if isinstance(sent, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(sent)
            if moment.tzinfo is not None:
                return moment
    return getattr(answer, name) if sent is not None else None


ENDPOINT_PROPERTIES = ["id", "state", "endpointConfiguration"]
"""What :func:`node_endpoints` takes of a node."""


def node_endpoints(answer: models.BatchNode) -> NodeEndpoints:
    """Convert a node's mapped ports; what can't be read of them is left out.

    They are taken as they came: the SDK's models of them take twenty times as long where nodes are thousands.
    """
    if not isinstance(answer, models.BatchNode) or not answer.get("id") or not answer.get("state"):
        raise ValueError("there is no node in it.")
    found = answer.get("endpointConfiguration")
    listed = found.get("inboundEndpoints") if isinstance(found, Mapping) else None
    endpoints = tuple(filter(None, map(_inbound_endpoint, listed if isinstance(listed, list) else ())))
    return NodeEndpoints(str(answer["id"]), str(answer["state"]), endpoints)


def _inbound_endpoint(item: Any) -> InboundEndpoint | None:
    names = ("protocol", "publicIPAddress", "frontendPort", "backendPort")
    values: list[Any] = [item.get(name) if isinstance(item, Mapping) else None for name in names]
    if [type(value) for value in values] != [str, str, int, int]:
        return None
    return InboundEndpoint(*values)


def _pairs(pairs: Iterable[models.NameValuePair] | None) -> tuple[tuple[str, str], ...]:
    return tuple((pair.name or "", pair.value or "") for pair in pairs or ())


def _node_error(error: models.BatchNodeError) -> str:
    said = ": ".join(filter(None, (error.code, error.message)))
    details = "; ".join(": ".join(filter(None, pair)) for pair in _pairs(error.error_details))
    return f"{said} ({details})" if details else said


def start_task_info(info: models.BatchStartTaskInfo) -> StartTaskInfo:
    """Convert what is told of a start task's last run."""
    failure = info.failure_info
    return StartTaskInfo(
        state=_text(info.state),
        exit_code=info.exit_code,
        start_time=info.start_time,
        end_time=info.end_time,
        retry_count=info.retry_count or 0,
        last_retry_time=info.last_retry_time,
        result=_text(info.result),
        failure=TaskFailure(_text(failure.category), failure.code or "", failure.message or "", _pairs(failure.details))
        if failure
        else None,
    )


def node_file(answer: models.BatchNodeFile) -> NodeFile:
    """Convert a file of a list."""
    if not isinstance(answer, models.BatchNodeFile) or not isinstance(answer.name, str):
        raise ValueError("there is no file in it.")  # noqa: TRY004  it is the answer that is wrong
    properties = answer.properties
    return NodeFile(
        path=answer.name or "",
        is_directory=bool(answer.is_directory),
        size=properties.content_length if properties else None,
        last_modified=properties.last_modified if properties else None,
    )


def node_file_properties(path: str, answer: models.BatchFileProperties) -> NodeFile:
    """Convert what is told of one file."""
    if answer.is_directory:
        return NodeFile(path, is_directory=True)
    return NodeFile(path, size=answer.content_length, last_modified=answer.last_modified)


def uploaded_logs(answer: models.UploadBatchServiceLogsResult) -> UploadedLogs:
    """Convert where logs were put."""
    if not isinstance(answer.virtual_directory_name, str):
        raise ValueError("it does not say where the logs go.")  # noqa: TRY004  it is the answer that is wrong
    return UploadedLogs(answer.virtual_directory_name or "", answer.number_of_files_uploaded or 0)


def remote_login_settings(node_id: str, answer: models.BatchNodeRemoteLoginSettings) -> RemoteLoginSettings:
    """Convert remote login settings; fields that the service leaves out stay None."""
    settings = RemoteLoginSettings(
        node_id=node_id,
        ip_address=answer.remote_login_ip_address or None,
        port=answer.remote_login_port or None,
        ipv6_address=answer.ipv6_remote_login_ip_address or None,
        ipv6_port=answer.ipv6_remote_login_port or None,
    )
    return settings if settings.reachable else replace(settings, reason="The service gives no address for this node.")


def to_sdk(value: SupportedImage | CustomImage | ImageReference | PoolSpec) -> Any:
    """Give the SDK's model of a value.

    Parameters
    ----------
    value : SupportedImage, CustomImage, ImageReference or PoolSpec
        The value.

    Returns
    -------
    VirtualMachineConfiguration, BatchVmImageReference or BatchPoolCreateOptions
        The configuration for an image with its node agent, the reference for an image alone, the options for a pool.
    """
    if isinstance(value, ImageReference):
        return models.BatchVmImageReference(value.to_body())
    if isinstance(value, SupportedImage | CustomImage):
        return models.VirtualMachineConfiguration(value.to_body())
    return pool_create_options(value)


def pool_create_options(spec: PoolSpec) -> models.BatchPoolCreateOptions:
    """Give the SDK's options for a pool."""
    return models.BatchPoolCreateOptions(spec.to_body())


def node_user_create_options(user: NodeUser) -> models.BatchNodeUserCreateOptions:
    """Give the SDK's options for a node user. They show the password in clear: never print or keep them."""
    return models.BatchNodeUserCreateOptions(
        name=user.name,
        is_admin=user.is_admin,
        expiry_time=user.expiry_time,
        password=user.password,
        ssh_public_key=user.ssh_public_key,
    )


def node_user_replace_options(user: NodeUser) -> models.BatchNodeUserReplaceOptions:
    """Give the SDK's options for a node user that is there already, which keeps its rights. As secret as the above."""
    return models.BatchNodeUserReplaceOptions(
        expiry_time=user.expiry_time, password=user.password, ssh_public_key=user.ssh_public_key
    )
