"""A host that is none: the system that an instance begins with, booted by systemd-nspawn, and disks that are files."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.components import eventually

INSIDE = Path(__file__).parent / "inside"
STATUS = "var/lib/pretamane/boot.json"
# What an instance has of its role; these tests' AWS asks nobody who they are.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "invented", "AWS_SECRET_ACCESS_KEY": "invented"}
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
NOTHING_TO_DO = ("apt-get", "swapon", "mkswap", "fallocate")
CLOUD = """\
datasource_list: [NoCloud]
network: {config: disabled}
locale: false
cloud_init_modules: []
cloud_config_modules: []
cloud_final_modules: [scripts_user]
"""
# Each in control groups of its own: two systemds in one would end each other's services.
CONTROL_GROUPS = [Path("/sys/fs/cgroup") / part for part in ("systemd", "unified", "")]
JOIN = """
for folder in "$@"; do
  if [ "$folder" = -- ]; then break; fi
  mkdir -p "$folder" && echo $$ >"$folder/cgroup.procs"
done
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"""
BOOT_SECONDS, WORK_SECONDS = 180, 120


def run(*command: object) -> str:
    words = [str(word) for word in command]
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    assert told.returncode == 0, f"{words}: {told.stdout[-2000:]}{told.stderr[-2000:]}"
    return told.stdout.strip()


class Disk:
    """A file that the kernel shows as a disk."""

    def __init__(self, image: Path, mebibytes: int) -> None:
        self.image = image
        with image.open("wb") as file:
            file.truncate(mebibytes << 20)
        self.device = run("losetup", "--find", "--show", image)

    def uuid(self) -> str:
        return run("blkid", "--probe", "--match-tag", "UUID", "--output", "value", self.device)

    def grow(self, mebibytes: int) -> None:
        with self.image.open("r+b") as file:
            file.truncate(mebibytes << 20)
        run("losetup", "--set-capacity", self.device)

    def make(self, kind: str, label: str) -> None:
        tool = ["mkswap", "-L"] if kind == "swap" else [f"mkfs.{kind}", "-q", "-F", "-L"]
        run(*tool, label, self.device)

    def put(self, place: int, content: bytes) -> None:
        """At so many bytes from the beginning, or from the end where that is below zero."""
        with Path(self.device).open("r+b") as device:
            device.seek(place, os.SEEK_SET if place >= 0 else os.SEEK_END)
            device.write(content)
        run("sync", self.image)

    def blank(self) -> None:
        size = self.image.stat().st_size
        with self.image.open("r+b") as file:
            file.truncate(0)
            file.truncate(size)
        run("blockdev", "--flushbufs", self.device)

    def remove(self) -> None:
        run("losetup", "--detach", self.device)
        self.image.unlink()


class Net:
    """A network of two: the tests' AWS at its near end, the host at the far one."""

    def __init__(self, number: int) -> None:
        self.name = f"pt{os.getpid()}-{number}"
        start = f"10.231.{os.getpid() % 256}.{number * 4}".rsplit(".", 1)
        self.near, self.far = f"{start[0]}.{number * 4 + 1}", f"{start[0]}.{number * 4 + 2}"
        outside = f"h{self.name}"[-15:]
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", "host0", "netns", self.name)
        run("ip", "addr", "add", f"{self.near}/30", "dev", outside)
        run("ip", "link", "set", outside, "up")
        for words in (f"addr add {self.far}/30 dev host0", "link set host0 up", "link set lo up"):
            run("ip", "-n", self.name, *words.split())

    def remove(self) -> None:
        run("ip", "netns", "del", self.name)


class Machine:
    def __init__(self, system: Path, folder: Path, net: Net, instance: str) -> None:
        self.system, self.net, self.instance = system, net, instance
        self.root, self.log = folder / "root", folder / "console"
        self.process: subprocess.Popen[bytes] | None = None
        for part in ("upper", "work", "root"):
            (folder / part).mkdir(parents=True)
        layers = f"lowerdir={system},upperdir={folder / 'upper'},workdir={folder / 'work'}"
        run("mount", "-t", "overlay", "overlay", "-o", layers, self.root)
        self._furnish()

    def _furnish(self) -> None:
        for name in ("docker", "udevadm"):
            shutil.copy(INSIDE / name, self.root / "usr/local/bin" / name)
        for name in NOTHING_TO_DO:
            shutil.copy(INSIDE / "nothing", self.root / "usr/local/bin" / name)
        shutil.copy(INSIDE / "stack-standin.py", self.root / "usr/local/lib")
        shutil.copy(INSIDE / "planted-disks.service", self.root / "etc/systemd/system")
        run("systemctl", "--root", self.root, "enable", "planted-disks.service")
        self.write("etc/machine-id", "")
        self.write("etc/hostname", "host\n")
        self.write("etc/cloud/cloud.cfg.d/99-tests.cfg", CLOUD)

    def place(self, path: str) -> Path:
        """As it is seen inside, where that is another file system: while it runs, through its first process."""
        leader = self._leader() if self.runs() else None
        return (self.root if leader is None else Path(f"/proc/{leader}/root")) / path

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def write(self, path: str, text: str) -> None:
        file = self.place(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def read(self, path: str) -> str:
        return self.place(path).read_text()

    def plan(self, user_data: str, aws_port: int) -> None:
        """What an instance is launched with."""
        seed = "var/lib/cloud/seed/nocloud"
        self.write(f"{seed}/meta-data", json.dumps({"instance-id": self.instance}))
        self.write(f"{seed}/user-data", user_data)
        self.given = CREDENTIALS | {
            "AWS_ENDPOINT_URL": f"http://{self.net.near}:{aws_port}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOST_DISKS": "/run/disks",
            "HOST_DISK_PATIENCE": "3",
        }
        told = "\n".join(f'DefaultEnvironment="{name}={value}"' for name, value in self.given.items())
        self.write("etc/systemd/system.conf.d/tests.conf", f"[Manager]\n{told}\n")

    def boot(self, disk: Disk | None, volume: str) -> None:
        planted = [] if disk is None else [f"{disk.device} nvme-Amazon_Elastic_Block_Store_{volume.replace('-', '')}"]
        self.write("etc/planted-disks", "".join(f"{line}\n" for line in planted))
        system, libraries = self.system, "usr/lib/x86_64-linux-gnu"
        # Its own nspawn with its own libraries: nothing has to be installed around it.
        nspawn = [system / "lib64/ld-linux-x86-64.so.2", "--library-path"]
        nspawn += [f"{system / libraries}:{system / libraries / 'systemd'}", system / "usr/bin/systemd-nspawn"]
        options = ["--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe", f"--directory={self.root}"]
        options += [f"--network-namespace-path=/run/netns/{self.net.name}", "--capability=CAP_NET_ADMIN"]
        options += [] if disk is None else [f"--bind={disk.device}"]
        joined = ["sh", "-c", JOIN, "join", *(str(folder) for folder in self._groups()), "--"]
        with self.log.open("ab") as console:
            command = [str(word) for word in [*joined, *nspawn, *options]]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        eventually(self._leader, self.said, within=30)

    def _groups(self) -> list[Path]:
        return [folder / self.net.name for folder in CONTROL_GROUPS if (folder / "cgroup.procs").exists()]

    def _leader(self) -> int | None:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = [int(child) for child in children if Path(f"/proc/{child}/comm").read_text() == "systemd\n"]
        return found[0] if found else None

    def said(self) -> str:
        status = self.root / STATUS
        return (status.read_text() if status.exists() else "") + self.log.read_text(errors="replace")[-6000:]

    def status(self) -> dict[str, str]:
        try:
            told: dict[str, str] = json.loads(self.read(STATUS))
        except FileNotFoundError:
            return {"phase": "", "state": ""}
        return told

    def wait_until_set_up(self) -> None:
        """Ready or failed, and cloud-init through with it."""
        eventually(lambda: self.status()["state"] in ("ready", "failed"), self.said, BOOT_SECONDS)
        eventually(lambda: not self.try_("systemctl", "is-active", "--quiet", "cloud-final.service").stdout, self.said)

    def try_(self, *command: str, **given: str) -> subprocess.CompletedProcess[str]:
        entered = ["nsenter", "--target", str(self._leader()), "--mount", "--uts", "--ipc", "--net", "--pid"]
        told = {"PATH": SEARCHED, "HOME": "/root"} | self.given | given
        words = ["env", "-i", *(f"{name}={value}" for name, value in told.items()), *command]
        return subprocess.run(
            [*entered, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=WORK_SECONDS,
        )

    def run(self, *command: str, **given: str) -> str:
        told = self.try_(*command, **given)
        assert told.returncode == 0, f"{command}: {told.stdout[-3000:]}{told.stderr[-3000:]}"
        return told.stdout.strip()

    @contextmanager
    def broken(self, name: str) -> Iterator[None]:
        """One of what stands in for something fails, until this ends."""
        self.run("mkdir", "-p", "/run/broken")
        self.run("touch", f"/run/broken/{name}")
        try:
            yield
        finally:
            self.run("rm", f"/run/broken/{name}")

    @contextmanager
    def failing(self, command: str, words: str) -> Iterator[None]:
        """A real command fails where its words hold these, until this ends."""
        wrapper = self.place(f"usr/local/sbin/{command}")
        body = f'if [[ "$*" == *"{words}"* ]]; then echo "{command} was broken by a test" >&2; exit 1; fi'
        wrapper.write_text(f'#!/usr/bin/env bash\n{body}\nPATH=/usr/local/bin:/usr/sbin:/usr/bin exec {command} "$@"\n')
        wrapper.chmod(0o755)
        try:
            yield
        finally:
            wrapper.unlink()

    def stop(self) -> None:
        """As one is stopped: in good order."""
        leader = self._leader()
        assert self.process is not None
        assert leader is not None
        os.kill(leader, signal.SIGRTMIN + 4)
        self.process.wait(60)

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            # Its first process: whatever else runs inside goes with it.
            os.kill(self._leader() or self.process.pid, signal.SIGKILL)
            self.process.wait(30)
        run("umount", self.root)
        for folder in self._groups():
            run("find", folder, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+")
