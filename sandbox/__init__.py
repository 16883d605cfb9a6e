"""Stand-ins that run on this machine: Telegram's Bot API, a mail server, and the page of `pyynto demo`.

Tests talk to the same servers over loopback. Nothing here is imported by the application itself.
"""
