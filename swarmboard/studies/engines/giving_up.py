"""What becomes of a job whose process said nothing of it any more."""

from ..job import Finished, Job
from ..table import failed_row


def given_up(job: Job, why: str, *, last_words: str = "") -> Finished:
    """Return a job as failed, to be tried again where the study allows it.

    Args:
        job: The job whose process died or was ended.
        why: One line, such as `killed by signal 9`.
        last_words: What the process had written to standard error.
    """
    traceback = f"{last_words.rstrip()}\n\n{why}" if last_words.strip() else why
    return Finished(job, failed_row(job, why), traceback, may_retry=True)


def ending(code: int) -> str:
    """Say how a process ended.

    Args:
        code: As `subprocess` gives it: negative for a signal.
    """
    return f"killed by signal {-code}" if code < 0 else f"its process ended with exit code {code}"
