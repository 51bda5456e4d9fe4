"""Uses secrets in every way that the widgets have for them, in this process or in a kernel."""

from __future__ import annotations

import json
import time

from azure.core.credentials import AccessToken
from safety.secret_nodes import NodePaths
from safety.secret_page import WAIT_S, click, show, type_secret, wait
from safety.secret_pools import PoolPaths

import batch_widgets as bw
from batch_widgets.widgets.user_form import PASSWORD

FOLDER = "BATCH_WIDGETS_SAFETY_FOLDER"
"""The variable that tells a kernel where its secrets are."""
USES = ("use_account", "use_browser", "use_builder", "use_panel", "use_workbench")
"""The ways, as methods of :class:`Paths`."""


class Credential:
    """A credential of Entra ID, as azure-identity has them."""

    def __init__(self, token):
        self._secret = token

    def get_token(self, *_scopes, **_options):
        return AccessToken(self._secret, int(time.time()) + 3600)


class Paths(PoolPaths, NodePaths):
    """All ways."""

    def use_account(self):
        key, token = self.values["account key"], self.values["Entra token"]
        self.account.check()
        self.kept += [self.account, self.account.aio, self.account.list_vm_sizes(), self.account.list_pools()]
        wrong = bw.connect(self.service.endpoint, account_name="somebody-else", account_key=key)
        self.failing(wrong.check)
        wrong.close()
        self.failing(lambda: bw.connect(self.service.endpoint, account_name="demo", account_key=f"{key}*"))
        self.failing(lambda: bw.connect(self.service.endpoint, credential=Credential(token)))
        self.failing(lambda: bw.connect("http://192.0.2.1", account_name="demo", account_key=key))
        over_tls = bw.connect(self.service.endpoint.replace("http:", "https:"), credential=Credential(token))
        self.failing(over_tls.check)
        self.kept.append(over_tls)
        over_tls.close()

    def use_browser(self):
        browser = bw.SkuBrowser(self.account)
        show(browser)
        self.texts["exports of the SkuBrowser"] = browser.frame.to_csv()
        browser.select("ubuntu 22.04", latest=True)
        self.kept.append(browser)

    def use_workbench(self):
        workbench = bw.Workbench(self.account)
        show(workbench)
        builder = workbench.builder
        click(workbench.steps[1])
        click(builder.load_button)
        wait(lambda: not builder.source.clone_button.disabled)
        body = {**self.body(), "id": "bench"}
        type_secret(builder.source.json, json.dumps(body), lambda: click(builder.source.load_button))
        click(workbench.steps[2])
        workbench.panel.pool_id = "demo"
        workbench.panel.refresh().result(WAIT_S)
        form, before = self._open(workbench.panel, workbench.panel.add_button), workbench.panel.operation
        self._fill(form, "bench", PASSWORD)
        type_secret(form.password, self.values["password typed for a user"], lambda: click(form.add_button))
        self._ended(workbench.panel, before)
        self.kept.append(workbench)
