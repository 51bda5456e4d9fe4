"""Each rule of a pool: a pool that breaks it and one, as near as can be, that keeps it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batch_widgets.images import CustomImage, ImageReference
from batch_widgets.pools import PoolSpec, check
from batch_widgets.pools.items import ITEM_VARIANTS
from batch_widgets.pools.rules import Rule
from batch_widgets.pools.spec import FIELDS
from unit.fakes import make_image, make_spec
from unit.test_size_rules import CASES as SIZE_CASES
from unit.test_size_rules import WARNINGS as SIZE_WARNINGS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IMAGE = make_image()
WINDOWS = make_image(os_type="windows", node_agent_sku_id="batch.node.windows amd64")
GALLERY = CustomImage("/communityGalleries/g/images/i/versions/latest", IMAGE.node_agent_sku_id)
SUBNET = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/net/subnets/inner"  # as Azure has it
)
ADDRESS = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/one"
FORMULA = "$TargetDedicatedNodes = 1;"
SSH = {"allow_ssh": True, "ssh_sources": ("203.0.113.7",)}


def nat(name="web", port=80, first=41_000, last=41_100, **more):
    return {
        "name": name,
        "protocol": "tcp",
        "backendPort": port,
        "frontendPortRangeStart": first,
        "frontendPortRangeEnd": last,
        **more,
    }


def nats(*pools):
    return {"inbound_nat_pools": pools}


def rules(*changes):
    """Give a NAT pool with rules, each a change to one that is in order."""
    whole = [
        {"priority": 200 + index, "access": "allow", "sourceAddressPrefix": "10.0.0.1", **change}
        for index, change in enumerate(changes)
    ]
    return nats(nat(networkSecurityGroupRules=whole))


def disks(*units):
    return {"data_disks": [{"lun": unit, "diskSizeGB": 8} for unit in units]}


def accounts(*names, **more):
    return {"user_accounts": [{"name": name, "password": "p", **more} for name in names]}


def blob(path="data", **credentials):
    own = {"accountName": "a", "containerName": "c", "relativeMountPath": path}
    return {"mount_configuration": [{"azureBlobFileSystemConfiguration": {**own, **credentials}}]}


def nfs(*paths):
    own = [{"nfsMountConfiguration": {"source": "s", "relativeMountPath": path}} for path in paths]
    return {"mount_configuration": own}


def files(**file):
    return {"start_task_command_line": "run", "start_task_resource_files": [file]}


def extension(name="e", **more):
    return {"name": name, "publisher": "p", "type": "t", **more}


def packages(count):
    return {"application_package_references": [{"applicationId": f"app{number}"} for number in range(count)]}


def rolling(**policy):
    return {"upgrade_mode": "rolling", "rolling_upgrade_policy": policy}


# rule: (what breaks it, what keeps it, the field that it is told of)
CASES = {
    Rule.POOL_ID_MISSING: ({"pool_id": ""}, {"pool_id": "a"}, "pool_id"),
    Rule.POOL_ID_CHARACTERS: ({"pool_id": "a b"}, {"pool_id": "a-b"}, "pool_id"),
    Rule.POOL_ID_LENGTH: ({"pool_id": "x" * 65}, {"pool_id": "x" * 64}, "pool_id"),
    Rule.POOL_ID_TAKEN: ({"pool_id": "Taken"}, {"pool_id": "taken2"}, "pool_id"),
    Rule.DISPLAY_NAME_LENGTH: ({"display_name": "x" * 1_025}, {"display_name": "x" * 1_024}, "display_name"),
    Rule.VM_SIZE_MISSING: ({"vm_size": ""}, {}, "vm_size"),
    Rule.VM_SIZE_FORM: ({"vm_size": "Standard D2"}, {"vm_size": "STANDARD_D2"}, "vm_size"),
    Rule.IMAGE_MISSING: ({"image": None}, {"image": GALLERY}, "image"),
    Rule.IMAGE_INCOMPLETE: ({"image": ImageReference("p", "o", "")}, {"image": IMAGE}, "image"),
    Rule.IMAGE_UNKNOWN: ({"image": make_image("other")}, {"image": IMAGE}, "image"),
    Rule.IMAGE_UNVERIFIED: ({"image": make_image("unverified")}, {"image": IMAGE}, "image"),
    Rule.IMAGE_ENDED: ({"image": make_image("ended")}, {"image": make_image("ends")}, "image"),
    Rule.IMAGE_ENDS_SOON: ({"image": make_image("ends")}, {"image": make_image("later")}, "image"),
    Rule.NODE_AGENT_MISSING: (
        {"image": IMAGE.image_reference, "node_agent_sku_id": ""},
        {"image": IMAGE.image_reference, "node_agent_sku_id": IMAGE.node_agent_sku_id},
        "node_agent_sku_id",
    ),
    Rule.NODE_AGENT_MISMATCH: ({"node_agent_sku_id": "batch.node.el 9"}, {}, "node_agent_sku_id"),
    Rule.NODE_AGENT_UNKNOWN: (
        {"image": GALLERY, "node_agent_sku_id": "batch.node.el 9"},
        {"image": GALLERY, "node_agent_sku_id": IMAGE.node_agent_sku_id.upper()},
        "node_agent_sku_id",
    ),
    Rule.NODES_RANGE: (
        {"target_low_priority_nodes": -1},
        {"target_low_priority_nodes": 0},
        "target_low_priority_nodes",
    ),
    Rule.NODES_NONE: (
        {"target_dedicated_nodes": 0},
        {"target_dedicated_nodes": 0, "target_low_priority_nodes": 1},
        "target_dedicated_nodes",
    ),
    Rule.RESIZE_TIMEOUT_SHORT: (
        {"resize_timeout": timedelta(minutes=5, microseconds=-1)},
        {"resize_timeout": timedelta(minutes=5)},
        "resize_timeout",
    ),
    Rule.FORMULA_MISSING: (
        {"enable_auto_scale": True, "auto_scale_formula": " "},
        {"enable_auto_scale": True, "auto_scale_formula": FORMULA},
        "auto_scale_formula",
    ),
    Rule.FORMULA_LENGTH: (
        {"enable_auto_scale": True, "auto_scale_formula": FORMULA.ljust(8_193)},
        {"enable_auto_scale": True, "auto_scale_formula": FORMULA.ljust(8_192)},
        "auto_scale_formula",
    ),
    Rule.FORMULA_UNUSED: (
        {"loaded": {"autoScaleFormula": FORMULA}, "auto_scale_formula": FORMULA},
        {"auto_scale_formula": FORMULA},
        "auto_scale_formula",
    ),
    Rule.FORMULA_WRONG: (
        {"enable_auto_scale": True, "auto_scale_formula": f"{FORMULA}\nx = (1;\ny = 2 %"},
        {"enable_auto_scale": True, "auto_scale_formula": FORMULA},
        "auto_scale_formula",
    ),
    Rule.FORMULA_DOUBTFUL: (
        {"enable_auto_scale": True, "auto_scale_formula": f"{FORMULA} x = max($PendingTasks.GetSample(1));"},
        {"enable_auto_scale": True, "auto_scale_formula": FORMULA},
        "auto_scale_formula",
    ),
    Rule.INTERVAL_RANGE: (
        {
            "enable_auto_scale": True,
            "auto_scale_formula": FORMULA,
            "auto_scale_evaluation_interval": timedelta(hours=168, seconds=1),
        },
        {
            "enable_auto_scale": True,
            "auto_scale_formula": FORMULA,
            "auto_scale_evaluation_interval": timedelta(hours=168),
        },
        "auto_scale_evaluation_interval",
    ),
    Rule.TASK_SLOTS_RANGE: ({"task_slots_per_node": 257}, {"task_slots_per_node": 256}, "task_slots_per_node"),
    Rule.INTER_NODE_LIMIT: (
        {"enable_inter_node_communication": True, "target_dedicated_nodes": 101},
        {"enable_inter_node_communication": True, "target_dedicated_nodes": 100},
        "enable_inter_node_communication",
    ),
    Rule.COMMAND_BLANK: (
        {"start_task_command_line": "  "},
        {"start_task_command_line": ""},
        "start_task_command_line",
    ),
    Rule.COMMAND_NEEDS_SHELL: (
        {"start_task_command_line": "echo $HOME"},
        {"start_task_command_line": "/bin/sh -c 'echo $HOME'"},
        "start_task_command_line",
    ),
    Rule.START_TASK_WITHOUT_COMMAND: (
        {"start_task_environment_settings": {"A": "b"}},
        {"start_task_environment_settings": {"A": "b"}, "start_task_command_line": "run"},
        "start_task_command_line",
    ),
    Rule.RETRIES_RANGE: (
        {"start_task_command_line": "run", "start_task_max_task_retry_count": -2},
        {"start_task_command_line": "run", "start_task_max_task_retry_count": -1},
        "start_task_max_task_retry_count",
    ),
    Rule.START_TASK_USER_UNKNOWN: (
        {"start_task_command_line": "run", "start_task_username": "bob", **accounts("eve")},
        {"start_task_command_line": "run", "start_task_username": "bob", **accounts("bob")},
        "start_task_username",
    ),
    Rule.START_TASK_TWO_USERS: (
        {"start_task_command_line": "run", "start_task_username": "b", "start_task_elevated": True, **accounts("b")},
        {"start_task_command_line": "run", "start_task_username": "b", **accounts("b")},
        "start_task_username",
    ),
    Rule.START_TASK_NOT_IN_CONTAINER: (
        {"start_task_command_line": "run", "start_task_container_image_name": "busybox"},
        {
            "start_task_command_line": "run",
            "start_task_container_image_name": "busybox",
            "container_type": "dockerCompatible",
        },
        "start_task_container_image_name",
    ),
    Rule.RESOURCE_FILE_SOURCE: (
        files(httpUrl="https://x/f", storageContainerUrl="https://x/c", filePath="f"),
        files(httpUrl="https://x/f", filePath="f"),
        "start_task_resource_files",
    ),
    Rule.RESOURCE_FILE_PATH: (
        files(httpUrl="https://x/f"),
        files(storageContainerUrl="https://x/c"),
        "start_task_resource_files",
    ),
    Rule.RESOURCE_FILE_PREFIX: (
        files(httpUrl="https://x/f", filePath="f", blobPrefix="p"),
        files(autoStorageContainerName="c", blobPrefix="p"),
        "start_task_resource_files",
    ),
    Rule.SSH_ON_WINDOWS: ({**SSH, "image": WINDOWS}, SSH, "allow_ssh"),
    Rule.RDP_ON_LINUX: (
        {"allow_rdp": True, "rdp_sources": ("10.0.0.1",)},
        {"allow_rdp": True, "rdp_sources": ("10.0.0.1",), "image": WINDOWS},
        "allow_rdp",
    ),
    Rule.SOURCES_MISSING: ({"allow_ssh": True}, SSH, "ssh_sources"),
    Rule.SOURCE_FORM: (
        {"allow_ssh": True, "ssh_sources": ("10.0.0.0/33",)},
        {"allow_ssh": True, "ssh_sources": ("10.0.0.0/32",)},
        "ssh_sources",
    ),
    Rule.SOURCE_TWICE: (
        {"allow_ssh": True, "ssh_sources": ("10.0.0.1", "10.0.0.1")},
        {"allow_ssh": True, "ssh_sources": ("10.0.0.1", "10.0.0.2")},
        "ssh_sources",
    ),
    Rule.OPEN_TO_EVERYONE: ({"allow_ssh": True, "ssh_sources": ("*",)}, SSH, "ssh_sources"),
    Rule.PORTS_TOO_FEW: (
        {**SSH, "target_dedicated_nodes": 10_001},
        {**SSH, "target_dedicated_nodes": 10_000},
        "allow_ssh",
    ),
    Rule.NAT_POOLS_TOO_MANY: (
        {**SSH, **nats(*(nat(f"n{one}", 80 + one, 1_000 + 100 * one, 1_050 + 100 * one) for one in range(5)))},
        nats(*(nat(f"n{one}", 80 + one, 1_000 + 100 * one, 1_050 + 100 * one) for one in range(5))),
        "inbound_nat_pools",
    ),
    Rule.NAT_POOL_NAME: (nats(nat("x" * 78)), nats(nat("x" * 77)), "inbound_nat_pools"),
    Rule.NAT_POOL_TWICE: (
        nats(nat(), nat("other", 80, 42_000, 42_100)),
        nats(nat(), nat("other", 81, 42_000, 42_100)),
        "inbound_nat_pools",
    ),
    Rule.NAT_BACKEND_PORT: (nats(nat(port=29_876)), nats(nat(port=29_875)), "inbound_nat_pools"),
    Rule.NAT_FRONTEND_RANGE: (nats(nat(last=41_038)), nats(nat(last=41_039)), "inbound_nat_pools"),
    Rule.NAT_RANGE_RESERVED: (
        nats(nat(first=49_900, last=50_000)),
        nats(nat(first=49_900, last=49_999)),
        "inbound_nat_pools",
    ),
    Rule.NAT_RANGES_OVERLAP: (
        nats(nat(), nat("other", 81, 41_100, 41_200)),
        nats(nat(), nat("other", 81, 41_101, 41_200)),
        "inbound_nat_pools",
    ),
    Rule.NAT_RULES_TOO_MANY: (
        {"allow_ssh": True, "ssh_sources": tuple(f"10.0.0.{number}" for number in range(25))},
        {"allow_ssh": True, "ssh_sources": tuple(f"10.0.0.{number}" for number in range(24))},
        "ssh_sources",
    ),
    Rule.NAT_RULE_PRIORITY: (rules({"priority": 149}), rules({"priority": 150}), "inbound_nat_pools"),
    Rule.NAT_RULE_SOURCE: (
        rules({"sourceAddressPrefix": "nowhere"}),
        rules({"sourceAddressPrefix": "AzureCloud"}),
        "inbound_nat_pools",
    ),
    Rule.NAT_RULE_ACCESS: (rules({"access": "maybe"}), rules({"access": "Deny"}), "inbound_nat_pools"),
    Rule.NAT_RULE_SOURCE_PORTS: (
        rules({"sourcePortRanges": ["1-9", "9"]}),
        rules({"sourcePortRanges": ["1-9", "10"]}),
        "inbound_nat_pools",
    ),
    Rule.NAT_WITHOUT_PUBLIC_IP: (
        {**SSH, "ip_address_provisioning_type": "NoPublicIPAddresses", "subnet_id": SUBNET},
        {**SSH, "ip_address_provisioning_type": "batchmanaged", "subnet_id": SUBNET},
        "allow_ssh",
    ),
    Rule.NO_PUBLIC_IP_NEEDS_SUBNET: (
        {"ip_address_provisioning_type": "nopublicipaddresses"},
        {"ip_address_provisioning_type": "nopublicipaddresses", "subnet_id": SUBNET},
        "subnet_id",
    ),
    Rule.SUBNET_FORM: ({"subnet_id": "inner"}, {"subnet_id": SUBNET}, "subnet_id"),
    Rule.ADDRESS_IDS: (
        {"ip_address_ids": (ADDRESS,)},
        {"ip_address_ids": (ADDRESS,), "ip_address_provisioning_type": "usermanaged"},
        "ip_address_ids",
    ),
    Rule.ADDRESSES_TOO_FEW: (
        {
            "ip_address_ids": (ADDRESS,),
            "ip_address_provisioning_type": "usermanaged",
            "target_dedicated_nodes": 101,
        },
        {
            "ip_address_ids": (ADDRESS,),
            "ip_address_provisioning_type": "usermanaged",
            "target_dedicated_nodes": 100,
            "target_low_priority_nodes": 100,
        },
        "ip_address_ids",
    ),
    Rule.IP_FAMILIES: ({"ip_families": ("IPv6",)}, {"ip_families": ("IPv4", "IPv6")}, "ip_families"),
    Rule.WINDOWS_ONLY: (
        {"license_type": "Windows_Server"},
        {"license_type": "Windows_Server", "image": WINDOWS},
        "license_type",
    ),
    Rule.DISK_SIZE: ({"os_disk_size_gb": 0}, {"os_disk_size_gb": 1}, "os_disk_size_gb"),
    Rule.DISK_LUN: (disks(0, 0), disks(0, 63), "data_disks"),
    Rule.DISK_ENCRYPTION: (
        {"disk_encryption_targets": ("OsDisk",)},
        {"disk_encryption_targets": ("OsDisk",), "image": WINDOWS},
        "disk_encryption_targets",
    ),
    Rule.CONTAINER_TYPE_MISSING: (
        {"container_image_names": ("busybox",)},
        {"container_image_names": ("busybox",), "container_type": "dockerCompatible"},
        "container_type",
    ),
    Rule.CONTAINERS_UNSUPPORTED: (
        {"container_type": "dockerCompatible", "image": make_image("plain")},
        {"container_type": "dockerCompatible", "image": make_image("docker")},
        "container_type",
    ),
    Rule.REGISTRY_CREDENTIALS: (
        {"container_type": "dockerCompatible", "container_registries": [{"username": "u"}]},
        {"container_type": "dockerCompatible", "container_registries": [{"username": "u", "password": "p"}]},
        "container_registries",
    ),
    Rule.SECURITY_TYPE_MISSING: (
        {"secure_boot_enabled": True},
        {"secure_boot_enabled": True, "security_type": "trustedLaunch"},
        "security_type",
    ),
    Rule.SECURITY_NEEDS_GENERATION_2: (
        {"security_type": "trustedLaunch", "image": make_image("plain")},
        {"security_type": "trustedLaunch", "image": make_image("second")},
        "security_type",
    ),
    Rule.EXTENSION_TWICE: (
        {"extensions": [extension(), extension("E")]},
        {"extensions": [extension(), extension("f")]},
        "extensions",
    ),
    Rule.EXTENSION_SETTINGS: (
        {"extensions": [extension(provisionAfterExtensions=["f"])]},
        {"extensions": [extension(provisionAfterExtensions=["F"]), extension("f")]},
        "extensions",
    ),
    Rule.UPGRADE_MODE_MISSING: (
        {"rolling_upgrade_policy": {}},
        {"rolling_upgrade_policy": {}, "upgrade_mode": "rolling"},
        "upgrade_mode",
    ),
    Rule.UPGRADE_PERCENT: (
        rolling(maxBatchInstancePercent=4),
        rolling(maxBatchInstancePercent=5),
        "rolling_upgrade_policy",
    ),
    Rule.UPGRADE_ACROSS_ZONES: (
        rolling(enableCrossZoneUpgrade=True),
        {**rolling(enableCrossZoneUpgrade=True), "node_placement_policy": "zonal"},
        "rolling_upgrade_policy",
    ),
    Rule.UPGRADE_TWO_WAYS: (
        {
            "image": WINDOWS,
            "windows_enable_automatic_updates": True,
            "upgrade_mode": "automatic",
            "automatic_os_upgrade_policy": {"enableAutomaticOSUpgrade": True},
        },
        {
            "image": WINDOWS,
            "windows_enable_automatic_updates": False,
            "upgrade_mode": "automatic",
            "automatic_os_upgrade_policy": {"enableAutomaticOSUpgrade": True},
        },
        "windows_enable_automatic_updates",
    ),
    Rule.UPGRADE_PAUSE: (
        rolling(pauseTimeBetweenBatches="soon"),
        rolling(pauseTimeBetweenBatches="PT0S"),
        "rolling_upgrade_policy",
    ),
    Rule.PACKAGES_TOO_MANY: (packages(11), packages(10), "application_package_references"),
    Rule.PACKAGE_TWICE: (
        {"application_package_references": [{"applicationId": "a"}, {"applicationId": "A"}]},
        {"application_package_references": [{"applicationId": "a"}, {"applicationId": "A", "version": "2"}]},
        "application_package_references",
    ),
    Rule.ACCOUNT_NAME_LENGTH: (accounts("x" * 21), accounts("x" * 20), "user_accounts"),
    Rule.ACCOUNT_TWICE: (accounts("bob", "BOB"), accounts("bob", "rob"), "user_accounts"),
    Rule.ACCOUNT_IDS: (
        accounts("bob", linuxUserConfiguration={"uid": 5}),
        accounts("bob", linuxUserConfiguration={"uid": 5, "gid": 6}),
        "user_accounts",
    ),
    Rule.MOUNT_KIND: (
        {"mount_configuration": [{"nfsMountConfiguration": {}, "cifsMountConfiguration": {}}]},
        nfs("data"),
        "mount_configuration",
    ),
    Rule.MOUNT_CREDENTIALS: (blob(accountKey="k", sasKey="s"), blob(sasKey="s"), "mount_configuration"),
    Rule.MOUNT_PATH: (nfs("../data"), nfs("data/more", "data"), "mount_configuration"),
    Rule.ITEM_INCOMPLETE: (
        {"metadata": [{"name": "a"}]},
        {"metadata": [{"name": "a", "value": ""}]},
        "metadata",
    ),
    Rule.ITEM_TYPE: (
        {"data_disks": [{"lun": "0", "diskSizeGB": 8}]},
        {"data_disks": [{"lun": 0, "diskSizeGB": 8}]},
        "data_disks",
    ),
    Rule.WORD: ({"node_fill_type": "zigzag"}, {"node_fill_type": "Pack"}, "node_fill_type"),
    Rule.SECRET_MISSING: (
        accounts("bob", password={"$secret": "POOL_USER_ACCOUNTS_0_PASSWORD"}),
        accounts("bob"),
        "user_accounts",
    ),
}
WARNINGS = {
    Rule.IMAGE_UNKNOWN,
    Rule.IMAGE_UNVERIFIED,
    Rule.IMAGE_ENDED,
    Rule.IMAGE_ENDS_SOON,
    Rule.NODES_NONE,
    Rule.FORMULA_DOUBTFUL,
    Rule.COMMAND_NEEDS_SHELL,
    Rule.START_TASK_WITHOUT_COMMAND,
    Rule.START_TASK_NOT_IN_CONTAINER,
    Rule.OPEN_TO_EVERYONE,
    Rule.ADDRESSES_TOO_FEW,
    Rule.DISK_ENCRYPTION,
    Rule.CONTAINERS_UNSUPPORTED,
}
KNOWN = [
    IMAGE,
    make_image("unverified", verified=False),
    make_image("ended", batch_support_end_of_life=NOW),
    make_image("ends", batch_support_end_of_life=NOW + timedelta(days=90)),
    make_image("later", batch_support_end_of_life=NOW + timedelta(days=91)),
    make_image("plain", capabilities=()),
    make_image("docker", capabilities=("DockerCompatible",)),
    make_image("second", capabilities=("Generation2VMImage",)),
]


def problems_of(changes):
    spec = replace(make_spec(), **changes)
    if "image" in changes and "node_agent_sku_id" not in changes and changes["image"] is not None:
        spec = replace(spec, node_agent_sku_id=getattr(changes["image"], "node_agent_sku_id", IMAGE.node_agent_sku_id))
    known = [*KNOWN, WINDOWS] if changes.get("image") is WINDOWS else KNOWN
    return check(spec, known, taken_ids=["tAKEN"], now=NOW)


def test_each_rule_has_its_case():
    assert set(CASES) | set(SIZE_CASES) == set(Rule)


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_the_rule_fires(rule):
    breaks, _, field = CASES[rule]
    found = [problem for problem in problems_of(breaks) if problem.rule == rule]
    assert found
    assert found[0].field == field
    assert found[0].severity == ("warning" if rule in WARNINGS else "error")
    assert found[0].message.endswith((".", "'", ";"))


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_the_rule_is_silent(rule):
    _, keeps, _ = CASES[rule]
    found = problems_of(keeps)
    assert rule not in {problem.rule for problem in found}
    # The pool that keeps the rule is as good as without the change, but for what the case can't do without.
    assert [problem for problem in found if problem.severity == "error"] == []


def test_rules_of_all_nat_pools_count_together():
    with_ssh = {"allow_ssh": True, "ssh_sources": tuple(f"10.0.0.{number}" for number in range(4))}
    assert Rule.NAT_RULES_TOO_MANY not in {problem.rule for problem in problems_of({**rules(*[{}] * 20), **with_ssh})}
    (problem,) = problems_of({**rules(*[{}] * 21), **with_ssh})
    assert (problem.rule, problem.field) == (Rule.NAT_RULES_TOO_MANY, "inbound_nat_pools")


def test_every_problem_belongs_to_a_rule():
    for breaks, _, _ in CASES.values():
        assert all(problem.rule in set(Rule) for problem in problems_of(breaks))


def test_the_documentation_lists_each_rule_with_its_severity():
    page = Path(__file__).parents[2] / "docs" / "pool-builder.md"
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (error|warning) \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows) == {rule.value: "warning" if rule in {*WARNINGS, *SIZE_WARNINGS} else "error" for rule in Rule}
    assert len(rows) == len(Rule)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([22, 40_000, 60_000, "a", "*", "", "tcp", "allow"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [part.path.split(".")[0] for one in ITEM_VARIANTS.values() for kind in one for part in kind.parts]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(
    st.sampled_from(
        sorted({part.path.split(".")[0] for one in ITEM_VARIANTS.values() for k in one for part in k.parts})
    ),
    JUNK,
    max_size=6,
)


@settings(deadline=None, max_examples=300)
@example("inbound_nat_pools", [{"backendPort": []}], True)  # noqa: FBT003  as given by position
@given(st.sampled_from(sorted(ITEM_VARIANTS)), st.lists(OBJECTS, max_size=8), st.booleans())
def test_whatever_a_list_holds_is_checked(field, items, allow_ssh):
    spec = make_spec(**{field: items, "allow_ssh": allow_ssh, "ssh_sources": ("*",), "start_task_command_line": "run"})
    for problem in check(spec, KNOWN, now=NOW):
        assert problem.field in FIELDS
        assert problem.rule in set(Rule)


@settings(deadline=None, max_examples=100)
@given(OBJECTS, st.text(max_size=5), st.sampled_from(["", "rolling"]))
def test_whatever_policies_hold_is_checked(policy, name, mode):
    whole = {**policy, name: 1, "maxBatchInstancePercent": policy.get("name"), "pauseTimeBetweenBatches": name}
    spec = PoolSpec(upgrade_mode=mode, rolling_upgrade_policy=whole, automatic_os_upgrade_policy=policy)
    assert all(problem.field in FIELDS for problem in check(spec, now=NOW))


def test_the_first_error_of_a_formula_is_told_with_its_place_and_each_doubt():
    formula = "x = (1;\n$TargetDedicatedNodes = y;\n$TargetLowPriority = max($ActiveTasks.GetSample(1))"
    problems = check(make_spec(enable_auto_scale=True, auto_scale_formula=formula), KNOWN, now=NOW)
    told = [problem for problem in problems if problem.field == "auto_scale_formula"]
    assert [(problem.severity, problem.message.split(". ")[0]) for problem in told] == [
        ("error", "Line 1, column 7, the first of 2 errors: Expected a sign or ), not “;”."),
        ("warning", "Line 3, column 1: $TargetLowPriority is a short name: write $TargetLowPriorityNodes."),
        ("warning", "Line 3, column 39: GetSample(1) is the last sample, however old"),
    ]
