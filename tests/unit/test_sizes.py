"""VM sizes: what is read from capabilities, the recorded list, the frame, quotas."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from batch_widgets.sizes import Quotas, VmSize, VmSizeList, recorded_vm_sizes, vm_sizes_frame


def size_of(name="Standard_X", family="", end=None, **capabilities):
    return VmSize(name, family, tuple(capabilities.items()), end)


def test_capabilities_are_read_from_their_texts():
    size = size_of(
        vCPUs="4",
        vCPUsAvailable="2",
        MemoryGB="3.5",
        GPUs="1",
        HyperVGenerations="V2, V1",
        CpuArchitectureType="x64",
        RdmaEnabled="False",
        LowPriorityCapable="true",
        AcceleratedNetworkingEnabled="True",
        PremiumIO="False",
        EphemeralOSDiskSupported="True",
        EncryptionAtHostSupported="True",
        MaxResourceVolumeMB="1024",
        MaxDataDiskCount="8",
        Novelty="7",
    )
    assert (size.vcpus, size.vcpus_available, size.memory_gb, size.gpus) == (4, 2, 3.5, 1)
    assert (size.hyper_v_generations, size.cpu_architecture) == ((1, 2), "x64")
    assert (size.rdma, size.spot_capable, size.accelerated_networking, size.premium_io) == (False, True, True, False)
    assert (size.ephemeral_os_disk, size.encryption_at_host) == (True, True)
    assert (size.temporary_disk_mb, size.most_data_disks, size.most_task_slots) == (1024, 8, 16)
    assert size.capability("novelty") == "7"


def test_what_is_missing_or_unreadable_stays_missing():
    for size in (size_of(), size_of(vCPUs="many", MemoryGB="-1", RdmaEnabled="perhaps", GPUs="9" * 400)):
        assert size.vcpus is size.memory_gb is size.gpus is size.rdma is size.most_task_slots is None
    assert size_of().hyper_v_generations is None
    assert size_of(HyperVGenerations="later").hyper_v_generations == ()


@pytest.mark.parametrize(
    ("size", "accelerator"),
    [
        (size_of("Standard_NC4as_T4_v3", GPUs="1"), "NVIDIA"),
        (size_of("Standard_NV16as_v4", GPUs="1"), "AMD"),
        (size_of("Standard_NP10s", GPUs="1"), "FPGA"),
        (size_of("Standard_D2s_v3", vCPUs="2"), ""),
        (size_of("Standard_D2s_v3"), None),
    ],
)
def test_the_accelerator_follows_from_name_and_count(size, accelerator):
    assert size.accelerator == accelerator


def test_slots_are_four_a_core_and_at_most_256():
    assert [size_of(vCPUs=str(cores)).most_task_slots for cores in (1, 64, 176)] == [4, 256, 256]


def test_the_end_of_support_is_judged_at_a_moment():
    end = datetime(2024, 8, 31, tzinfo=UTC)
    assert size_of(end=end).support_ended(end)
    assert not size_of(end=end).support_ended(datetime(2024, 8, 30, tzinfo=UTC))
    assert not size_of().support_ended()


def test_the_recorded_list_says_what_it_is():
    sizes = recorded_vm_sizes()
    assert (len(sizes), sizes.source, sizes.location, sizes.day) == (333, "recorded", "eastus", date(2024, 6, 24))
    assert "recorded in eastus" in sizes.told
    assert "24 Jun 2024" in sizes.told
    found = sizes.find(" standard_d4S_V3 ")
    assert (found.name, found.family, found.vcpus, found.memory_gb) == ("Standard_D4s_v3", "standardDSv3Family", 4, 16)
    assert found.hyper_v_generations == (1, 2)
    assert (found.rdma, found.spot_capable, found.gpus, found.accelerator) == (False, True, None, "")
    assert sizes.find("Standard_Nothing") is None
    assert sizes.find("Basic_A1").support_ended()
    assert all(size.vcpus and size.memory_gb and size.hyper_v_generations for size in sizes)
    assert sizes[:2] == sizes.sizes[:2]
    assert sizes[0].name == "Standard_NC16as_T4_v3"


def test_a_list_of_the_service_says_so():
    told = VmSizeList((), "service", "westeurope", note="of the demo").told
    assert told == "as Batch offers them in westeurope; of the demo"


def test_the_frame_has_proper_types():
    end = datetime(2024, 8, 31, tzinfo=UTC)
    sizes = [size_of("Standard_A", "f", end, vCPUs="2", MemoryGB="7", HyperVGenerations="V1"), size_of("Standard_B")]
    frame = vm_sizes_frame(sizes, {"standard_a": (0.1, None)})
    assert list(frame.index) == ["Standard_A", "Standard_B"]
    assert frame.index.name == "vm_size"
    assert [str(frame[name].dtype) for name in ("vcpus", "memory_gb", "rdma", "price_hour", "family")] == [
        *("Int64", "Float64", "boolean", "Float64", "category"),
    ]
    assert str(frame["batch_support_end_of_life"].dtype) == "datetime64[us, UTC]"
    first, second = frame.iloc[0], frame.iloc[1]
    assert (first["vcpus"], first["memory_gb"], first["price_hour"], first["gen1"]) == (2, 7.0, 0.1, True)
    assert not first["gen2"]
    assert first["capabilities"] == {"vCPUs": "2", "MemoryGB": "7", "HyperVGenerations": "V1"}
    assert all(pd.isna(second[name]) for name in ("vcpus", "memory_gb", "gen1", "price_hour", "spot_price_hour"))


def test_the_frame_of_the_recorded_list_computes():
    frame = vm_sizes_frame(recorded_vm_sizes())
    assert len(frame.query("gpus >= 1 and spot_capable")) == len(
        [size for size in recorded_vm_sizes() if size.gpus and size.spot_capable]
    )
    assert list(vm_sizes_frame([]).columns) == list(frame.columns)


def test_quotas_by_family_count_where_they_are_enforced():
    quotas = Quotas(
        100, 10, 5, (("standardDSv3Family", 20), ("Standard NCASv3_T4 Family", 0)), per_family_enforced=True
    )
    assert quotas.family_cores("Standard DSv3 Family") == 20
    assert quotas.family_cores("standardNCASv3_T4Family") == 0
    assert quotas.family_cores("other") is None
    assert quotas.family_cores("") is None
    assert Quotas(dedicated_cores_per_family=(("f", 1),)).family_cores("f") is None
