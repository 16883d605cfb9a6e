"""The paper and file edge: letters as PDF, the copy of a person's data, portable files, locked archives.

What goes in is given as plain values, what comes out is bytes; when and to whom they go is never decided here.
PDF and archive libraries are loaded by the first function that needs them, never by an import of these modules.
"""
