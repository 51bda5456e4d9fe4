"""The pool builder's rules and the service's, written apart, played against each other."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st
from signed_requests import send

import batch_widgets as bw
from batch_widgets.demo import DemoService
from batch_widgets.images import ImageReference, SupportedImage
from batch_widgets.pools import PoolSpec, check
from batch_widgets.pools.choices import CHOICES
from batch_widgets.pools.items import ITEM_VARIANTS, OBJECT_PARTS
from batch_widgets.pools.spec import PLACES
from batch_widgets.problems import errors_of
from batch_widgets.sizes import VmSizeList, recorded_vm_sizes

SUBNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/inner"
SIZES = VmSizeList(recorded_vm_sizes().sizes, "service", "eastus")  # as the service gives them
ADDRESS = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/one"


@pytest.fixture(scope="module")
def world():
    with (
        DemoService(nodes=0, speed="instant") as service,
        bw.connect(service.endpoint, account_name="demo", account_key=service.account_key) as account,
    ):
        yield service, tuple(account.list_supported_images())


def often(*good):
    """Give good values mostly."""
    return st.sampled_from(good * 3)


def with_bad(good, *bad):
    return st.one_of(often(*good), often(*good), st.sampled_from(bad))


def words(field):
    return with_bad((*CHOICES[field], CHOICES[field][0].upper()), "zigzag")


def items(*kinds, most=3):
    return st.lists(st.one_of(*kinds), max_size=most)


def item(needed, optional=None):
    """Give objects that have what is needed, mostly."""
    whole = st.fixed_dictionaries(needed, optional=optional or {})
    lacking = st.tuples(whole, st.sampled_from(sorted(needed))).map(
        lambda pair: {name: value for name, value in pair[0].items() if name != pair[1]}
    )
    return st.one_of(whole, whole, whole, lacking)


TEXT = st.sampled_from(["a", "b", "some text", "ü"])
RULE = item(
    {
        "priority": st.integers(148, 156) | st.integers(4_094, 4_098),
        "access": with_bad(("allow", "deny"), "maybe"),
        "sourceAddressPrefix": with_bad(("10.0.0.1", "10.0.0.0/8", "*", "Internet"), "10.0.0.0/33", "nowhere!"),
    },
    {"sourcePortRanges": st.lists(with_bad(("*", "22", "100-200"), "70000", "9-1", "x"), max_size=2)},
)
NAT_POOL = item(
    {
        "name": with_bad(("web", "n2", "x" * 77), "x" * 78, "-x", "x.", "a b"),
        "protocol": with_bad(("tcp", "udp"), "icmp"),
        "backendPort": with_bad((80, 443, 8_080), 0, 29_876, 65_536, "80"),
        "frontendPortRangeStart": with_bad((1, 20_000, 41_000, 60_000), 0, 49_990, 52_000),
        "frontendPortRangeEnd": with_bad((400, 20_039, 41_500, 65_534), 20_038, 50_000, 65_535),
    },
    {"networkSecurityGroupRules": st.lists(RULE, max_size=3)},
)
BLOB = {"accountName": TEXT, "containerName": TEXT, "relativeMountPath": TEXT}
FIELDS = {
    "pool_id": with_bad(("play", "P-1_x"), "", "a b", "x" * 65, "ü"),
    "display_name": with_bad(("", "ü" * 1_024), "x" * 1_025),
    "vm_size": with_bad(("Standard_D2s_v3", "STANDARD_D4S_V3"), "", "Standard D2", "Standard_D99_v9"),
    "node_agent_sku_id": with_bad(("batch.node.ubuntu 22.04", "BATCH.NODE.UBUNTU 22.04"), "batch.node.el 8"),
    "target_dedicated_nodes": with_bad((0, 1, 5), -1, 100_001),
    "target_low_priority_nodes": with_bad((0, 3), -1),
    "resize_timeout": with_bad((timedelta(minutes=5), timedelta(hours=1)), timedelta(minutes=4), timedelta(0)),
    "enable_auto_scale": st.booleans(),
    "auto_scale_formula": with_bad(
        ("$TargetDedicatedNodes = 2;", "$TargetLowPriorityNodes = 1;"), "", " ", "$TargetDedicatedNodes = (1"
    ),
    "auto_scale_evaluation_interval": with_bad(
        (timedelta(minutes=5), timedelta(hours=168)), timedelta(minutes=4), timedelta(hours=169)
    ),
    "start_task_command_line": with_bad(("run", "/bin/sh -c 'a | b'"), "", "  "),
    "start_task_elevated": st.booleans(),
    "start_task_wait_for_success": st.booleans(),
    "start_task_auto_user_scope": words("start_task_auto_user_scope"),
    "start_task_username": with_bad(("", "bob"), "nobody"),
    "start_task_max_task_retry_count": with_bad((0, -1, 3), -2),
    "start_task_environment_settings": items(item({"name": TEXT}, {"value": TEXT | st.just(7)})),
    "start_task_resource_files": items(
        st.fixed_dictionaries(
            {"filePath": TEXT},
            optional={
                "httpUrl": st.just("https://x/f"),
                "storageContainerUrl": st.just("https://x/c"),
                "fileMode": TEXT,
            },
        )
    ),
    "start_task_container_image_name": with_bad(("busybox",), ""),
    "start_task_container_run_options": with_bad(("--rm",), ""),
    "allow_ssh": st.booleans(),
    "ssh_sources": st.lists(with_bad(("10.0.0.1", "10.0.0.0/8", "*", "::1"), "nowhere!", "10.0.0.0/33"), max_size=30),
    "allow_rdp": st.booleans(),
    "rdp_sources": st.lists(with_bad(("10.0.0.1", "*"), "nowhere!"), max_size=3),
    "inbound_nat_pools": st.lists(NAT_POOL, max_size=6),
    "subnet_id": with_bad(("", SUBNET), "inner"),
    "dynamic_vnet_assignment_scope": words("dynamic_vnet_assignment_scope"),
    "ip_address_provisioning_type": words("ip_address_provisioning_type"),
    "ip_address_ids": st.lists(with_bad((ADDRESS,), "one"), max_size=2),
    "ip_families": st.lists(words("ip_families"), max_size=3),
    "ip_tags": items(st.fixed_dictionaries({}, optional={"ipTagType": TEXT | st.just(7), "tag": TEXT})),
    "enable_accelerated_networking": st.booleans(),
    "enable_inter_node_communication": st.booleans(),
    "task_slots_per_node": with_bad((1, 8), 0, -1, 257),
    "node_fill_type": words("node_fill_type"),
    "job_default_order": words("job_default_order"),
    "metadata": items(item({"name": TEXT, "value": TEXT | st.just("") | st.just(7)})),
    "application_package_references": st.lists(
        item({"applicationId": often("ffmpeg", "FFMPEG")}, {"version": st.just("7.0")}), max_size=1
    ),
    "user_accounts": items(
        item(
            {"name": with_bad(("bob", "eve", "x" * 20), "x" * 21, ""), "password": TEXT},
            {
                "elevationLevel": with_bad(("admin", "NonAdmin"), "king"),
                "linuxUserConfiguration": st.fixed_dictionaries(
                    {}, optional={"uid": st.just(5), "gid": st.just(6), "sshPrivateKey": TEXT}
                ),
                "windowsUserConfiguration": st.fixed_dictionaries(
                    {}, optional={"loginMode": with_bad(("batch",), "zigzag")}
                ),
            },
        )
    ),
    "mount_configuration": items(
        st.fixed_dictionaries(
            {"azureBlobFileSystemConfiguration": item(BLOB, {"accountKey": TEXT, "sasKey": TEXT})},
        ),
        st.fixed_dictionaries({"nfsMountConfiguration": item({"source": TEXT, "relativeMountPath": TEXT})}),
        st.fixed_dictionaries(
            {
                "cifsMountConfiguration": item(
                    {"username": TEXT, "source": TEXT, "password": TEXT, "relativeMountPath": TEXT}
                )
            },
            optional={"nfsMountConfiguration": item({"source": TEXT, "relativeMountPath": TEXT})},
        ),
        st.fixed_dictionaries(
            {
                "azureFileShareConfiguration": item(
                    {"accountName": TEXT, "azureFileUrl": TEXT, "accountKey": TEXT, "relativeMountPath": TEXT}
                )
            }
        ),
        st.just({}),
    ),
    "os_disk_caching": words("os_disk_caching"),
    "os_disk_size_gb": with_bad((30, 100), 0, -1),
    "os_disk_storage_account_type": words("os_disk_storage_account_type"),
    "os_disk_placement": words("os_disk_placement"),
    "os_disk_write_accelerator_enabled": st.booleans(),
    "data_disks": items(
        item(
            {"lun": with_bad((0, 1, 63), 64, -1, "0"), "diskSizeGB": with_bad((8,), 0, "8", 2**40)},
            {"caching": words("os_disk_caching"), "managedDisk": st.just({"storageAccountType": "zigzag"})},
        )
    ),
    "disk_encryption_targets": st.lists(words("disk_encryption_targets"), max_size=2),
    "node_placement_policy": words("node_placement_policy"),
    "license_type": words("license_type"),
    "windows_enable_automatic_updates": st.booleans(),
    "container_type": words("container_type"),
    "container_image_names": st.lists(TEXT, max_size=2),
    "container_registries": items(
        st.fixed_dictionaries({}, optional={"registryServer": TEXT, "username": TEXT, "password": TEXT | st.just(7)})
    ),
    "encryption_at_host": st.booleans(),
    "security_type": words("security_type"),
    "secure_boot_enabled": st.booleans(),
    "vtpm_enabled": st.booleans(),
    "extensions": items(
        item(
            {"name": TEXT, "publisher": TEXT, "type": TEXT},
            {
                "settings": st.just({"a": 1}) | st.just("a"),
                "protectedSettings": st.just({"a": 1}) | st.just("a"),
                "autoUpgradeMinorVersion": st.booleans() | st.just("yes"),
                "provisionAfterExtensions": st.lists(TEXT, max_size=1) | st.just("a"),
            },
        )
    ),
    "service_artifact_reference_id": with_bad(("",), "some/id"),
    "upgrade_mode": words("upgrade_mode"),
    "automatic_os_upgrade_policy": st.fixed_dictionaries(
        {}, optional={"enableAutomaticOSUpgrade": st.booleans() | st.just("yes")}
    ),
    "rolling_upgrade_policy": st.fixed_dictionaries(
        {},
        optional={
            "maxBatchInstancePercent": with_bad((5, 20), 4, 101, "20"),
            "maxUnhealthyInstancePercent": with_bad((20, 100), 4, 101),
            "maxUnhealthyUpgradedInstancePercent": with_bad((0, 100), -1, 101),
            "pauseTimeBetweenBatches": with_bad(("PT0S", "PT1M"), "soon", 7),
            "enableCrossZoneUpgrade": st.booleans() | st.just("yes"),
            "prioritizeUnhealthyInstances": st.booleans() | st.just(1),
        },
    ),
}
GOOD = {"pool_id": "play", "vm_size": "Standard_D2s_v3", "target_dedicated_nodes": 1}


def test_every_field_is_played():
    assert set(FIELDS) == set(bw.pools.spec.FIELDS) - {"image"}


def a_few(field_names):
    return st.fixed_dictionaries({}, optional={name: FIELDS[name] for name in field_names})


CHANGES = st.lists(st.sampled_from(sorted(FIELDS)), max_size=7, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in names})
)


@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), changes=CHANGES)
def test_what_is_called_valid_is_taken_and_what_is_refused_was_named(world, data, changes):
    service, images = world
    ubuntu = next(one for one in images if one.node_agent_sku_id.endswith("22.04") and one.offer.endswith("jammy"))
    windows = next(one for one in images if one.os_type == "windows")
    image = data.draw(
        with_bad(
            (ubuntu, ubuntu.image_reference, windows), None, ImageReference("p", "o", "s"), ImageReference("", "", "")
        )
    )
    agent = image.node_agent_sku_id if isinstance(image, SupportedImage) else ubuntu.node_agent_sku_id
    spec = PoolSpec(**{**GOOD, "image": image, "node_agent_sku_id": agent, **changes})
    problems = check(spec, images, taken_ids=[], sizes=SIZES)
    status, _, answer = send(service, "POST", "/pools", spec.to_body())
    if status == 201:
        event("taken")
        send(service, "DELETE", f"/pools/{spec.pool_id}")
    else:
        event("refused")
        assert 400 <= status < 500
        note(f"{answer['code']} {answer['values']} {problems}")
        named = {part for problem in problems for part in names_of(problem.field)}
        assert property_of(answer) in named, (answer, problems)
    if not errors_of(problems) and image is not None and not unknown(image):
        event("called valid")
        assert status == 201, (answer, problems)


def unknown(image):
    """Tell whether the list of images lacks it: that is a warning, for a list can be out of date."""
    return isinstance(image, ImageReference) and image.publisher == "p"


def property_of(answer):
    """Give the last name in the property that an answer names; what is wrong with a formula has codes of its own."""
    if answer["code"].startswith("AutoScalingFormula"):
        return "autoScaleFormula"
    (name,) = [value["value"] for value in answer["values"] if value["key"] == "PropertyName"]
    return re.sub(r"\[\d+\]", "", name).split(".")[-1]


def test_a_formula_without_a_statement_is_named(world):
    service, images = world
    image = next(one for one in images if one.node_agent_sku_id.endswith("22.04"))
    spec = PoolSpec(**{**GOOD, "image": image, "enable_auto_scale": True, "auto_scale_formula": " ;"})
    status, _, answer = send(service, "POST", "/pools", spec.to_body())
    assert status == 400
    assert property_of(answer) == "autoScaleFormula"
    assert "auto_scale_formula" in {problem.field for problem in errors_of(check(spec))}


def names_of(field):
    """Give the service's names of what a field is made of."""
    own = set(PLACES[field].path) if field in PLACES else {"imageReference", "publisher", "offer", "sku"}
    parts = {step for kind in ITEM_VARIANTS.get(field, ()) for part in kind.parts for step in part.path.split(".")}
    if field in {"allow_ssh", "ssh_sources", "allow_rdp", "rdp_sources", "inbound_nat_pools"}:
        nat = ITEM_VARIANTS["inbound_nat_pools"][0].parts
        parts |= {part.path for part in nat} | {"priority", "access", "sourceAddressPrefix", "sourcePortRanges"}
        own = {"inboundNATPools", "endpointConfiguration"}
    parts |= {part.path for part in OBJECT_PARTS.get(field, ())}
    more = {
        "windows_enable_automatic_updates": {"windowsConfiguration"},
    }
    return own | parts | more.get(field, set())
