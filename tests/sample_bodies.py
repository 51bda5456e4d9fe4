"""Request bodies that tests of every layer send."""

UBUNTU = {
    "imageReference": {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"},
    "nodeAgentSKUId": "batch.node.ubuntu 22.04",
}
FOCAL = {
    "imageReference": {"publisher": "canonical", "offer": "0001-com-ubuntu-server-focal", "sku": "20_04-lts"},
    "nodeAgentSKUId": "batch.node.ubuntu 20.04",
}
WINDOWS = {
    "imageReference": {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-Datacenter"},
    "nodeAgentSKUId": "batch.node.windows amd64",
}
SSH_MAPPING = {
    "name": "ssh",
    "protocol": "tcp",
    "backendPort": 22,
    "frontendPortRangeStart": 40000,
    "frontendPortRangeEnd": 40500,
}
SSH_NETWORK = {"endpointConfiguration": {"inboundNATPools": [SSH_MAPPING]}}
