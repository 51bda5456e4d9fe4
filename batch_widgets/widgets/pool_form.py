"""The form of the pool builder: its controls, bound to the builder's traits in both directions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ipywidgets

from batch_widgets.pools.rules import wrap_in_shell
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.autoscale_part import AutoscalePart
from batch_widgets.widgets.bound import text_control
from batch_widgets.widgets.controls import Field, button, column, html, row, styled
from batch_widgets.widgets.image_part import ImagePart
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.pool_sections import PoolSections, section_labels
from batch_widgets.widgets.remote_access_part import RemoteAccessPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_widgets.pools import PoolSpec
    from batch_widgets.problems import Problem
    from batch_widgets.widgets.formula_editor import FormulaEditor

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
_SHOWN_AT = {"target_low_priority_nodes": "target_dedicated_nodes", "resize_timeout": "target_dedicated_nodes"}
"""Fields that stand in the row of another."""

_LABELS = {
    "start_task_command_line": "Start task",
    "allow_ssh": "Allow SSH",
    "allow_rdp": "Allow RDP",
    "ssh_sources": "Allowed sources",
    "rdp_sources": "Allowed sources for RDP",
    "enable_auto_scale": "Scale",
    "auto_scale_evaluation_interval": "Formula's interval",
}
"""What fields are called away from their place, where their label would not do."""


class PoolForm(lean.VBox):
    """The controls of a pool.

    Parameters
    ----------
    builder : PoolBuilder
        Whose traits the controls are bound to.
    """

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self.pool_id = lean.Text(continuous_update=True, placeholder="analysis")
        self.display_name = lean.Text(continuous_update=True)
        self.vm_size = lean.Combobox(options=_VM_SIZES, placeholder="Standard_D2s_v3", continuous_update=True)
        self.dedicated = _number()
        self.spot = _number()
        self.timeout = styled(lean.BoundedIntText(min=0, max=_MOST_MINUTES, continuous_update=True), "bw-narrow")
        self.command_line = text_control(
            "text",
            "",
            lambda value: setattr(builder, "start_task_command_line", value),
            lambda message: builder.set_unreadable("start_task_command_line", message),
            "none",
        )
        self.elevated = _checkbox("Run as administrator")
        self.wait = _checkbox("Wait for success")
        self.scale_mode = styled(lean.ToggleButtons(options=(("Fixed", False), ("Autoscale formula", True))), "bw-seg")
        self.autoscale = AutoscalePart(builder)
        self.interval = text_control(
            "minutes",
            None,
            lambda value: setattr(builder, "auto_scale_evaluation_interval", value),
            lambda message: builder.set_unreadable("auto_scale_evaluation_interval", message),
        )
        self.remote_access = RemoteAccessPart(builder)
        self.image_part = ImagePart(builder)
        self.sections = PoolSections(builder)
        self.wrap_button = button("Wrap in /bin/bash -c", "bw-link")
        self._wrap_row = row("bw-row", html("", "bw-lab"), self.wrap_button)
        self._length = html("", "bw-num")
        cells = (self.dedicated, _word("dedicated"), self.spot, _word("Spot, within"), self.timeout, _word("minutes"))
        self._fields = {
            field.name: field
            for field in (
                Field("pool_id", "Pool id", self.pool_id, self._length),
                Field("display_name", "Display name", self.display_name),
                Field("vm_size", "VM size", self.vm_size, builder.sizing.choose_button, builder.sizing.facts),
                *self.image_part.fields,
                Field("enable_auto_scale", "Mode", self.scale_mode),
                Field("target_dedicated_nodes", "Nodes", row("bw-cells", *cells)),
                self.autoscale.field,
                Field("auto_scale_evaluation_interval", "Minutes between", self.interval, _word("15 where empty")),
                Field("start_task_command_line", "Command", self.command_line),
                *self.remote_access.fields,
            )
        }

        def own(*names: str) -> tuple[ipywidgets.Widget, ...]:
            return tuple(self._fields[name].widget for name in names)

        mode, nodes, interval = own("enable_auto_scale", "target_dedicated_nodes", "auto_scale_evaluation_interval")
        self._shown_with_formula = ((nodes, False), (interval, True))
        start_task = (
            *own("start_task_command_line"),
            self._wrap_row,
            row("bw-row", html("", "bw-lab"), self.elevated, self.wait),
        )
        super().__init__(
            (
                _section("Basics", *own("pool_id", "display_name", "vm_size")),
                _section("Image", self.image_part),
                _section("Scale", mode, nodes, self.autoscale, interval),
                _section("Start task", *start_task),
                _section("Remote access", self.remote_access),
                _section("More", self.sections),
            )
        )
        self.add_class("bw-form")
        self._bind()

    @property
    def formula(self) -> FormulaEditor:
        """The editor of the autoscale formula."""
        return self.autoscale.editor

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that are there from the start."""
        return tuple(self._fields.values())

    def _bind(self) -> None:
        pairs: tuple[tuple[str, Any], ...] = (
            ("pool_id", self.pool_id),
            ("display_name", self.display_name),
            ("vm_size", self.vm_size),
            ("target_dedicated_nodes", self.dedicated),
            ("target_low_priority_nodes", self.spot),
            ("start_task_elevated", self.elevated),
            ("start_task_wait_for_success", self.wait),
            ("enable_auto_scale", self.scale_mode),
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
        for name, control in (
            ("auto_scale_evaluation_interval", self.interval),
            ("start_task_command_line", self.command_line),
        ):
            self._builder.observe(lambda change, control=control: control.show_value(change["new"]), name)
        self.wrap_button.on_click(lambda _: self._wrap())

    def reset_texts(self) -> None:
        """Have each field that reads its text show its trait, whatever was typed."""
        self.interval.show_value(self._builder.auto_scale_evaluation_interval)
        self.command_line.show_value(self._builder.start_task_command_line)
        self.image_part.reset_texts()
        self.sections.reset_texts()

    def _wrap(self) -> None:
        spec = self._builder.spec
        self._builder.start_task_command_line = wrap_in_shell(spec.start_task_command_line, spec.os_type)

    def label_of(self, name: str) -> str:
        """Give what the form calls a field, wherever it stands."""
        name = _SHOWN_AT.get(name, name)
        return _LABELS.get(name) or (self._fields[name].label if name in self._fields else section_labels()[name])

    def go_to(self, name: str) -> None:
        """Move the focus to a field; the section that it is in opens."""
        name = _SHOWN_AT.get(name, name)
        if name not in self._fields:
            self.sections.open_at(name)
        self._builder.frame_piece.focus(f"bw-at-{name}")

    def show_problems(self, spec: PoolSpec, problems: Sequence[Problem], untouched: frozenset[str]) -> None:
        """Show each problem beside its field; fields in `untouched` stay quiet."""
        by_field: dict[str, Problem] = {}
        for problem in problems:
            name = _SHOWN_AT.get(problem.field, problem.field)
            if name not in by_field or (problem.severity == "error" and by_field[name].severity != "error"):
                by_field[name] = problem
        quiet = {name: found for name, found in by_field.items() if found.field not in untouched}
        for field in self.fields:
            found = quiet.get(field.name)
            field.show_problem(found.message if found else "", found.severity if found else "error")
        command = by_field.get("start_task_command_line")
        show(self._wrap_row, visible=command is not None and command.rule == "command-needs-shell")
        for widget, with_formula in self._shown_with_formula:
            show(widget, visible=spec.enable_auto_scale is with_formula)
        self.autoscale.show_part(visible=spec.enable_auto_scale)
        self.remote_access.show_spec(spec)
        self.sections.show_problems(quiet, spec.kept)
        self._length.value = markup.muted(f"{len(self.pool_id.value)} / 64")


def _section(title: str, *children: ipywidgets.Widget) -> ipywidgets.VBox:
    return column("bw-sect", html(markup.heading(title)), *children)


def _number() -> ipywidgets.IntText:
    return styled(lean.IntText(continuous_update=True), "bw-narrow")


def _checkbox(text: str) -> ipywidgets.Checkbox:
    return styled(lean.Checkbox(description=text, indent=False), "bw-opt")


def _word(text: str) -> ipywidgets.HTML:
    return html(markup.muted(text), "bw-word")
