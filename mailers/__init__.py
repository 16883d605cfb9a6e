"""The e-mail edge: bytes from a mailbox become `Inbound`, letters become bytes and leave by SMTP.

Here live the IMAP watcher, reading, screening and writing of mail, and SMTP delivery. What a mail means, who
is answered and what is stored is never decided here.
"""
