"""LoginPart: takes out of the panel how to log in: ssh's settings, commands, CSV, files for Remote Desktop."""

from __future__ import annotations

import asyncio
import logging
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batch_widgets import login
from batch_widgets.errors import BatchWidgetsError
from batch_widgets.login import RemoteLoginSettings
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row, styled
from batch_widgets.widgets.copy import CopyButton
from batch_widgets.widgets.download import DownloadButton
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from batch_widgets.account import BatchAccount
    from batch_widgets.account.ledger import GivenUser
    from batch_widgets.login import NoEndpoint, SshHost
    from batch_widgets.nodes import Node
    from batch_widgets.runner import Operation
    from batch_widgets.widgets.node_view import NodesView


_log = logging.getLogger("batch_widgets")


@dataclass(frozen=True)
class _Chosen:
    """The nodes that are meant, and who has a way to log in to them."""

    nodes: tuple[Node, ...]
    settings: tuple[RemoteLoginSettings, ...]
    absent: dict[str, NoEndpoint]
    users: dict[str, GivenUser]
    ready: tuple[RemoteLoginSettings, ...]


class LoginPart(lean.VBox):
    """How to log in to the selected nodes, or to all where none is selected, for use elsewhere.

    Only nodes that were given a user here are in what it hands out, but for the table.

    Parameters
    ----------
    account : BatchAccount
        The account.
    get_view : callable
        Gives what was read last of the pool.
    get_selected : callable, optional
        Gives the ids of the selected nodes; without it all are meant.
    """

    def __init__(
        self,
        account: BatchAccount,
        get_view: Callable[[], NodesView],
        get_selected: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._account = account
        self._get_view = get_view
        self._get_selected = get_selected
        self.title = html(markup.span("Log in from elsewhere", "bw-strong"))
        self.counts = html("", "bw-grow")
        self.private = styled(lean.Checkbox(description="Private addresses", indent=False), "bw-opt")
        self.copy_config = CopyButton(label="Copy ssh_config", make_text=lambda: self._guarded(self.ssh_config) or "")
        self.write_button = button("Write ssh config file")
        self.copy_commands = CopyButton(label="Copy all commands", make_text=lambda: self._guarded(self.commands) or "")
        self.csv_button = DownloadButton(label="Download CSV")
        self.rdp_button = DownloadButton(label="Download RDP files")
        self.message = Message()
        self.copy_written = CopyButton(label="Copy command")
        self._written = row("bw-bar", self.copy_written)
        super().__init__(
            (
                row("bw-bar", self.title, self.counts, self.private),
                row(
                    "bw-bar",
                    *(self.copy_config, self.write_button, self.copy_commands, self.rdp_button, self.csv_button),
                ),
                self.message,
                self._written,
            )
        )
        self.add_class("bw-login")
        for hidden in (self._written, self.rdp_button):
            show(hidden, visible=False)
        self.private.observe(lambda _: self.refresh(), "value")
        self.write_button.on_click(lambda _: self._guarded(self.write))
        self.csv_button.on_click(lambda: self._guarded(self._offer_csv))
        self.rdp_button.on_click(lambda: self._guarded(self._offer_rdp))
        self.refresh()

    # what is handed out

    def ssh_config(self) -> str:
        """Give the text of a file of settings for ssh."""
        view, hosts = self._get_view(), self._hosts()
        if view.pool is None:
            return ""
        known_hosts = self._account.known_hosts
        return login.ssh_config(view.pool.id, hosts, known_hosts=known_hosts, private=self.private.value)

    def commands(self) -> str:
        """Give a command for each node, a line each."""
        return "".join(f"{command}\n" for command in self._commands().values())

    def _commands(self) -> dict[str, str]:
        if self._get_view().os_type != "linux":
            return {}
        return {
            host.login.node_id: login.ssh_command(
                host.user,
                host.login,
                identity_file=host.identity_file,
                known_hosts=self._account.known_hosts,
                host_key_known=host.host_key_known,
                private=self.private.value,
            )
            for host in self._hosts()
        }

    def csv(self) -> str:
        """Give the table of all nodes that are meant as CSV."""
        chosen = self._choose()
        return login.login_csv(login.login_frame(chosen.settings, self._commands(), chosen.absent))

    def rdp(self) -> tuple[str, bytes]:
        """Give name and content of the file for Remote Desktop; of several one that they are packed in."""
        view, chosen = self._get_view(), self._choose()
        if view.pool is None:
            return "", b""
        users = {node_id: user.name for node_id, user in chosen.users.items()}
        files = login.rdp_files(view.pool.id, users, chosen.ready, private=self.private.value)
        if len(files) == 1:
            return next(iter(files.items()))
        return f"{view.pool.id}-rdp.zip", login.zip_files(files)

    def write(self) -> Operation[Path]:
        """Write the settings for ssh to the account's file for the pool, and say where that is."""
        pool = self._get_view().pool
        pool_id = pool.id if pool else ""
        path = self._account.ssh_config_file(pool_id)
        alias = next(iter(login.host_aliases(pool_id, (one.node_id for one in self._choose().ready)).values()), "")

        async def work(_operation: Operation[Path]) -> Path:
            return await asyncio.to_thread(lambda: login.write_ssh_config(path, self.ssh_config()))

        operation = self._account.runner.submit("Write ssh's settings", work)
        operation.add_done_callback(lambda ended: self._on_written(ended, alias))
        return operation

    # on show

    def refresh(self) -> None:
        """Follow what was read and what is selected, unless it is hidden.

        To be called after each reading and choice, when users were added, and when it is shown.
        """
        if self.layout.display == "none":
            return
        view = self._get_view()
        chosen = self._choose()
        linux, any_ready, closed = view.os_type == "linux", bool(chosen.ready), self._account.closed
        self.counts.value = markup.muted(_counts(chosen, selected=bool(self._selected(view))))
        for control in (self.copy_config, self.write_button, self.copy_commands):
            show(control, visible=linux)
            control.disabled = not any_ready or (closed and control is self.write_button)
        show(self.rdp_button, visible=not linux)
        self.rdp_button.disabled = not any_ready
        self.csv_button.disabled = not chosen.nodes

    def _selected(self, view: NodesView) -> list[Node]:
        ids = set(self._get_selected())
        return [node for node in view.nodes if node.id in ids]

    def _choose(self) -> _Chosen:
        view = self._get_view()
        if view.pool is None:
            return _Chosen((), (), {}, {}, ())
        nodes = tuple(self._selected(view) or view.nodes)
        settings, absent = [], {}
        for node in nodes:
            known = view.logins.get(node.id)
            why = login.no_endpoint(view.pool, node, known)
            if why is not None:
                absent[node.id] = why
            settings.append(
                replace(
                    known or RemoteLoginSettings(node.id),
                    private_ip_address=node.ip_address or None,
                    reason=why.reason if why else "",
                )
            )
        given = self._account.users_given.of_nodes(view.pool.id, nodes)
        users = {node_id: names[-1] for node_id, names in given.items()}
        private = self.private.value
        ready = (one for one in settings if one.node_id in users and one.endpoint(private=private) is not None)
        return _Chosen(nodes, tuple(settings), absent, users, tuple(ready))

    def _hosts(self) -> list[SshHost]:
        chosen = self._choose()
        hosts: dict[str, SshHost] = {}
        for user in dict.fromkeys(chosen.users.values()):
            own = [one for one in chosen.ready if chosen.users[one.node_id] == user]
            for host in self._account.ssh_hosts(user.name, own, identity_file=user.identity_file):
                hosts[host.login.node_id] = host
        return [hosts[one.node_id] for one in chosen.ready]

    # handlers

    def _guarded(self, handler: Callable[[], Any]) -> Any:
        """Call a handler; its error shows here."""
        try:
            return handler()
        except Exception as error:  # noqa: BLE001 (whatever it is, the user must see it)
            self._show_error(error)
            return None

    def _show_error(self, error: BaseException) -> None:
        show(self._written, visible=False)
        if isinstance(error, BatchWidgetsError):
            self.message.show("err", error.message, error.hint, markup.error_details(error))
        elif isinstance(error, OSError):
            self.message.show("err", "The file could not be written.", str(error))
        else:
            _log.error("Unexpected error in a widget", exc_info=error)
            self.message.show(
                "err", "Something unexpected went wrong.", f"{type(error).__name__}. The log has the details."
            )

    def _on_written(self, operation: Operation[Path], alias: str) -> None:
        if self.is_closed or operation.cancelled():
            return
        error = operation.exception()
        if error is not None:
            self._show_error(error)
            return
        path = operation.result()
        command = shlex.join(["ssh", "-F", str(path), alias])
        self.copy_written.text = command
        show(self._written, visible=True)
        self.message.show("ok", f"Written to {path}", f"In a terminal on the machine of this kernel: {command}")

    def _offer_csv(self) -> None:
        pool = self._get_view().pool
        self.csv_button.offer(f"{pool.id if pool else 'nodes'}-logins.csv", self.csv().encode())

    def _offer_rdp(self) -> None:
        name, content = self.rdp()
        self.rdp_button.offer(name, content)


def _counts(chosen: _Chosen, *, selected: bool) -> str:
    """Say how many nodes are meant, and why not all of them are in what is handed out."""
    count = len(chosen.nodes)
    if not count:
        return "No nodes."
    which = f"{count} selected node{'' if count == 1 else 's'}" if selected else f"all {count} nodes"
    if count == 1 and not selected:
        which = "the 1 node"
    without_user = sum(node.id not in chosen.users for node in chosen.nodes)
    without_address = count - len(chosen.ready) - without_user
    left_out = [
        *([f"{without_user} without a user added here"] if without_user else []),
        *([f"{without_address} without an address"] if without_address else []),
    ]
    return f"{len(chosen.ready)} of {which}; left out: {', '.join(left_out)}" if left_out else f"For {which}"
