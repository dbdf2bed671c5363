"""A run to send to a colleague, or to see in a notebook: its consensus views, without a server."""

from .following import FollowedConsensus
from .told import Told
from .widget import consensus_widget
from .writing import Written, write_report

__all__ = ["FollowedConsensus", "Told", "Written", "consensus_widget", "write_report"]
