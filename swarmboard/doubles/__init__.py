"""Stand-ins for language models, for tests and for trying things out; see `swarmboard.testing`."""
