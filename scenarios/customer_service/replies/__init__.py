"""Replies of several parts: what each says, planted conflicts, and the search for them."""
