"""The pure core: what a message means, who proved what, when an answer is due, and what happens next.

Nothing here reads a clock, draws a random number, opens a connection or awaits. Time, keys and everything
that is known about a person come in as arguments; what one transaction must store comes out.
"""
