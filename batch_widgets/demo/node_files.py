"""The files of nodes below the directory that the service keeps there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .conditions import not_modified
from .errors import BatchError
from .filters import STARTS, text
from .listing import list_page
from .machine import ROOT
from .node_actions import require_state
from .state import UP, Node, Pool, State
from .wire import Answer, JsonObject, http_date, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from .request import Request

CONTENT_TYPE = "application/octet-stream"
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})?", re.ASCII)
_CONDITIONS = ("if-modified-since", "if-unmodified-since")


@dataclass(frozen=True)
class Entry:
    """A file or a directory of a node; its name is relative to the root."""

    name: str
    modified: datetime
    content: bytes | None = None

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.content is None

    @property
    def mode(self) -> str:
        """The mode in octal, as the service tells it."""
        return "0040755" if self.is_directory else "0100644"


class NodeFileOperations:
    """What a client can do with the files of a node."""

    def __init__(self, state: State) -> None:
        self._state = state

    def list_node_files(self, request: Request) -> Answer:
        """Give a page of a node's files: those at the top, or all."""
        pool, node = self._node(request)
        deep = _is_recursive(request)
        entries = [entry for entry in _walk(node) if deep or "/" not in entry.name]
        body = list_page(
            request,
            sorted(entries, key=lambda entry: entry.name),
            key=lambda entry: entry.name,
            to_wire=lambda entry: self._to_wire(pool, node, entry),
            metadata="files",
            base_url=self._state.base_url,
            fields={"name": text(lambda entry: _shown(pool, entry.name), STARTS)},
        )
        return Answer(body=body)

    def get_node_file(self, request: Request) -> Answer:
        """Give the content of a file, or a range of it."""
        pool, node, entry = self._entry(request)
        headers = self._headers(pool, node, entry)
        if self._unchanged(request, entry):
            return Answer(304, headers=headers)
        if entry.content is None:
            raise BatchError("OperationInvalidForCurrentState", Reason=f"{entry.name} is a directory.")
        return Answer(body=_cut(entry.content, request.headers.get("ocp-range")), headers=headers)

    def get_node_file_properties(self, request: Request) -> Answer:
        """Tell size and age of a file."""
        pool, node, entry = self._entry(request)
        headers = self._headers(pool, node, entry)
        if self._unchanged(request, entry):
            return Answer(304, headers=headers)
        return Answer(body=entry.content or b"", headers=headers)

    def delete_node_file(self, request: Request) -> Answer:
        """Delete a file, or a directory with all that is in it."""
        _, node, entry = self._entry(request)
        inside = [other for other in _walk(node) if other.name.startswith(f"{entry.name}/")]
        if inside and not _is_recursive(request):
            raise BatchError("OperationInvalidForCurrentState", Reason=f"The directory {entry.name} is not empty.")
        for gone in (entry, *inside):
            node.machine.remove(f"{ROOT}/{gone.name}")
        return Answer(200)

    def _node(self, request: Request) -> tuple[Pool, Node]:
        pool, node = self._state.node(request.path["poolId"], request.path["nodeId"])
        require_state(node, *UP)
        return pool, node

    def _entry(self, request: Request) -> tuple[Pool, Node, Entry]:
        pool, node = self._node(request)
        wanted = request.path["filePath"].replace("\\", "/").strip("/")
        for entry in _walk(node):
            if entry.name == wanted:
                return pool, node, entry
        raise BatchError("FileNotFound")

    def _unchanged(self, request: Request, entry: Entry) -> bool:
        conditions = {name: request.headers[name] for name in _CONDITIONS if name in request.headers}
        return not_modified(request.method, conditions, "", entry.modified)

    def _url(self, pool: Pool, node: Node, entry: Entry) -> str:
        return f"{self._state.base_url}/pools/{pool.id}/nodes/{node.id}/files/{_shown(pool, entry.name)}"

    def _headers(self, pool: Pool, node: Node, entry: Entry) -> dict[str, str]:
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Last-Modified": http_date(entry.modified),
            "ocp-batch-file-isdirectory": str(entry.is_directory).lower(),
            "ocp-batch-file-url": self._url(pool, node, entry),
        }
        return headers | (
            {"ocp-creation-time": http_date(entry.modified)} if pool.is_windows else {"ocp-batch-file-mode": entry.mode}
        )

    def _to_wire(self, pool: Pool, node: Node, entry: Entry) -> JsonObject:
        wire: JsonObject = {
            "name": _shown(pool, entry.name),
            "url": self._url(pool, node, entry),
            "isDirectory": entry.is_directory,
        }
        if entry.content is not None:
            wire["properties"] = {
                "lastModified": timestamp(entry.modified),
                "contentLength": len(entry.content),
                "contentType": CONTENT_TYPE,
                **({"creationTime": timestamp(entry.modified)} if pool.is_windows else {"fileMode": entry.mode}),
            }
        return wire


def _walk(node: Node, directory: str = "") -> Iterator[Entry]:
    """Iterate over all that is below a directory."""
    machine = node.machine
    for name in machine.listing(f"{ROOT}/{directory}".rstrip("/")) or ():
        inner = f"{directory}/{name}".lstrip("/")
        path = f"{ROOT}/{inner}"
        text = machine.read(path)
        if text is None:
            yield Entry(inner, node.booted or node.allocated)
            yield from _walk(node, inner)
        else:
            yield Entry(inner, machine.modified(path), text.encode("utf-8", "surrogatepass"))


def _shown(pool: Pool, name: str) -> str:
    return name.replace("/", "\\") if pool.is_windows else name


def _is_recursive(request: Request) -> bool:
    value = request.query.get("recursive", "false")
    if value.lower() not in {"true", "false"}:
        raise BatchError(
            "InvalidQueryParameterValue",
            QueryParameterName="recursive",
            QueryParameterValue=value,
            Reason="Expected true or false.",
        )
    return value.lower() == "true"


def _cut(content: bytes, wanted: str | None) -> bytes:
    """Return the range of a content that a header asks for."""
    if wanted is None:
        return content
    match = _RANGE.fullmatch(wanted.strip())
    first, last = (int(match[1]), int(match[2]) if match[2] else None) if match else (0, -1)
    if match is None or (last is not None and last < first):
        raise BatchError("InvalidHeaderValue", HeaderName="ocp-range", HeaderValue=wanted)
    if first >= len(content):
        raise BatchError("InvalidRange", Range=wanted, Size=len(content))
    return content[first : None if last is None else last + 1]
