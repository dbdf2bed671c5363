"""The retail tasks of tau2-bench: its files, its tools on a ticket's own database, and its score.

The files belong to the benchmark and come from the user; nothing of its package is needed.
"""

from .calls import Call, ToolSchema, is_write
from .data import FILES, Retail, Task, task_text
from .database import Database, digest
from .scoring import Repeats, Score, database_floor, floor, gold, pass_hat, score, scripted_gold
from .tools import Answer, Tools

__all__ = [
    "FILES",
    "Answer",
    "Call",
    "Database",
    "Repeats",
    "Retail",
    "Score",
    "Task",
    "ToolSchema",
    "Tools",
    "database_floor",
    "digest",
    "floor",
    "gold",
    "is_write",
    "pass_hat",
    "score",
    "scripted_gold",
    "task_text",
]
