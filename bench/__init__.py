"""Measures what Pyyntö promises, on this machine, with the program as it ships and real servers beside it."""
