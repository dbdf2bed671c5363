"""The report of a study as a page of the dashboard: a file that may do nothing but be read."""

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from ..feed import find_study
from ..feed.studies import REPORT
from .place import place

POLICY = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The browser runs none of its scripts, and asks nobody for anything."""


def study_report(request: Request) -> Response:
    """Return the report of the study that the address names."""
    key = request.path_params["key"]
    path = find_study(place().runs, key)
    if path is None or not (path / REPORT).is_file():
        return PlainTextResponse(f"{key} has no report: `swarmboard report` writes it", 404)
    headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
    return FileResponse(path / REPORT, media_type="text/html; charset=utf-8", headers=headers)
