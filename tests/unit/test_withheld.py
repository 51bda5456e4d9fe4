"""Secrets that the service repeats, that objects hold, and that fields would show: none is seen."""

from __future__ import annotations

import asyncio
import copy
import json
import traceback

import pytest
from IPython.lib.pretty import pretty
from ipywidgets.widgets.widget import _instances

import batch_widgets as bw
from batch_widgets.errors import ServiceError
from batch_widgets.nodes import NodeUser
from batch_widgets.pools.secrets import secret_texts
from batch_widgets.sdk import SdkService
from batch_widgets.sdk.withheld import withhold
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.user_form import PASTED, UserForm
from unit.local_server import LocalServer

KEY = "c2VjcmV0LWtleS1vZi10aGUtdGVzdA=="
PASSWORD = 'Hunter2"\\ü &%'
SIGNED = "https://contoso.blob.core.windows.net/c/run.sh?sv=1&sig=c2VudGluZWw%2Bof%3D"
COMMAND = f"curl '{SIGNED}'"
POOL = {
    "id": "p",
    "startTask": {"commandLine": COMMAND, "resourceFiles": [{"httpUrl": SIGNED, "filePath": "f"}]},
    "userAccounts": [{"name": "bob", "password": PASSWORD}],
    "metadata": [{"name": "c", "value": "AccountName=a;AccountKey=c2VudGluZWwx;X=y"}],
    "virtualMachineConfiguration": {"extensions": [{"name": "e", "protectedSettings": {"a": [{"b": "sentinel"}]}}]},
}
SECRET_PARTS = ("Hunter2", "c2VudGluZWw", "sentinel")
CALLS = {
    "create_pool": lambda service: service.create_pool(bw.PoolSpec.from_body(POOL)),
    "create_node_user": lambda service: service.create_node_user("p", "n", NodeUser("bob", password=PASSWORD)),
    "replace_node_user": lambda service: service.replace_node_user("p", "n", NodeUser("bob", password=PASSWORD)),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_the_service_repeats_of_secrets_is_left_out(call):
    server = LocalServer()

    def refusal():
        body = server.bodies[-1].decode()
        values = [{"key": "PropertyName", "value": "some"}, {"key": "PropertyValue", "value": body}]
        sent = [one for one in (PASSWORD, SIGNED) if json.dumps(one, ensure_ascii=False)[1:-1] in body]
        values += [{"key": "PropertyValue", "value": one} for one in (*sent, *map(json.dumps, sent))]
        return json.dumps({"code": "InvalidPropertyValue", "message": {"value": f"Not {body}."}, "values": values})

    server.answer(refusal, 400, **{"Content-Type": "application/json"})

    async def main():
        async with server.running():
            service = SdkService(server.url, "contoso", account_key=KEY)
            try:
                await CALLS[call](service)
            finally:
                await service.close()
                assert "Hunter2" in server.bodies[-1].decode()

    with pytest.raises(ServiceError) as caught:
        asyncio.run(main())
    error = caught.value
    assert "PropertyName: some" in error.message
    assert error.code == "InvalidPropertyValue"
    assert error.__context__ is None
    told = "".join([*traceback.format_exception(error), repr(error), str(error), repr(vars(error))])
    assert not [part for part in SECRET_PARTS if part in told or part in str(error)]


def test_an_error_without_a_secret_is_told_whole():
    assert withhold("Not good: x", {""}) == "Not good: x"
    assert secret_texts({"id": "p", "extensions": [{"protectedSettings": {"on": True, "a": "yes"}}]}) == set()


def test_the_secrets_of_a_pool():
    found = secret_texts(POOL)
    assert {PASSWORD, SIGNED, COMMAND, "sentinel", "c2VudGluZWwx", "c2VudGluZWw%2Bof%3D"} <= found
    assert not {"p", "bob", "f", "e", "c"} & found


def test_objects_of_a_pool_hide_secrets_in_a_cell():
    spec = bw.PoolSpec.from_body(POOL)
    shown = [spec.loaded, spec.user_accounts, spec.start_task_resource_files, spec.extensions, spec.metadata]
    for value in shown:
        for text in (repr(value), pretty(value), repr(copy.deepcopy(value)), f"{value}"):
            assert not [part for part in SECRET_PARTS if part in text]
    assert "'bob'" in repr(spec.user_accounts)
    assert spec.user_accounts[0]["password"] == PASSWORD
    assert spec.to_body() == POOL
    assert type(spec.to_body()["userAccounts"][0]) is dict


@pytest.fixture
def builder(account):
    builder = bw.PoolBuilder(account)
    builder._repr_mimebundle_()
    yield builder
    builder.close()


def states():
    return json.dumps([one.get_state() for one in list(_instances.values())], default=str)


@pytest.mark.parametrize("how", ["set", "loaded"])
def test_a_command_with_a_signature_is_not_shown_unless_it_was_typed(builder, how):
    field = builder.form.command_line
    if how == "set":
        builder.start_task_command_line = COMMAND
    else:
        builder.load(POOL)
    assert "c2VudGluZWw" not in states()
    assert field.value == ""
    assert "not shown" in field.placeholder
    assert builder.problems
    assert "c2VudGluZWw" not in repr(builder.problems)
    assert builder.spec.start_task_command_line == COMMAND
    builder.vm_size = "Standard_D4s_v3"
    assert builder.spec.start_task_command_line == COMMAND, "what is not shown is kept"
    field.value = "run"
    assert builder.spec.start_task_command_line == "run"
    assert field.placeholder == "none"
    field.value = COMMAND
    assert field.value == builder.start_task_command_line == COMMAND, "what is typed stays as it is"
    builder.reset()
    assert (field.value, field.placeholder) == ("", "none")


def test_other_texts_with_a_signature_are_not_shown_either(builder):
    builder.start_task_container_run_options = f"-e URL={SIGNED}"
    builder.form.sections.open_at("start_task_container_run_options")
    assert "c2VudGluZWw" not in states()
    builder.start_task_container_run_options = "-e A=b"
    assert "-e A=b" in states()


def test_a_pasted_private_key_is_not_sent_back(monkeypatch):
    sent = []
    form = UserForm(lambda *_: None)
    try:
        form._repr_mimebundle_()
        form.method.value = PASTED
        assert form.pasted.comm is not None
        monkeypatch.setattr(form.pasted.comm, "send", lambda data=None, **_: sent.append(json.dumps(data)))
        update = {"method": "update", "state": {"value": "PuTTY-User-Key-File-3\nsentinel"}, "buffer_paths": []}
        form.pasted._handle_msg({"content": {"data": update}, "buffers": []})
        assert form.pasted.value == ""
        assert sent
        assert not any("sentinel" in one for one in sent)
    finally:
        close_tree(form)
