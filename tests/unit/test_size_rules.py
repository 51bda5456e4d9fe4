"""The rules between pool, VM size and quotas: each one firing and silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.images import CustomImage, ImageReference
from batch_widgets.pools import PoolSpec, assurances, check
from batch_widgets.pools.rules import Rule
from batch_widgets.sizes import Quotas, VmSize, VmSizeList, recorded_vm_sizes
from unit.fakes import make_image, make_spec

NOW = datetime(2026, 1, 2, tzinfo=UTC)
GEN1 = make_image(capabilities=())
GEN2 = make_image(capabilities=("Generation2VMImage",))
UNKNOWN = make_image(capabilities=None)
RDMA = make_image(capabilities=("Generation2VMImage", "SupportsRDMAOnly"))
DRIVER = make_image(capabilities=("Generation2VMImage", "NvidiaTeslaDriverInstalled"))
ARM = make_image("22_04-lts-arm64", capabilities=("Generation2VMImage",))
GALLERY = CustomImage("/communityGalleries/g/images/i/versions/latest", "batch.node.ubuntu 22.04")
BASE = {
    "vCPUs": "2",
    "MemoryGB": "8",
    "HyperVGenerations": "V1,V2",
    "CpuArchitectureType": "x64",
    "LowPriorityCapable": "True",
    "RdmaEnabled": "False",
    "EphemeralOSDiskSupported": "True",
    "AcceleratedNetworkingEnabled": "True",
    "EncryptionAtHostSupported": "True",
    "PremiumIO": "True",
    "MaxDataDiskCount": "4",
}
QUOTAS = Quotas(8, 4, 10, (("fam", 6),), per_family_enforced=True)


def sizes_of(*, name="Standard_X", family="fam", end=None, source="service", **changed):
    """Make a list of one size, some of its capabilities changed, or with None not told."""
    capabilities = {key: value for key, value in {**BASE, **changed}.items() if value is not None}
    return VmSizeList((VmSize(name, family, tuple(capabilities.items()), end),), source, "eastus")


def problems_of(asked, sizes=None, **known):
    """Give what the rules of size and quota say of a pool."""
    spec = replace(make_spec(nodes=1), **{"vm_size": "standard_x", "image": GEN2, **asked})
    found = check(spec, sizes=sizes_of() if sizes is None else sizes, now=NOW, **known)
    return [problem for problem in found if problem.rule in CASES]


def disks(count, **more):
    return {"data_disks": [{"lun": unit, "diskSizeGB": 8, **more} for unit in range(count)]}


CASES = {
    Rule.VM_SIZE_UNKNOWN: ("vm_size", {"vm_size": "Standard_Y"}, {}),
    Rule.VM_SIZE_ENDED: ("vm_size", {"sizes": sizes_of(end=NOW)}, {"sizes": sizes_of(end=NOW + timedelta(days=1))}),
    Rule.VM_SIZE_ENDS_SOON: (
        "vm_size",
        {"sizes": sizes_of(end=NOW + timedelta(days=90))},
        {"sizes": sizes_of(end=NOW + timedelta(days=91))},
    ),
    Rule.VM_SIZE_FEATURE: (
        "os_disk_placement",
        {"os_disk_placement": "cachedisk", "sizes": sizes_of(EphemeralOSDiskSupported="False")},
        {"os_disk_placement": "cachedisk"},
    ),
    Rule.GENERATION_MISMATCH: (
        "vm_size",
        {"image": GEN2, "sizes": sizes_of(HyperVGenerations="V1")},
        {"image": GEN2, "sizes": sizes_of(HyperVGenerations="V2")},
    ),
    Rule.GENERATION_UNKNOWN: (
        "vm_size",
        {"image": UNKNOWN, "sizes": sizes_of(HyperVGenerations="V2")},
        {"image": UNKNOWN, "sizes": sizes_of(HyperVGenerations="V1,V2")},
    ),
    Rule.ARCHITECTURE_MISMATCH: (
        "vm_size",
        {"image": ARM},
        {"image": ARM, "sizes": sizes_of(CpuArchitectureType="Arm64")},
    ),
    Rule.ARCHITECTURE_UNKNOWN: ("vm_size", {"sizes": sizes_of(CpuArchitectureType="Arm64")}, {}),
    Rule.RDMA_MISSING: ("vm_size", {"image": RDMA}, {"image": RDMA, "sizes": sizes_of(RdmaEnabled="True")}),
    Rule.GPU_MISSING: ("vm_size", {"image": DRIVER}, {"image": DRIVER, "sizes": sizes_of(GPUs="1")}),
    Rule.GPU_DRIVER_MISSING: ("image", {"sizes": sizes_of(GPUs="1")}, {"image": DRIVER, "sizes": sizes_of(GPUs="1")}),
    Rule.TASK_SLOTS_CORES: ("task_slots_per_node", {"task_slots_per_node": 9}, {"task_slots_per_node": 8}),
    Rule.SPOT_UNSUPPORTED: (
        "target_low_priority_nodes",
        {"target_low_priority_nodes": 1, "sizes": sizes_of(LowPriorityCapable="False")},
        {"target_low_priority_nodes": 0, "sizes": sizes_of(LowPriorityCapable="False")},
    ),
    Rule.DATA_DISKS_TOO_MANY: ("data_disks", disks(5), disks(4)),
    Rule.POOL_QUOTA: ("pool_id", {"quotas": QUOTAS, "pools_there": 10}, {"quotas": QUOTAS, "pools_there": 9}),
    Rule.CORE_QUOTA: (
        "target_dedicated_nodes",
        {"quotas": Quotas(8), "target_dedicated_nodes": 5},
        {"quotas": Quotas(8), "target_dedicated_nodes": 4},
    ),
    Rule.FAMILY_QUOTA: (
        "target_dedicated_nodes",
        {"quotas": QUOTAS, "target_dedicated_nodes": 4},
        {"quotas": QUOTAS, "target_dedicated_nodes": 3},
    ),
    Rule.SPOT_QUOTA: (
        "target_low_priority_nodes",
        {"quotas": QUOTAS, "target_low_priority_nodes": 3},
        {"quotas": QUOTAS, "target_low_priority_nodes": 2},
    ),
}
"""Rule to the field, what breaks it, and what, as near as can be, keeps it."""

WARNINGS = {
    *(Rule.VM_SIZE_ENDS_SOON, Rule.GENERATION_UNKNOWN, Rule.ARCHITECTURE_UNKNOWN),
    *(Rule.GPU_MISSING, Rule.GPU_DRIVER_MISSING),
}


def split(case):
    known = {name: case[name] for name in ("sizes", "quotas", "pools_there") if name in case}
    return {name: value for name, value in case.items() if name not in known}, known


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_the_rule_fires(rule):
    field, breaks, _ = CASES[rule]
    asked, known = split(breaks)
    (problem,) = problems_of(asked, **known)
    assert (problem.rule, problem.field) == (rule, field)
    assert problem.severity == ("warning" if rule in WARNINGS else "error")
    assert problem.message.endswith(".")


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_the_rule_is_silent(rule):
    _, _, keeps = CASES[rule]
    asked, known = split(keeps)
    assert rule not in {problem.rule for problem in problems_of(asked, **known)}
    assert [problem for problem in problems_of(asked, **known) if problem.severity == "error"] == []


@pytest.mark.parametrize(
    ("asked", "sizes", "rules"),
    [
        # a generation 1 image, the other way round
        ({"image": GEN1}, sizes_of(HyperVGenerations="V2"), [Rule.GENERATION_MISMATCH]),
        ({"image": GEN1}, sizes_of(HyperVGenerations="V1"), []),
        ({"image": UNKNOWN}, sizes_of(HyperVGenerations="V1"), []),
        # what the list does not say is not judged
        ({"image": GEN2}, sizes_of(HyperVGenerations=None), []),
        ({"image": ARM}, sizes_of(CpuArchitectureType=None), []),
        ({"image": RDMA}, sizes_of(RdmaEnabled=None), []),
        ({"task_slots_per_node": 9}, sizes_of(vCPUs=None), []),
        ({"target_low_priority_nodes": 1}, sizes_of(LowPriorityCapable=None), []),
        (disks(9), sizes_of(MaxDataDiskCount=None), []),
        # nor is an image of which nothing is known
        ({"image": GALLERY}, sizes_of(HyperVGenerations="V2"), []),
        ({"image": None}, sizes_of(HyperVGenerations="V2"), []),
        # slots beyond what any node has are another rule's
        ({"task_slots_per_node": 256}, sizes_of(vCPUs="96"), []),
        ({"task_slots_per_node": 257}, sizes_of(), []),
        # each of the features
        (
            {"enable_accelerated_networking": True},
            sizes_of(AcceleratedNetworkingEnabled="False"),
            [Rule.VM_SIZE_FEATURE],
        ),
        ({"enable_accelerated_networking": True}, sizes_of(), []),
        ({"encryption_at_host": True}, sizes_of(EncryptionAtHostSupported="False"), [Rule.VM_SIZE_FEATURE]),
        ({"encryption_at_host": True}, sizes_of(), []),
        ({"os_disk_storage_account_type": "Premium_LRS"}, sizes_of(PremiumIO="False"), [Rule.VM_SIZE_FEATURE]),
        ({"os_disk_storage_account_type": "Premium_LRS"}, sizes_of(), []),
        ({"os_disk_storage_account_type": "standard_lrs"}, sizes_of(PremiumIO="False"), []),
        (
            disks(1, managedDisk={"storageAccountType": "premium_lrs"}),
            sizes_of(PremiumIO="False"),
            [Rule.VM_SIZE_FEATURE],
        ),
        (disks(1, storageAccountType="premium_lrs"), sizes_of(PremiumIO="False"), [Rule.VM_SIZE_FEATURE]),
        (disks(1), sizes_of(PremiumIO="False"), []),
        ({"data_disks": [{"managedDisk": 7}, {"storageAccountType": 7}]}, sizes_of(PremiumIO="False"), []),
        # a list that was recorded lacks what is newer, and its ends are of its day
        ({"vm_size": "Standard_Y"}, sizes_of(source="recorded"), []),
        ({"vm_size": " "}, sizes_of(), []),
        ({}, sizes_of(end=NOW, source="recorded"), [Rule.VM_SIZE_ENDED]),
    ],
)
def test_further_cases(asked, sizes, rules):
    assert [problem.rule for problem in problems_of(asked, sizes)] == rules


def test_an_end_in_a_recorded_list_does_not_block():
    (problem,) = problems_of({}, sizes_of(end=NOW, source="recorded"))
    assert problem.severity == "warning"


def test_an_image_given_by_its_names_is_looked_up():
    reference = ImageReference(GEN2.publisher.upper(), GEN2.offer, GEN2.sku, "1.2.3")
    asked = {"image": reference, "node_agent_sku_id": GEN2.node_agent_sku_id}
    spec = replace(make_spec(), **asked, vm_size="Standard_X")
    sizes = sizes_of(HyperVGenerations="V1")
    assert Rule.GENERATION_MISMATCH in {one.rule for one in check(spec, [ARM, GEN2], sizes=sizes, now=NOW)}
    assert Rule.GENERATION_MISMATCH not in {one.rule for one in check(spec, [ARM], sizes=sizes, now=NOW)}


@pytest.mark.parametrize(
    ("asked", "quotas", "rules"),
    [
        ({"target_dedicated_nodes": 5}, QUOTAS, [Rule.CORE_QUOTA, Rule.FAMILY_QUOTA]),
        ({"target_dedicated_nodes": 5}, Quotas(), []),
        ({"target_dedicated_nodes": 1}, Quotas(0, 0), [Rule.CORE_QUOTA]),  # a new account's quota
        ({"target_dedicated_nodes": 0, "target_low_priority_nodes": 1}, Quotas(0, 0), [Rule.SPOT_QUOTA]),
        ({"target_dedicated_nodes": 0}, Quotas(0, 0), []),
        ({"target_dedicated_nodes": -5}, Quotas(0, 0), []),
    ],
)
def test_cores_against_quotas(asked, quotas, rules):
    assert [problem.rule for problem in problems_of(asked, quotas=quotas)] == rules


def test_of_a_size_that_is_not_known_each_node_has_a_core():
    recorded = sizes_of(source="recorded")
    asked = {"vm_size": "Standard_Y", "target_dedicated_nodes": 9}
    (problem,) = problems_of(asked, recorded, quotas=Quotas(8))
    assert problem.message.startswith("9 dedicated nodes need at least 9 cores;")
    assert problems_of({**asked, "target_dedicated_nodes": 8}, recorded, quotas=Quotas(8)) == []


def test_a_formulas_pool_has_the_nodes_that_it_can_ask_for():
    asked = {
        "enable_auto_scale": True,
        "auto_scale_formula": "$TargetDedicatedNodes = 1;",
        "target_dedicated_nodes": 99,
        "target_low_priority_nodes": 99,
    }
    sizes = sizes_of(LowPriorityCapable="False")
    assert problems_of(asked, sizes, quotas=Quotas(8, 4)) == []
    found = problems_of(asked, sizes, quotas=Quotas(8, 4), most_nodes=(5, 3))
    assert [(problem.rule, problem.field) for problem in found] == [
        (Rule.CORE_QUOTA, "auto_scale_formula"),
        (Rule.SPOT_QUOTA, "auto_scale_formula"),
    ]


def test_nothing_is_judged_of_what_is_not_known():
    spec = PoolSpec(vm_size="Standard_X", image=GEN2, task_slots_per_node=200, target_dedicated_nodes=99_999)
    assert [problem for problem in check(spec, pools_there=99, now=NOW) if problem.rule in CASES] == []


@pytest.mark.parametrize("name", ["Standard_NP10s", "Standard_NV4as_v4"])
def test_no_driver_of_nvidia_is_asked_for_where_the_accelerator_is_another(name):
    assert problems_of({"vm_size": name, "image": GEN1}, recorded_vm_sizes()) == []


def message(asked, sizes=None, **known):
    (problem,) = problems_of(asked, sizes, **known)
    return problem.message


def test_a_problem_names_what_is_wrong_and_what_to_do():
    assert message({"image": GEN2}, sizes_of(HyperVGenerations="V1")) == (
        "The image is of generation 2, and Standard_X boots generation 1 only: no node would start. "
        "Choose another size, or the image's other generation."
    )
    assert message({"task_slots_per_node": 9}) == (
        "At most 8 task slots on a node of Standard_X: four for each of its 2 cores. Take 8 or fewer."
    )
    assert message({"target_dedicated_nodes": 5}, quotas=Quotas(8)) == (
        "5 dedicated nodes need 10 cores; the account's quota of dedicated cores is 8. "
        "Take 4 nodes or fewer, or a smaller size. "
        "More can be asked for in the portal, under Quotas of the Batch account."
    )
    assert message({"target_low_priority_nodes": 1}, quotas=Quotas(low_priority_cores=0)) == (
        "1 Spot node needs 2 cores; the account's quota of Spot cores is 0. "
        "More can be asked for in the portal, under Quotas of the Batch account."
    )
    assert message({"target_dedicated_nodes": 4}, quotas=QUOTAS).startswith(
        "4 dedicated nodes need 8 cores; the account's quota for the family fam is 6. Take 3 nodes or fewer"
    )
    assert message({"vm_size": "Standard_Y"}) == "Batch offers no size Standard_Y in eastus. Choose one of the list."


def assured(asked, sizes=None, quotas=None, problems=()):
    spec = replace(make_spec(nodes=3), **{"vm_size": "Standard_X", "image": GEN2, **asked})
    return [sentence for sentence, _ in assurances(spec, (), problems, None, sizes or sizes_of(), quotas)]


def test_what_fits_is_told_too():
    fits = "Image (Gen 2) fits the VM size (Gen 1, Gen 2)."
    assert fits in assured({})
    assert fits not in assured({}, problems=problems_of({"image": ARM}))
    assert fits not in assured({"image": UNKNOWN})
    assert fits not in assured({"vm_size": "Standard_Y"})
    assert fits not in assured({}, sizes_of(HyperVGenerations=None))


def test_cores_within_the_quotas_are_told_too():
    asked = {"target_low_priority_nodes": 1}
    assert [line for line in assured(asked, quotas=QUOTAS) if "cores" in line] == [
        "6 of 8 dedicated cores are asked for.",
        "2 of 4 Spot cores are asked for.",
    ]
    beyond = {"target_dedicated_nodes": 5}
    problems = problems_of(beyond, quotas=QUOTAS)
    assert [line for line in assured(beyond, quotas=QUOTAS, problems=problems) if "cores" in line] == []
    assert [line for line in assured(asked) if "cores" in line] == []
    by_formula = {**asked, "enable_auto_scale": True}
    assert [line for line in assured(by_formula, quotas=QUOTAS) if "cores" in line] == []
