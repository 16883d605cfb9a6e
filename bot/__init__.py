"""The Telegram edge: taking in updates durably, reading them, and sending messages.

It translates between Telegram's wire and the core's nouns, and decides nothing.
"""
