"""What a user is told when the way to the service, or the service, fails: never more and never less than happened."""

import pytest
from faulty_calls import CHANGES, NO_CONTENT, OF_FILES, READS, UNTOLD, change, judge_read
from faulty_wire import AFTER, BEFORE, LOST, THROTTLES
from faulty_world import claim_of, lie


@pytest.mark.timeout(600)
@pytest.mark.safety("Faults: reading")
def test_reading(a_world, attempts):
    for name, operation, call in READS:
        clean = call(a_world)
        for fault in (*THROTTLES, *BEFORE, *AFTER):
            if name in OF_FILES and any(word in fault.name for word in UNTOLD):
                continue
            for times in (1, float("inf")):
                a_world.wire.spoil(fault, operation, times=times)
                a_world.naps.seconds = 0
                claim = claim_of(lambda call=call: call(a_world))
                a_world.wire.mend()
                wrong = judge_read(name, clean, claim)
                if a_world.naps.seconds > 30 and "login" not in name:
                    wrong = wrong or f"would have paused for {a_world.naps.seconds:.0f} s while somebody waits"
                attempts.case(f"{name}, {fault.name}, {times} times", got_through=wrong)
                again = claim_of(lambda call=call: call(a_world))
                wrong = judge_read(name, clean, again) or (again.word != "done" and again)
                attempts.case(f"{name} after {fault.name}", got_through=wrong)


@pytest.mark.timeout(900)
@pytest.mark.safety("Faults: changing")
def test_changing(a_world, attempts):
    for name in CHANGES:
        for fault in (*THROTTLES, *BEFORE, *AFTER):
            if name in NO_CONTENT and fault.name == "200 and nothing":
                continue
            for times in (1, float("inf")):
                change(a_world, name, fault, times=times, attempts=attempts)


# What breaks once the change was taken, and stays broken.
SPOILT = {"lost: half an answer", "wrong JSON: {", "wrong JSON: {}", "wrong JSON: types"}
MID_FLIGHT = (*BEFORE, *(fault for fault in AFTER if fault.name in SPOILT))


@pytest.mark.timeout(600)
@pytest.mark.safety("Faults: following a change that was taken")
def test_following(a_world, attempts):
    """All that is asked after the change fails: it is never told as failed, nor as finished."""
    w = a_world
    for name, (operation, ready) in CHANGES.items():
        for fault in MID_FLIGHT:
            for lost in (False, True):
                call = ready(w)
                w.wire.done.clear()
                w.wire.spoil(fault, meets=lambda _, operation=operation: w.wire.done[operation] > 0)
                if lost:
                    w.wire.spoil(LOST, operation, times=1)
                claim = claim_of(call)
                w.wire.mend()
                attempts.case(f"{name}, then {fault.name}, {lost=}", got_through=lie(claim, done=True))
