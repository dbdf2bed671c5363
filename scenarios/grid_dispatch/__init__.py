"""Grid dispatch: power-grid nodes that negotiate what each of them puts out."""

from .scenario import GridDispatch

__all__ = ["GridDispatch"]
