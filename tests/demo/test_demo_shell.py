"""The simulated shell and its commands, which never touch the host."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_widgets.demo.command_context import Context, Output, Sleep
from batch_widgets.demo.images import find_vm_size
from batch_widgets.demo.machine import Account, Machine
from batch_widgets.demo.shell import ExitShellError, Shell, run_program


def make_shell(*, admin=False):
    size = find_vm_size("Standard_D2s_v3")
    machine = Machine("abc123", size, "batch.node.ubuntu 22.04", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    environment = {"HOME": "/home/alice", "NAME": "value", "EMPTY": ""}
    return Shell(Context(machine, Account("alice", is_admin=admin), environment, "/home/alice"))


def play(run):
    out, err, slept = [], [], 0.0
    try:
        while True:
            event = next(run)
            if isinstance(event, Sleep):
                slept += event.seconds
            else:
                assert isinstance(event, Output)
                (err if event.error else out).append(event.text)
    except StopIteration as stop:
        status = stop.value
    except ExitShellError as ended:
        status = ended.status
    return status, "".join(out), "".join(err), slept


def run(script, **more):
    return play(make_shell(**more).run(script))[:3]


TOTALS = (
    "               total        used        free\n"
    "Mem:         8388608      614400     7774208\n"
    "Swap:              0           0           0\n"
)
LONG = (
    "-rw-r--r-- 1 root root        7 Jan  2 03:04 hostname\n-rw-r--r-- 1 root root       76 Jan  2 03:04 os-release\n"
)


@pytest.mark.parametrize(
    ("script", "status", "out"),
    [
        ("echo a b  c", 0, "a b c\n"),
        ("echo 'a  b' \"c  $NAME\" '$NAME' \\$NAME", 0, "a  b c  value $NAME $NAME\n"),
        ("echo ${NAME}x $NAMEx $EMPTY-", 0, "valuex -\n"),
        ("printenv NAME", 0, "value\n"),
        ("printenv NONE", 1, ""),
        ("true && echo yes || echo no", 0, "yes\n"),
        ("false && echo yes || echo no", 0, "no\n"),
        ("false; echo $?", 0, "1\n"),
        ("echo a; echo b\necho c", 0, "a\nb\nc\n"),
        ("echo a > /dev/null; echo b", 0, "b\n"),
        ("echo a > f && echo b >> f && cat f", 0, "a\nb\n"),
        ("cat none 2>&1", 1, "cat: none: No such file or directory\n"),
        ("cat none 2> /dev/null || echo gone", 0, "gone\n"),
        ("cat none &> all; cat all", 0, "cat: none: No such file or directory\n"),
        ("exit 7; echo no", 7, ""),
        ("hostname; whoami; pwd; nproc", 0, "abc123\nalice\n/home/alice\n2\n"),
        ("cd /mnt/batch/tasks && ls", 0, "fsmounts\nshared\nstartup\nvolatile\nworkitems\n"),
        ("cd none; pwd", 0, "/home/alice\n"),
        ("cat /etc/os-release | grep ^ID", 0, "ID=ubuntu\n"),
        ("ls / | sort | head -n 2 | wc -l", 0, "2\n"),
        ("A=1; export B=2; echo $A $B; printenv A B", 1, "1 2\n2\n"),
        ("X=5 printenv X", 0, "5\n"),
        ("env X=6 printenv X", 0, "6\n"),
        ("/bin/bash -c 'exit 4'; echo $?", 0, "4\n"),
        ("uname", 0, "Linux\n"),
        ("date", 0, "Fri Jan  2 03:04:05 UTC 2026\n"),
        ("# nothing", 0, ""),
        ("echo a # b", 0, "a\n"),
        ("echo a#b", 0, "a#b\n"),
        ("", 0, ""),
        ("nonsense", 127, ""),
        ("free", 0, TOTALS),
        ("free -h | grep Mem", 0, "Mem:           8.0Gi       0.6Gi       7.4Gi\n"),
        ("free -x", 1, ""),
        ("df -h | tail -n 1", 0, "/dev/sdb1            16G          0G         16G    0% /mnt\n"),
        ("df --all", 1, ""),
        ("uptime", 0, " 03:04:05 up  0:00,  load average: 0.00, 0.00, 0.00\n"),
        ("ps", 0, "    PID COMMAND\n   1001 bash\n   1002 ps\n"),
        ("which ls cat none", 1, "/usr/bin/ls\n/usr/bin/cat\n"),
        ("which", 1, ""),
        ("echo a > f; echo b >> f; echo c >> f; tail -n 2 f; head -1 f; tail -n 0 f", 0, "b\nc\na\n"),
        ("ls / | tail -2", 0, "usr\nvar\n"),
        ("tail --lines", 1, ""),
        ("tail none", 1, ""),
        ("grep NAME /etc/os-release", 0, 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nNAME="Ubuntu"\n'),
        ("grep -c e none", 2, ""),
        ("ls -l /etc", 0, LONG),
        ("cd /mnt/batch/tasks/startup; ls; cd wd; pwd", 0, "wd\n/mnt/batch/tasks/startup/wd\n"),
        ("echo x > /etc/passwd; ls /etc", 0, "hostname\nos-release\n"),
        ("uname -a", 0, "Linux abc123 6.8.0-1029-azure #1 SMP x86_64 GNU/Linux\n"),
        ("$EMPTY echo hi", 0, "hi\n"),
        ("'' x", 127, ""),
        ("echo ~ ~/f '~' a~ \"~\" ~x", 0, "/home/alice /home/alice/f ~ a~ ~ ~x\n"),
        ("echo x > ~/f; cd /; ls ~; cd ~/; pwd; cat ~/f", 0, "f\n/home/alice\nx\n"),
        ("echo x > .f; ls; ls -A; ls -a", 0, ".f\n.\n..\n.f\n"),
        ("ls -la /mnt/batch/tasks/startup | wc -l", 0, "3\n"),
        ("echo 'a b' | wc", 0, "1 2 4\n"),
        ("echo 'ä b' > f; wc -c f; wc -w f; cat f | wc -l", 0, "5 f\n2 f\n1\n"),
        ("wc none", 1, ""),
        ("echo -e 'b\\na\\nb' > f; sort -ru f; sort f", 0, "b\na\na\nb\nb\n"),
        ("sort none", 1, ""),
        ("echo -e 'a\\tb\\\\n'", 0, "a\tb\\n\n"),
        ("id -u; id -un; id -g; id -gn", 0, "1001\nalice\n1001\nalice\n"),
        ("hostname -f; hostname -s; nproc --all; date -u", 0, "abc123\nabc123\n2\nFri Jan  2 03:04:05 UTC 2026\n"),
        ("which bash sh sudo", 0, "/usr/bin/bash\n/usr/bin/sh\n/usr/bin/sudo\n"),
        ("echo '^a$' | grep -F '^a$'", 0, "^a$\n"),
        ("grep -iE ^id= /etc/os-release", 0, "ID=ubuntu\n"),
        ("ps aux", 0, "    PID COMMAND\n   1001 bash\n   1002 ps\n"),
    ],
)
def test_scripts(script, status, out):
    found = run(script)
    assert (found[0], found[1]) == (status, out)


@pytest.mark.parametrize(
    "script",
    ["echo $(id)", "echo `id`", "for x in a", "echo 'a", "a &&", "; ;;", "| a", "cat < f", "echo >", "sleep 1 &"],
)
def test_what_the_shell_does_not_know_is_an_error(script):
    status, out, err = run(script)
    assert status == 2
    assert out == ""
    assert err.startswith("bash: ")


def test_the_shell_says_what_it_is():
    status, out, err = run("nvidia-smi")
    assert (status, out) == (127, "")
    assert err == "bash: nvidia-smi: command not found on this simulated node; try help\n"
    status, out, _ = run("help")
    assert status == 0
    assert "simulated node" in out
    for name in out.splitlines()[1].split():
        assert f"{name}: command not found" not in run(f"{name} x")[2]


@pytest.mark.parametrize(
    "script",
    [
        *("id bob", "hostname -I", "date +%s", "nproc --ignore=1", "whoami x", "uptime -p", "ps -o pid", "free -t"),
        *("df /mnt", "ls -t", "wc -m", "wc a b", "wc -lw", "sort -n", "sort a b", "head --bytes=3", "tail -f x"),
        *("grep 'a.*b' f", "grep 'x$' f", "grep -E 'a|b' f", "grep -r x", "grep a b c", "grep -o x"),
    ],
)
def test_what_is_not_simulated_of_a_command_is_said_and_not_guessed(script):
    status, out, err = run(script)
    command = script.split()[0]
    assert status > 0
    assert out == ""
    assert err.startswith(f"{command}: the simulated {command} takes ")


def test_system_files_are_for_administrators():
    assert run("echo x > /etc/hostname")[2] == "bash: /etc/hostname: Permission denied\n"
    assert run("sudo bash -c 'echo x > /etc/hostname'; cat /etc/hostname", admin=True)[1] == "x\n"


def test_what_is_written_stays_on_the_machine():
    shell = make_shell()
    play(shell.run("echo kept > /mnt/batch/tasks/shared/f"))
    again = Shell(replace(shell.context, directory="/"))
    assert play(again.run("cat /mnt/batch/tasks/shared/f"))[1] == "kept\n"
    assert shell.context.machine.used_bytes == 5
    shell.context.machine.wipe()
    assert play(again.run("cat /mnt/batch/tasks/shared/f"))[0] == 1


def test_the_disk_fills_up():
    status, _, err = run("echo aaaaaaaaaaaaaaaa > f; " + "cat f f f f >> g; cat g >> f; " * 12 + "echo end >> f")
    assert status == 1
    assert err.endswith("bash: /home/alice/f: No space left on device\n")
    many = "; ".join(f"echo x > f{number}" for number in range(501))
    assert run(many)[2] == "bash: /home/alice/f500: No space left on device\n"


@pytest.mark.parametrize(
    "script",
    [
        "true; " * 1001,
        "cat f; " * 100,
        "cat " + "f " * 10_000 + "| sort | wc -l",
        "bash -c '" + "cat f > /dev/null; " * 100 + "'",
    ],
)
def test_no_command_line_does_too_much(script):
    shell = make_shell()
    shell.context.machine.write("/home/alice/f", "a\n" * 100_000)
    status, out, err, _ = play(shell.run(script))
    assert status == 1
    assert len(out) <= 4 * 1024 * 1024
    assert err == "bash: a command line does too much for a simulated node\n"


def test_long_command_lines_are_refused():
    assert run("echo " + "a" * 40_000)[:2] == (2, "")


def test_sudo_is_for_administrators():
    assert run("sudo whoami", admin=True)[:2] == (0, "root\n")
    status, out, err = run("sudo whoami")
    assert (status, out) == (1, "")
    assert "sudoers" in err


def test_sleep_takes_time_on_the_clock_only():
    assert play(make_shell().run("sleep 90; sleep 1m; echo done")) == (0, "done\n", "", 150.0)
    assert run("sleep forever")[0] == 1


def test_a_program_without_a_shell():
    assert play(run_program(make_shell(), "echo $NAME ; ls"))[:2] == (0, "$NAME ; ls\n")
    assert play(run_program(make_shell(), "/bin/sh -c 'echo $NAME'"))[:2] == (0, "value\n")
    assert play(run_program(make_shell(), "exit 3"))[0] == 127
    assert play(run_program(make_shell(), "echo 'x"))[0] == 2


def test_files_of_the_host_are_out_of_reach(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("host")
    assert run(f"cat {secret}")[0] == 1
    assert run(f"echo x > {secret}")[0] == 1
    assert secret.read_text() == "host"
    assert run("cat /etc/passwd")[0] == 1
    assert "PATH" not in run("printenv")[1]


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="ab $'\"\\;|&>2#{}=\n`(/-.1", max_size=40)
    | st.lists(
        st.sampled_from(
            ["echo", "a", "cat", ">", ">>", "|", "&&", "||", ";", "$NAME", "bash -c", "sudo", "env", "f", "cd", "'x y'"]
        )
    ).map(" ".join)
)
def test_no_line_breaks_the_shell(script):
    status, out, _, _ = play(make_shell(admin=True).run(script))
    assert 0 <= status <= 255
    assert len(out) < 100_000
    play(run_program(make_shell(), script))


def test_words_and_files_stay_small():
    script = "A=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; " + "A=$A$A; " * 40 + "echo end"
    assert run(script)[1] == "end\n"
    assert len(run("echo aaaaaaaa > f; " + "cat f f f f >> f; " * 20 + "cat f")[1]) <= 262_144
