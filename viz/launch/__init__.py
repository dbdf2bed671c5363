"""Starting, stopping and overseeing runs from a page, by the ordinary command in a process."""

from .command import Commands, Launch, Said
from .entry import entry_of, person_of
from .form import Field, Form, read_form
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
    "words_of",
]
