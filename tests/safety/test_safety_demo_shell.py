"""Ways out of a simulated node to the machine that the service runs on: its files, environment, programs, network."""

import asyncio
import contextlib
import os
import socket
import time
from urllib.parse import quote

import pytest
from azure.batch.models import BatchPoolUpdateOptions, BatchStartTask, ResourceFile, UploadBatchServiceLogsOptions
from azure.core.exceptions import HttpResponseError
from host_demo import host_demo
from proc_net import children, memory_kib
from raw_requests import VERSION, signed

# {hidden}: a file of the host with a canary in it; {folder}: its folder; HOST_CANARY: in the service's environment.
ESCAPES = """
cat {hidden}
cat < {hidden}
/bin/cat {hidden}
/usr/bin/env cat {hidden}
sudo cat {hidden}
sudo /bin/bash -c 'cat {hidden}'
bash -c "cat {hidden}"
sh -c 'sh -c "cat {hidden}"'
head -n 1 {hidden}
tail {hidden}
grep canary {hidden}
sort {hidden}
wc {hidden}
ls -la {folder}
ls -la /proc/self/root{folder}
cat /proc/self/root{hidden}
cat /proc/1/root{hidden}
cat /proc/self/cwd/../../..{hidden}
cd {folder}; ls; cat hidden.txt
cd /mnt/batch/tasks/../../..{folder} && cat hidden.txt
cat ../../../../../../../../../..{hidden}
cat /mnt/batch/tasks/startup/wd/../../../../..{hidden}
cat ~/../..{hidden}
cat ~root{hidden}
cat //{hidden}
cat /./{hidden}
cat {folder}/*
cat {folder}/hidden.tx?
cat "{hidden}"
cat '{hidden}'
cat {hidden}/.
cat file://{hidden}
ln -s {hidden} /tmp/link; cat /tmp/link
ln -s / /tmp/root; cat /tmp/root{hidden}
mount --bind / /mnt; cat /mnt{hidden}
cp {hidden} /tmp/copy; cat /tmp/copy
dd if={hidden}
od -c {hidden}
xxd {hidden}
base64 {hidden}
tar cf - {folder}
find {folder} -name '*' -exec cat {{}} +
less {hidden}
vi {hidden}
source {hidden}
. {hidden}
exec cat {hidden}
eval cat {hidden}
command cat {hidden}
xargs cat {hidden}
read x < {hidden}; echo $x
mapfile x < {hidden}; echo $x
echo $(cat {hidden})
echo "$(cat {hidden})"
echo $(<{hidden})
echo `cat {hidden}`
x=$(cat {hidden}); echo $x
cat <(cat {hidden})
diff {hidden} /dev/null
cat {hidden} 2>&1 | sort | cat
cat {hidden} > /tmp/taken; cat /tmp/taken
cat {hidden} & wait
(cat {hidden})
{{ cat {hidden}; }}
if true; then cat {hidden}; fi
for x in {hidden}; do cat $x; done
while read x; do echo $x; done < {hidden}
f() {{ cat {hidden}; }}; f
trap 'cat {hidden}' EXIT; exit 0
PATH=/bin:/usr/bin cat {hidden}
BASH_ENV={hidden} bash -c true
ENV={hidden} sh -c true
LD_PRELOAD={hidden} ls
IFS=x; cat {hidden}
printenv HOST_CANARY
env
env | grep CANARY
env -i printenv HOST_CANARY
sudo -E printenv HOST_CANARY
sudo env
echo $HOST_CANARY
echo "${{HOST_CANARY}}"
echo ${{HOST_CANARY:-none}}
echo ${{!HOST_*}}
x=HOST_CANARY; echo ${{!x}}
export; set; declare -p
cat /proc/self/environ
cat /proc/1/environ
cat /proc/$$/environ
cat /proc/{pid}/environ
strings /proc/self/environ
cat /proc/self/cmdline /proc/{pid}/cmdline
cat /proc/self/maps
cat /dev/mem
cat /dev/sda
cat /etc/passwd
sudo cat /etc/shadow
cat ~/.ssh/id_ed25519
cat /root/.azure/accessTokens.json
ls -la /root
ps aux
ps -ef
kill -9 {pid}
sudo kill -9 {pid}
sudo reboot
sudo shutdown now
sudo su -
su root
passwd
useradd eve
chroot /
unshare -r
nsenter -t 1 -a
docker run -v /:/host alpine cat /host{hidden}
python3 -c 'print(open("{hidden}").read())'
perl -pe 1 {hidden}
ruby -e 'puts File.read("{hidden}")'
awk 1 {hidden}
sed p {hidden}
gcc -x c -
make -f {hidden}
curl file://{hidden}
curl {listener}
wget {listener}
nc 127.0.0.1 {listener_port}
cat /dev/tcp/127.0.0.1/{listener_port}
echo x > /dev/tcp/127.0.0.1/{listener_port}
ssh 127.0.0.1 -p {listener_port}
ping -c 1 127.0.0.1
apt-get install x
pip install x
crontab -l
at now
echo x > {folder}/made
echo x >> {hidden}
sudo bash -c 'echo x > {folder}/made'
touch {folder}/made
mkdir {folder}/made
rm -rf {folder}
mv {hidden} /tmp
truncate -s 0 {hidden}
tee {folder}/made
echo x > /proc/self/root{folder}/made
echo x > ../../../../../../..{folder}/made
sudo chmod 777 {hidden}
/bin/sh
/bin/bash -i
/bin/bash -p
/bin/bash --rcfile {hidden}
bash -s
rbash
python3
exit 0; cat {hidden}
""".strip().splitlines()


@pytest.fixture
def listener():
    """A server that nobody may ask for anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003
        yield server


def was_asked(listener):
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.fixture
def demo(tmp_path):
    with host_demo(tmp_path, "--nodes", "2", "--speed", "instant") as demo:
        demo.add_user()
        yield demo


def lines_for(demo, listener):
    port = listener.getsockname()[1]
    names = {"hidden": demo.hidden, "folder": demo.hidden.parent, "pid": demo.pid}
    return [line.format(**names, listener=f"http://127.0.0.1:{port}/", listener_port=port) for line in ESCAPES]


def state_of(folder):
    return {path.name: (path.read_text(), path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.safety("Demo: command lines that reach for the host, over SSH")
def test_no_command_line_leads_out(demo, listener, attempts):
    """Each as a command of its own, and typed into a shell with a terminal."""
    lines = lines_for(demo, listener)
    before = state_of(demo.hidden.parent)

    async def main():
        async with demo.connect() as connection:
            await connection.run("cat /etc/hostname", check=True)  # what is imported late is imported now
            demo.watch()
            for line in lines:
                done = await connection.run(line, timeout=30)
                attempts.case(line, got_through=leak(demo, done.stdout + done.stderr))
            for line in lines:
                done = await connection.run(input=f"{line}\nexit\n", term_type="xterm", timeout=30)
                attempts.case(f"typed: {line}", got_through=leak(demo, done.stdout + done.stderr))

    asyncio.run(main())
    attempts.case("connections to a server of the host", got_through=was_asked(listener))
    attempts.case("processes", got_through=children(demo.pid))
    attempts.case("what Python's audit hooks saw", got_through=demo.touched())
    attempts.case("files of the host that changed", got_through=state_of(demo.hidden.parent) != before)


def leak(demo, text):
    """Return what must not stand in an answer: the canary, or a line that only the host's own files have."""
    return [part for part in (demo.canary, "root:x:0", "root:*:", str(os.environ["PATH"])) if part in text]


FILE_NAMES = """
{hidden}
/{hidden}
..{hidden}
../../../../../..{hidden}
startup/../../../..{hidden}
startup/wd/../../../../../../../..{hidden}
./../../../..{hidden}
startup/./../../../..{hidden}
..\\..\\..\\..{hidden}
/etc/passwd
../../../etc/passwd
startup/../../../../etc/passwd
/proc/self/environ
../../../proc/self/environ
startup/../../../../proc/self/environ
{hidden}%00.txt
startup%00/../..{hidden}
%2e%2e/%2e%2e/%2e%2e{hidden}
file:%2f%2f{hidden}
~{hidden}
~root/.ssh/id_ed25519
""".strip().splitlines()


@pytest.mark.safety("Demo: names of node files that lead out of the node")
def test_no_name_of_a_file_leads_out(demo, attempts):
    before = state_of(demo.hidden.parent)
    demo.watch()
    for pattern in FILE_NAMES:
        name = pattern.format(hidden=demo.hidden)
        for path in {
            "as it is": name,
            "encoded": quote(name, safe="%"),
            "twice": quote(quote(name, safe=""), safe=""),
        }.items():
            form, sent = path
            for method in ("GET", "HEAD", "DELETE"):
                url = f"/pools/demo/nodes/{demo.nodes[0]}/files/{quote(sent, safe='/%.~:')}"
                status, _, body = signed(demo, method, url)
                found = leak(demo, body.decode(errors="replace")) or (status < 400 and status)
                attempts.case(f"{method} {form}: {name}", got_through=found)
    attempts.case("what Python's audit hooks saw", got_through=demo.touched())
    attempts.case("files of the host that changed", got_through=state_of(demo.hidden.parent) != before)


@pytest.mark.safety("Demo: start tasks, resource files and logs that reach for the host")
def test_no_start_task_leads_out(demo, listener, attempts):
    lines = lines_for(demo, listener)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    sources = [f"file://{demo.hidden}", url, str(demo.hidden), f"{url}?{demo.canary[:6]}"]
    # The shell's own lines once more, as the service runs them: plainly, and through a shell.
    signed(demo, "GET", "/pools")
    demo.watch()
    for index in range(0, len(lines), 30):
        script = "; ".join(f"bash -c {quote_for_shell(line)}" for line in lines[index : index + 30])
        files = [ResourceFile(http_url=source, file_path=f"f{number}") for number, source in enumerate(sources)]
        task = BatchStartTask(command_line=f"/bin/bash -c {quote_for_shell(script)}", resource_files=files)
        demo.client.update_pool("demo", BatchPoolUpdateOptions(start_task=task))
        assert signed(demo, "POST", f"/pools/demo/nodes/{demo.nodes[0]}/reboot")[0] == 202
        text = written(demo)
        assert "simulated" in text
        for line in lines[index : index + 30]:
            attempts.case(line, got_through=leak(demo, text))
    for source in sources:
        options = UploadBatchServiceLogsOptions(container_url=source, start_time="2026-01-01T00:00:00Z")
        with contextlib.suppress(HttpResponseError):  # not every one of them is taken
            demo.client.upload_node_logs("demo", demo.nodes[0], options)
        attempts.case(f"logs to {source}", got_through=was_asked(listener))
    attempts.case("connections to a server of the host", got_through=was_asked(listener))
    attempts.case("what Python's audit hooks saw", got_through=demo.touched())


def quote_for_shell(text):
    return "'" + text.replace("'", "'\\''") + "'"


def written(demo):
    """Return all that is in the files of the first node."""
    files = demo.client.list_node_files("demo", demo.nodes[0], recursive=True)
    names = [file.name for file in files if not file.is_directory]
    assert any(name.endswith("stderr.txt") for name in names), names
    where = f"/pools/demo/nodes/{demo.nodes[0]}/files"
    answers = [signed(demo, "GET", f"{where}/{quote(name)}") for name in names]
    assert {status for status, _, _ in answers} == {200}
    return "\n".join(body.decode(errors="replace") for _, _, body in answers)


X = "x" * 16_000
TOO_MUCH = {
    "a fork bomb": ":(){ :|:& };:",
    "a fork bomb with a name": "bomb() { bomb | bomb & }; bomb",
    "shells in shells": "bash -c " * 3_000 + "true",
    "a shell that calls itself": "x='bash -c $x'; bash -c \"$x\"",
    "a loop": "while true; do true; done",
    "yes": "yes | head -n 1000000000",
    "a long line": "echo " + "x" * 200_000,
    "many commands": "true;" * 6_000,
    "many pipes": "true" + "|cat" * 6_000,
    "doubling": "a=x;" + "a=$a$a;" * 60,
    "doubling in a file": "echo x > /tmp/f;" + "cat /tmp/f /tmp/f > /tmp/g; cat /tmp/g /tmp/g > /tmp/f;" * 100,
    "a word of variables": f"a={X}; echo " + "$a" * 7_000,
    "words of variables": f"a={X}; echo " + "$a " * 5_000,
    "variables of variables": f"a={X}; " + ";".join(f"b{n}=$a$a" for n in range(900)),
    "an environment of variables": f"a={X}; " + ";".join(f"export b{n}=$a$a" for n in range(700)),
    "names of files": "cat " + "/etc/hostname " * 2_000,
    "a name of a file": "cat /" + "a/" * 16_000,
    "climbing": "cat " + "../" * 10_000 + "etc/hostname",
    "many files": ";".join(f"echo x > /tmp/f{n}" for n in range(1_000)),
    "large files": f"a={X}; " + ";".join(f"echo $a$a > /tmp/g{n}" for n in range(900)),
    "a pattern": "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! | grep -E '(a+)+$'",
    "a number": "sleep 99999999999999999999; head -n 999999999999 /etc/hostname; exit 99999999999999999999",
    "a long sleep": "sleep 999999999d",
    "quotes without end": "echo '" + "\"'" * 10_000,
    "backslashes": "echo " + "\\" * 30_000,
    "brackets": "echo " + "$(" * 15_000,
    "variables without end": "echo " + "${a" * 10_000,
    "nothing of use": "\x00\x01\x02\xff" * 4_000,
    "redirects": "true " + "> /tmp/r " * 3_000,
}
MEMORY_KIB = 48 * 1024
"""What one command line may add to the service's memory while it runs. A line's own output may have 4 MiB."""


@pytest.mark.safety("Demo: command lines that are too much, over SSH")
def test_no_command_line_is_too_much(demo, attempts):
    """Each ends, with little memory used, and the node goes on."""
    peak = [0]

    async def main():
        async with demo.connect() as connection:
            await connection.run("echo " + "x" * 30_000 + "; cat /etc/hostname", check=True)
            await connection.run("head /etc/hostname | sort | cat; env; ls -la /", check=True)
            warm = memory_kib(demo.pid)
            for name, line in TOO_MUCH.items():
                before = highest_memory_kib(demo.pid)
                done = await connection.run(line, timeout=60)
                grown = highest_memory_kib(demo.pid) - before
                peak[0] = max(peak[0], grown)
                answers = (await connection.run("echo here")).stdout == "here\n"
                too_much = grown > MEMORY_KIB and f"{grown} KiB"
                attempts.case(name, got_through=too_much or not answers or (done.exit_status is None))
            many = "\n".join(f"a={X}; " + ";".join(f"c{m}_{n}=$a$a" for n in range(900)) for m in range(10))
            before = highest_memory_kib(demo.pid)
            await connection.run(input=f"{many}\nexit\n", timeout=60)
            grown = highest_memory_kib(demo.pid) - before
            attempts.case("variables of many lines", got_through=grown > MEMORY_KIB and f"{grown} KiB")
            attempts.figure("memory afterwards", f"{(memory_kib(demo.pid) - warm) / 1024:+.1f} MiB")

    began = time.monotonic()
    asyncio.run(main())
    attempts.figure("memory that one line took at most", f"{peak[0] / 1024:.1f} MiB")
    attempts.figure("time for all", f"{time.monotonic() - began:.1f} s")
    assert signed(demo, "GET", "/pools", VERSION)[0] == 200


def highest_memory_kib(pid):
    """Return the most memory that a process ever had; reset first, so that it is the most since the last call."""
    with open(f"/proc/{pid}/status") as file:  # noqa: PTH123
        highest = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    with open(f"/proc/{pid}/clear_refs", "w") as file:  # noqa: PTH123
        file.write("5")
    return highest
