"""The pages of the dashboard, and what they are put together from."""
