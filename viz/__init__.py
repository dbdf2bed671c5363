"""What people see: the Solara dashboard and plots; reads boards and run directories."""

from .serve import DEFAULT_HOST, DEFAULT_PORT, Address, Dashboard, listen, serve

__all__ = ["DEFAULT_HOST", "DEFAULT_PORT", "Address", "Dashboard", "listen", "serve"]
