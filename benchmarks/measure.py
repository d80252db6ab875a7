"""Time, memory and disk that a program takes, and the machine it ran on; Linux.

Nothing heavy is imported here: what measures must not show in what is measured.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import subprocess
from collections.abc import Iterable
from pathlib import Path

MEGABYTE = 1_000_000
# of two machines called alike one may lack them: the same table is another one there
_MATTER = {"avx2", "avx512f", "avx512_vnni", "avx512_bf16"}


def resident() -> int:
    """Memory of this process that is in RAM now, bytes."""
    return _status("VmRSS")


def peak(children: bool = False) -> int:
    """Most memory in RAM so far, bytes.

    Args:
        children: Of the largest child process that has ended, not of this process.
    """
    if children:
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    # ru_maxrss of a process begins at that of its parent: fork hands it on
    return _status("VmHWM")


def cpu_seconds() -> float:
    """Processor time of this process, all threads, and of its children that ended."""
    usages = [resource.getrusage(resource.RUSAGE_SELF)]
    usages.append(resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _status(field: str) -> int:
    text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    match = re.search(rf"^{field}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


def machine() -> str:
    """Processor and its instructions that matter, cores, memory, system, load."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    name = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    listed = re.search(r"^flags\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    there = listed[1].split() if listed else []
    flags = [flag for flag in there if flag in _MATTER or flag.startswith("amx")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    parts = [
        name[1].strip() if name else platform.machine(),
        " ".join(flags) or "no vector instructions that matter",
        f"{len(os.sched_getaffinity(0))} cores",
        f"{memory:.0f} GB",
        platform.system(),
        f"Python {platform.python_version()}",
        f"load {os.getloadavg()[0]:.1f} at the start",
    ]
    return ", ".join(parts)


def distributions_bytes(requirements: Iterable[str]) -> int:
    """Disk space of installed Python packages and of all that they require.

    Args:
        requirements: As in a `pip install` line. One that is not installed adds
            nothing.

    Returns:
        Bytes of their files, each package once; without Python itself.
    """
    from importlib import metadata

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    total, seen = 0, set()
    todo = [(Requirement(text), "") for text in requirements]
    while todo:
        wanted, extra = todo.pop()
        name = canonicalize_name(wanted.name)
        marker = wanted.marker
        if name in seen or (marker and not marker.evaluate({"extra": extra})):
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        paths = [Path(str(file.locate())) for file in found.files or ()]
        total += files_bytes(paths)
        todo += [(Requirement(text), "") for text in found.requires or ()]
    return total


def files_bytes(paths: Iterable[Path]) -> int:
    """Sum of the sizes of those paths that are files."""
    return sum(path.stat().st_size for path in paths if path.is_file())


def shared_libraries(binary: str) -> list[Path]:
    """Files of the libraries that a program loads, without the C library's own."""
    listed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True)
    paths = re.findall(r"=> (/\S+)", listed.stdout)
    # these come with every system
    system = re.compile(r"/(libc|libm|libdl|libpthread|libgcc_s|libstdc\+\+)\.so")
    return [Path(path).resolve() for path in paths if not system.search(path)]
