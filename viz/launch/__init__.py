"""Starting, stopping and overseeing runs from a page, by the ordinary command or on the board."""

from .command import Commands, Launch, Said
from .entry import entry_of, person_of
from .form import Field, Form, read_form
from .hands import say_to_board
from .wording import ARGUMENTS_OF, words_of

__all__ = [
    "ARGUMENTS_OF",
    "Commands",
    "Field",
    "Form",
    "Launch",
    "Said",
    "entry_of",
    "person_of",
    "read_form",
    "say_to_board",
    "words_of",
]
