"""What the planted model is made of: its terms, its beliefs, what it hears and what it says."""
