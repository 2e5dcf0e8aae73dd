"""What a dump of 10,000 objects costs: `python -m bench.dump` alone, or its rows among those of `python -m bench`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import in_turns
from bench.report import Row, table
from stead.testing.objects import Json, container_status, ended, node, pod, waiting

PODS, SICK = 10_000, 100
MOST = {"json": 2.0, "yaml": 20.0}
"""Seconds that a person waits."""
READING = {
    "json": "import msgspec, pathlib, sys; msgspec.json.decode(pathlib.Path(sys.argv[1]).read_bytes())",
    "yaml": "import sys, yaml; yaml.load(open(sys.argv[1]), yaml.CSafeLoader)",
}
"""The baseline: a process that only reads the file."""
STEAD = str(Path(sys.executable).parent / "stead")


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as name:
        folder = Path(name)
        write(folder)
        return [measure(folder, "json", 5), measure(folder, "yaml", 1)]


def write(folder: Path) -> None:
    """One List of pods as `kubectl get -o json` and `-o yaml` would write it."""
    loop = waiting("CrashLoopBackOff", restartCount=9, lastState=ended(1))
    pods: list[Json] = [pod(f"api-7c9f-{n}", statuses=[loop] if n < SICK else [container_status()]) for n in range(PODS)]
    listed = {"apiVersion": "v1", "kind": "List", "items": [node(), *pods]}
    text = json.dumps(listed, indent=4)
    (folder / "dump.json").write_text(text)
    convert = "import sys, yaml; yaml.dump(yaml.load(sys.stdin, yaml.CSafeLoader), sys.stdout, yaml.CSafeDumper)"
    with (folder / "dump.yaml").open("w") as out:
        subprocess.run([sys.executable, "-c", convert], input=text, stdout=out, text=True, check=True)


def measure(folder: Path, form: str, runs: int) -> Row:
    file = folder / f"dump.{form}"
    # Exit code 1 says that something is wrong, as it is.
    check = ["sh", "-c", f"{STEAD} check --from {file}; test $? -le 1"]
    bare, ours = in_turns([[sys.executable, "-c", READING[form], str(file)], check], runs=runs, env={})
    what = f"check --from, {PODS:,} pods, {file.stat().st_size / 1e6:.0f} MB of {form.upper()}"
    baseline = f"{bare.wall:.2f} s ({'msgspec' if form == 'json' else 'the C loader'} alone)"
    kept = ours.wall <= MOST[form]
    return Row("dump", what, f"{ours.wall:.2f} s", baseline, ours.wall / bare.wall, f"≤ {MOST[form]:.0f} s", kept)


if __name__ == "__main__":
    measured = rows()
    print(table(measured))
    sys.exit(0 if all(row.kept for row in measured) else 1)
