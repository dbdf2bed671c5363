"""The user's own files: tickets, arrival profiles and rosters, read strictly."""
