"""Reading one Bot API call off the wire, and the shape of its answer.

Clients send their parameters in five ways: none at all, in the address (GET), urlencoded with nested values
as JSON, multipart with files, and a JSON body. All end up as one `Call`. What a method then does with it
lives in `_methods`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

Json = dict[str, Any]


class ApiFault(Exception):
    """An answer with `ok: false`: the error code, Telegram's own words, and its `parameters`."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> Json:
        """The JSON Telegram would answer with."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(what: str) -> ApiFault:
    """The fault for a call that makes no sense, in Telegram's wording."""
    return ApiFault(400, f"Bad Request: {what}")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in a multipart body."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the method's name in lower case, its parameters as they came, and uploaded files."""

    method: str
    fields: Json = field(repr=False)
    files: dict[str, Upload] = field(default_factory=dict, repr=False)

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text."""
        value = self.fields.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str) -> int | None:
        """A parameter as a whole number; None when it is missing or is something else."""
        try:
            return int(self.fields[name])
        except (KeyError, TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """A parameter as yes or no; forms say "true", JSON says true."""
        return str(self.fields.get(name, "")).lower() in {"true", "1", "yes"}

    def nested(self, name: str) -> Any:
        """A parameter that is an object or a list: JSON inside a form, or already decoded."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def upload(self, name: str) -> Upload | None:
        """The file given for a parameter: directly, or by an `attach://` reference to another part."""
        reference = self.text(name)
        return self.files.get(reference.removeprefix("attach://") if reference else name)


async def read_call(request: web.Request) -> Call:
    """Read a call whatever form its parameters take.

    Raises:
        ApiFault: the body is not what its Content-Type says.
    """
    fields: Json = dict(request.query)
    files: dict[str, Upload] = {}
    if request.content_type == "application/json":
        fields.update(await _json_body(request))
    elif request.method == "POST" and request.can_read_body:
        for name, value in (await request.post()).items():
            if isinstance(value, FileField):
                files[name] = Upload(value.filename, value.content_type, value.file.read())
            elif isinstance(value, bytes | bytearray):
                files[name] = Upload(name, "application/octet-stream", bytes(value))
            else:
                fields[name] = value
    return Call(request.match_info["method"].lower(), fields, files)


async def _json_body(request: web.Request) -> Json:
    body = await request.text()
    if not body.strip():
        return {}
    try:
        read = json.loads(body)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise bad_request("can't parse JSON object")
    return read
