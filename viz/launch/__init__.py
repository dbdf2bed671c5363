"""Starting and stopping runs from a page, by the ordinary command in a process of its own."""

from .command import Commands, Launch, Said
from .form import Field, Form, read_form
from .wording import ARGUMENTS_OF, words_of

__all__ = ["ARGUMENTS_OF", "Commands", "Field", "Form", "Launch", "Said", "read_form", "words_of"]
