"""A wire to the embedded service on which every text of an answer becomes a hostile one, ids too."""

from __future__ import annotations

import itertools
import json
import re
from urllib.parse import quote, unquote

from faulty_wire import Answer, Fault, FaultyWire
from hostile_texts import CONTROL, MARKUP
from raw_requests import signature

# Without these nobody would get to the rest: what the widgets do depends on them.
KEPT = frozenset(
    {
        *("odata.metadata", "odata.nextLink", "odata.count", "odata.type", "lang", "eTag", "NextPageLink", "nextLink"),
        *("state", "allocationState", "osType", "verificationType", "protocol", "nodeCommunicationMode"),
        *("type", "access", "scope", "elevationLevel", "result", "previousState", "category", "sku", "armRegionName"),
        *("armSkuName", "priceType", "meterName", "productName", "unitOfMeasure", "currencyCode", "skuName"),
    }
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\S+|P(T?\d+[DHMS.]*)+|-?\d+(\.\d+)?")
HTML_TEXTS = tuple(text for text in (*MARKUP, *CONTROL) if "\ud800" not in text)


class HostileWire(FaultyWire):
    """Rewrites what a service answers, and takes the ids back that it gave away.

    Parameters
    ----------
    service : DemoService
        The service.
    texts : sequence of str
        What stands in its answers, behind what is meant, each in its turn.
    ids : bool
        Whether ids and names of files are hostile too; very long ones go into no address.
    """

    def __init__(self, service, texts=HTML_TEXTS, *, ids=True):
        self._service = service
        self._ids = ids
        self._texts = itertools.cycle(texts)
        self._given: dict[str, str] = {}  # made: real
        self._made: dict[str, str] = {}
        super().__init__(service.endpoint)
        self.spoil(Fault("hostile", self._rewritten))

    def on_the_way(self, method, target, headers):
        """Put the real ids into a request, and sign it anew."""
        path, _, query = target.partition("?")
        real = "/".join(quote(self._real(unquote(part)), safe="") for part in path.split("/"))
        if real == path or "Authorization" not in headers or headers["Authorization"].startswith("Bearer"):
            return target, headers
        kept = {name: value for name, value in headers.items() if name.lower() not in {"authorization", "ocp-date"}}
        length = kept.get("Content-Length")
        more = {name: value for name, value in kept.items() if name.lower().startswith("ocp-")}
        kind = kept.get("Content-Type", "")
        made = signature(self._service, method, real, query, length=length, kind=kind, more=more)
        return f"{real}?{query}", {**kept, **made}

    def _real(self, part):
        for made, real in self._given.items():
            part = part.replace(made, real)
        return part

    def id_of(self, real):
        """Give the id under which something is known on this side of the wire."""
        if real not in self._made:
            self._made[real] = real + next(self._texts)
            self._given[self._made[real]] = real
        return self._made[real]

    def _rewritten(self, answer):
        if not answer.body:
            return answer
        if answer.headers.get("Content-Type", "").startswith("application/json"):
            body = json.dumps(self._hostile(json.loads(answer.body))).encode()
        elif answer.headers.get("Content-Type", "").startswith(("application/octet-stream", "text/plain")):
            text = next(self._texts).encode("utf-8", "surrogatepass")
            body = (text * (len(answer.body) // len(text) + 1))[: len(answer.body)]
        else:
            return answer
        kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
        return Answer(answer.status, kept, body)

    def _hostile(self, value, name=""):
        if isinstance(value, dict):
            named = "id" if "isDirectory" not in value else "name"
            return {key: self._hostile(one, "id" if key == named else key) for key, one in value.items()}
        if isinstance(value, list):
            return [self._hostile(one, name) for one in value]
        if not isinstance(value, str) or name in KEPT or _MOMENT.fullmatch(value):
            return value
        if name == "id":
            return self.id_of(value) if self._ids else value
        return value + next(self._texts)
