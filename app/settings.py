"""What an installation is told: `pyynto.toml`, read whole, checked whole, or refused with every reason.

Here live the keys and their meaning; `docs/settings.md` explains them to whoever writes the file. Nothing
here opens a connection, and nothing else in Pyyntö reads the environment.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)

from app.keys import (
    MAKE_SECRET,
    CsvRegister,
    Number,
    check_person,
    check_secret,
    check_token,
    in_folder,
    read_address,
    read_certificate,
    read_folder,
    read_register_place,
    read_since,
    text,
)
from app.servers import Endpoint, login_of, read_database, read_endpoint, read_imap, read_smtp, read_web
from app.values import resolve
from shops.profile import Profile, ProfileError, load_profile
from shops.refusals import Table, sentences


class SettingsError(Exception):
    """The settings cannot be used; each problem is a sentence that names a key and what to write."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Service(Table):
    """What all shops of one installation share."""

    database: Annotated[str, in_folder(read_database)] = Field(
        repr=False, description='"sqlite:///pyynto.db" or "postgresql://USER@HOST/NAME"'
    )
    secret: Annotated[SecretStr, AfterValidator(check_secret)] = Field(
        description=f'"env:PYYNTO_SECRET", and there a secret made with {MAKE_SECRET}'
    )
    http: Annotated[Endpoint | None, text(read_endpoint)] = Field(
        default=None, description='"127.0.0.1:8480", or leave the key out for no web address'
    )


class Telegram(Table):
    """A shop's bot."""

    token: Annotated[SecretStr, AfterValidator(check_token)] = Field(
        description='"env:NAME" of the variable that holds the token BotFather sent you'
    )
    base_url: Annotated[str, text(read_web)] = Field(
        default="https://api.telegram.org",
        description='"https://api.telegram.org", or the address of your own Bot API server',
    )
    staff: list[Annotated[int, Number, AfterValidator(check_person)]] = Field(
        default=[], description="a list of Telegram user ids such as [4242]"
    )
    staff_chat: Annotated[int, Number] | None = Field(
        default=None, description="the number of the staff's group such as -1001234, without quotation marks"
    )
    #: Where Telegram reaches the service's own `http` port from outside; None: updates are fetched.
    webhook: Annotated[str | None, text(read_web)] = Field(
        default=None, description='"https://bot.example.com", or leave the key out to fetch updates'
    )
    #: Messages a second in all; 0: none held back, for a local server.
    pace: Annotated[float, Number] = Field(
        default=25.0,
        ge=0,
        allow_inf_nan=False,
        description="a number of messages a second such as 25, or 0 for no limit",
    )


class CanarySettings(Table):
    """Test mails through the mailbox: over its own way out, and over a second one where there is one."""

    every_hours: Annotated[float, Number] = Field(
        default=24.0, gt=0, allow_inf_nan=False, description="a number of hours such as 24"
    )
    within_minutes: Annotated[float, Number] = Field(
        default=10.0, gt=0, allow_inf_nan=False, description="a number of minutes such as 10"
    )
    #: A second way in from outside: another provider's server, with an address there.
    smtp: Annotated[str | None, text(read_smtp)] = Field(
        default=None,
        repr=False,
        description='"smtp://USER@SERVER:587" of another mailbox, or leave the key out',
    )
    address: Annotated[str | None, text(read_address)] = Field(
        default=None, description="the address of that other mailbox"
    )
    password: SecretStr | None = Field(
        default=None, description='"env:NAME" of the variable that holds that mailbox\'s password'
    )

    @model_validator(mode="after")
    def _second_way_whole(self) -> CanarySettings:
        if (self.smtp is None) != (self.address is None):
            raise ValueError("a second way needs both smtp and address: write both, or neither")
        return self


class OAuth(Table):
    """Signing in to a mailbox whose provider takes no passwords: Microsoft 365, Google."""

    token_url: Annotated[str, text(read_web)] = Field(
        description="the address tokens come from, such as "
        '"https://login.microsoftonline.com/TENANT/oauth2/v2.0/token"'
    )
    client_id: str = Field(min_length=1, description="the number the provider gave the registered program")
    client_secret: SecretStr | None = Field(
        default=None, description='"env:NAME" of the variable that holds the program\'s secret'
    )
    #: Of a person who agreed once; None: the program signs in as itself.
    refresh_token: SecretStr | None = Field(
        default=None,
        description='"env:NAME" of the variable that holds the refresh token, or leave the key out',
    )
    scope: str = Field(default="", description='such as "https://outlook.office365.com/.default"')

    @model_validator(mode="after")
    def _something_secret(self) -> OAuth:
        if self.client_secret is None and self.refresh_token is None:
            raise ValueError("needs client_secret, refresh_token or both: without either nothing is proved")
        return self


class Mailbox(Table):
    """A shop's privacy mailbox."""

    address: Annotated[str, text(read_address)] = Field(
        description='the address customers write to, such as "tietosuoja@example.com"'
    )
    imap: Annotated[str, text(read_imap)] = Field(repr=False, description='"imaps://USER@SERVER:993"')
    smtp: Annotated[str, text(read_smtp)] = Field(
        repr=False, description='"smtp://USER@SERVER:587" or "smtps://USER@SERVER:465"'
    )
    password: SecretStr | None = Field(
        default=None, description='"env:NAME" of the variable that holds the mailbox\'s password'
    )
    oauth: OAuth | None = Field(
        default=None, description="a block headed [shops.mailbox.oauth], or leave it out to use the password"
    )
    ca_file: Annotated[Path | None, in_folder(read_certificate)] = Field(
        default=None, description="the path of a PEM file, or leave the key out"
    )
    #: Mail older than this is listed, never answered; None: 7 days before the first start.
    since: Annotated[datetime | None, BeforeValidator(read_since)] = Field(
        default=None, description="a day such as 2026-11-15, without quotation marks"
    )
    #: Staff are told when no mail could be fetched for so long.
    silence_minutes: Annotated[float, Number] = Field(
        default=15.0, gt=0, allow_inf_nan=False, description="a number of minutes such as 15"
    )
    #: More letters by mail than this within an hour stop the mail until staff let it go; 0: never.
    answers_an_hour: Annotated[int, Number] = Field(
        default=300, ge=0, description="a number of letters such as 300, or 0 for no limit"
    )
    #: Whose `Authentication-Results` are believed.
    trusted_servers: list[str] = Field(
        default=[], description='a list of mail servers\' names such as ["mx.google.com"]'
    )
    #: The folder the provider puts spam into, to be watched as well.
    junk: str | None = Field(
        default=None,
        min_length=1,
        description='the name of the spam folder such as "Junk", or leave the key out',
    )
    #: The folder that gets a copy of what leaves.
    sent: str | None = Field(
        default=None, min_length=1, description='the name of a folder such as "Sent", or leave the key out'
    )
    canary: CanarySettings | None = Field(
        default=None, description="a block headed [shops.mailbox.canary], or leave it out for no test mails"
    )

    @model_validator(mode="after")
    def _password_for_login(self) -> Mailbox:
        if self.password is None and self.oauth is None:
            for key, url in (("imap", self.imap), ("smtp", self.smtp)):
                if login_of(url):
                    raise ValueError(
                        f'names a user in {key} and so needs a password: write password = "env:NAME", '
                        "or take the user out of the address if the server wants no login"
                    )
        return self


class ShopSettings(Table):
    """One shop: which controller, and over which wires people reach it."""

    #: A built-in profile's name, or the full path of a profile of one's own.
    profile: str = Field(description='a built-in profile such as "liwigo", or the path of a TOML file')
    source: Annotated[CsvRegister, in_folder(read_register_place)] = Field(
        alias="register", description='"csv:FOLDER", the folder that holds customers.csv'
    )
    letters: Annotated[Path | None, in_folder(read_folder)] = Field(
        default=None, description="the path of the folder with the shop's own letters, or leave the key out"
    )
    telegram: Telegram | None = Field(default=None, description="a block headed [shops.telegram]")
    mailbox: Mailbox | None = Field(default=None, description="a block headed [shops.mailbox]")

    _facts: Profile = PrivateAttr()

    @property
    def facts(self) -> Profile:
        """The loaded profile."""
        return self._facts

    @property
    def name(self) -> str:
        """The profile's own name: what `--shop` takes, and what rows of the database carry."""
        return self._facts.profile


class Settings(Table):
    """An installation's settings."""

    service: Service = Field(description="a block headed [service]")
    shops: list[ShopSettings] = Field(
        min_length=1, description="a block headed [[shops]], with two brackets on each side, for each shop"
    )

    _path: Path = PrivateAttr()

    @property
    def path(self) -> Path:
        """The file these settings were read from."""
        return self._path

    def shop(self, name: str | None = None) -> ShopSettings:
        """The shop of that profile; without a name the only one there is. Raises SettingsError."""
        names = ", ".join(shop.name for shop in self.shops)
        if name is None:
            if len(self.shops) == 1:
                return self.shops[0]
            raise SettingsError([f"Several shops are set up: say which with --shop, one of {names}."])
        for shop in self.shops:
            if name in (shop.name, shop.profile):
                return shop
        raise SettingsError([f"No shop {name} is set up: --shop takes one of {names}."])


def load_settings(path: str | Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check a settings file.

    `environ` is the process's environment unless given; a variable that is not in it is looked for in a file
    `.env` beside the settings. Raises SettingsError with every problem found.
    """
    path = Path(path).absolute()
    document = _parse(path)
    environment = os.environ if environ is None else environ
    resolved, problems = resolve(document, path.parent, environment)
    profiles, refused = _profiles(resolved, path.parent)
    problems += refused
    try:
        settings = Settings.model_validate(resolved, context={"folder": path.parent})
    except ValidationError as error:
        unresolved = {problem.split(" ", 1)[0] for problem in problems}
        problems += [line for line in sentences(error, Settings) if line.split(" ", 1)[0] not in unresolved]
        raise SettingsError(problems) from None
    problems += _shared(settings)
    if problems:
        raise SettingsError(problems)
    settings._path = path
    for shop, profile in zip(settings.shops, profiles, strict=True):
        shop._facts = profile
    return settings


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        advice = "make one with pyynto init, or name yours with --config"
        raise SettingsError([f"There is no settings file {path}: {advice}."]) from None
    except OSError as error:
        raise SettingsError([f"The settings file {path} cannot be read: {error.strerror}."]) from None
    except UnicodeDecodeError:
        raise SettingsError([f"The settings file {path} is not UTF-8 text: save it as UTF-8."]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"The settings file {path} is not valid TOML: {error}."]) from None


def _profiles(document: dict[str, Any], folder: Path) -> tuple[list[Profile], list[str]]:
    """The shops' profiles, each read once, and what is wrong with them or between them."""
    found: list[Profile] = []
    problems: list[str] = []
    shops = document.get("shops")
    for number, table in enumerate(shops if isinstance(shops, list) else []):
        wanted = table.get("profile") if isinstance(table, dict) else None
        if not isinstance(wanted, str):
            continue
        try:
            profile = load_profile(wanted, folder)
        except ProfileError as error:
            problems += [f"shops[{number}].profile cannot be used: {problem}" for problem in error.problems]
            continue
        for other in found:
            if profile.profile == other.profile or profile.prefix == other.prefix:
                same = "profile" if profile.profile == other.profile else "prefix of case ids"
                problems.append(
                    f"shops[{number}].profile has the same {same} as another shop: give each shop a profile "
                    "of its own."
                )
                break
        found.append(profile)
    return found, problems


def _shared(settings: Settings) -> list[str]:
    """Wires two shops cannot share: whoever reads first would take the other's mail or messages."""
    problems: list[str] = []
    tokens: set[str] = set()
    addresses: set[str] = set()
    for number, shop in enumerate(settings.shops):
        if shop.telegram:
            token = shop.telegram.token.get_secret_value()
            if token in tokens:
                problems.append(
                    f"shops[{number}].telegram.token is another shop's: make this shop a bot of its own."
                )
            tokens.add(token)
        if shop.mailbox:
            address = shop.mailbox.address.lower()
            if address in addresses:
                problems.append(
                    f"shops[{number}].mailbox.address is another shop's: give this shop a mailbox of its own."
                )
            addresses.add(address)
    return problems
