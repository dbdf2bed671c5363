"""What people see: the Solara dashboard and plots; reads boards and run directories."""

from .report import FollowedConsensus, Told, Written, consensus_widget, write_report
from .serve import DEFAULT_HOST, DEFAULT_PORT, Address, Dashboard, listen, serve

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "Address",
    "Dashboard",
    "FollowedConsensus",
    "Told",
    "Written",
    "consensus_widget",
    "listen",
    "serve",
    "write_report",
]
