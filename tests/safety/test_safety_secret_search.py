"""The search for secrets sees them in each form in which one may leak, and takes nothing else for one."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import textwrap
from urllib.parse import quote, quote_plus

import pytest
from safety.secret_forms import Secrets

from batch_widgets.pools import PoolSpec, create_pool_command, pool_bicep
from batch_widgets.sdk import create_pool_code

SECRETS = Secrets.make()
WAYS = {
    "as it is": lambda text: text,
    "in JSON": json.dumps,
    "in JSON within JSON": lambda text: json.dumps({"message": json.dumps(text)}),
    "in a message of bytes": lambda text: repr(json.dumps(text).encode()),
    "URL-encoded": quote,
    "as a field of a form": quote_plus,
    "in HTML": html.escape,
    "in a repr": lambda text: repr({"password": text}),
    "in hexadecimal": lambda text: text.encode().hex(),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64, after a byte": lambda text: base64.b64encode(b"x" + text.encode() + b"yz").decode(),
    "in base64, after two bytes": lambda text: base64.b64encode(b"xx" + text.encode() + b"yz").decode(),
    "in base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "cut into lines": lambda text: "\n".join(textwrap.wrap(text, 10)),
    "cut into lines, in JSON": lambda text: json.dumps("\r\n".join(textwrap.wrap(text, 10))),
    "as a list of lines": lambda text: json.dumps(textwrap.wrap(text, 10), indent=1),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SECRETS.values)
def test_a_planted_secret_is_found(name, way):
    found = SECRETS.found_in(f"before {WAYS[way](SECRETS.values[name])} behind")
    assert set(found) == {name}


@pytest.mark.parametrize("name", SECRETS.not_secret)
def test_a_part_of_a_private_key_is_found_and_the_public_one_is_none(name):
    lines = SECRETS.values[name].splitlines()
    assert set(SECRETS.found_in(lines[-3])) == {name}
    assert SECRETS.found_in(SECRETS.not_secret[name]) == {}
    assert SECRETS.found_in(Secrets.make().values[name]) == {}


@pytest.mark.parametrize("name", SECRETS.values)
def test_a_search_tells_what_it_found_and_where(name):
    cases = SECRETS.search({"alone": SECRETS.values[name], "clean": "nothing"}, {(name, "clean")})
    assert len(cases) == 2 * len(SECRETS.values) - 1
    assert [case for case, before in cases.items() if before] == [f"{name} in alone"]


@pytest.mark.parametrize("name", SECRETS.values)
def test_a_secret_that_an_export_lets_out_is_found(name):
    """A plain field goes out as it is, quoted as the language wants it."""
    secret = SECRETS.values[name]
    body = {"id": "careless", "vmSize": f"a {secret}"}
    table = io.StringIO()
    csv.writer(table).writerow(["node", secret])
    exports = {
        "Python": create_pool_code(body, "http://127.0.0.1", "demo"),
        "JSON": PoolSpec.from_body(body).to_json(),
        "az": create_pool_command(body, "http://127.0.0.1", "demo"),
        "Bicep": pool_bicep(body, "demo"),
        "CSV": table.getvalue(),
    }
    assert {way: set(SECRETS.found_in(text)) for way, text in exports.items()} == {way: {name} for way in exports}


def test_secrets_go_to_a_kernel_by_a_file(tmp_path):
    SECRETS.write(tmp_path / "secrets")
    assert Secrets.read(tmp_path / "secrets") == SECRETS
