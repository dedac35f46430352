"""How long `medray up` takes until everything is healthy, and what it weighs at rest."""

import argparse
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from deployments.launch.folder import DataFolder
from storage.embedded.processes import running_in
from tests.cluster.stack import Hospital

MEBIBYTE = 1 << 20
FAMILIES = {
    "replicas": "ray::ServeReplica",
    "Serve": ("ray::ServeController", "ray::ProxyActor", "ray::HAProxyManager", "haproxy"),
    "PostgreSQL": "postgres",
    "Redis": "redis-server",
    "medray up": "medray",
}


def main() -> None:
    """Starts a new hospital twice, prints both times and the weight, and removes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rest", type=float, default=30, help="seconds of rest before weighing")
    rest = parser.parse_args().rest
    folder = Path(tempfile.mkdtemp(prefix="medray-bench-"))
    hospital = Hospital(folder)
    try:
        print(f"first start, with the demo hospital: {hospital.start().ready_s:.1f} s")
        time.sleep(rest)
        weights = weigh(hospital)
        hospital.stop()
        print(f"later start: {hospital.start().ready_s:.1f} s")
    finally:
        hospital.stop()
        shutil.rmtree(folder)
    for family, weight in weights.most_common():
        print(f"{family:12} {weight / MEBIBYTE:7.0f} MiB")
    print(f"{'together':12} {weights.total() / MEBIBYTE:7.0f} MiB (proportional set size)")


def weigh(hospital: Hospital) -> Counter[str]:
    """Proportional set size in bytes, by family of processes."""
    run, data = (hospital.data / "run").resolve(), hospital.data
    folders = [run, (data / "postgres").resolve() / "cluster", data / "redis"]
    processes = [process for folder in folders for process in running_in(folder)]
    weights: Counter[str] = Counter()
    for process in [*processes, psutil.Process(DataFolder(data).owner())]:
        weights[family_of(process.name())] += process.memory_full_info().pss
    return weights


def family_of(name: str) -> str:
    """What a reader calls a process; everything else is Ray itself."""
    return next((family for family, names in FAMILIES.items() if name.startswith(names)), "Ray")


if __name__ == "__main__":
    main()
