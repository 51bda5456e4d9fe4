"""Workbench: the three widgets in one, each feeding the next."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from batch_widgets.nodes import state_counts
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, column, html, row
from batch_widgets.widgets.node_panel import NodePanel
from batch_widgets.widgets.panel import Panel, refuse_unknown
from batch_widgets.widgets.pool_builder import PoolBuilder
from batch_widgets.widgets.sku_browser import SkuBrowser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_widgets.account import BatchAccount
    from batch_widgets.pools import PoolSpec
    from batch_widgets.runner import Operation

_STEPS = ("Image", "Pool", "Nodes")


class Workbench(Panel):
    """Image, pool, nodes: what one step gives, the next one takes.

    Parameters
    ----------
    account : BatchAccount
        The account.
    """

    def __init__(self, account: BatchAccount, **unknown: Any) -> None:
        refuse_unknown("Workbench", unknown, ())
        self._created: PoolSpec | None = None
        self.browser = SkuBrowser(account)
        self.builder = PoolBuilder(account)
        self.panel = NodePanel(account)
        self.panel.python_name = "workbench.panel"
        super().__init__(account, "Workbench")
        self.steps = tuple(button(f"{number}  {name}", "bw-step") for number, name in enumerate(_STEPS, 1))
        self._results = tuple(html("", "bw-step-result") for _ in _STEPS)
        self.stack = lean.Stack((self.browser, self.builder, self.panel), selected_index=0)
        self.stack.add_class("bw-stack")
        rail = column(
            "bw-rail",
            *(column("bw-rail-step", step, result) for step, result in zip(self.steps, self._results, strict=True)),
        )
        foot = html(
            " ".join(
                (
                    markup.muted("In the next cell"),
                    *(
                        markup.mono(name)
                        for name in ("workbench.browser.selected", "workbench.builder.spec", "workbench.panel.frame")
                    ),
                )
            ),
            "bw-foot",
        )
        self.disconnect_button = button("Disconnect", "bw-flat", title="Closes the account; widgets stay readable.")
        self.lay_out(
            row("bw-bench", rail, self.stack), foot, actions=(self.disconnect_button,), online=(self.disconnect_button,)
        )
        self.show_facts(markup.muted(account.endpoint))
        self.browser.offer_use(lambda: self.go_to(1))
        self._link()
        self.go_to(0)

    def _link(self) -> None:
        for number, step in enumerate(self.steps):
            self.on_click(step, functools.partial(self.go_to, number))
        self.on_click(self.disconnect_button, self._disconnect)
        self.browser.observe(self._on_image, "selected")
        self.builder.observe(self._on_creation, "creation")
        self.builder.card.on_accepted(self._on_accepted)
        self.builder.card.on_deleted(self._on_deleted)
        self.builder.observe(lambda _: self._draw(), ["pool_id", "vm_size", "problems"])
        self.panel.on_read(self._draw)

    def go_to(self, step: int) -> None:
        """Open a step: 0 image, 1 pool, 2 nodes."""
        self.stack.selected_index = step
        for number, one in enumerate(self.steps):
            (one.add_class if number == step else one.remove_class)("bw-current")
        self._draw()

    def _disconnect(self) -> None:
        # close() waits for threads; a handler must not
        threading.Thread(target=self.account.close, name="batch-widgets-close", daemon=True).start()

    def _on_image(self, change: Mapping[str, Any]) -> None:
        if change["new"] is not None:
            self.builder.image = change["new"]
        self._draw()

    def _on_creation(self, change: Mapping[str, Any]) -> None:
        operation: Operation[Any] = change["new"]
        self._created = self.builder.spec
        operation.observe(lambda _: self._draw(), ["status", "progress"])
        operation.add_done_callback(lambda _: self._read_nodes())
        self._draw()

    def _on_accepted(self, pool_id: str) -> None:
        if not self.is_closed:
            self.panel.pool_id = pool_id

    def _on_deleted(self, pool_id: str) -> None:
        if self._created is not None and self._created.pool_id == pool_id:
            self._created = None
        self._draw()
        self._read_nodes()

    def _read_nodes(self) -> None:
        if not self.is_closed and not self.account.closed:
            self.panel.guarded(self.panel.refresh)

    def _draw(self) -> None:
        image, pool, nodes = self._results
        picked = self.browser.selected
        image.value = (
            f"{markup.pill('picked', 'ok')} {markup.muted(picked.label)}" if picked else markup.muted("none picked yet")
        )
        pool.value = self._pool_words()
        view = self.panel.last_view
        usable = sum(node.usable for node in view.nodes)
        if view.pool is None:
            nodes.value = markup.muted("no pool yet")
        else:
            hue = "ok" if usable == view.pool.target_nodes else "busy"
            nodes.value = (
                f"{markup.pill(f'{usable} of {view.pool.target_nodes} ready', hue)} "
                f"{markup.muted(markup.counts_words(state_counts(view.nodes)))}"
            )

    def _pool_words(self) -> str:
        created = self._created
        creation: Any = self.builder.creation
        if creation is None or created is None:
            return markup.muted(self.builder.pool_id or "not described yet")
        words = {"running": "creating", "done": "ready", "failed": "failed", "cancelled": "not followed"}
        label = markup.pill(words[creation.status], markup.status_hue(creation.status))
        return f"{label} {markup.muted(f'{created.pool_id}, {created.target_nodes} × {created.vm_size}')}"
