"""What is kept, and how: SQLModel tables, sealing of personal data, one store with one way to commit.

Decides nothing: it loads what a decision needs and stores exactly what the decision returned.
"""
