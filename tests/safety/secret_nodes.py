"""Uses secrets in every way that the node panel has for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from safety.secret_page import WAIT_S, click, set_state, show, type_secret, wait
from safety.secret_place import Place

import batch_widgets as bw
from batch_widgets.keys import parse_public_key
from batch_widgets.widgets.node_details import FILES, LOGS
from batch_widgets.widgets.user_form import GENERATED, PASSWORD, PASTED


class NodePaths(Place):
    """The ways through the node panel."""

    def use_panel(self, panel=None):
        panel = panel or bw.NodePanel(self.account, "demo")
        show(panel)
        panel.refresh().result(WAIT_S)
        self._add_by_form(panel)
        self._add_from_python(panel)
        self._paste_private_key(panel)
        self._log_in(panel)
        self._upload_logs(panel)
        self._read_files(panel)
        self.texts["exported CSV of logins"] = panel.logins.settings.csv()
        self.texts["settings for ssh"] = panel.logins.settings.ssh_config() + panel.logins.settings.commands()
        self.texts["table of nodes"] = panel.frame.to_csv()
        wait(panel.logins.settings.write().done)
        self.kept.append(panel)

    def _open(self, panel, opener):
        click(opener)
        return panel.users.form

    def _fill(self, form, name, method):
        set_state(form.name, value=name)
        set_state(form.method, index=[value for _, value in form.method.options].index(method))

    def _ended(self, panel, before):
        wait(lambda: panel.operation is not before and panel.operation.done())
        self.operations.append(panel.operation)
        wait(lambda: not panel.users._adding)
        return panel.operation

    def _add_by_form(self, panel):
        for refuses in (True, False):
            self.echo.refuses = refuses
            for name, method, secret in (
                ("typed", PASSWORD, self.values["password typed for a user"]),
                ("odd", PASSWORD, self.values["a password of every kind of character"]),
            ):
                form, before = self._open(panel, panel.add_button), panel.operation
                self._fill(form, name, method)
                type_secret(form.password, secret, lambda form=form: click(form.add_button))
                frame = self._ended(panel, before).result()
                assert set(frame["outcome"]) == {"failed" if refuses else "added"}
                self.texts[f"table of outcomes, {name}, {refuses}"] = frame.to_csv()
        form, before = self._open(panel, panel.add_button), panel.operation
        self._fill(form, "generated", GENERATED)
        click(form.add_button)
        self._ended(panel, before)
        click(panel.delete_button)

    def _add_from_python(self, panel):
        password = self.values["password from Python"]
        for refuses in (True, False):
            self.echo.refuses = refuses
            self.kept += [
                panel.add_user("py", password=password).result(WAIT_S),
                panel.add_user("call", password=lambda: self.values["password from a callable"]).result(WAIT_S),
                panel.add_user("py", password=password, if_exists="replace").result(WAIT_S),
                self.account.add_user("demo", "py", password=password).result(WAIT_S),
            ]
        self.failing(lambda: panel.add_user("not good", password=password))
        self.failing(lambda: panel.add_user("x", password=password, days=0))
        self.failing(lambda: panel.add_user("x", password=password, ssh_public_key=password))
        operation = self.account.add_user("none-such", "x", password=password)
        self.failing(lambda: operation.result(WAIT_S))
        self.operations.append(operation)

    def _paste_private_key(self, panel):
        key = self.values["private key pasted for the public one"]
        form = self._open(panel, panel.add_button)
        self._fill(form, "pasted", PASTED)
        set_state(form.pasted, value=key)
        assert not form.pasted.value
        click(form.add_button)
        self.failing(lambda: panel.add_user("pasted", ssh_public_key=key))
        self.failing(lambda: parse_public_key(key))
        click(form.cancel_button)

    def _log_in(self, panel):
        key = self.values["private key that logs in"]
        public = self.secrets.not_secret["private key that logs in"]
        file = Path.home() / ".ssh" / "id_given"
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_text(key)
        file.chmod(0o600)
        typed = self.values["password typed to log in"]
        self.account.add_user("demo", "keyed", ssh_public_key=public).result(WAIT_S)
        self.account.add_user("demo", "words", password=typed).result(WAIT_S)
        good, bad = {"user": "keyed", "identity_file": file}, {"user": "nobody", "identity_file": file}
        for login in (good, bad, {"user": "words", "password": typed}, {"user": "py", "password": typed}):
            self.kept += [
                panel.run("whoami", **login).result(WAIT_S),
                panel.test_login(**login).result(WAIT_S),
            ]
        terminal = panel.connect(self.node_ids[0], **good)
        self.kept += [terminal, terminal.opening.result(WAIT_S)]
        self.operations.append(terminal.opening)
        refused = panel.connect(self.node_ids[0], user="py", password=typed)
        self.failing(lambda: refused.opening.result(WAIT_S))
        self.operations.append(refused.opening)
        self._log_in_by_form(panel, typed)

    def _log_in_by_form(self, panel, typed):
        click(panel.login_button)
        form = panel.logins.form
        for user in ("words", "py"):
            set_state(form.user, value=user)
            set_state(form.credential, index=len(form.credential.options) - 1)
            set_state(form.command, value="whoami")
            for press in (form.test_button, form.run_button):
                before = panel.operation
                type_secret(form.password, typed, lambda press=press: click(press))
                self._ended(panel, before)
        panel.selected = (self.node_ids[0],)
        type_secret(form.password, typed, lambda: click(form.terminal_button))
        panel.selected = ()

    def _upload_logs(self, panel):
        v = self.values
        base = "https://contoso.blob.core.windows.net/logs?sv=2024-08-04&sp=rw&sig="
        panel.show_details(self.node_ids[0])
        details = panel.details
        set_state(details.section, index=[value for _, value in details.section.options].index(LOGS))
        for refuses in (True, False):
            self.echo.refuses = refuses
            for url in (base, "contoso/logs?sv=2024-08-04&sp=rw&sig="):
                type_secret(
                    details.logs.url,
                    url + v["signature of a container for logs"],
                    lambda: click(details.logs.upload_button),
                )
                wait(lambda: not details.logs.upload_button.disabled)
            now = datetime.now(UTC)
            operation = self.account.upload_node_logs(
                *("demo", self.node_ids[0], base + v["signature of a container for logs, from Python"]),
                start_time=now - timedelta(hours=1),
            )
            wait(operation.done)
            self.operations.append(operation)
        self.failing(
            lambda: self.account.upload_node_logs(
                *("demo", self.node_ids[0], "ftp:" + base + v["signature of a container for logs, from Python"]),
                start_time=now,
            )
        )

    def _read_files(self, panel):
        set_state(panel.details.section, index=[value for _, value in panel.details.section.options].index(FILES))
        wait(lambda: not panel.details.files.grid.busy)
