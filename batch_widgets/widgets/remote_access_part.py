"""RemoteAccessPart: "Allow SSH" and "Allow RDP", who may connect, and the NAT pools and rules that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from batch_widgets.account.own_address import ADDRESS_SERVICE, local_address, public_address
from batch_widgets.pools.remote_access import RDP_PORT, SSH_PORT, nat_pools, nat_rules
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.bound import text_control
from batch_widgets.widgets.controls import Field, button, html, row, styled
from batch_widgets.widgets.lean import show

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Address, IPv6Address

    from batch_widgets.pools import PoolSpec

_SINCE = "Pools open no port by themselves since 30 November 2025, and it can't be added to a running pool."


class RemoteAccessPart(lean.VBox):
    """The ways into the nodes.

    Parameters
    ----------
    builder : PoolBuilder
        Whose traits it shows.
    """

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._asked_for = "ssh_sources"
        self.allow_ssh = styled(lean.Checkbox(description="Allow SSH (port 22)", indent=False), "bw-opt")
        self.allow_rdp = styled(lean.Checkbox(description="Allow RDP (port 3389)", indent=False), "bw-opt")
        self.sources = _source_field(builder, "ssh_sources")
        self.rdp_sources = _source_field(builder, "rdp_sources")
        self.address_button = button("Add this kernel's address", "bw-link")
        self._address_row = row("bw-row", html("", "bw-lab"), self.address_button)
        self.rules = html("", "bw-hint")
        self._hint = html(markup.muted(_SINCE), "bw-hint")
        self.fields = (
            Field("allow_ssh", "", self.allow_ssh),
            Field("ssh_sources", "Allowed sources", self.sources),
            Field("allow_rdp", "", self.allow_rdp),
            Field("rdp_sources", "Allowed sources", self.rdp_sources),
        )
        super().__init__((*(field.widget for field in self.fields), self._address_row, self.rules, self._hint))
        self.add_class("bw-ways")
        builder.on_click(self.address_button, self._look_up_address)
        for name in ("allow_ssh", "allow_rdp"):
            ipywidgets.link((builder, name), (getattr(self, name), "value"))

    def show_spec(self, spec: PoolSpec) -> None:
        """Show what belongs to what is allowed, and the rules as they would be sent."""
        _, ssh_sources, _, rdp_sources = (field.widget for field in self.fields)
        show(ssh_sources, visible=spec.allow_ssh)
        show(rdp_sources, visible=spec.allow_rdp)
        show(self._address_row, visible=spec.allow_ssh or spec.allow_rdp)
        self._asked_for = "ssh_sources" if spec.allow_ssh else "rdp_sources"
        lines = [_rules_line(pool) for pool in nat_pools(spec.to_body()) if pool.get("backendPort") in _WAYS]
        self.rules.value = "<br>".join(markup.muted(line) for line in lines)
        show(self.rules, visible=bool(lines))

    # the kernel's own address

    def _look_up_address(self) -> None:
        account = self._builder.account
        self._follow("Look up this machine's address", lambda: local_address(account.endpoint), self._show_local)

    def _show_local(self, address: IPv4Address | IPv6Address) -> None:
        if address.is_global or self._builder.account.is_demo:
            self._add(address)
            return
        self._builder.message.show(
            "warn",
            f"The kernel's machine is {address} in its own network; Azure sees another address.",
            f"Ask {ADDRESS_SERVICE.partition('//')[2]}, an outside service, which one that is? It learns the address "
            "and nothing else. If you log in from another machine, it is that machine's address that you need.",
            actions=(("Don't ask", lambda: None), ("Ask for the address", self._ask_outside)),
            classes=("bw-safe",),
        )
        self._builder.frame_piece.focus("bw-safe")

    def _ask_outside(self) -> None:
        self._follow("Ask for this machine's public address", lambda: public_address(ADDRESS_SERVICE), self._add)

    def _follow(self, title: str, look: Callable[[], Any], done: Callable[[Any], object]) -> None:
        operation = self._builder.account.runner.submit(title, lambda _: look())
        self._builder.follow(operation, done, superseded=False)

    def _add(self, address: IPv4Address | IPv6Address) -> None:
        sources = getattr(self._builder, self._asked_for)
        if str(address) not in sources:
            setattr(self._builder, self._asked_for, (*sources, str(address)))


_WAYS = {SSH_PORT, RDP_PORT}


def _rules_line(pool: Any) -> str:
    ports = f"{pool.get('frontendPortRangeStart')}-{pool.get('frontendPortRangeEnd')}"
    rules = "; ".join(
        f"{rule.get('priority')} {rule.get('access')} {rule.get('sourceAddressPrefix')}" for rule in nat_rules(pool)
    )
    said = f"NAT pool {pool.get('name')}: ports {ports} to port {pool.get('backendPort')}"
    return f"{said}; {rules or 'no rules, so everyone may connect'}."


def _source_field(builder: Any, name: str) -> Any:
    control = text_control("texts", (), lambda value: setattr(builder, name, value), lambda _: None)
    control.placeholder = "203.0.113.7, 198.51.100.0/24"
    builder.observe(lambda change: control.show_value(change["new"]), name)
    return control
