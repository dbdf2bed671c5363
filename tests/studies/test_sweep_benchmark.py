"""The measurement of what a sweep costs can carry out its runs as a study."""

from pathlib import Path

from benchmarks.sweep import as_study, planned


def test_given_jobs_are_carried_out_as_a_study(tmp_path: Path) -> None:
    jobs = list(planned(2, trials=1).jobs())

    digests = as_study(jobs, tmp_path)

    assert len(digests) == len(set(digests)) == 2
