"""Lists without an end, silence, a service that comes back, renewed keys, wrong clocks, resizes to be stopped."""

import base64
import itertools
import json

import pytest
from faulty_calls import CHANGES, OF_FILES, READS, change, judge_read, new_pool
from faulty_wire import AFTER, BEFORE, DRIP, LOST, REFUSED, SILENT, THROTTLES, Answer, Fault, FaultyWire
from faulty_world import NUMBERS, claim_of, lie, wait_until, world

from batch_widgets.demo import SteppedClock
from batch_widgets.sdk import retries

# Lists


def endless(kinds):
    """Give a fault whose pages lead on and on: to themselves, in a ring, or to another server."""

    first = []

    def make(answer):
        first.append(answer)  # the service has no further pages: the first comes again
        body = json.loads(first[0].body)
        body["odata.nextLink"] = next(kinds)
        return Answer(200, first[0].headers, json.dumps(body).encode())

    return make


LISTS = [
    (name, operation, call)
    for name, operation, call in READS
    if name in {"list_supported_images", "list_pools", "list_nodes", "list_node_files"}
]
PATHS = {"list_pools": "/pools", "list_supported_images": "/supportedimages"}


@pytest.mark.timeout(300)
@pytest.mark.safety("Faults: lists without an end")
def test_lists_end(a_world, attempts):
    """Also where nobody waits for them and nothing else would stop them."""
    w = a_world
    for name, operation, call in LISTS:
        path = {
            **PATHS,
            "list_nodes": f"/pools/{w.pool_id}/nodes",
            "list_node_files": f"/pools/{w.pool_id}/nodes/{w.node}/files",
        }[name]
        page = f"{w.wire.endpoint}{path}?api-version=x&$skiptoken="
        elsewhere = FaultyWire(w.service.endpoint)
        rings = {
            "to itself": itertools.repeat(f"{page}1"),
            "in a ring": itertools.cycle([f"{page}{number}" for number in range(5)]),
            "to another server": itertools.repeat(page.replace(w.wire.endpoint, elsewhere.endpoint)),
            "to another host": itertools.repeat(f"http://localhost:9/{path}"),
        }
        for kind, ring in rings.items():
            w.wire.spoil(Fault(kind, endless(ring)), operation)
            claim = claim_of(lambda call=call: call(w))
            w.wire.mend()
            wrong = claim.word != "not done" or " list " not in claim.text
            attempts.case(f"{name}, {kind}", got_through=wrong and claim)
        attempts.case(f"{name}: what another server was sent", got_through=dict(elsewhere.asked))
        elsewhere.close()


def first_page_only(answer):
    """Give a page that has rows and leads on to one that the service would give."""
    body = json.loads(answer.body)
    body["odata.nextLink"] = f"{body['odata.metadata'].split('$', 1)[0]}pools/second-page?$skiptoken=1"
    return Answer(answer.status, answer.headers, json.dumps(body).encode())


@pytest.mark.timeout(300)
@pytest.mark.safety("Faults: a page of a list that never comes")
def test_a_page_that_never_comes(monkeypatch, attempts):
    """What came before it is not told as the whole list."""
    with world(monkeypatch, read_timeout_s=0.5) as w:
        for name, operation, call in LISTS:
            for fault in (*SILENT, *BEFORE, *AFTER):
                if fault in AFTER and "lost" not in fault.name and "wrong" not in fault.name:
                    continue
                w.wire.spoil(Fault("a page", first_page_only), operation, times=1)
                w.wire.spoil(fault)
                claim = claim_of(lambda call=call: call(w))
                w.wire.mend()
                attempts.case(f"{name}, {fault.name}", got_through=claim.word != "not done" and claim)


@pytest.mark.timeout(300)
@pytest.mark.safety("Faults: no answer, and no end of it")
def test_silence(monkeypatch, attempts):
    """Neither a service that says nothing nor one that says it letter by letter is waited for without an end."""
    monkeypatch.setattr(retries, "_EXCHANGE_S", 1.0)
    with world(monkeypatch, read_timeout_s=0.3) as w:
        for name, operation, call in READS:
            for fault in (*SILENT, DRIP):
                if fault is DRIP and name in OF_FILES:
                    continue  # as long as a file comes, it may be a long one
                clean = call(w)
                w.wire.spoil(fault, operation)
                claim = claim_of(lambda call=call: call(w))
                w.wire.mend()
                wrong = judge_read(name, clean, claim) or (claim.word == "done" and "login" not in name and claim)
                attempts.case(f"{name}, {fault.name}", got_through=wrong)
        for name in CHANGES:
            for fault in (*SILENT, DRIP):
                change(w, name, fault, times=1, attempts=attempts)


# The service's life


@pytest.mark.timeout(300)
@pytest.mark.safety("Faults: a service that dies and comes back on the same port")
def test_dying(monkeypatch, attempts):
    with world(monkeypatch, read_timeout_s=0.5) as w:
        for name, _, call in READS:
            clean = call(w)
            w.wire.die()
            claim = claim_of(lambda call=call: call(w))
            w.wire.revive()
            attempts.case(f"{name}, dead", got_through=claim.word != "not done" and claim)
            claim = claim_of(lambda call=call: call(w))
            attempts.case(f"{name}, back", got_through=judge_read(name, clean, claim) or claim.word != "done")
        for name, (operation, ready) in CHANGES.items():
            call = ready(w)
            w.wire.done.clear()
            w.wire.die()
            claim = claim_of(call)
            attempts.case(f"{name}, dead", got_through=lie(claim, done=False))
            w.wire.revive()
            claim = claim_of(call)
            attempts.case(
                f"{name}, back", got_through=lie(claim, done=w.wire.done[operation] > 0) or claim.word != "done"
            )


@pytest.mark.timeout(300)
@pytest.mark.safety("Faults: an account key that is rotated in mid-flight")
def test_a_rotated_key(a_world, attempts):
    """After the change was taken, or after its answer was lost, the key opens nothing any more."""
    w = a_world
    core, right = w.service._core, w.service._core._key

    def rotating(*, lost):
        def make(answer):
            core._key = base64.b64encode(b"a new key").decode()
            return Answer(answer.status, answer.headers, answer.body, sent=0 if lost else None)

        return Fault("rotated", make)

    for name, (operation, ready) in CHANGES.items():
        for lost in (False, True):
            call = ready(w)
            w.wire.spoil(rotating(lost=lost), operation, times=1)
            claim = claim_of(call)
            attempts.case(f"{name}, {lost=}", got_through=lie(claim, done=True))
            claim = claim_of(call)
            attempts.case(f"{name} with the old key", got_through="renewed" not in claim.text and claim)
            w.wire.mend()
            core._key = right
    for name, _, call in READS:
        core._key = base64.b64encode(b"a new key").decode()
        claim = claim_of(lambda call=call: call(w))
        attempts.case(f"{name} with the old key", got_through="renewed" not in claim.text and claim)
        core._key = right


@pytest.mark.timeout(300)
@pytest.mark.safety("Faults: a clock that is wrong")
def test_a_wrong_clock(a_world, attempts):
    """Tokens open an account whatever this machine's clock says: a pool that was made is not taken for an older one."""
    w = a_world
    for minutes in (-2000, -61, -20, -16, -9, 0, 9, 16, 20, 61, 2000):
        w.wire.minutes = minutes
        for fault in (LOST, AFTER[1], AFTER[3]):
            call = new_pool(w)
            w.wire.spoil(fault, "create_pool", times=1)
            claim = claim_of(call)
            w.wire.mend()
            attempts.case(f"{minutes} minutes, {fault.name}", got_through=lie(claim, done=True) or claim.word != "done")
        w.wire.spoil(REFUSED)
        claim = claim_of(w.account.check)
        w.wire.mend()
        blamed = "clock" in claim.text
        attempts.case(f"{minutes} minutes, refused", got_through=blamed != (abs(minutes) > 10) and claim)
    w.wire.minutes = 0


@pytest.mark.timeout(300)
@pytest.mark.safety("Faults: stopping a resize")
def test_stopping_a_resize(monkeypatch, attempts):
    clock = SteppedClock()
    with world(monkeypatch, nodes=0, clock=clock) as w:
        for fault in (*THROTTLES, *BEFORE, *AFTER):
            for times in (1, float("inf")):
                pool_id = f"p{next(NUMBERS)}"
                growing = w.aside.create_pool(w.spec(pool_id, nodes=1))
                wait_until(growing, lambda growing=growing: growing.progress.message.startswith("allocating"))
                w.wire.done.clear()
                w.wire.spoil(fault, "stop_pool_resize", times=times)
                claim = claim_of(lambda pool_id=pool_id: w.account.stop_resize(pool_id))
                w.wire.mend()
                wrong = lie(claim, done=w.wire.done["stop_pool_resize"] > 0)
                attempts.case(f"{fault.name}, {times} times", got_through=wrong)
                growing.cancel()
