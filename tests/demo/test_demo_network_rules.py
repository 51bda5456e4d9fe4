"""Inbound NAT pools and their rules: each limit on both of its sides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_bodies import SSH_NETWORK


@pytest.fixture
def judge(client, nat_pool):
    """Make a pool with the given inbound NAT pools; give the property that is refused, or None."""

    def judge(*changes):
        answer = client.create(networkConfiguration=network(*(nat_pool(**change) for change in changes)))
        if answer.status == 201:
            client.send("DELETE", "/pools/p")
            client.clock.advance(60)
            return None
        assert (answer.status, answer.code) == (400, "InvalidPropertyValue")
        return answer.details["PropertyName"]

    return judge


def rules(*changes):
    rule = {"priority": 150, "access": "allow", "sourceAddressPrefix": "*"}
    return {"networkSecurityGroupRules": [{**rule, **change} for change in changes]}


def ports(first, last):
    return {"frontendPortRangeStart": first, "frontendPortRangeEnd": last}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"backendPort": 1}, None),
        ({"backendPort": 0}, "backendPort"),
        ({"backendPort": 29875}, None),
        ({"backendPort": 29876}, "backendPort"),
        ({"backendPort": 29877}, "backendPort"),
        ({"backendPort": 29878}, None),
        ({"backendPort": 65535}, None),
        ({"backendPort": 65536}, "backendPort"),
        (ports(1, 40), None),
        (ports(0, 40), "frontendPortRangeStart"),
        (ports(1, 39), "frontendPortRangeEnd"),
        (ports(65495, 65534), None),
        (ports(65495, 65535), "frontendPortRangeEnd"),
        (ports(65535, 65574), "frontendPortRangeStart"),
        (ports(49960, 49999), None),
        (ports(49961, 50000), "frontendPortRangeStart"),
        (ports(55000, 55039), "frontendPortRangeStart"),
        (ports(55001, 55040), None),
        (ports(40000, 60000), "frontendPortRangeStart"),
        ({"name": "x" * 77}, None),
        ({"name": "x" * 78}, "name"),
        ({"name": "9"}, None),
        ({"name": "a-._b"}, None),
        ({"name": "a_"}, None),
        ({"name": "_a"}, "name"),
        ({"name": "a-"}, "name"),
        ({"name": "a."}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": ""}, "name"),
        (rules({"priority": 150}), None),
        (rules({"priority": 149}), "priority"),
        (rules({"priority": 4096}), None),
        (rules({"priority": 4097}), "priority"),
        (rules({}, {"priority": 151}), None),
        (rules({}, {}), "priority"),
        (rules({"sourceAddressPrefix": "203.0.113.7"}), None),
        (rules({"sourceAddressPrefix": "203.0.113.0/24"}), None),
        (rules({"sourceAddressPrefix": "2001:db8::/32"}), None),
        (rules({"sourceAddressPrefix": "VirtualNetwork"}), None),
        (rules({"sourceAddressPrefix": "203.0.113.256"}), "sourceAddressPrefix"),
        (rules({"sourceAddressPrefix": "203.0.113.0/33"}), "sourceAddressPrefix"),
        (rules({"sourceAddressPrefix": ""}), "sourceAddressPrefix"),
        (rules({"sourcePortRanges": ["*"]}), None),
        (rules({"sourcePortRanges": ["0", "1-9", "10-65535"]}), None),
        (rules({"sourcePortRanges": ["65536"]}), "sourcePortRanges"),
        (rules({"sourcePortRanges": ["1-65536"]}), "sourcePortRanges"),
        (rules({"sourcePortRanges": ["9-8"]}), "sourcePortRanges"),
        (rules({"sourcePortRanges": ["1-9", "9"]}), "sourcePortRanges"),
        (rules({"sourcePortRanges": ["9", "1-9"]}), "sourcePortRanges"),
        (rules({"sourcePortRanges": ["9", "1-20"]}), "sourcePortRanges"),
        (rules({"sourcePortRanges": ["*", "0"]}), "sourcePortRanges"),
        (rules({"sourcePortRanges": ["65535", "*"]}), "sourcePortRanges"),
        (rules({"sourcePortRanges": ["http"]}), "sourcePortRanges"),
    ],
)
def test_each_limit_holds_on_both_of_its_sides(judge, change, name):
    assert judge(change) == name


def test_a_pool_has_25_rules_at_most_over_all_its_nat_pools(judge):
    def shared(count):
        priorities = iter(range(200, 200 + count))
        first = rules(*({"priority": next(priorities)} for _ in range(13)))
        rest = rules(*({"priority": priority} for priority in priorities))
        return [first, {"name": "b", "backendPort": 80, **ports(1000, 1100), **rest}]

    assert judge(*shared(25)) is None
    assert judge(*shared(26)) == "networkSecurityGroupRules"


def test_priorities_are_unique_over_all_nat_pools(judge):
    other = {"name": "b", "backendPort": 80, **ports(1000, 1100)}
    assert judge(rules({"priority": 200}), {**other, **rules({"priority": 201})}) is None
    assert judge(rules({"priority": 200}), {**other, **rules({"priority": 200})}) == "priority"


def test_ranges_may_touch_but_not_overlap(judge):
    other = {"name": "b", "backendPort": 80}
    assert judge(ports(1000, 1100), {**other, **ports(1101, 1200)}) is None
    assert judge(ports(1101, 1200), {**other, **ports(1000, 1100)}) is None
    assert judge(ports(1000, 1100), {**other, **ports(1100, 1200)}) == "frontendPortRangeStart"
    assert judge(ports(1000, 1200), {**other, **ports(1050, 1100)}) == "frontendPortRangeStart"


def test_names_are_unique_without_regard_to_case(judge):
    assert judge({"name": "Web"}, {"name": "wEB", "backendPort": 80, **ports(1000, 1100)}) == "name"


def test_nodes_without_public_addresses_take_no_endpoints(client):
    private = {"publicIPAddressConfiguration": {"provision": "noPublicIPAddresses"}, "subnetId": "/subnets/x"}
    assert client.create("private", networkConfiguration=private).status == 201
    answer = client.create(networkConfiguration={**private, **SSH_NETWORK})
    assert (answer.status, answer.code) == (400, "InvalidPropertyValue")
    assert answer.details["PropertyName"] == "endpointConfiguration"
    assert client.create("subnet", networkConfiguration={"subnetId": "/subnets/x", **SSH_NETWORK}).status == 201


def network(*pools):
    return {"endpointConfiguration": {"inboundNATPools": list(pools)}}


@settings(max_examples=80, deadline=None)
@given(first=st.integers(-5, 66_000), last=st.integers(-5, 66_000))
def test_frontend_ranges_keep_the_rule(make_module_client, first, last):
    nat = {"name": "x", "protocol": "tcp", "backendPort": 22, "frontendPortRangeStart": first}
    answer = make_module_client().create(networkConfiguration=network({**nat, "frontendPortRangeEnd": last}))
    ports = range(first, last + 1)
    fits = first >= 1 and last <= 65_534 and len(ports) >= 40 and (last < 50_000 or first > 55_000)
    assert (answer.status == 201) == fits


@pytest.mark.parametrize(
    "change",
    [
        {"backendPort": 0},
        {"backendPort": 29876},
        {"backendPort": 65536},
        {"name": "-x"},
        {"name": "x."},
        {"name": "x" * 78},
        {"protocol": "icmp"},
        {"networkSecurityGroupRules": [{"priority": 149, "access": "allow", "sourceAddressPrefix": "*"}]},
        {"networkSecurityGroupRules": [{"priority": 4097, "access": "allow", "sourceAddressPrefix": "*"}]},
        {"networkSecurityGroupRules": [{"priority": 150, "access": "allow", "sourceAddressPrefix": "10.0.0.256"}]},
        {"networkSecurityGroupRules": [{"priority": 150, "access": "perhaps", "sourceAddressPrefix": "*"}]},
        {"networkSecurityGroupRules": [{"priority": 150, "access": "allow", "sourceAddressPrefix": "*"}] * 2},
    ],
)
def test_nat_pools_keep_the_rules(client, nat_pool, change):
    assert client.create("good", networkConfiguration=network(nat_pool())).status == 201
    answer = client.create(networkConfiguration=network(nat_pool(**change)))
    assert (answer.status, answer.code) == (400, "InvalidPropertyValue")


def test_nat_pools_of_a_pool_fit_together(client, nat_pool):
    many = [
        nat_pool(
            name=f"n{i}",
            backendPort=100 + i,
            frontendPortRangeStart=1000 * i + 1000,
            frontendPortRangeEnd=1000 * i + 1100,
        )
        for i in range(6)
    ]
    assert client.create("five", networkConfiguration=network(*many[:5])).status == 201
    assert client.create("six", networkConfiguration=network(*many)).status == 400
    overlap = nat_pool(name="b", backendPort=80, frontendPortRangeStart=40500, frontendPortRangeEnd=40600)
    assert client.create("overlap", networkConfiguration=network(nat_pool(), overlap)).status == 400
    twice = {**many[0], "backendPort": 22}
    assert client.create("port", networkConfiguration=network(nat_pool(), twice)).status == 400
