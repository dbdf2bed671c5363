"""What the system says of other processes: when they began, and what they are."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

SOCKETS = "swarmboard-"
"""How the folder of a bundled server's socket begins."""


def beginning_of(pid: int) -> str:
    """Return when a process began, in the kernel's own count; empty where that is not known.

    With it a number that was given to another process since is told from the one that was meant.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    return status.rpartition(")")[2].split()[19]  # field 22; the name before may hold anything


def command_of(pid: int) -> str:
    """Return the command line of a process; empty where there is none."""
    try:
        found = Path(f"/proc/{pid}/cmdline").read_bytes()
        return found.replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        pass
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def end_server(pid: int, url: str) -> bool:
    """End a bundled server that another process started, with its watchdog.

    Args:
        pid: What is said to be its process.
        url: Where it is said to listen.

    Returns whether the process was that server; another one is left alone.
    """
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    is_bundled = parts.scheme == "unix" and path.parent.name.startswith(SOCKETS)
    if not is_bundled or str(path) not in command_of(pid):
        return False
    with suppress(ProcessLookupError, PermissionError):
        if (group := os.getpgid(pid)) != os.getpgrp():
            os.killpg(group, signal.SIGTERM)
    return True
