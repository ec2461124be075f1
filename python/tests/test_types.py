"""What type checkers, editors, pydantic and FastAPI make of the public names."""

from __future__ import annotations

import asyncio
import inspect
import json
import pickle
import subprocess
import sys
import typing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import ants_otp
import ants_otp.testing
import ants_otp.web
from ants_otp import Account, Client, DeliveryReport, RawAnswer, Sent, Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Service

SENT = Sent("OTP-1", "OTC-1", "XQPTR", "success", "d")
REPORT = DeliveryReport(bulk_id="b1", status_name="DELIVERED")


def everything() -> Iterator[tuple[str, Any]]:
    for module in (ants_otp, ants_otp.testing, ants_otp.web):
        for name in module.__all__:
            thing = getattr(module, name)
            if callable(thing):
                yield f"{module.__name__}.{name}", thing
            if inspect.isclass(thing):
                # What it has from its own bases, too, and not what it has from Python's.
                for kind in thing.__mro__:
                    if kind.__module__.startswith("ants_otp"):
                        for member, value in vars(kind).items():
                            if member.startswith("_") and not member.startswith("__"):
                                continue
                            function = value.fget if isinstance(value, property) else value
                            function = getattr(function, "__func__", function)
                            if inspect.isfunction(function):
                                yield f"{module.__name__}.{name}.{member}", function


EVERYTHING = dict(everything())


def unresolved(hint: Any) -> bool:
    return isinstance(hint, str) or "_Later" in repr(hint) or "ForwardRef" in repr(hint)


@pytest.mark.parametrize("name", EVERYTHING)
def test_annotations_resolve(name: str) -> None:
    thing = EVERYTHING[name]
    assert not [hint for hint in typing.get_type_hints(thing).values() if unresolved(hint)]
    # Python gives enumerations and exceptions without an __init__ of their own no signature.
    if not inspect.isclass(thing) or inspect.isfunction(thing.__init__):
        signature = inspect.signature(thing, eval_str=True)
        hints = [parameter.annotation for parameter in signature.parameters.values()]
        assert not [hint for hint in [*hints, signature.return_annotation] if unresolved(hint)]


def test_hints_are_what_is_meant() -> None:
    assert typing.get_type_hints(inspect.getattr_static(Sent, "raw").fget)["return"] == RawAnswer | None
    assert typing.get_type_hints(Sent.to_dict)["return"] == dict[str, Any]
    assert typing.get_type_hints(Account.__init__)["credit"] == Decimal | str
    entered = typing.get_type_hints(Client.__enter__)["return"]
    assert entered is getattr(typing, "Self", entered)
    assert typing.get_args(typing.get_type_hints(Verification.__init__)["status"])[0] == "verified"


def test_a_client_shows_what_is_no_secret(service: Service) -> None:
    client = service.client(timeout=2.5)
    other = client.with_options(timeout=60)
    assert (client.base_url, client.timeout, client.is_closed) == (service.url, 2.5, False)
    assert (other.base_url, other.timeout) == (service.url, 60)
    assert repr(client) == f"<ants_otp.Client {service.url} timeout=2.5 open>"
    client.close()
    assert repr(client) == f"<ants_otp.Client {service.url} timeout=2.5 closed>"
    assert (client.is_closed, other.is_closed) == (True, False)
    for shown in (repr(service.async_client()), repr(other)):
        assert "hunter2" not in shown
        assert "user" not in shown
    assert Client("u", "p", base_url="https://otp.example/api/v1/").base_url == "https://otp.example/api/v1"


@pytest.mark.parametrize(
    "record", [SENT, Account("prepaid", "100.50"), REPORT], ids=lambda record: type(record).__name__
)
def test_from_dict_takes_what_a_newer_version_wrote(record: Any) -> None:
    stored = json.loads(json.dumps(record.to_dict()))
    assert type(record).from_dict(stored) == record
    assert type(record).from_dict({**stored, "of_a_newer_version": 1}) == record


def test_from_dict_wants_what_has_no_default() -> None:
    assert Sent.from_dict({"otp_id": "OTP-1"}) == Sent("OTP-1")
    with pytest.raises(TypeError, match="otp_id"):
        Sent.from_dict({"otc_id": "OTC-1"})
    assert not hasattr(Verification, "from_dict")


def test_a_subclass_stays_one() -> None:
    class Mine(Sent):
        pass

    assert type(Mine.from_dict({"otp_id": "1"})) is Mine


def test_pydantic_takes_and_gives_results() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Login(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        otp: Sent
        account: Account | None = None
        report: DeliveryReport | None = None

    login = Login(otp=SENT, account=Account("prepaid", "100.50"), report=REPORT)
    assert login.otp is SENT
    written = login.model_dump_json()
    assert json.loads(written)["account"] == {"type": "prepaid", "credit": "100.50"}
    assert Login.model_validate_json(written) == login
    assert Login.model_validate({"otp": {**SENT.to_dict(), "newer": 1}}).otp == SENT
    for wrong in ({}, {"otp_id": 5}, "OTP-1", None, ["OTP-1"]):
        with pytest.raises(pydantic.ValidationError):
            Login.model_validate({"otp": wrong})
    with pytest.raises(pydantic.ValidationError):
        Login.model_validate({"otp": SENT, "account": {"type": "prepaid", "credit": "much"}})
    fields = Login.model_json_schema()["properties"]["otp"]
    assert fields["required"] == ["otp_id"]
    assert (
        "71828" not in pydantic.TypeAdapter(DeliveryReport).dump_json(DeliveryReport(text="Your OTP is 71828")).decode()
    )


def test_a_verdict_never_comes_out_of_json() -> None:
    pydantic = pytest.importorskip("pydantic")
    adapter = pydantic.TypeAdapter(Verification)
    verified = Verification("verified", True)
    assert adapter.validate_python(verified) is verified
    written = adapter.dump_json(verified)
    assert json.loads(written) == verified.to_dict()
    takes: list[Callable[[], object]] = [
        lambda: adapter.validate_json(written),
        lambda: adapter.validate_python(verified.to_dict()),
        lambda: adapter.validate_strings({name: str(value) for name, value in verified.to_dict().items()}),
        lambda: adapter.validate_python("verified"),
    ]
    for take in takes:
        with pytest.raises(pydantic.ValidationError):
            take()
    assert adapter.json_schema(mode="serialization")["properties"]["status"]["enum"][0] == "verified"
    assert adapter.json_schema(mode="validation")


def answered(app: Any, method: str, path: str, body: object) -> tuple[int, Any]:
    """What an ASGI application answers, without a server."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_fastapi_answers_with_results() -> None:
    fastapi = pytest.importorskip("fastapi")
    app, body = fastapi.FastAPI(), fastapi.Body()

    @app.get("/sent")  # type: ignore[untyped-decorator]
    async def sent() -> Sent:
        return SENT

    @app.get("/verify")  # type: ignore[untyped-decorator]
    async def verify() -> Verification:
        return Verification("wrong_code", False)

    @app.post("/stored")  # type: ignore[untyped-decorator]
    async def stored(otp: Sent = body) -> str:
        return otp.otp_id

    @app.post("/forged")  # type: ignore[untyped-decorator]
    async def forged(verification: Verification = body) -> bool:
        return bool(verification)

    assert answered(app, "GET", "/sent", None) == (200, SENT.to_dict())
    assert answered(app, "GET", "/verify", None) == (200, Verification("wrong_code", False).to_dict())
    assert answered(app, "POST", "/stored", SENT.to_dict()) == (200, "OTP-1")
    assert answered(app, "POST", "/forged", Verification("verified", True).to_dict())[0] == 422
    shown = app.openapi()["paths"]["/sent"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert "reference_code" in json.dumps(shown) + json.dumps(app.openapi().get("components"))


def test_pydantic_is_not_imported_unasked() -> None:
    script = (
        "import sys, ants_otp; ants_otp.Sent('1').to_dict(); print('pydantic' in sys.modules, 'typing' in sys.modules)"
    )
    folder = str(ants_otp.__path__[0]).removesuffix("ants_otp")
    script = f"import sys; sys.path.append({folder!r}); {script}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_jedi_completes_the_names_that_are_loaded_later() -> None:
    jedi = pytest.importorskip("jedi")

    def completed(source: str) -> set[str]:
        return {completion.name for completion in jedi.Script(source).complete()}

    assert {"AsyncClient", "Client", "parse_delivery_report"} <= completed("import ants_otp\nants_otp.")
    assert {"request", "verify"} <= completed("import ants_otp\nants_otp.AsyncClient().")
    assert {"request", "verify", "base_url"} <= completed(
        "from ants_otp import Client\nwith Client() as client:\n    client."
    )
    assert {"otp_id", "reference_code"} <= completed("from ants_otp import Client\nClient().request('1').")
    assert {"status_name"} <= completed("import ants_otp\nants_otp.parse_delivery_report(b'')[0].")
    (where,) = jedi.Script("import ants_otp\nants_otp.AsyncClient").goto(2, 12, follow_imports=True)
    assert where.module_name == "ants_otp.aio"


def test_records_of_two_types_are_never_equal() -> None:
    class Mine(Sent):
        pass

    mine = Mine(*pickle.loads(pickle.dumps(SENT))._values())
    assert mine.to_dict() == SENT.to_dict()
    assert mine != SENT
    assert mine != SENT
    assert not (mine == SENT)  # noqa: SIM201 - the method under test
    assert len({mine, SENT}) == 2
