"""Uses secrets in every way that the pool builder has for them."""

from __future__ import annotations

import json
from contextlib import suppress

from safety.secret_page import click, found_below, password_button, set_state, show, type_secret, wait
from safety.secret_place import Place

import batch_widgets as bw
from batch_widgets.widgets.secret import SecretInput


def body_with_secrets(v, image_reference, node_agent_sku_id):
    """Give a pool with a secret wherever one may stand."""
    signed = "https://contoso.blob.core.windows.net/c/f?sv=2024-08-04&sp=r&sig="
    connection = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={v['storage key in a connection string']}"
    return {
        "id": "secretive",
        "vmSize": "Standard_D2s_v3",
        "targetDedicatedNodes": 1,
        "metadata": [{"name": "connection", "value": connection}],
        "startTask": {
            "commandLine": f"/bin/bash -c 'curl {signed}{v['signature in a command line']}'",
            "environmentSettings": [
                {"name": "FILE", "value": signed + v["signature in the environment"]},
                {"name": "CONNECTION", "value": connection},
            ],
            "resourceFiles": [{"httpUrl": signed + v["signature of a resource file"], "filePath": "f"}],
        },
        "userAccounts": [
            {
                "name": "bob",
                "password": v["password of a pool's user"],
                "linuxUserConfiguration": {
                    "uid": 1500,
                    "gid": 1500,
                    "sshPrivateKey": v["private key of a pool's user"],
                },
            }
        ],
        "mountConfiguration": [
            {
                "azureBlobFileSystemConfiguration": {
                    "accountName": "a",
                    "containerName": "c",
                    "sasKey": f"?sv=2024&sig={v['signature of what is mounted']}",
                    "relativeMountPath": "blob",
                }
            },
            {
                "azureFileShareConfiguration": {
                    "accountName": "a",
                    "azureFileUrl": "https://a.file.core.windows.net/share",
                    "accountKey": v["storage key of a mount"],
                    "relativeMountPath": "files",
                }
            },
            {
                "cifsMountConfiguration": {
                    "username": "u",
                    "password": v["password of a share"],
                    "source": "//server/share",
                    "relativeMountPath": "cifs",
                }
            },
        ],
        "virtualMachineConfiguration": {
            "imageReference": image_reference,
            "nodeAgentSKUId": node_agent_sku_id,
            "containerConfiguration": {
                "type": "dockerCompatible",
                "containerRegistries": [
                    {"registryServer": "r.azurecr.io", "username": "u", "password": v["password of a registry"]}
                ],
            },
            "extensions": [
                {
                    "name": "e",
                    "publisher": "p",
                    "type": "t",
                    "protectedSettings": {
                        "word": v["word of a protected setting"],
                        "deep": [{"word": v["secret of a start task"]}],
                    },
                }
            ],
        },
    }


class PoolPaths(Place):
    """The ways through the pool builder."""

    def body(self):
        """Give a pool with a secret wherever one may stand."""
        image = bw.select_image(self.account.list_supported_images(), "ubuntu 22.04", latest=True)
        reference = {name: getattr(image.image_reference, name) for name in ("publisher", "offer", "sku", "version")}
        return body_with_secrets(self.values, reference, image.node_agent_sku_id)

    def use_builder(self):
        self.builder = builder = bw.PoolBuilder(self.account)
        show(builder)
        for section in builder.form.sections.accordion.titles:
            builder.form.sections.open_section(section)
        click(builder.load_button)
        wait(lambda: not builder.source.clone_button.disabled)
        type_secret(builder.source.json, json.dumps(self.body()), lambda: click(builder.source.load_button))
        assert builder.spec.user_accounts[0]["password"] == self.values["password of a pool's user"]
        self._export("", builder)
        self._type_secrets(builder)
        self._use_from_python(builder)
        self._export(", once more", builder)
        self._create(builder)
        self.kept += [builder, builder.spec, builder.loaded, builder.problems]
        traits = [getattr(builder, name) for name in builder.trait_names() if not name.startswith("_")]
        self.kept += [one for one in traits if not isinstance(one, str)]  # a text is what it is

    def _type_secrets(self, builder):
        fields = builder.form.sections.fields
        items = fields["user_accounts"].control
        click(items.add_buttons[0])
        (*_, password, _key) = found_below(items.rows[-1], SecretInput)
        keep = password_button(items.rows[-1], password)
        type_secret(password, self.values["password typed for a pool's user"], lambda: click(keep))
        assert builder.user_accounts[-1]["password"] == self.values["password typed for a pool's user"]
        builder.user_accounts = builder.user_accounts[:1]

    def _use_from_python(self, builder):
        """Hand the same in from Python, as attributes and in `load`."""
        body = self.body()
        builder.load(body)
        builder.load(json.dumps(body))
        other = bw.PoolBuilder(self.account, **{name: getattr(builder, name) for name in bw.pools.spec.FIELDS})
        other.form.sections.open_section("Users and mounts")
        show(other)
        other.reset()
        other.close()
        signed = f"curl https://contoso.blob.core.windows.net/c?a=b&sig={self.values['signature in a command line']}"
        builder.start_task_command_line = signed  # without a shell, of which is warned
        assert "command-needs-shell" in {problem.rule for problem in builder.problems}
        builder.start_task_container_run_options = f"-e URL={signed}"
        self._export(", the command changed", builder)
        builder.load(body)
        self.failing(lambda: builder.load({**body, "userAccounts": body["userAccounts"][0]}))
        self.failing(lambda: builder.load(json.dumps(body)[:-3]))
        self.failing(lambda: builder.load({**body, "startTask": json.dumps(body)}))
        with suppress(Exception):
            builder.user_accounts = body["userAccounts"][0]["password"]

    def _export(self, when, builder):
        for view in ("Python", "JSON", "az", "Bicep"):
            set_state(builder.exports.view, index=("Checks", "Cost", "Python", "JSON", "az", "Bicep").index(view))
            self.texts[f"exported {view}{when}"] = builder.exports.current()
        self.texts[f"printed builder{when}"] = f"{builder!r} {builder.spec!r} {builder.spec}"

    def _create(self, builder):
        self.echo.refuses = True
        try:
            for again in ("secretive", "secretive-2"):
                builder.pool_id = again
                click(builder.create_button)
                wait(lambda: builder.creation is not None and builder.creation.done())
                self.operations.append(builder.creation)
                assert builder.creation.exception() is not None
        finally:
            self.echo.refuses = False
        builder.pool_id = "secretive-3"
        operation = builder.create()
        wait(operation.done)
        self.operations.append(operation)
        pool = self.account.get_pool("secretive-3")
        builder.load(pool)
        self.kept += [pool, self.account.list_pools()]
        self.texts["a pool of the account, as Python"] = builder.to_python()
