"""One module for each command of `pyynto`; none holds a rule of its own."""
