"""What is put right in Solara 1.64, so that neither browser nor terminal warns of nothing."""

import logging
from pathlib import Path

from solara.widgets.widgets import Navigator

MISSPELT, MEANT = "modules.export =", "module.exports ="
CLOSED_PORTAL = "portal is not running"


def mend_solara() -> None:
    """Correct the navigator's script, and keep quiet of pages that were closed while written to."""
    _mend_navigator()
    kernel = logging.getLogger("solara.server.kernel")
    if not any(isinstance(one, ClosedPages) for one in kernel.filters):
        kernel.addFilter(ClosedPages())


class ClosedPages(logging.Filter):
    """Leaves out that a message could not be sent because its page was being closed.

    A connection ends between two messages of a page, also of one that is kept up to date by a
    thread; Solara knows that of most kinds of connections, but not of this one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record is to be told."""
        error = record.exc_info[1] if record.exc_info else None
        return not (isinstance(error, RuntimeError) and CLOSED_PORTAL in str(error))


def _mend_navigator() -> None:
    """Have its script be found where the loader of scripts looks for it.

    Misspelt it is found too, by guessing, but with a warning in the console of each page.
    """
    if not isinstance(Navigator.template_file, str):
        return
    text = Path(Navigator.template_file).read_text("utf-8")
    if MISSPELT in text:
        mended = text.replace(MISSPELT, MEANT)
        Navigator.template_file = None
        Navigator._template_default = lambda self: mended
