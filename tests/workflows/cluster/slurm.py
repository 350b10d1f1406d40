"""A Slurm cluster of one node on this machine: munged, slurmctld and slurmd of Debian, without systemd or cgroups."""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

START_SECONDS: Final = 60

CONFIGURATION: Final = """\
ClusterName=csfgeno
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={directory}/munge.socket
StateSaveLocation={directory}/controller
SlurmdSpoolDir={directory}/node
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
MpiDefault=none
ReturnToService=2
KillWait=2
MinJobAge=3600
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory_mb} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=60 State=UP
"""
"""`linuxproc` follows processes by their parents, which needs no cgroup; finished jobs stay known to `squeue` for an
hour, which stands in for an accounting database."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as `squeue` shows it: its number, state, and the comment in which Snakemake names the rule."""

    number: str
    state: str
    comment: str


@dataclass
class Cluster:
    """The daemons of a cluster by name, and the folder of their state."""

    directory: Path
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *arguments: str) -> None:
        """Start a daemon in the foreground of its own process group."""
        with (self.directory / f"{name}.out").open("ab") as out:
            self.daemons[name] = subprocess.Popen(
                [program(name), *arguments], env=self.environment(), stdout=out, stderr=out, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """Kill a daemon as a crash of its machine would."""
        daemon = self.daemons.pop(name)
        daemon.kill()
        daemon.wait()

    def stop(self) -> None:
        """Cancel what runs and end all daemons."""
        if "slurmctld" in self.daemons:
            self.run("scancel", "--user", getpass.getuser())
            wait_for(lambda: not self.jobs("RUNNING,COMPLETING"), "jobs to end")
        for daemon in reversed(self.daemons.values()):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
        self.daemons.clear()

    def environment(self) -> dict[str, str]:
        """Return the environment in which the commands of Slurm find this cluster."""
        path = f"{self.directory / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"SLURM_CONF": str(self.directory / "slurm.conf"), "PATH": path}

    def run(self, *command: str) -> str:
        """Return what a command of Slurm prints, nothing if it fails."""
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else ""

    def jobs(self, states: str) -> list[Job]:
        """Return the jobs in any of `states`."""
        lines = self.run("squeue", "--noheader", f"--states={states}", "--format=%i|%T|%k").splitlines()
        return [Job(*line.split("|", 2)) for line in lines]

    def wait_for_job(self, rule: str, run: subprocess.Popen[bytes]) -> Job:
        """Return the job of a rule as soon as it runs, while `run`, which submits it, has not ended."""

        def running() -> list[Job]:
            assert run.poll() is None, f"the run ended before a job of rule {rule}"
            return [job for job in self.jobs("RUNNING") if f"rule_{rule}_" in f"{job.comment}_"]

        return wait_for(running, f"a job of rule {rule}")[0]


def program(name: str) -> str:
    """Return the path of a daemon, which need not be on the path of a user."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; `make cluster-test` installs it")
    return found


def wait_for(look: Callable[[], T], what: str, seconds: float = 300) -> T:
    """Return what `look` returns as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.1)
    return seen


@contextmanager
def one_node_cluster(directory: Path) -> Iterator[Cluster]:
    """Start a cluster whose state lies in `directory`, and end it."""
    for folder in ("bin", "controller", "node"):
        (directory / folder).mkdir()
    (directory / "munge.key").write_bytes(secrets.token_bytes(1024))
    (directory / "munge.key").chmod(0o600)
    (directory / "slurm.conf").write_text(configuration(directory))
    cluster = Cluster(directory)
    write_srun(cluster)
    try:
        start_munge(cluster)
        start_controller(cluster)
        cluster.start("slurmd", "-D")
        wait_for(lambda: "idle" in cluster.run("sinfo", "--noheader", "--format=%t"), "the node", START_SECONDS)
        yield cluster
    finally:
        cluster.stop()


def configuration(directory: Path) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return CONFIGURATION.format(
        host=socket.gethostname().split(".")[0],
        controller_port=free_port(),
        node_port=free_port(),
        user=getpass.getuser(),
        directory=directory,
        cpus=os.cpu_count(),
        memory_mb=int(0.9 * memory / 1e6),
    )


def write_srun(cluster: Cluster) -> None:
    """Write an `srun` that knows the cluster: the plugin takes SLURM_CONF away from the steps of a job."""
    script = cluster.directory / "bin/srun"
    script.write_text(f'#!/bin/sh\nSLURM_CONF={cluster.directory}/slurm.conf exec {program("srun")} "$@"\n')
    script.chmod(0o755)


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def start_munge(cluster: Cluster) -> None:
    files = {name: str(cluster.directory / f"munge.{name}") for name in ("socket", "key", "log", "pid", "seed")}
    options = ("--socket", "--key-file", "--log-file", "--pid-file", "--seed-file")
    named = zip(options, files.values(), strict=True)
    cluster.start("munged", "--foreground", "--force", *(f"{option}={path}" for option, path in named))
    wait_for(Path(files["socket"]).exists, "munged", START_SECONDS)


def start_controller(cluster: Cluster) -> None:
    """Start the controller, which goes on with the jobs of the one before it."""
    cluster.start("slurmctld", "-D")
    wait_for(lambda: "UP" in cluster.run("scontrol", "ping"), "the controller", START_SECONDS)
