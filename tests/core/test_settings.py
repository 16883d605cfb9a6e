"""`pyynto.toml`: what may stand in it, what it means, and what is said of what may not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.servers import Endpoint, login_of, read_imap, read_smtp
from app.settings import Settings, SettingsError, load_settings
from app.values import resolve
from shops.refusals import keys_of, sentences

ENVIRON = {
    "PYYNTO_SECRET": "sixteen-letters!",
    "LIWIGO_TOKEN": "123:abc",
    "LIWIGO_MAIL_PASSWORD": "kissa-istuu",
}
#: As in the settings reference.
WHOLE = """
[service]
database = "sqlite:///pyynto.db"
secret   = "env:PYYNTO_SECRET"
http     = "127.0.0.1:8480"

[[shops]]
profile  = "liwigo"
register = "csv:register/"
letters  = "letters/"

[shops.telegram]
token    = "env:LIWIGO_TOKEN"
base_url = "https://api.telegram.org"
staff    = [4242]
staff_chat = -1001234
pace     = 25

[shops.mailbox]
address  = "tietosuoja@liwigo.fi"
imap     = "imaps://user@mail.example:993"
smtp     = "smtp://user@mail.example:587"
password = "env:LIWIGO_MAIL_PASSWORD"
ca_file  = "ca.pem"
since    = 2026-11-15
"""
SMALL = """
[service]
database = "sqlite:///pyynto.db"
secret = "sixteen-letters!"
[[shops]]
profile = "liwigo"
register = "csv:register"
"""
MAILBOX = """
[shops.mailbox]
address = "tietosuoja@example.com"
imap = "imap://127.0.0.1:1143"
smtp = "smtp://127.0.0.1:1025"
"""


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    (folder / "pyynto.toml").write_text(text)
    return load_settings(folder / "pyynto.toml", ENVIRON if environ is None else environ)


def problems_of(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        load(folder, text, environ)
    assert all(problem.endswith((".", "?")) for problem in refusal.value.problems)
    return refusal.value.problems


def test_every_key_of_the_contract_is_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    settings = load(tmp_path, WHOLE)
    assert settings.service.database == f"sqlite:///{tmp_path}/pyynto.db"
    assert settings.service.secret.get_secret_value() == "sixteen-letters!"
    assert settings.service.http == Endpoint("127.0.0.1", 8480)
    assert settings.path == tmp_path / "pyynto.toml"
    shop = settings.shop()
    assert (shop.name, shop.facts.prefix) == ("liwigo", "LIW")
    assert (shop.source.folder, shop.letters) == (tmp_path / "register", tmp_path / "letters")
    telegram, mailbox = shop.telegram, shop.mailbox
    assert telegram is not None
    assert telegram.token.get_secret_value() == "123:abc"
    assert (telegram.base_url, telegram.pace) == ("https://api.telegram.org", 25)
    assert (telegram.staff, telegram.staff_chat) == ([4242], -1001234)
    assert mailbox is not None
    assert mailbox.address == "tietosuoja@liwigo.fi"
    assert mailbox.imap == "imaps://user@mail.example:993"
    assert mailbox.smtp == "smtp://user@mail.example:587"
    assert mailbox.password is not None
    assert mailbox.password.get_secret_value() == "kissa-istuu"
    assert mailbox.ca_file == tmp_path / "ca.pem"
    assert mailbox.since == datetime(2026, 11, 14, 22, tzinfo=UTC)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL + '[shops.telegram]\ntoken = "123:abc"\n')
    shop = settings.shop("liwigo")
    assert (settings.service.http, shop.letters, shop.mailbox) == (None, None, None)
    assert shop.telegram is not None
    assert (shop.telegram.base_url, shop.telegram.pace) == ("https://api.telegram.org", 25)
    assert (shop.telegram.staff, shop.telegram.staff_chat) == ([], None)


def test_no_secret_shows_in_the_settings_repr(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    text = WHOLE.replace("sqlite:///pyynto.db", "postgresql://me:salasana@db.example/pyynto")
    shown = repr(load(tmp_path, text)) + str(load(tmp_path, text).shops)
    for secret in ("sixteen-letters!", "123:abc", "kissa-istuu", "salasana"):
        assert secret not in shown


def test_no_problem_quotes_a_secret(tmp_path: Path) -> None:
    text = SMALL.replace("sixteen-letters!", "letmein1").replace("sqlite:///", "mysql://me:letmein2@x/")
    text += (
        '[shops.telegram]\ntoken = "letmein3"\n[shops.mailbox]\npassword = ["letmein4"]\n'
        'address = "letmein5"\nimap = "imap://u:letmein6@x"\nsmtp = "smtp://u:letmein7@x"\nx = "letmein8"\n'
    )
    assert "letmein" not in "\n".join(problems_of(tmp_path, text))


def test_a_value_can_stand_in_a_file_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("written-in-a-file\n")
    settings = load(tmp_path, SMALL.replace("sixteen-letters!", "file:secret.txt"))
    assert settings.service.secret.get_secret_value() == "written-in-a-file"


def test_a_variable_missing_in_the_environment_is_read_from_dot_env(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# mine\n\nexport PYYNTO_SECRET='quoted and long enough'\nLIWIGO_TOKEN=9:no\n"
    )
    text = (
        SMALL.replace("sixteen-letters!", "env:PYYNTO_SECRET")
        + '[shops.telegram]\ntoken = "env:LIWIGO_TOKEN"\n'
    )
    settings = load(tmp_path, text, {"LIWIGO_TOKEN": "1:yes"})
    assert settings.service.secret.get_secret_value() == "quoted and long enough"
    telegram = settings.shop().telegram
    assert telegram is not None
    assert telegram.token.get_secret_value() == "1:yes"


def test_a_line_of_dot_env_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nsecret\n")
    assert problems_of(tmp_path, SMALL) == [
        f"The file {tmp_path}/.env cannot be read at line 2: write NAME=value."
    ]


@pytest.mark.parametrize(
    ("value", "environ", "told"),
    [
        ("env:NO_SUCH", {}, "service.secret is read from the environment variable NO_SUCH, which is not set"),
        (
            "env:EMPTY",
            {"EMPTY": " "},
            "service.secret is read from the environment variable EMPTY, which is empty",
        ),
        ("file:none.txt", {}, "service.secret is read from {}/none.txt, which cannot be read: No such file"),
        ("file:~no-such-person/x", {}, "service.secret is read from {}/~no-such-person/x, which is no file"),
        ("file:a\\u0000b", {}, "service.secret is read from {}/a\0b, which is no file"),
        ("file:empty.txt", {}, "service.secret is read from {}/empty.txt, which is empty"),
    ],
)
def test_a_value_that_cannot_be_fetched_names_key_and_place(
    tmp_path: Path, value: str, environ: dict[str, str], told: str
) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    problems = problems_of(tmp_path, SMALL.replace("sixteen-letters!", value), environ)
    assert len(problems) == 1
    assert problems[0].startswith(told.format(tmp_path))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("sqlite:///pyynto.db", "sqlite:///{}/pyynto.db"),
        ("sqlite:///data/pyynto.db", "sqlite:///{}/data/pyynto.db"),
        ("sqlite:///no#1.db", "sqlite:///{}/no#1.db"),
        ("sqlite:////var/lib/pyynto.db", "sqlite:////var/lib/pyynto.db"),
        ("postgresql://me@db.example/pyynto", "postgresql://me@db.example/pyynto"),
        ("postgres://me@db.example:5433/pyynto", "postgresql://me@db.example:5433/pyynto"),
        ("postgresql://me:@/pyynto?host=/run/pg", "postgresql://me:@/pyynto?host=/run/pg"),
    ],
)
def test_a_database_address_is_read(tmp_path: Path, written: str, read: str) -> None:
    settings = load(tmp_path, SMALL.replace("sqlite:///pyynto.db", written))
    assert settings.service.database == read.format(tmp_path)


@pytest.mark.parametrize(
    ("written", "login"),
    [
        ("imaps://mail.example", ""),
        ("imaps://me%40example.com@mail.example:9993", "me@example.com"),
        ("imaps://me@example.com@mail.example", "me@example.com"),
        ("imap://127.0.0.1:1143", ""),
        ("imap://user@localhost", "user"),
        ("imap://[::1]:1143", ""),
    ],
)
def test_an_imap_address_is_taken(written: str, login: str) -> None:
    assert login_of(read_imap(f" {written} ")) == login


@pytest.mark.parametrize(
    "written", ["smtps://user@mail.example", "smtp://mail.example", "smtp://127.0.0.1:1025"]
)
def test_an_smtp_address_is_taken(written: str) -> None:
    assert read_smtp(written) == written


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "mail.example", "localhost.example", "127.0.0.1.example", "0.0.0.0"]
)
def test_imap_without_tls_is_for_this_machine_only(host: str) -> None:
    with pytest.raises(ValueError, match="use imaps://"):
        read_imap(f"imap://{host}")


def test_a_mailbox_without_a_user_needs_no_password(tmp_path: Path) -> None:
    mailbox = load(tmp_path, SMALL + MAILBOX).shop().mailbox
    assert mailbox is not None
    assert mailbox.password is None


@pytest.mark.parametrize("key", ["imap", "smtp"])
def test_a_mailbox_with_a_user_needs_a_password(tmp_path: Path, key: str) -> None:
    text = SMALL + MAILBOX.replace(f"{key}://", f"{key}://me@")
    assert problems_of(tmp_path, text) == [
        f"shops[0].mailbox names a user in {key} and so needs a password: "
        'write password = "env:NAME", or take the user out of the address if the server wants no login.'
    ]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-15", datetime(2026, 11, 14, 22, tzinfo=UTC)),
        ("2026-06-15", datetime(2026, 6, 14, 21, tzinfo=UTC)),
        ('"2026-11-15"', datetime(2026, 11, 14, 22, tzinfo=UTC)),
        ("2026-11-15T09:00:00", datetime(2026, 11, 15, 7, tzinfo=UTC)),
        ("2026-11-15T09:00:00Z", datetime(2026, 11, 15, 9, tzinfo=UTC)),
        ("2026-11-15T09:00:00-05:00", datetime(2026, 11, 15, 14, tzinfo=UTC)),
    ],
)
def test_since_without_an_offset_is_helsinki_time(tmp_path: Path, written: str, moment: datetime) -> None:
    mailbox = load(tmp_path, SMALL + MAILBOX + f"since = {written}\n").shop().mailbox
    assert mailbox is not None
    assert mailbox.since == moment


@pytest.mark.parametrize("pace", ["0", "0.5", "30"])
def test_pace_is_any_number_from_nought(tmp_path: Path, pace: str) -> None:
    telegram = load(tmp_path, SMALL + f'[shops.telegram]\ntoken = "1:a"\npace = {pace}\n').shop().telegram
    assert telegram is not None
    assert telegram.pace == float(pace)


@pytest.mark.parametrize(
    "written", ["http://127.0.0.1:9000/", "http://bot-api:8081", "https://bots.example/tg"]
)
def test_a_bot_api_address_loses_its_last_slash(tmp_path: Path, written: str) -> None:
    text = SMALL + f'[shops.telegram]\ntoken = "1:a"\nbase_url = "{written}"\n'
    telegram = load(tmp_path, text).shop().telegram
    assert telegram is not None
    assert telegram.base_url == written.rstrip("/")


SERVICE, SHOP = SMALL.split("[[shops]]")
SHOP = "[[shops]]" + SHOP


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("database", '"mysql://x/y"', "is no database Pyyntö can use: write"),
        ("database", '"sqlite://pyynto.db"', "has too few slashes: write"),
        ("database", '"sqlite:///:memory:"', "names no file, and a restart would lose every case"),
        ("database", '"postgresql://db.example"', "names no database: write"),
        ("database", "3", "is not text: put the value between quotation marks"),
        ("secret", '"fifteen-letters"', "is shorter than 16 characters: make one with python3 -c"),
        ("http", '"8480"', "is not a host and a port: write"),
        ("http", '"127.0.0.1:99999"', "has a port that is not a number up to 65535: write"),
        ("http", '"http://127.0.0.1:8480"', "is not a host and a port: write"),
        ("htpp", '"127.0.0.1:8480"', "is not a key: did you mean http?"),
        ("colour", '"red"', "is not a key: take it out; service knows database, http, secret."),
    ],
)
def test_a_wrong_key_of_the_service_is_named(tmp_path: Path, key: str, value: str, told: str) -> None:
    lines = [line for line in SERVICE.splitlines() if not line.startswith(f"{key} ")]
    problems = problems_of(tmp_path, "\n".join([*lines, f"{key} = {value}", SHOP]))
    assert len(problems) == 1
    assert problems[0].startswith(f"service.{key} {told}")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("profile", '"liwgo"', "cannot be used: There is no profile named liwgo: write one of"),
        ("profile", '"own.toml"', "cannot be used: The profile own.toml cannot be read: No such file"),
        ("register", '"register/"', 'cannot be read: write "csv:FOLDER"'),
        ("register", '"csv:~no-such-person/x"', "names a home folder that is not there"),
        (
            "profile",
            '"~no-such-person/x.toml"',
            "cannot be used: The profile ~no-such-person/x.toml",
        ),
        ("register", '"csv:"', 'cannot be read: write "csv:FOLDER"'),
        ("telegram", '"123:abc"', "cannot be read: write a block headed [shops.telegram]."),
        ("letter", '"x"', "is not a key: did you mean letters?"),
    ],
)
def test_a_wrong_key_of_a_shop_is_named(tmp_path: Path, key: str, value: str, told: str) -> None:
    lines = [line for line in SHOP.splitlines() if not line.startswith(f"{key} ")]
    problems = problems_of(tmp_path, "\n".join([SERVICE, *lines, f"{key} = {value}"]))
    assert len(problems) == 1
    assert problems[0].startswith(f"shops[0].{key} {told.format(tmp_path)}")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('token = "liwigo_bot"', "token is not a bot token: copy the whole line"),
        ('token = "https://t.me/x"', "token is not a bot token: copy the whole line"),
        ('base_url = "api.telegram.org"', "base_url is not a web address: write"),
        ("staff = 4242", "staff cannot be read: write a list of Telegram user ids such as [4242]."),
        ('staff = ["anna"]', "staff[0] cannot be read: write a list of Telegram user ids such as [4242]."),
        ("staff = [-1001]", "staff[0] is the id of a group, not of a person: write it under staff_chat."),
        ("staff = [true]", "staff[0] is true or false: write a number."),
        ('staff_chat = "ryhmä"', "staff_chat cannot be read: write the number of the staff's group"),
        ("pace = -1", "pace cannot be read: write a number of messages a second"),
        ("pace = nan", "pace cannot be read: write a number of messages a second"),
        ('pace = "fast"', "pace cannot be read: write a number of messages a second"),
        ("webhok = 1", "webhok is not a key: did you mean webhook?"),
        ("colour = 1", "colour is not a key: take it out; shops[0].telegram knows base_url, pace"),
    ],
)
def test_a_wrong_key_of_a_bot_is_named(tmp_path: Path, line: str, told: str) -> None:
    lines = ['token = "123:abc"'] if not line.startswith("token") else []
    problems = problems_of(tmp_path, "\n".join([SMALL, "[shops.telegram]", *lines, line]))
    assert len(problems) == 1
    assert problems[0].startswith(f"shops[0].telegram.{told}")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('address = "tietosuoja"', "address is not an e-mail address: write one such as"),
        (
            'imap = "imap://mail.example"',
            "imap cannot be used: imap:// carries passwords in clear",
        ),
        ('imap = "imap://me:pw@127.0.0.1"', "imap cannot be used: put the password under `password`"),
        ('imap = "mail.example"', "imap cannot be used: a mail server address must begin with imaps://"),
        (
            'imap = "smtp://mail.example"',
            "imap cannot be used: a mail server address must begin with imaps://",
        ),
        ('imap = "imaps://mail.example/INBOX"', "imap goes on after the port: write"),
        ('imap = "imaps://[mail.example"', "imap cannot be used: "),
        (
            'smtp = "imaps://mail.example"',
            "smtp cannot be used: a mail server address must begin with smtp://",
        ),
        (
            'smtp = "smtp://mail.example:five"',
            "smtp cannot be used: the port of a mail server address",
        ),
        ('ca_file = "ca.pem"', "ca_file names a file that is not there: give the path of a PEM file"),
        ('ca_file = "~no-such-person/x"', "ca_file names a home folder that is not there"),
        ('since = "eilen"', "since is not a day: write one such as 2026-11-15"),
        ("since = 09:00:00", "since is not a day: write one such as 2026-11-15"),
        ("since = 20261115", "since is not a day: write one such as 2026-11-15"),
        ('adress = "x"', "adress is not a key: did you mean address?"),
    ],
)
def test_a_wrong_key_of_a_mailbox_is_named(tmp_path: Path, line: str, told: str) -> None:
    name = line.split(" ", 1)[0]
    lines = [kept for kept in MAILBOX.splitlines() if not kept.startswith(f"{name} ")]
    problems = problems_of(tmp_path, "\n".join([SMALL, *lines, line]))
    assert len(problems) == 1
    assert problems[0].startswith(f"shops[0].mailbox.{told}")


def test_missing_keys_are_named_with_what_to_write(tmp_path: Path) -> None:
    assert [p.split(":")[0] for p in problems_of(tmp_path, "[service]\n[[shops]]\n")] == [
        "service.database is missing",
        "service.secret is missing",
        "shops[0].profile is missing",
        "shops[0].register is missing",
    ]
    assert [p.split(":")[0] for p in problems_of(tmp_path, "")] == ["service is missing", "shops is missing"]


def test_a_single_bracket_is_told_to_be_two(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, SMALL.replace("[[shops]]", "[shops]"))
    assert problems == [
        "shops cannot be read: write a block headed [[shops]], with two brackets on each side, for each shop."
    ]


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Unset variables, wrong values and unknown profiles in one list."""
    text = WHOLE.replace('"liwigo"', '"liwgo"').replace("8480", "").replace("[4242]", "[0]")
    named = {problem.split(" ")[0] for problem in problems_of(tmp_path, text, {})}
    assert named == {
        "service.secret",
        "service.http",
        "shops[0].profile",
        "shops[0].telegram.token",
        "shops[0].telegram.staff[0]",
        "shops[0].mailbox.password",
        "shops[0].mailbox.ca_file",
    }


def test_two_shops_with_one_profile_are_refused(tmp_path: Path) -> None:
    assert problems_of(tmp_path, SMALL + SHOP) == [
        "shops[1].profile has the same profile as another shop: give each shop a profile of its own."
    ]


def own_profile(folder: Path, name: str, prefix: str) -> str:
    liwigo = Path(__file__).parents[2] / "shops" / "profiles" / "liwigo.toml"
    text = (
        liwigo.read_text()
        .replace('profile = "liwigo"', f'profile = "{name}"')
        .replace('"LIW"', f'"{prefix}"')
    )
    (folder / f"{name}.toml").write_text(text)
    return SHOP.replace('"liwigo"', f'"{name}.toml"')


def test_two_shops_with_one_case_prefix_are_refused(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, SMALL + own_profile(tmp_path, "malli", "LIW"))
    assert problems == [
        "shops[1].profile has the same prefix of case ids as another shop: "
        "give each shop a profile of its own."
    ]


def test_two_shops_cannot_share_a_bot_or_a_mailbox(tmp_path: Path) -> None:
    wires = '[shops.telegram]\ntoken = "1:a"\n' + MAILBOX
    text = SMALL + wires + own_profile(tmp_path, "malli", "MAL") + wires.replace("tietosuoja@", "Tietosuoja@")
    assert problems_of(tmp_path, text) == [
        "shops[1].telegram.token is another shop's: make this shop a bot of its own.",
        "shops[1].mailbox.address is another shop's: give this shop a mailbox of its own.",
    ]


def test_a_shop_is_found_by_its_profiles_name(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL + own_profile(tmp_path, "malli", "MAL"))
    assert settings.shop("malli").facts.prefix == "MAL"
    with pytest.raises(SettingsError, match=r"--shop takes one of liwigo, malli\."):
        settings.shop("taigakoru")
    with pytest.raises(SettingsError, match=r"say which with --shop, one of liwigo, malli\."):
        settings.shop()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[service", "is not valid TOML"),
        (b"# \xe4\n", "is not UTF-8 text"),
        (None, "There is no settings file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "pyynto.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=told):
        load_settings(path)


def test_a_folder_given_as_settings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_settings(tmp_path)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.datetimes()
    | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
KEYS = [path.replace("[]", "") for path, _ in keys_of(Settings)]


@given(st.lists(st.tuples(st.sampled_from(KEYS), JUNK), max_size=4))
def test_no_value_breaks_the_check(changes: list[tuple[str, object]]) -> None:
    """Whatever stands under a key, the answer is settings or sentences, never another exception."""
    document: dict[str, object] = {
        "service": {"database": "sqlite:///a.db", "secret": "sixteen-letters!"},
        "shops": [{"profile": "liwigo", "register": "csv:x", "telegram": {"token": "1:a"}, "mailbox": {}}],
    }
    for path, junk in changes:
        place: object = document
        *steps, last = path.split(".")
        for step in steps:
            place = place.get(step) if isinstance(place, dict) else None
            place = place[0] if isinstance(place, list) and place else place
        if isinstance(place, dict):
            place[last] = junk
    resolved, _ = resolve(document, Path("/nowhere"), {})
    told = ["good"]
    try:
        Settings.model_validate(resolved, context={"folder": Path("/nowhere")})
    except ValidationError as error:
        told = sentences(error, Settings)
    assert told


def test_every_key_says_what_to_write() -> None:
    assert [path for path, info in keys_of(Settings) if not info.description] == []
