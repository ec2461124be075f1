"""The pages: ask for a number, ask for the code, welcome.

Every form is posted, changes the session and leads back to the one page, so that reloading or going back sends nothing
twice. Nothing needs JavaScript.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from ants_otp import AsyncClient, Code, OtpError, Sent

from .store import LIFE, Session, Store
from .texts import TEXTS, chosen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

HERE = Path(__file__).parent
COOKIE = "login"
#: Seconds between two SMS of a session.
PAUSE = float(os.environ.get("LOGIN_WEB_PAUSE", "30"))
#: So many SMS an hour for a session, and for a number: a new session costs nothing, an SMS does.
LIMIT = 5
PERIOD = 60 * 60
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
log = logging.getLogger("login_web")
templates = Jinja2Templates(HERE / "templates")


def create_app(database: str = ":memory:") -> FastAPI:
    """The application. The account of the OTP service stands in the environment (ANTS_OTP_USERNAME and so on)."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.store = Store(database)
        async with AsyncClient() as client:
            app.state.otp = client
            yield
        app.state.store.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.middleware("http")(with_session)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.get("/")(page)
    for form in (send, resend, verify, restart, logout, language):
        app.post(f"/{form.__name__}")(form)
    return app


async def with_session(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Loads the browser's session before a page, and saves it after."""
    if request.url.path.startswith("/static/"):
        return await call_next(request)
    store: Store = request.app.state.store
    cookie = request.cookies.get(COOKIE, "")
    session = store.load(cookie, time.time()) if cookie else None
    if session is None:
        # A name that the browser brings is not taken: somebody else may have set it.
        session = Session(language=chosen(request.headers.get("accept-language", "")))
        cookie = store.begin(session, time.time())
    request.state.session, request.state.cookie, request.state.renew = session, cookie, False
    response = await call_next(request)
    if request.state.renew:
        # Whoever knew the name before the login does not know it after.
        store.forget(cookie)
        cookie = store.begin(session, time.time())
    else:
        store.save(cookie, session, time.time())
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, cookie, max_age=LIFE, httponly=True, samesite="lax", secure=secure)
    response.headers.update(HEADERS)
    return response


async def page(request: Request) -> Response:
    session: Session = request.state.session
    texts = TEXTS[session.language]
    note, code = session.note, session.code
    session.note, session.code = "", None
    name, _, number = note.partition(":")
    seconds = int(number or 0)
    message = texts[name].format(seconds=seconds, minutes=math.ceil(seconds / 60)) if name else ""
    if code is not None:
        message = Code(code).text(session.language)
    wait = max(0, math.ceil(session.resend_at - time.time()))
    values = {
        "session": session,
        "t": texts,
        "message": message,
        # What went wrong interrupts a screen reader; the rest is told in its turn.
        "is_problem": code is not None or name in {"wait", "too_many", "form_expired"},
        "wait": wait,
    }
    return templates.TemplateResponse(request, "page.html", values)


def back() -> RedirectResponse:
    return RedirectResponse("/", 303)


def is_ours(request: Request, token: str) -> bool:
    """Whether a form came from this page: the browser says where from, and only the page knows the token."""
    session: Session = request.state.session
    origin = request.headers.get("origin")
    same_origin = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if same_origin and secrets.compare_digest(token.encode(), session.form_token.encode()):
        return True
    session.note = "form_expired"
    return False


def failed(request: Request, error: OtpError) -> None:
    """The person reads the code's sentence; the words of the error are for the log."""
    log.warning("%s: %s", request.url.path, error)
    request.state.session.code = int(error.code)


def may_send(request: Request, mobile: str) -> bool:
    """One SMS more, unless it is too soon or too many."""
    session: Session = request.state.session
    store: Store = request.app.state.store
    now = time.time()
    if session.resend_at > now:
        session.note = f"wait:{math.ceil(session.resend_at - now)}"
        return False
    # The last nine digits are the same in every way to write a Thai number.
    number = "".join(str(int(c)) for c in mobile if c.isdecimal())[-9:]
    wait = store.take_sms([f"session {session.form_token}", f"mobile {number}"], LIMIT, PERIOD, now)
    if wait > 0:
        session.note = f"too_many:{math.ceil(wait)}"
        return False
    session.resend_at = now + PAUSE
    # At once, so that a second request of the same moment finds it.
    store.save(request.state.cookie, session, now)
    return True


async def send(request: Request, token: Annotated[str, Form()] = "", mobile: Annotated[str, Form()] = "") -> Response:
    session: Session = request.state.session
    if is_ours(request, token) and may_send(request, mobile):
        try:
            sent: Sent = await request.app.state.otp.request(mobile)
        except OtpError as error:
            failed(request, error)
            if error.delivery.name == "NOT_SENT":
                session.resend_at = 0
        else:
            # The number belongs to the OTP: whoever types the code is let in as this one, never as one of a form.
            session.otp, session.mobile = sent.to_dict(), mobile.strip()
    return back()


async def resend(request: Request, token: Annotated[str, Form()] = "") -> Response:
    session: Session = request.state.session
    if is_ours(request, token) and session.otp and may_send(request, session.mobile):
        try:
            sent: Sent = await request.app.state.otp.resend(Sent(**session.otp))
        except OtpError as error:
            failed(request, error)
        else:
            session.otp, session.note = sent.to_dict(), "resent"
    return back()


async def verify(request: Request, token: Annotated[str, Form()] = "", code: Annotated[str, Form()] = "") -> Response:
    session: Session = request.state.session
    if is_ours(request, token) and session.otp:
        try:
            verification = await request.app.state.otp.verify(Sent(**session.otp), code)
        except OtpError as error:
            failed(request, error)
            return back()
        if verification:
            session.person, session.otp, session.resend_at = session.mobile, None, 0
            session.form_token = secrets.token_urlsafe()
            request.state.renew = True
            request.app.state.store.logged_in(session.person, time.time())
        else:
            session.code = int(verification.code)
    return back()


async def restart(request: Request, token: Annotated[str, Form()] = "") -> Response:
    if is_ours(request, token):
        request.state.session.otp = None
    return back()


async def logout(request: Request, token: Annotated[str, Form()] = "") -> Response:
    session: Session = request.state.session
    if is_ours(request, token):
        session.person, session.note, session.form_token = "", "logged_out", secrets.token_urlsafe()
        request.state.renew = True
    return back()


async def language(
    request: Request, token: Annotated[str, Form()] = "", language: Annotated[str, Form()] = ""
) -> Response:
    if is_ours(request, token) and language in TEXTS:
        request.state.session.language = language
    return back()
