"""Real mail servers for tests: Dovecot and Postfix on loopback, each in a folder of its own.

They are started by hand, as root and without systemd, on free ports; only what was started here is stopped.
Where they are not installed, tests say so and skip.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

USER, PASSWORD = "tietosuoja@shop.example", 'sala "sana" \\ {5}'
DOMAIN = "shop.example"
#: Postfix answers RCPT to these with the reply that follows.
REFUSED = {"full@shop.example": "552 5.2.2 full", "later@shop.example": "450 4.2.0 later"}

_DOVECOT = """\
base_dir = {d}/run
state_dir = {d}/run
log_path = {d}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{d}/cert.pem
ssl_key = <{d}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
mail_location = maildir:{d}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
imap_idle_notify_interval = 2 mins
postmaster_address = postmaster@shop.example
hostname = localhost
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {d}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {d}/oauth2.conf.ext
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={d}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
protocol imap {{
  mail_max_userip_connections = 50
}}
"""

#: Whether a token holds, and whose it is, Dovecot asks a server that a test may start there (RFC 7662).
_OAUTH2 = """\
introspection_mode = post
introspection_url = http://127.0.0.1:{oauth}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""

_POSTFIX = """\
compatibility_level = 3.6
queue_directory = {d}/queue
data_directory = {d}/data
maillog_file = {log}
myhostname = localhost
mydestination =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = shop.example
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
virtual_mailbox_limit = 0
mailbox_size_limit = 0
message_size_limit = 60000000
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {refused} }}, permit_mynetworks, reject
default_transport = error:no
mynetworks = 127.0.0.0/8
smtpd_tls_security_level = may
smtpd_tls_cert_file = {d}/cert.pem
smtpd_tls_key_file = {d}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_peername_lookup = no
"""

_MASTER = """\
{smtp} inet n - n - - smtpd
{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str:
    """Why real servers cannot run here; empty when they can."""
    for program in ("dovecot", "doveadm", "postfix", "openssl"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return "" if os.geteuid() == 0 else "starting dovecot and postfix needs root"


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(*command: str) -> None:
    # Output goes nowhere: a daemon that inherits a pipe never lets the test end.
    quiet = subprocess.DEVNULL
    subprocess.run(command, check=True, stdin=quiet, stdout=quiet, stderr=quiet, timeout=60)


def _wait_for(port: int, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0) as line:
            line.settimeout(2.0)
            if line.recv(1):
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")


def _descendants(pid: int) -> list[int]:
    """A process and all that it started, the children first."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found[::-1]


@dataclass
class RealMail:
    """Dovecot and Postfix over one set of mailboxes."""

    folder: Path
    log: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {
            n: free_port() for n in ("imap", "imaps", "lmtp", "sasl", "smtp", "smtps", "oauth")
        }
    )

    _postfix: bool = False

    @property
    def imap_port(self) -> int:
        """Plain IMAP."""
        return self.ports["imap"]

    @property
    def oauth_port(self) -> int:
        """Where Dovecot asks about tokens."""
        return self.ports["oauth"]

    @property
    def imaps_port(self) -> int:
        """IMAP over TLS."""
        return self.ports["imaps"]

    @property
    def smtp_port(self) -> int:
        """SMTP with STARTTLS."""
        return self.ports["smtp"]

    @property
    def smtps_port(self) -> int:
        """SMTP over TLS."""
        return self.ports["smtps"]

    @property
    def ca_file(self) -> Path:
        """The certificate a client must trust."""
        return self.folder / "cert.pem"

    @property
    def imap_url(self) -> str:
        """Plain IMAP with the test mailbox's login."""
        return f"imap://{USER.replace('@', '%40')}@127.0.0.1:{self.imap_port}"

    def prepare(self) -> None:
        """Write certificates and configuration."""
        d = self.folder
        # Dovecot's mail account and Postfix must be able to walk through.
        d.chmod(0o755)
        for name in ("run", "mail", "etc", "queue", "data"):
            (d / name).mkdir(mode=0o755)
        shutil.chown(d / "mail", "mail", "mail")
        shutil.chown(d / "data", "postfix", "postfix")
        subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        keys = ("-keyout", f"{d}/key.pem", "-out", f"{d}/cert.pem")
        _run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *keys)
        (d / "users").write_text(f"{USER}:{PASSWORD}\n")
        (d / "oauth2.conf.ext").write_text(_OAUTH2.format(**self.ports))
        (d / "dovecot.conf").write_text(_DOVECOT.format(d=d, **self.ports))
        refused = ", ".join(f"{{ {address} = {reply} }}" for address, reply in REFUSED.items())
        (d / "etc/main.cf").write_text(_POSTFIX.format(d=d, log=self.log, refused=refused, **self.ports))
        (d / "etc/master.cf").write_text(
            _MASTER.format(smtp=f"127.0.0.1:{self.smtp_port}", smtps=f"127.0.0.1:{self.smtps_port}")
        )

    def start_dovecot(self) -> None:
        """Start it, waiting out the moment after a kill in which it says that it already runs."""
        command = ["dovecot", "-c", str(self.folder / "dovecot.conf")]
        quiet = subprocess.DEVNULL
        for _ in range(60):
            done = subprocess.run(command, check=False, stdin=quiet, stdout=quiet, stderr=quiet, timeout=60)
            if done.returncode == 0:
                _wait_for(self.imap_port)
                if self._postfix:
                    # Its processes hold lines to the Dovecot that was, for logins.
                    _run("postfix", "-c", str(self.folder / "etc"), "reload")
                return
            time.sleep(0.1)
        raise RuntimeError(f"dovecot does not start: {done.returncode}")

    def kill_dovecot(self) -> None:
        """SIGKILL to Dovecot and everything it started."""
        pid = int((self.folder / "run/master.pid").read_text())
        for one in _descendants(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    def start_postfix(self) -> None:
        """Start Postfix."""
        _run("postfix", "-c", str(self.folder / "etc"), "start")
        _wait_for(self.smtp_port)
        self._postfix = True

    def kill_postfix(self) -> None:
        """SIGKILL to Postfix and everything it started."""
        pid = int((self.folder / "queue/pid/master.pid").read_text())
        for one in _descendants(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self._postfix = False

    def let_in(self, user: str, password: str = PASSWORD) -> None:
        """This password holds from now on, for lines that are opened from now on."""
        users = self.folder / "users"
        others = [line for line in users.read_text().splitlines() if not line.startswith(f"{user}:")]
        users.write_text("\n".join([*others, f"{user}:{password}"]) + "\n")

    def flush(self) -> None:
        """Let Postfix try everything again that it could not deliver."""
        _run("postqueue", "-c", str(self.folder / "etc"), "-f")

    def stop(self) -> None:
        """Stop both, as far as they run."""
        for command in (
            ("postfix", "-c", str(self.folder / "etc"), "stop"),
            ("doveadm", "-c", str(self.folder / "dovecot.conf"), "stop"),
        ):
            with contextlib.suppress(subprocess.SubprocessError):
                _run(*command)

    def forget_uids(self) -> None:
        """Give the mailbox a new UIDVALIDITY, as after a restore from backup; Dovecot must not run."""
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (self.folder / "mail" / USER / name).unlink(missing_ok=True)
        # Dovecot makes UIDVALIDITY from the time in seconds.
        time.sleep(1.1)

    def empty(self) -> None:
        """Delete every mail; UIDs go on."""
        for mail in self.files():
            mail.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """Every mail in the mailbox."""
        return [mail for name in ("new", "cur") for mail in (self.folder / "mail" / USER / name).glob("*")]


@contextlib.contextmanager
def running() -> Iterator[RealMail]:
    """Both servers, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="real-mail-", dir="/tmp"))
    # Postfix writes its log below /var only.
    log = Path(f"/var/log/{folder.name}.log")
    mail = RealMail(folder, log)
    try:
        mail.prepare()
        mail.start_dovecot()
        mail.start_postfix()
        yield mail
    finally:
        mail.stop()
        shutil.rmtree(folder, ignore_errors=True)
        log.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def real_mail() -> Iterator[RealMail]:
    """One pair of servers for a module's tests; skips where they cannot run."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with running() as mail:
        yield mail
