"""The most memory that a process and its children ever held, as Linux tells it."""

from pathlib import Path

_KIB_PER_MIB = 1024


def peak_memory_mib(pid: int) -> float | None:
    """Return the sum of the peaks of a process and all its children, in MiB; None where the system does not tell.

    Pages that they share are counted in each, so it is rather too much than too little.
    """
    own = _peak_kib(pid)
    if own is None:
        return None
    return (own + sum(_peak_kib(child) or 0 for child in _children(pid))) / _KIB_PER_MIB


def _peak_kib(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)


def _children(pid: int) -> list[int]:
    try:
        texts = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    direct = [int(child) for text in texts for child in text.split()]
    return [*direct, *(grandchild for child in direct for grandchild in _children(child))]
