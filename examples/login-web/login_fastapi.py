"""Login by mobile number with FastAPI in one file: ``uvicorn login_fastapi:app``.

The account stands in the environment (ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD, ANTS_OTP_OTC_ID), and so may
ANTS_OTP_NOTIFY_URL, where the service posts its delivery reports: this application's /reports/ and REPORT_KEY. Several
server processes share their limits where LOGIN_DATABASE names a file. Needs python-multipart and itsdangerous.
"""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from html import escape
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from login_web.limits import Limits, Refused, source_of
from starlette.middleware.sessions import SessionMiddleware

from ants_otp import AsyncClient, DeliveryReport, OtpError, Sent, normalize_mobile
from ants_otp.web import asgi_receiver

REPORT_KEY = os.environ.get("REPORT_KEY") or secrets.token_urlsafe()
FORM = '<form method="post" action="{}"><label>{} <input name="{}"></label><button>{}</button></form>'
MOBILE = FORM.format("/login", "Mobile number", "mobile", "Send the code")
CODE = (
    FORM.format("/verify", "Code", "code", "Log in")
    + '<form method="post" action="/resend"><button>Again</button></form>'
)

delivered: dict[str, str] = {}
limits = Limits(os.environ.get("LOGIN_DATABASE", ":memory:"))


async def note(report: DeliveryReport) -> None:
    """Remembers what became of an SMS, for the page; it lets nobody in."""
    delivered[report.callback_data] = report.status_name


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    async with AsyncClient() as client:
        application.state.otp = client
        yield


app = FastAPI(lifespan=lifespan)
app.add_middleware(
    SessionMiddleware, secret_key=os.environ.get("SECRET_KEY") or secrets.token_hex(), same_site="strict"
)
app.mount(f"/reports/{REPORT_KEY}", asgi_receiver(note))


@app.exception_handler(OtpError)
def failed(_: Request, error: OtpError) -> HTMLResponse:
    """Tells the person, in Thai too; `error` itself is for the log."""
    return page(
        f"{error.code.user_text('th')} / {error.code.user_text('en')}", 400 if isinstance(error, ValueError) else 503
    )


@app.exception_handler(Refused)
def refused(_: Request, refusal: Refused) -> HTMLResponse:
    return page(f"กรุณารอ {refusal.seconds} วินาที / Please wait {refusal.seconds} seconds", 429)


def one_sms(request: Request, number: str) -> AbstractContextManager[None]:
    source = source_of(request.client.host if request.client else None)
    return limits.one_sms(session=request.session["id"], number=number, source=source)


def page(text: str, status: int = 200, form: str = "") -> HTMLResponse:
    return HTMLResponse(f"<!doctype html><title>Login</title><p>{escape(text)}</p>{form}", status)


@app.get("/")
def index(request: Request) -> HTMLResponse:
    session = request.session
    session.setdefault("id", secrets.token_urlsafe())
    if "user" in session:
        return page(f"Welcome, {session['user']}")
    if "otp" in session:
        sent = Sent(**session["otp"])
        return page(f"Code {sent.reference_code}: {delivered.get(session['key'], 'under way')}", form=CODE)
    return page("Please log in", form=MOBILE)


@app.post("/login")
async def login(request: Request, mobile: Annotated[str, Form()]) -> RedirectResponse:
    # However it is written, a number is one person's.
    number, key = normalize_mobile(mobile), secrets.token_urlsafe()
    request.session.setdefault("id", secrets.token_urlsafe())
    with one_sms(request, number):
        sent = await request.app.state.otp.request(
            f"+{number}", callback_data=key, notify_url=os.environ.get("ANTS_OTP_NOTIFY_URL")
        )
    # The number belongs to the OTP: it is taken from here when the code is right, never from a form.
    request.session.update(otp=sent.to_dict(), mobile=number, key=key)
    return RedirectResponse("/", 303)


@app.post("/resend")
async def resend(request: Request) -> RedirectResponse:
    session = request.session
    if "otp" in session:
        with one_sms(request, session["mobile"]):
            session["otp"] = (await request.app.state.otp.resend(Sent(**session["otp"]))).to_dict()
    return RedirectResponse("/", 303)


@app.post("/verify", response_model=None)
async def verify(request: Request, code: Annotated[str, Form()]) -> HTMLResponse | RedirectResponse:
    if "otp" not in request.session:
        return RedirectResponse("/", 303)
    verification = await request.app.state.otp.verify(Sent(**request.session["otp"]), code)
    if not verification:
        return page(verification.code.user_text("th"), 403, CODE)
    user = request.session["mobile"]
    limits.verified(user)
    request.session.clear()
    request.session["user"] = user
    return RedirectResponse("/", 303)
