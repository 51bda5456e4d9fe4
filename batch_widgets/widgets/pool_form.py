"""The form of the pool builder: its controls, bound to the builder's traits in both directions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ipywidgets

from batch_widgets.images import CustomImage, ImageReference, SupportedImage
from batch_widgets.pools.rules import wrap_in_shell
from batch_widgets.widgets import markup
from batch_widgets.widgets.bound import text_control
from batch_widgets.widgets.controls import Field, button, column, html, row, show, styled
from batch_widgets.widgets.pool_sections import PoolSections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_widgets.problems import Problem

_MOST_MINUTES = 100_000
_VM_SIZES = (
    "Standard_D2s_v3",
    "Standard_D4s_v3",
    "Standard_D8s_v3",
    "Standard_D2s_v5",
    "Standard_D4s_v5",
    "Standard_E4s_v5",
    "Standard_F4s_v2",
    "Standard_F8s_v2",
    "Standard_NC4as_T4_v3",
)


class PoolForm(ipywidgets.VBox):
    """The controls of a pool.

    Parameters
    ----------
    builder : PoolBuilder
        Whose traits the controls are bound to.
    """

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._setting = False
        self.pool_id = ipywidgets.Text(continuous_update=True, placeholder="analysis")
        self.display_name = ipywidgets.Text(continuous_update=True)
        self.vm_size = ipywidgets.Combobox(options=_VM_SIZES, placeholder="Standard_D2s_v3", continuous_update=True)
        self.dedicated = _number()
        self.spot = _number()
        self.timeout = styled(ipywidgets.BoundedIntText(min=0, max=_MOST_MINUTES, continuous_update=True), "bw-narrow")
        self.command_line = ipywidgets.Text(continuous_update=True, placeholder="none")
        self.elevated = _checkbox("Run as administrator")
        self.wait = _checkbox("Wait for success")
        self.scale_mode = styled(
            ipywidgets.ToggleButtons(options=(("Fixed", False), ("Autoscale formula", True))), "bw-seg"
        )
        self.formula = styled(ipywidgets.Textarea(continuous_update=True, rows=5), "bw-formula")
        self.interval = text_control(
            "minutes", None, lambda value: setattr(builder, "auto_scale_evaluation_interval", value), self._on_interval
        )
        self.allow_ssh = _checkbox("Allow SSH (port 22)")
        self.allow_rdp = _checkbox("Allow RDP (port 3389)")
        self.sources = _source_field(builder, "ssh_sources")
        self.rdp_sources = _source_field(builder, "rdp_sources")
        self.sections = PoolSections(builder)
        self.wrap_button = button("Wrap in /bin/bash -c", "bw-link")
        self._wrap_row = row("bw-row", html("", "bw-lab"), self.wrap_button)
        self.image_part = ImagePart(builder)
        self._length = html("", "bw-num")
        self._ssh_hint = html(
            markup.muted(
                "Pools open no port by themselves since 30 November 2025, and it can't be added to a running pool."
            ),
            "bw-hint",
        )
        self.fields = (
            Field("pool_id", "Pool id", self.pool_id, self._length),
            Field("display_name", "Display name", self.display_name),
            Field("vm_size", "VM size", self.vm_size),
            Field(
                "target_dedicated_nodes",
                "Nodes",
                row(
                    "bw-cells",
                    self.dedicated,
                    _word("dedicated"),
                    self.spot,
                    _word("Spot, within"),
                    self.timeout,
                    _word("minutes"),
                ),
            ),
            Field("start_task_command_line", "Command", self.command_line),
            Field("allow_ssh", "", self.allow_ssh),
            Field("ssh_sources", "Allowed sources", self.sources),
            Field("allow_rdp", "", self.allow_rdp),
            Field("rdp_sources", "Allowed sources", self.rdp_sources),
            Field("enable_auto_scale", "Mode", self.scale_mode),
            Field("auto_scale_formula", "Formula", self.formula),
            Field("auto_scale_evaluation_interval", "Minutes between", self.interval, _word("15 where empty")),
        )
        basics, name, size, nodes, command, ssh, sources, rdp, rdp_sources, mode, formula, interval = (
            field.widget for field in self.fields
        )
        self._shown_with = (
            (sources, "allow_ssh", True),
            (rdp_sources, "allow_rdp", True),
            (nodes, "enable_auto_scale", False),
            (formula, "enable_auto_scale", True),
            (interval, "enable_auto_scale", True),
        )
        super().__init__(
            (
                _section("Basics", basics, name, size),
                _section("Image", self.image_part),
                _section("Scale", mode, nodes, formula, interval),
                _section(
                    "Start task",
                    command,
                    self._wrap_row,
                    row("bw-row", html("", "bw-lab"), self.elevated, self.wait),
                ),
                _section("Remote access", ssh, sources, rdp, rdp_sources, self._ssh_hint),
                _section("More", self.sections),
            )
        )
        self.add_class("bw-form")
        self._bind()

    def _bind(self) -> None:
        pairs: tuple[tuple[str, Any], ...] = (
            ("pool_id", self.pool_id),
            ("display_name", self.display_name),
            ("vm_size", self.vm_size),
            ("target_dedicated_nodes", self.dedicated),
            ("target_low_priority_nodes", self.spot),
            ("start_task_command_line", self.command_line),
            ("start_task_elevated", self.elevated),
            ("start_task_wait_for_success", self.wait),
            ("allow_ssh", self.allow_ssh),
            ("allow_rdp", self.allow_rdp),
            ("enable_auto_scale", self.scale_mode),
            ("auto_scale_formula", self.formula),
        )
        for name, control in pairs:
            ipywidgets.link((self._builder, name), (control, "value"))
        ipywidgets.link(
            (self._builder, "resize_timeout"),
            (self.timeout, "value"),
            transform=(
                lambda duration: max(0, min(_MOST_MINUTES, int(duration.total_seconds() // 60))),
                lambda minutes: timedelta(minutes=minutes),
            ),
        )
        self._builder.observe(lambda change: self.interval.show_value(change["new"]), "auto_scale_evaluation_interval")
        self.wrap_button.on_click(lambda _: self._wrap())

    def _on_interval(self, message: str) -> None:
        field = next(one for one in self.fields if one.name == "auto_scale_evaluation_interval")
        field.show_problem(message)

    def _wrap(self) -> None:
        spec = self._builder.spec
        self._builder.start_task_command_line = wrap_in_shell(spec.start_task_command_line, spec.os_type)

    def show_problems(self, problems: Sequence[Problem], untouched: frozenset[str]) -> None:
        """Show each problem beside its field; fields in `untouched` stay quiet."""
        by_field: dict[str, Problem] = {}
        for problem in problems:
            name = {
                "target_low_priority_nodes": "target_dedicated_nodes",
                "resize_timeout": "target_dedicated_nodes",
            }.get(problem.field, problem.field)
            if name not in by_field or (problem.severity == "error" and by_field[name].severity != "error"):
                by_field[name] = problem
        for field in (*self.fields, *self.image_part.fields):
            found = by_field.get(field.name)
            if found is None or found.field in untouched:
                field.show_problem("")
            else:
                field.show_problem(found.message, found.severity)
        command = by_field.get("start_task_command_line")
        show(self._wrap_row, visible=command is not None and command.severity == "warning")
        for widget, name, value in self._shown_with:
            show(widget, visible=getattr(self._builder, name) == value)
        quiet = {name: found for name, found in by_field.items() if found.field not in untouched}
        self.sections.show_problems(quiet, self._builder.spec.kept)
        self._length.value = markup.muted(f"{len(self.pool_id.value)} / 64")


class ImagePart(ipywidgets.VBox):
    """The image: the pick as a line, and its four properties and node agent to type in.

    Parameters
    ----------
    builder : PoolBuilder
        Whose ``image`` and ``node_agent_sku_id`` it is bound to.
    """

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._setting = False
        self._line = html("", "bw-grow")
        self.change_button = button("Type it in")
        self.change_button.on_click(lambda _: self._toggle())
        self.controls = {
            name: ipywidgets.Text(continuous_update=True, placeholder=placeholder)
            for name, placeholder in (
                ("publisher", "canonical"),
                ("offer", "0001-com-ubuntu-server-jammy"),
                ("sku", "22_04-lts"),
                ("version", "latest"),
            )
        }
        self.node_agent = ipywidgets.Combobox(placeholder="batch.node.ubuntu 22.04", continuous_update=True)
        self.fields = (
            Field("image", "Image", row("bw-cells", self._line, self.change_button)),
            Field("node_agent_sku_id", "Node agent", self.node_agent),
        )
        labels = {"publisher": "Publisher", "offer": "Offer", "sku": "SKU", "version": "Version"}
        self._typed = column(
            "bw-typed",
            *(
                row("bw-row", html(markup.muted(labels[name]), "bw-lab"), control)
                for name, control in self.controls.items()
            ),
        )
        super().__init__((self.fields[0].widget, self._typed, self.fields[1].widget))
        self._open = False
        for control in self.controls.values():
            control.observe(lambda _: self._on_typed(), "value")
        ipywidgets.link((builder, "node_agent_sku_id"), (self.node_agent, "value"))
        builder.observe(lambda _: self._on_image(), "image")
        self._on_image()

    def _toggle(self) -> None:
        self._open = not self._open
        self._draw()

    def _on_typed(self) -> None:
        if self._setting:
            return
        values = {name: control.value.strip() for name, control in self.controls.items()}
        self._setting = True
        try:
            typed = any(values.values())
            values["version"] = values["version"] or "latest"  # as the placeholder says
            self._builder.image = ImageReference(**values) if typed else None
        finally:
            self._setting = False
        self._draw()

    def _on_image(self) -> None:
        image = self._builder.image
        if not self._setting:
            self._setting = True
            try:
                for name, control in self.controls.items():
                    control.value = getattr(image, name, "")
            finally:
                self._setting = False
        self._draw()

    def _draw(self) -> None:
        image = self._builder.image
        if image is None:
            self._line.value = markup.muted("none yet: pick one in the SKU browser, or type it in")
        else:
            reference = image.image_reference if isinstance(image, SupportedImage) else image
            if isinstance(image, CustomImage):
                reference = image.image_id
            verified = isinstance(image, SupportedImage) and image.verified
            self._line.value = markup.mono(reference) + " " + (markup.pill("verified", "ok") if verified else "")
        self.change_button.description = "Close" if self._open else "Type it in"
        show(self._typed, visible=self._open)
        self.node_agent.options = tuple(
            sorted({known.node_agent_sku_id for known in self._builder.account.known_images})
        )


def _section(title: str, *children: ipywidgets.Widget) -> ipywidgets.VBox:
    return column("bw-sect", html(markup.heading(title)), *children)


def _number() -> ipywidgets.IntText:
    return styled(ipywidgets.IntText(continuous_update=True), "bw-narrow")


def _checkbox(text: str) -> ipywidgets.Checkbox:
    return styled(ipywidgets.Checkbox(description=text, indent=False), "bw-opt")


def _word(text: str) -> ipywidgets.HTML:
    return html(markup.muted(text), "bw-word")


def _source_field(builder: Any, name: str) -> Any:
    control = text_control("texts", (), lambda value: setattr(builder, name, value), lambda _: None)
    control.placeholder = "203.0.113.7, 198.51.100.0/24"
    builder.observe(lambda change: control.show_value(change["new"]), name)
    return control
