"""The service without its network: a request in, an answer out."""

from __future__ import annotations

import logging
import re
import secrets
import threading
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import auth, routes
from .account_lists import AccountLists
from .errors import BatchError, not_implemented
from .management import ManagementOperations, check_management_version
from .node_actions import NodeActions
from .node_extensions import NodeExtensionOperations
from .node_files import NodeFileOperations
from .node_users import NodeUserOperations
from .nodes import NodeOperations
from .pool_sizes import PoolSizeOperations
from .pools import PoolOperations
from .prices import RetailPrices
from .request import Request, check_api_version, check_query, decode_segments, parse_query
from .wire import CONTENT_TYPE, PLAIN_JSON, Answer, encode, error_body, http_date, plain_error_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .state import State

MOST_BODY_BYTES = 4 * 1024 * 1024

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_log = logging.getLogger(__name__)

Response = tuple[int, dict[str, str], bytes]


class Core:
    """Answers requests from a state.

    Parameters
    ----------
    state
        The pools and nodes.
    account_key
        The base64 key that requests must be signed with.
    wall
        Tells real time, which signatures are judged by.
    management_token
        What the management calls must carry; a random one by default.
    """

    def __init__(
        self,
        state: State,
        account_key: str,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        management_token: str | None = None,
    ) -> None:
        self.state = state
        self.lock = threading.RLock()
        self.allowed_hosts: frozenset[str] | None = None
        self.nodes = NodeOperations(state)
        self._key = account_key
        self._wall = wall
        self.management_token = management_token or secrets.token_urlsafe(48)
        self._counts: Counter[tuple[str, str]] = Counter()
        account = AccountLists(state)
        pools = PoolOperations(state)
        sizes = PoolSizeOperations(state)
        actions = NodeActions(state)
        extensions = NodeExtensionOperations(state)
        files = NodeFileOperations(state)
        users = NodeUserOperations(state)
        management = ManagementOperations(state)
        self._operations: dict[str, Callable[[Request], Answer]] = {
            "list_supported_images": account.list_supported_images,
            "list_pool_node_counts": account.list_pool_node_counts,
            "list_applications": account.list_applications,
            "get_application": account.get_application,
            "list_pools": pools.list_pools,
            "create_pool": pools.create_pool,
            "get_pool": pools.get_pool,
            "pool_exists": pools.pool_exists,
            "delete_pool": pools.delete_pool,
            "update_pool": pools.update_pool,
            "replace_pool_properties": pools.replace_pool_properties,
            "resize_pool": sizes.resize_pool,
            "stop_pool_resize": sizes.stop_pool_resize,
            "remove_nodes": sizes.remove_nodes,
            "enable_pool_auto_scale": sizes.enable_pool_auto_scale,
            "disable_pool_auto_scale": sizes.disable_pool_auto_scale,
            "evaluate_pool_auto_scale": sizes.evaluate_pool_auto_scale,
            "list_nodes": self.nodes.list_nodes,
            "get_node": self.nodes.get_node,
            "get_node_remote_login_settings": self.nodes.get_remote_login_settings,
            "reboot_node": actions.reboot_node,
            "reimage_node": actions.reimage_node,
            "start_node": actions.start_node,
            "deallocate_node": actions.deallocate_node,
            "disable_node_scheduling": actions.disable_node_scheduling,
            "enable_node_scheduling": actions.enable_node_scheduling,
            "upload_node_logs": actions.upload_node_logs,
            "list_node_extensions": extensions.list_node_extensions,
            "get_node_extension": extensions.get_node_extension,
            "list_node_files": files.list_node_files,
            "get_node_file": files.get_node_file,
            "get_node_file_properties": files.get_node_file_properties,
            "delete_node_file": files.delete_node_file,
            "create_node_user": users.create_node_user,
            "replace_node_user": users.replace_node_user,
            "delete_node_user": users.delete_node_user,
            "list_batch_accounts": management.list_batch_accounts,
            "list_batch_accounts_by_resource_group": management.list_batch_accounts_by_resource_group,
            "get_batch_account": management.get_batch_account,
            "get_location_quotas": management.get_location_quotas,
            "list_supported_virtual_machine_skus": management.list_supported_virtual_machine_skus,
            "list_retail_prices": RetailPrices(state).list_retail_prices,
        }

    @property
    def operations(self) -> frozenset[str]:
        """The operations that are simulated; all others are answered with 501."""
        return frozenset(self._operations)

    def counts(self) -> Counter[tuple[str, str]]:
        """Return how many requests of each verb and operation were handled so far."""
        with self.lock:
            return Counter(self._counts)

    def count(self, method: str, operation: str) -> None:
        """Count a request."""
        with self.lock:
            self._counts[method, operation] += 1

    def handle(self, method: str, raw_path: str, raw_query: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a request; whatever it holds, the answer is one of the service's.

        Parameters
        ----------
        raw_path, raw_query
            As they travelled, not decoded; signatures are over the path in this form.
        headers
            The request's headers, in any case.
        """
        request_id = str(uuid.uuid4())
        lowered = {name.lower(): value for name, value in headers.items()}
        with self.lock:
            try:
                answer = self._answer(method, raw_path, raw_query, lowered, body)
            except BatchError as error:
                answer = self._told(error, request_id, raw_path)
            except Exception:  # noqa: BLE001  no fault of the simulation may look like one of the network
                _log.exception("The simulated service failed on %s %s", method, raw_path)
                answer = self._told(BatchError("InternalError"), request_id, raw_path)
        # Who is refused compares clocks; signatures go by real time.
        moment = self._wall() if answer.status in {401, 403} else self.state.now()
        return _finish(method, answer, request_id, lowered, moment)

    def refuse(self, error: BatchError, raw_path: str = "") -> Response:
        """Return the answer that tells an error found before the request could be read."""
        request_id = str(uuid.uuid4())
        return _finish("", self._told(error, request_id, raw_path), request_id, {}, self.state.now())

    def _told(self, error: BatchError, request_id: str, raw_path: str) -> Answer:
        surface = routes.surface_of(raw_path)
        if surface == "batch":
            return Answer(error.status, error_body(error, self.state.base_url, request_id, self.state.now()))
        return Answer(error.status, plain_error_body(error, surface), {"Content-Type": PLAIN_JSON})

    def _answer(self, method: str, raw_path: str, raw_query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        operation = "unknown"
        surface = routes.surface_of(raw_path)
        try:
            self._check_sender(headers)
            if surface == "batch":
                auth.verify(method, raw_path, raw_query, headers, self.state.account_name, self._key, self._wall())
            elif surface == "management":
                auth.verify_token(headers, self.management_token)
            query = parse_query(raw_query)
            if surface == "batch":
                check_api_version(query)
            elif surface == "management":
                check_management_version(query)
            found = routes.match(method, decode_segments(raw_path))
            operation = found.operation
        finally:
            self.count(method, operation)
        run = self._operations.get(operation)
        if run is None:
            raise not_implemented(f"the operation {operation}")
        if len(body) > MOST_BODY_BYTES:
            raise BatchError("RequestBodyTooLarge", MaxLimit=MOST_BODY_BYTES)
        if surface == "batch":  # the other two ignore what they don't know
            check_query(query, routes.QUERIES.get(operation, frozenset()))
        self.state.advance()
        return run(Request(method, raw_path, found.parameters, query, headers, body))

    def _check_sender(self, headers: Mapping[str, str]) -> None:
        """Refuse what a page in a browser sends: no page has any business here.

        A page elsewhere is told by the headers that browsers add, one that misled its browser's DNS by its name.
        """
        if self.allowed_hosts is not None and headers.get("host", "").lower() not in self.allowed_hosts:
            raise BatchError("InvalidHeaderValue", HeaderName="Host", HeaderValue=headers.get("host", ""))
        for name, harmless in (("Origin", None), ("Sec-Fetch-Site", "none")):  # none: typed by the user
            value = headers.get(name.lower(), harmless)
            if value != harmless:
                raise BatchError("InvalidHeaderValue", HeaderName=name, HeaderValue=value)


def _finish(method: str, answer: Answer, request_id: str, headers: Mapping[str, str], moment: datetime) -> Response:
    """Put the headers to an answer that all answers have."""
    result = {
        "Server": "batch-widgets-demo",
        "request-id": request_id,
        "x-ms-request-id": request_id,
        "DataServiceVersion": "3.0",
        "X-Content-Type-Options": "nosniff",
        "Date": http_date(moment),
        **answer.headers,
    }
    client_id = headers.get("client-request-id", "")
    if headers.get("return-client-request-id", "").lower() == "true" and _REQUEST_ID.fullmatch(client_id):
        result["client-request-id"] = client_id
    if answer.body is None:
        return answer.status, result, b""
    if isinstance(answer.body, bytes):
        if method == "HEAD":
            return answer.status, {**result, "Content-Length": str(len(answer.body))}, b""
        return answer.status, result, answer.body
    result.setdefault("Content-Type", CONTENT_TYPE)
    return answer.status, result, b"" if method == "HEAD" else encode(answer.body)
