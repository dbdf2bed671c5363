"""Carries out the shipped studies again: `python docs/shipped_studies.py [--kept DIR] [STUDY]...`.

Each study is swept and reported by the commands of its page, into `DIR/STUDY` or a folder that is
removed; what is done there already is not done again. Its digest over digests is looked for on the
page, and its figures there are replaced. STUDY is a name such as `grid-scaling`; without one all
are made. Exit code 1 where a digest is not on its page.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from swarmboard import Study
from swarmboard.studies.reporting import overall_digest

DOCS = Path(__file__).resolve().parent
IMAGES = DOCS / "images" / "studies"
"""A folder of each study has the figures of its report that its page shows."""
COMMAND = re.compile(
    r"^swarmboard sweep (?P<file>\S+) --out (?P<name>\S+) --jobs (?P<jobs>\d+)$", re.MULTILINE
)


def shipped() -> dict[str, tuple[Path, re.Match[str]]]:
    """Return of each study the page that shows it, and its command there."""
    pages = sorted((DOCS / "studies").glob("*.md"))
    return {
        found["name"]: (page, found)
        for page in pages
        for found in COMMAND.finditer(page.read_text("utf-8"))
    }


def carry_out(command: Mapping[str, str], out: Path) -> str:
    """Sweep and report a study, and return the digest over its digests."""
    swarmboard = [sys.executable, "-m", "swarmboard"]
    swept = [*swarmboard, "sweep", command["file"], "--out", str(out), "--jobs", command["jobs"]]
    subprocess.run(swept, check=True, cwd=DOCS.parent)
    subprocess.run([*swarmboard, "report", str(out)], check=True, cwd=DOCS.parent)
    study = Study.open(out)
    return overall_digest(study.table["digest"])


def take_figures(name: str, report: Path) -> None:
    """Replace the figures of a study's page by those of its report."""
    for figure in sorted((IMAGES / name).glob("*.svg")):
        shutil.copyfile(report / "figures" / figure.name, figure)


def main() -> int:
    """Carry out what is named, and return the exit code."""
    studies = shipped()
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--kept", type=Path, metavar="DIR", help="where studies are kept")
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=", ".join(studies))
    asked = parser.parse_args()
    if unknown := [name for name in asked.studies if name not in studies]:
        parser.error(f"no study {unknown[0]!r}: there are {', '.join(studies)}")
    others = []
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.studies or studies:
            page, command = studies[name]
            out = (asked.kept or Path(folder)).resolve() / name
            digest = carry_out(command.groupdict(), out)
            take_figures(name, out / "report")
            if digest not in page.read_text("utf-8"):
                others.append(f"{name}: {digest} is not on {page.name}")
    print("\n".join(others or ["all digests are those of the pages"]))
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main())
