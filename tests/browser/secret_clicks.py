"""Uses secrets in every way that a node panel and a pool builder in JupyterLab have, by mouse and keyboard."""

from __future__ import annotations

import json
import re
import secrets as randomness
from pathlib import Path
from typing import TYPE_CHECKING

from node_panels import row, terminal_has
from safety.secret_pools import body_with_secrets

from batch_widgets.widgets.pool_sections import SECTIONS

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator
    from safety.secret_forms import Secrets

GENERATED, NEW_KEY, IN_TERMINAL = "generated password", "new private key", "word typed into a terminal"
SIGNED = "https://contoso.blob.core.windows.net/logs?sv=2024-08-04&sp=rw&sig="
IMAGE = {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts", "version": "latest"}
AGENT = "batch.node.ubuntu 22.04"


class Clicks:
    """The ways, and what they let out on purpose: texts that were copied and files that were downloaded.

    Parameters
    ----------
    notebook : Notebook
        Where the panel and the builder are shown, as ``panel`` and ``builder``.
    secrets : Secrets
        What to use; what is made up on the way is added.
    home : Path
        The home folder of the kernel.
    """

    def __init__(self, notebook: Notebook, secrets: Secrets, home: Path) -> None:
        self.notebook = notebook
        self.secrets = secrets
        self.values = secrets.values
        self.home = home
        self.taken: dict[str, str] = {}

    def use_panel(self, panel: Locator) -> None:
        self._add_users(panel)
        self._paste_private_key(panel)
        self._log_in(panel)
        self._take_along(panel)
        self._open_terminal(panel)
        self._upload_logs(panel)

    def _add_users(self, panel: Locator) -> None:
        self._add(panel, "typed", "Password, typed", self.values["password typed for a user"])
        self._add(panel, "alice", "Password, generated")
        shown = panel.locator(".bw-host-once code")
        self.values[GENERATED] = shown.inner_text()
        panel.get_by_role("button", name="Hide").click()
        shown.wait_for(state="detached")
        self._add(panel, "keyed", "New key")
        key = self.home / ".ssh" / "batch_widgets_ed25519"
        self.values[NEW_KEY] = key.read_text(encoding="utf-8")
        self.secrets.not_secret[NEW_KEY] = key.with_suffix(".pub").read_text(encoding="utf-8")

    def _add(self, panel: Locator, name: str, way: str, password: str = "") -> None:
        panel.get_by_role("button", name="Add user…").click()
        panel.locator(".bw-at-name input:visible").fill(name)
        panel.get_by_label(way).check()
        if password:
            panel.locator(".bw-at-password input:visible").fill(password)
        panel.get_by_role("button", name=re.compile("^Add user to 2 nodes")).click()
        self.notebook.wait_python(f"[{name!r} in node.users for _, node in service._state.nodes()]", [True, True], 30)
        panel.get_by_text("2 added").first.wait_for()

    def _paste_private_key(self, panel: Locator) -> None:
        panel.get_by_role("button", name="Add user…").click()
        panel.get_by_label("Pasted public key").check()
        pasted = panel.get_by_placeholder("ssh-ed25519 AAAA")
        pasted.fill(self.values["private key pasted for the public one"])
        panel.get_by_text("This is a private key.").wait_for()
        assert pasted.input_value() == ""
        panel.get_by_role("button", name="Close", exact=True).first.click()

    def _log_in(self, panel: Locator) -> None:
        panel.get_by_role("button", name="Log in or run…").click()
        self._fill_login(panel)
        panel.get_by_role("button", name="Test login on 2 nodes").click()
        panel.get_by_text("2 ok").first.wait_for()
        self._fill_login(panel)
        panel.get_by_placeholder("nvidia-smi").fill("whoami; false")
        panel.get_by_role("button", name="Run on 2 nodes").click()
        panel.get_by_text("2 failed").first.wait_for()

    def _fill_login(self, panel: Locator) -> None:
        panel.locator(".bw-at-user input:visible").fill("words")
        panel.get_by_label("Signs in with").locator("visible=true").select_option("Password")
        panel.locator(".bw-at-password input:visible").fill(self.values["password typed to log in"])

    def _take_along(self, panel: Locator) -> None:
        panel.get_by_role("button", name="Write ssh config file").click()
        panel.get_by_text("Written to").wait_for()
        for button, part in (("Copy ssh_config", "HostKeyAlias"), ("Copy all commands", "ssh ")):
            panel.get_by_role("button", name=button).click()
            self.taken[button] = self.notebook.clipboard(part)
        self.taken["CSV of logins"] = self._download(panel, "Download CSV")

    def _download(self, output: Locator, button: str) -> str:
        with self.notebook.page.expect_download() as download:
            output.get_by_role("button", name=button).click()
        return Path(download.value.path()).read_text(encoding="utf-8")

    def _open_terminal(self, panel: Locator) -> None:
        node_id = self.notebook.python("print(panel.last_view.nodes[0].id)")
        panel.get_by_label(f"Select node {node_id}").check()
        self._fill_login(panel)
        panel.get_by_role("button", name="Open terminal", exact=True).last.click()
        panel.get_by_text("connected", exact=True).wait_for()
        self.values[IN_TERMINAL] = f"Pw-{randomness.token_hex(16)}"
        panel.locator(".xterm-screen:visible").click()
        self.notebook.page.keyboard.insert_text(f"echo {self.values[IN_TERMINAL]}; echo after $USER")
        self.notebook.page.keyboard.press("Enter")
        terminal_has(self.notebook, "\nafter words")
        panel.get_by_role("button", name="Clear selection").click()
        row(panel, node_id).wait_for()

    def _upload_logs(self, panel: Locator) -> None:
        self.notebook.python("panel.show_details(panel.last_view.nodes[0].id)")
        panel.get_by_role("button", name="Service logs").click()
        field = panel.get_by_placeholder("container?sv=…&sig=…")
        for url in (SIGNED, "contoso/logs?sv=2024-08-04&sp=rw&sig="):  # the second is none
            field.fill(url + self.values["signature of a container for logs"])
            field.press("Enter")
            panel.get_by_text(
                "Batch puts 8 files" if url == SIGNED else "Give the URL of a blob container with"
            ).wait_for()

    def use_builder(self, builder: Locator) -> None:
        self._load(builder)
        self._export(builder, "as loaded")
        builder.get_by_role("button", name="Create pool").click()
        self.notebook.wait_python("builder.creation is not None and builder.creation.done()", expected=True, seconds=60)
        typed = self._type_all(builder)
        self._export(builder, "as typed")
        return typed

    def _load(self, builder: Locator) -> None:
        builder.get_by_role("button", name="Load…").click()
        source = builder.locator(".bw-source .bw-secret input")
        source.fill(json.dumps(body_with_secrets(self.values, IMAGE, AGENT)))
        source.press("Enter")
        source.wait_for(state="hidden")

    def _type_all(self, builder: Locator) -> list[str]:
        """Type another secret into each field for one; give their names."""
        typed = []
        for title in SECTIONS:
            builder.locator(".jupyter-widget-Collapse-header").filter(has_text=title).click()
            section = builder.locator(".bw-more-section:visible")
            section.locator(".bw-row:visible").first.wait_for()
            fields = section.locator(".bw-secret input")
            for number in range(fields.count()):
                name = f"secret typed into field {number + 1} of {title}"
                self.values[name] = f"{randomness.token_hex(16)}"
                text = SIGNED + self.values[name]
                field = fields.nth(number)
                field.fill(json.dumps({"word": text}) if field.get_attribute("placeholder") == "JSON" else text)
                field.press("Enter")
                self.notebook.page.wait_for_function("field => field.value === ''", arg=field.element_handle())
                typed.append(name)
        return typed

    def _export(self, builder: Locator, when: str) -> None:
        for view in ("Python", "JSON", "az", "Bicep"):
            builder.get_by_role("button", name=view, exact=True).click()
            self.notebook.wait_python("builder.exports.view.value", view)
            self.taken[f"{view}, {when}"] = self._download(builder, "Save as file")
