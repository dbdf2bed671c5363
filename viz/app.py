"""The dashboard's Solara app: its pages and their addresses."""

import solara

from .pages.compare_page import ComparePage
from .pages.layout import Layout
from .pages.run_page import RunPage
from .pages.runs_page import RunsPage
from .pages.studies_page import StudiesPage

routes = [
    solara.Route(path="/", component=RunsPage, layout=Layout, label="Runs"),
    solara.Route(path="run", component=RunPage, label="Run"),
    solara.Route(path="studies", component=StudiesPage, label="Studies"),
    solara.Route(path="compare", component=ComparePage, label="Two runs"),
]
