"""What is read of a pool, by two threads at once: nothing that was read is lost, and no part comes after the whole."""

import dataclasses
import threading

from batch_widgets.login import RemoteLoginSettings
from batch_widgets.widgets.node_view import LoginMemory, NodesView
from unit.fakes import make_node


def settings(node_id):
    return RemoteLoginSettings(node_id, ip_address="203.0.113.1", port=50000)


def test_what_another_thread_keeps_meanwhile_is_not_lost():
    first, second = make_node("tvm-0"), make_node("tvm-1")
    nodes = {node.id: node for node in (first, second)}
    memory = LoginMemory("analysis")
    memory.keep(nodes, [settings("tvm-0")])
    other = threading.Thread(target=lambda: memory.keep(nodes, [settings("tvm-1")]))

    def in_the_midst():
        yield from (first, second)
        other.start()
        other.join(0.2)  # it has kept it by now, or waits

    memory.known(in_the_midst())
    other.join()
    assert memory.known([first, second]).keys() == {"tvm-0", "tvm-1"}


def test_a_part_of_a_reading_is_overtaken_by_its_whole():
    whole = NodesView()
    part = dataclasses.replace(whole, reading_logins=True)
    assert part.is_overtaken_by(whole)
    assert not whole.is_overtaken_by(part)
    assert not whole.is_overtaken_by(whole)
    assert whole.is_overtaken_by(NodesView(reading_logins=True))
