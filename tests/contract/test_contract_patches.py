"""What may be patched when: the definition says it property by property."""

from official_definition import definition

from batch_widgets.demo.pool_rules import ANY_TIME


def test_what_may_be_patched_while_a_pool_has_nodes_is_what_the_definition_says():
    properties = definition()["definitions"]["PoolPatchParameter"]["properties"]
    empty_only = {name for name, schema in properties.items() if "only when the pool is empty" in schema["description"]}
    assert properties.keys() - empty_only == ANY_TIME
    assert len(empty_only) == 11
