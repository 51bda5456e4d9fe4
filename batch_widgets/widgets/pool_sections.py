"""The sections of the pool builder's form for what most pools don't need; each is built when it is first opened."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from batch_widgets.pools import PoolSpec
from batch_widgets.pools.choices import CHOICES
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.bound import FLAG_OPTIONS, choice_control, text_control
from batch_widgets.widgets.controls import Field, column, html
from batch_widgets.widgets.item_list import ItemList, ObjectFields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_widgets.problems import Problem


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of a section.

    Parameters
    ----------
    name : str
        The trait.
    label : str
        What stands before it.
    kind : str
        What it is.
    """

    name: str
    label: str
    kind: Literal["text", "number", "texts", "object", "flag", "choice", "items"] = "text"


SECTIONS: dict[str, tuple[Entry, ...]] = {
    "Tasks and metadata": (
        Entry("task_slots_per_node", "Task slots per node", "number"),
        Entry("node_fill_type", "Tasks go to nodes", "choice"),
        Entry("job_default_order", "Jobs of one priority", "choice"),
        Entry("enable_inter_node_communication", "Nodes reach each other", "flag"),
        Entry("application_package_references", "Application packages", "items"),
        Entry("metadata", "Metadata", "items"),
    ),
    "Start task: files, user, container": (
        Entry("start_task_max_task_retry_count", "Retries", "number"),
        Entry("start_task_auto_user_scope", "Automatic user", "choice"),
        Entry("start_task_username", "Or user account"),
        Entry("start_task_environment_settings", "Environment", "items"),
        Entry("start_task_resource_files", "Resource files", "items"),
        Entry("start_task_container_image_name", "Container image"),
        Entry("start_task_container_run_options", "Container options"),
    ),
    "Network": (
        Entry("subnet_id", "Subnet"),
        Entry("dynamic_vnet_assignment_scope", "Dynamic network", "choice"),
        Entry("ip_address_provisioning_type", "Public addresses", "choice"),
        Entry("ip_address_ids", "Addresses of your own", "texts"),
        Entry("ip_families", "IP families", "texts"),
        Entry("ip_tags", "IP tags", "items"),
        Entry("enable_accelerated_networking", "Accelerated networking", "flag"),
        Entry("inbound_nat_pools", "Further inbound NAT pools", "items"),
    ),
    "Users and mounts": (
        Entry("user_accounts", "User accounts", "items"),
        Entry("mount_configuration", "Mounts", "items"),
    ),
    "Disks": (
        Entry("os_disk_size_gb", "OS disk, GiB", "number"),
        Entry("os_disk_caching", "OS disk caching", "choice"),
        Entry("os_disk_storage_account_type", "OS disk storage", "choice"),
        Entry("os_disk_placement", "Ephemeral OS disk", "choice"),
        Entry("os_disk_write_accelerator_enabled", "Write accelerator", "flag"),
        Entry("data_disks", "Data disks", "items"),
        Entry("disk_encryption_targets", "Encrypted disks", "texts"),
    ),
    "Containers": (
        Entry("container_type", "Containers", "choice"),
        Entry("container_image_names", "Images to fetch", "texts"),
        Entry("container_registries", "Registries", "items"),
    ),
    "Security and Windows": (
        Entry("security_type", "Security type", "choice"),
        Entry("secure_boot_enabled", "Secure boot", "flag"),
        Entry("vtpm_enabled", "vTPM", "flag"),
        Entry("encryption_at_host", "Encryption at host", "flag"),
        Entry("license_type", "Windows licence", "choice"),
        Entry("windows_enable_automatic_updates", "Windows updates", "flag"),
    ),
    "Placement, extensions, upgrades": (
        Entry("node_placement_policy", "Node placement", "choice"),
        Entry("extensions", "Extensions", "items"),
        Entry("service_artifact_reference_id", "Service artifact"),
        Entry("upgrade_mode", "Upgrades", "choice"),
        Entry("automatic_os_upgrade_policy", "Automatic upgrades", "object"),
        Entry("rolling_upgrade_policy", "Rolling upgrades", "object"),
    ),
}
"""The sections by title."""

_CLOUD_SERVICES = (
    "Cloud Services configuration is not offered: it was retired on 29 February 2024, and the service takes it no more."
)


def section_labels() -> dict[str, str]:
    """Give the labels of all fields in sections by their name."""
    return {entry.name: entry.label for entries in SECTIONS.values() for entry in entries}


def _options(name: str) -> tuple[str, ...]:
    """Give the words of a field, and an empty one where the service can decide."""
    always = getattr(PoolSpec(), name) != ""
    return CHOICES[name] if always else ("", *CHOICES[name])


class PoolSections(lean.VBox):
    """The sections, closed at first.

    Parameters
    ----------
    builder : PoolBuilder
        Whose traits they show.
    """

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self.fields: dict[str, Field] = {}
        self._problems: dict[str, Problem] = {}
        self.accordion = lean.Accordion(
            children=tuple(column("bw-more-section") for _ in SECTIONS), titles=tuple(SECTIONS), selected_index=None
        )
        self.kept = html("", "bw-hint")
        super().__init__((self.accordion, self.kept, html(markup.muted(_CLOUD_SERVICES), "bw-hint")))
        self.add_class("bw-more")
        self.accordion.observe(self._on_opened, "selected_index")

    def open_section(self, title: str) -> None:
        """Open a section."""
        self.accordion.selected_index = list(SECTIONS).index(title)

    def open_at(self, name: str) -> None:
        """Open the section that a field is in."""
        self.open_section(next(title for title, entries in SECTIONS.items() if name in {one.name for one in entries}))

    def _on_opened(self, change: Mapping[str, Any]) -> None:
        index = change["new"]
        if index is None or self.accordion.children[index].children:
            return
        fields = [self._field(entry) for entry in list(SECTIONS.values())[index]]
        self.accordion.children[index].children = tuple(field.widget for field in fields)
        self.fields |= {field.name: field for field in fields}
        self._show()

    def _field(self, entry: Entry) -> Field:
        name = entry.name
        set_trait = functools.partial(setattr, self._builder, name)
        value = getattr(self._builder, name)
        control: Any
        if entry.kind == "items":
            return Field(name, entry.label, ItemList(self._builder, name))
        if entry.kind == "object":
            return Field(name, entry.label, ObjectFields(self._builder, name))
        if entry.kind == "flag":
            control = choice_control(FLAG_OPTIONS, value, set_trait)
        elif entry.kind == "choice":
            control = choice_control(_options(name), value, set_trait)
        else:
            control = text_control(entry.kind, value, set_trait, functools.partial(self._builder.set_unreadable, name))
        self._builder.observe(lambda change: control.show_value(change["new"]), name)
        return Field(name, entry.label, control)

    def reset_texts(self) -> None:
        """Have each field that reads its text show its trait, whatever was typed."""
        for name, field in self.fields.items():
            if hasattr(field.control, "show_value"):
                field.control.show_value(getattr(self._builder, name))

    def show_problems(self, problems: Mapping[str, Problem], kept: Sequence[str]) -> None:
        """Show problems beside the fields that are built, and with the section's title those that are not."""
        self._problems = dict(problems)
        self.kept.value = markup.muted(f"Kept as it was loaded, and sent: {', '.join(kept)}.") if kept else ""
        self._show()

    def _show(self) -> None:
        for name, field in self.fields.items():
            found = self._problems.get(name)
            field.show_problem(found.message if found else "", found.severity if found else "error")
        titles = []
        for title, entries in SECTIONS.items():
            count = sum(one.name in self._problems for one in entries)
            titles.append(f"{title} · {count} problem{'s' if count > 1 else ''}" if count else title)
        if tuple(titles) != tuple(self.accordion.titles):
            self.accordion.titles = tuple(titles)
