"""The calls of an account that are spoiled, and what is right to tell of each."""

from faulty_world import KEY, NUMBERS, OTHER_KEY, claim_of, lie, moments

FILE = "startup/stdout.txt"
CONTAINER = "https://contoso.blob.core.windows.net/logs?sv=1&sig=abc"

# Reading: name, the operation that is spoiled, the call.
READS = [
    ("check", "list_pools", lambda w: w.account.check()),
    ("list_supported_images", "list_supported_images", lambda w: w.account.list_supported_images()),
    ("list_node_agent_skus", "list_supported_images", lambda w: w.account.list_node_agent_skus()),
    ("list_pools", "list_pools", lambda w: w.account.list_pools()),
    ("get_pool", "get_pool", lambda w: w.account.get_pool(w.pool_id)),
    ("list_nodes", "list_nodes", lambda w: w.account.list_nodes(w.pool_id)),
    ("get_node", "get_node", lambda w: w.account.get_node(w.pool_id, w.node)),
    (
        "list_remote_login_settings",
        "get_node_remote_login_settings",
        lambda w: w.account.list_remote_login_settings(w.pool_id),
    ),
    ("login_frame", "list_nodes", lambda w: w.account.login_frame(w.pool_id)),
    ("ssh_config", "get_pool", lambda w: w.account.ssh_config(w.pool_id, "alice")),
    ("list_node_files", "list_node_files", lambda w: w.account.list_node_files(w.pool_id, w.node)),
    ("get_node_file", "get_node_file", lambda w: w.account.get_node_file(w.pool_id, w.node, FILE)),
    ("get_node_file_end", "get_node_file", lambda w: w.account.get_node_file_end(w.pool_id, w.node, FILE)),
    (
        "get_start_task_result",
        "get_node_file",
        lambda w: w.account.get_start_task_result(w.pool_id, w.node),
    ),
]


def told(value):
    """Say what was read; what says when it was read is left out."""
    if hasattr(value, "to_csv"):
        return value.to_csv()
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


# What comes in place of a file may be a file: nobody can tell.
UNTOLD = ("page", "wrong JSON", "200 and nothing", "lost: a page")
OF_FILES = {"get_node_file", "get_node_file_end", "get_start_task_result"}


def judge_read(name, clean, claim):
    if claim.word in {"not done", "maybe"}:
        return ""
    if claim.word != "done":
        return f"{claim.word}: {claim.text}"
    if told(claim.value) == told(clean):
        return ""
    if name == "list_remote_login_settings":  # each row says for itself why it has no address
        return "" if all(one.reachable or one.reason for one in claim.value) else claim.value
    if name == "list_supported_images":  # each row says for itself what of it can't be read
        return "" if claim.value and all(one.unreadable for one in claim.value) else claim.value
    return f"told as read: {told(claim.value)[:200]}"


# Changes: name, the operation that is spoiled, what is made ready (past the wire), the call, and whether it was done.


def of_a_pool(call, **more):
    """Give a change of a pool of its own: `call` takes the world, the pool's id and that of its node."""

    def ready(w):
        pool_id, nodes = w.pool(**more)
        return lambda: call(w, pool_id, nodes[0] if nodes else "")

    return ready


def new_pool(w):
    spec = w.spec(f"n{next(NUMBERS)}")
    return lambda: w.account.create_pool(spec)


def with_user(call):
    def ready(w):
        pool_id, (node,) = w.pool()
        w.aside.add_user(pool_id, "alice", ssh_public_key=OTHER_KEY).result(60)
        return lambda: call(w, pool_id, node)

    return ready


def deallocated(w):
    pool_id, (node,) = w.pool()
    w.aside.deallocate_nodes(pool_id, [node]).result(60)
    return lambda: w.account.start_nodes(pool_id, [node])


def offline(w):
    pool_id, (node,) = w.pool()
    w.aside.disable_scheduling(pool_id, [node]).result(60)
    return lambda: w.account.enable_scheduling(pool_id, [node])


CHANGES = {
    "create_pool": ("create_pool", new_pool),
    "resize_pool": ("resize_pool", of_a_pool(lambda w, p, n: w.account.resize_pool(p, target_dedicated_nodes=2))),
    "delete_pool": ("delete_pool", of_a_pool(lambda w, p, n: w.account.delete_pool(p))),
    "add_user": ("create_node_user", of_a_pool(lambda w, p, n: w.account.add_user(p, "alice", ssh_public_key=KEY))),
    "add_user, replacing": (
        "replace_node_user",
        with_user(lambda w, p, n: w.account.add_user(p, "alice", ssh_public_key=KEY, if_exists="replace")),
    ),
    "keep_adding": (
        "create_node_user",
        of_a_pool(lambda w, p, n: w.account.add_user(p, "alice", ssh_public_key=KEY, keep_adding=True)),
    ),
    "delete_user": ("delete_node_user", with_user(lambda w, p, n: w.account.delete_user(p, "alice"))),
    "reboot_nodes": ("reboot_node", of_a_pool(lambda w, p, n: w.account.reboot_nodes(p, [n]))),
    "reimage_nodes": ("reimage_node", of_a_pool(lambda w, p, n: w.account.reimage_nodes(p, [n]))),
    "deallocate_nodes": ("deallocate_node", of_a_pool(lambda w, p, n: w.account.deallocate_nodes(p, [n]))),
    "start_nodes": ("start_node", deallocated),
    "disable_scheduling": ("disable_node_scheduling", of_a_pool(lambda w, p, n: w.account.disable_scheduling(p, [n]))),
    "enable_scheduling": ("enable_node_scheduling", offline),
    "remove_nodes": ("remove_nodes", of_a_pool(lambda w, p, n: w.account.remove_nodes(p, [n]))),
    "upload_node_logs": (
        "upload_node_logs",
        of_a_pool(lambda w, p, n: w.account.upload_node_logs(p, n, CONTAINER, **moments())),
    ),
}

# Of a call whose success has no content, an empty success from elsewhere is the same to the last byte.
NO_CONTENT = {"delete_user", "add_user, replacing", "disable_scheduling", "enable_scheduling"}


def change(w, name, fault, *, times, attempts):
    """Make a change while its call is spoiled, and once more when it is not; record both."""
    operation, ready = CHANGES[name]
    call = ready(w)
    w.wire.done.clear()
    w.naps.seconds = 0
    w.wire.spoil(fault, operation, times=times)
    claim = claim_of(call)
    w.wire.mend()
    wrong = lie(claim, done=w.wire.done[operation] > 0)
    if w.naps.seconds > MOST_PAUSES_S * (5 if name == "keep_adding" else 1):  # which goes five rounds
        wrong = wrong or f"would have paused for {w.naps.seconds:.0f} s"
    attempts.case(f"{name}, {fault.name}, {times} times", got_through=wrong)
    again = claim_of(call)
    fine = again.word == "done" or (w.wire.done[operation] and again.word == "not done")
    attempts.case(f"{name} after {fault.name}, {times} times", got_through=not fine and (claim, again))


MOST_PAUSES_S = 300  # five pauses of a minute
