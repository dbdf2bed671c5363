"""What people see: the Solara dashboard and plots; reads boards and run directories."""
