"""Studies: many runs over a parameter space."""
