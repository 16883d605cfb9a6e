"""Shops as data: what each one's privacy notice says, and where its customer register comes from.

Profiles are TOML files, registers CSV files; both are read, checked and handed on as plain records. What
follows from a fact is decided in `cases`; where a record is kept is known to `storage`.
"""
