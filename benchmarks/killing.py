"""Killing a run again and again, and holding what is left of it against what it said before."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blackboard import LogDamaged, read_log, segment_ends
from blackboard.records import Ended, Entries
from swarmboard.lengths import turns

TARGETS = ("runner", "worker", "server")
SURVIVES_S = 60.0
"""How long a run may take to record something new, whatever has happened to it."""
LIFE_S = 300.0
"""After so long without an end, a life is taken for hung."""
POLL_S = 0.005
SAME = ("consensus", "decisions", "abstentions", "metrics", "yardstick")
"""What a summary says however often its run was killed."""


class BrokenPromise(Exception):
    """Something that a kill must not change has changed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a log holds: its whole segments, and the rounds that have ended in them."""

    size: int = 0
    digest: str = hashlib.sha256().hexdigest()
    rounds: int = 0
    entries: frozenset[str] = frozenset()
    """What outsiders contributed, by the text of each contribution."""


@dataclass
class Toll:
    """What the kills of one case came to."""

    kills: Counter[str] = field(default_factory=Counter)
    survived: Counter[str] = field(default_factory=Counter)
    """Kills after which the same process took the run on."""
    sabotaged: Counter[str] = field(default_factory=Counter)
    """Snapshots and board directories damaged or taken away between two lives."""
    runs: int = 0
    lives: int = 0
    """Processes that led a run, or tried to."""
    fruitful: int = 0
    """Those of them that recorded at least one more round."""
    exact: int = 0
    """Runs that ended in the digest of the undisturbed run."""
    rounds: int = 0
    again_rounds: int = 0
    """Recorded rounds that a last life went through again."""
    new_rounds: int = 0
    """Rounds that a last life computed."""
    entries: int = 0
    """What outsiders contributed and the logs hold at the end."""


@dataclass
class Killer:
    """Runs one case until enough of its processes were killed.

    Args:
        arguments: What `swarmboard run` is told.
        folder: Where the runs go.
        rng: Chooses whom to kill, and when.
        targets: Who may be killed.
        longest_s: The latest kill after something new was recorded.
    """

    arguments: Sequence[str]
    folder: Path
    rng: random.Random
    targets: Sequence[str] = TARGETS
    longest_s: float = 1.5
    early: float = 0.2
    """How often a kill does not wait for something new, so that it may hit a start."""
    sabotage: float = 0.2
    """How often something is damaged between two lives."""
    toll: Toll = field(default_factory=Toll)

    def reference(self) -> dict[str, Any]:
        """Run the case undisturbed, with one worker, and return its summary."""
        out = self.folder / "undisturbed"
        arguments = [*self.arguments, "--workers", "1"]
        code, said = _seen_through(swarmboard("run", *arguments, "--out", str(out)))
        if code != 0:
            raise BrokenPromise(f"the undisturbed run {out} failed: {said}")
        return summary_of(out)

    def kill_until(self, kills: int, wanted: dict[str, Any] | None) -> None:
        """Begin runs and kill them until so many were killed; see each to its end.

        Args:
            kills: How many, those so far included.
            wanted: The undisturbed run's summary; None where others write into the run.

        Raises:
            BrokenPromise: a run did not come to the same end, or lost what was recorded.
        """
        while self.toll.kills.total() < kills:
            out = self.folder / f"run-{self.toll.runs}"
            self._see_through(out, kills, wanted)
            shutil.rmtree(out)

    def _see_through(self, out: Path, kills: int, wanted: dict[str, Any] | None) -> None:
        self.toll.runs += 1
        kept = Kept()
        while True:
            killed = self.toll.kills.total()
            is_begun = (out / "config.json").exists() and (out / "events.log").exists()
            words = ["resume", str(out)] if is_begun else ["run", *self.arguments]
            if not is_begun:
                shutil.rmtree(out, ignore_errors=True)  # killed before there was a run
                words += ["--out", str(out)]
            code, said = self._live(words, out, kills=kills - killed)
            before, kept = kept, kept_in(out / "events.log")
            check_prefix(out / "events.log", before, kept)
            self.toll.lives += 1
            self.toll.fruitful += kept.rounds > before.rounds
            if code not in (0, -signal.SIGKILL) and killed == self.toll.kills.total():
                raise BrokenPromise(f"{out} failed although nobody was killed: {said}")
            if code == 0:
                self._check_end(out, before, kept, wanted)
                return
            if not (code == -signal.SIGKILL or is_clear_failure(code, said)):
                raise BrokenPromise(f"{out} ended with exit code {code} and said: {said}")
            self._sabotage(out)

    def _live(self, words: Sequence[str], out: Path, *, kills: int) -> tuple[int, str]:
        """Start a process and kill it or what belongs to it, up to so many times.

        Returns its exit code, and what it said.
        """
        process = swarmboard(*words)
        deadline = time.monotonic() + LIFE_S
        while kills > 0 and process.poll() is None:
            kills -= self._kill_one(process, out)
        try:
            _, said = process.communicate(timeout=max(1.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
            raise BrokenPromise(f"{out} hung: {' '.join(words)}; it said: {said}") from None
        return process.returncode, said

    def _kill_one(self, process: subprocess.Popen[str], out: Path) -> bool:
        """Kill one of a run's processes after a while, if there is one; see who goes on."""
        if self.rng.random() >= self.early:
            self._wait_for_progress(process, out)
        self._wait(process, self.rng.uniform(0.0, self.longest_s))
        target = self.rng.choice(self.targets)
        victim = victim_of(target, process, out, self.rng)
        if victim is None or process.poll() is not None:
            return False
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        self.toll.kills[target] += 1
        if target == "runner":
            process.wait()
            return True
        self._wait_for_progress(process, out)
        self.toll.survived[target] += process.poll() in (None, 0)
        return True

    def _wait_for_progress(self, process: subprocess.Popen[str], out: Path) -> None:
        """Wait until a run has recorded something new, or has ended."""
        log = out / "events.log"
        deadline = time.monotonic() + SURVIVES_S
        size = log.stat().st_size if log.exists() else 0
        while process.poll() is None and time.monotonic() < deadline:
            if log.exists() and log.stat().st_size > size:
                return
            self._wait(process, POLL_S)

    def _wait(self, process: subprocess.Popen[str], seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)

    def _sabotage(self, out: Path) -> None:
        """Damage what a run can do without, now and then."""
        snapshots = sorted((out / "snapshots").glob("*"))
        if self.rng.random() >= self.sabotage:
            return
        what = self.rng.choice(("snapshot removed", "snapshot damaged", "board removed"))
        if what == "board removed":
            shutil.rmtree(out / "board", ignore_errors=True)
        elif not snapshots:
            return
        elif what == "snapshot removed":
            self.rng.choice(snapshots).unlink()
        else:
            flip_a_byte(self.rng.choice(snapshots), self.rng)
        self.toll.sabotaged[what] += 1

    def _check_end(
        self, out: Path, before: Kept, kept: Kept, wanted: dict[str, Any] | None
    ) -> None:
        """Hold a run that has ended against what it was to come to."""
        summary = summary_of(out)
        if wanted and summary["digest"] != wanted["digest"]:
            raise BrokenPromise(f"{out}: digest {summary['digest']}, not {wanted['digest']}")
        for name in (*SAME, "rounds", "instants", "simulated_s"):
            if wanted and summary[name] != wanted[name]:
                raise BrokenPromise(f"{out}: {name} {summary[name]}, not {wanted[name]}")
        if not wanted:
            code, said = _seen_through(swarmboard("replay", str(out), "--verify"))
            if code != 0:
                raise BrokenPromise(f"{out} executed again: {said}")
        # A life that was killed behind its summary has left nothing to the last one.
        rounds = turns(summary)
        if (resumed := summary["resumed"]) and before.rounds < rounds:
            again, new = resumed["rehearsed_rounds"], resumed["computed_rounds"]
            is_first = not summary["board"].get("restarts", 0)
            is_all = not is_first or resumed["from_round"] + again == before.rounds
            if before.rounds + new != rounds or not is_all:
                raise BrokenPromise(f"{out}: {before.rounds} rounds were recorded, but {resumed}")
            self.toll.again_rounds += again
            self.toll.new_rounds += new
        self.toll.exact += 1
        self.toll.entries += len(kept.entries)
        self.toll.rounds += kept.rounds


def is_clear_failure(code: int, said: str) -> bool:
    """Say whether a run failed as it should: exit code 1, notices, and then one line."""
    *notices, reason = said.splitlines() or [""]
    return (
        code == 1
        and reason.startswith("swarmboard: ")
        and all(line.startswith("swarmboard: ") for line in notices)
    )


def swarmboard(*words: str) -> subprocess.Popen[str]:
    """Start a command in a process of its own."""
    environment = {name: v for name, v in os.environ.items() if name != "SWARMBOARD_URL"}
    quiet = [] if words[0] == "replay" else ["--no-progress"]
    return subprocess.Popen(
        [sys.executable, "-m", "swarmboard", *words, *quiet],
        env=environment | {"OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _seen_through(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a process to end; return its exit code and what it said."""
    _, said = process.communicate()
    return process.returncode, said


def victim_of(
    target: str, process: subprocess.Popen[str], out: Path, rng: random.Random
) -> int | None:
    """Return the process id of a runner, of one of its workers, or of its server, if it runs."""
    if target == "runner":
        return process.pid
    if target == "server":
        try:
            pid = int(json.loads((out / "board.json").read_text("utf-8"))["pid"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        watchdog = parent_of(pid)
        return pid if watchdog and parent_of(watchdog) == process.pid else None
    workers = [pid for pid in children_of(process.pid) if b"swarmboard.working" in command_of(pid)]
    return rng.choice(workers) if workers else None


def parent_of(pid: int) -> int | None:
    """Return a process's parent, or None where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return None


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return sorted(child for child in found if parent_of(child) == pid)


def command_of(pid: int) -> bytes:
    """Return a process's command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def summary_of(out: Path) -> dict[str, Any]:
    """Return a run's summary."""
    content: dict[str, Any] = json.loads((out / "summary.json").read_text("utf-8"))
    return content


def kept_in(log: Path) -> Kept:
    """Return what a log holds, and see that every round ended in it once."""
    if not log.exists():
        return Kept()
    try:
        ends = segment_ends(log)
    except LogDamaged as error:
        raise BrokenPromise(str(error)) from error
    size = ends[-1] if ends else 0
    rounds, entries = [], set()
    for record in read_log(log):
        if isinstance(record, Ended):
            rounds.append(record.round)
        elif isinstance(record, Entries):
            entries |= {str(entry.payload) for entry in record.entries}
    if rounds != list(range(len(rounds))):
        raise BrokenPromise(f"{log}: not every round ended once: {rounds}")
    return Kept(size, hash_of(log, size), max(rounds, default=0), frozenset(entries))


def check_prefix(log: Path, before: Kept, kept: Kept) -> None:
    """See that what a log held it still holds, byte by byte.

    Raises:
        BrokenPromise: it does not.
    """
    if kept.size < before.size or hash_of(log, before.size) != before.digest:
        raise BrokenPromise(f"{log}: the first {before.size} bytes have changed")
    if lost := before.entries - kept.entries:
        raise BrokenPromise(f"{log}: {len(lost)} recorded entries are lost")


def hash_of(log: Path, size: int) -> str:
    """Return the hash of a file's first bytes."""
    if not log.exists():
        return hashlib.sha256().hexdigest()
    with log.open("rb") as file:
        return hashlib.sha256(file.read(size)).hexdigest()


def flip_a_byte(path: Path, rng: random.Random) -> None:
    """Change one byte of a file."""
    held = bytearray(path.read_bytes())
    if held:
        held[rng.randrange(len(held))] ^= 1 << rng.randrange(8)
        path.write_bytes(held)
