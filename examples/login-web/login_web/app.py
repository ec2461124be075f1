"""The pages: ask for a number, ask for the code, welcome.

Every form is posted, changes the session and leads back to the one page, so that reloading or going back sends nothing
twice. Nothing needs JavaScript.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from ants_otp import AsyncClient, Code, OtpError, Sent, normalize_mobile

from .limits import Limits, Refused, source_of
from .store import LIFE, Session, Store
from .texts import TEXTS, chosen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

HERE = Path(__file__).parent
COOKIE = "login"
#: The second of two clicks waits so long for the outcome of the first, in seconds: longer than a call may take.
PATIENCE = 20
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
        app.state.store, app.state.limits = Store(database), Limits(database)
        async with AsyncClient() as client:
            app.state.otp = client
            yield
        app.state.store.close()
        app.state.limits.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.middleware("http")(with_session)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.get("/")(page)
    for form in (send, resend, verify, restart, logout, language):
        app.post(f"/{form.__name__}")(form)
    return app


async def with_session(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Loads the browser's session before a page, and saves what the page has changed of it."""
    if request.url.path.startswith("/static/"):
        return await call_next(request)
    store: Store = request.app.state.store
    cookie = request.cookies.get(COOKIE, "")
    session = store.load(cookie, time.time()) if cookie else None
    if session is None:
        # A name that the browser brings is not taken: somebody else may have set it.
        session = Session(language=chosen(request.headers.get("accept-language", "")))
        cookie = store.begin(session, time.time())
    before = asdict(session)
    request.state.session, request.state.cookie, request.state.renew = session, cookie, False
    response = await call_next(request)
    if request.state.renew:
        # Whoever knew the name before the login does not know it after.
        store.forget(cookie)
        cookie = store.begin(session, time.time())
    else:
        changes = {name: value for name, value in asdict(session).items() if value != before[name]}
        store.change(cookie, changes, time.time())
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
        message = Code(code).user_text(session.language)
    limits: Limits = request.app.state.limits
    values = {
        "session": session,
        "mobile": as_written(session.mobile),
        "person": as_written(session.person),
        "t": texts,
        "message": message,
        # What went wrong interrupts a screen reader; the rest is told in its turn.
        "is_problem": code is not None or name in {"wait", "too_many", "form_expired"},
        "wait": math.ceil(limits.pause_left(session=session.id, number=session.mobile)),
    }
    return templates.TemplateResponse(request, "page.html", values)


def as_written(number: str) -> str:
    """A Thai number as people write it; any other in international form."""
    if len(number) == len("66812345678") and number.startswith("66"):
        return f"0{number[2:4]}-{number[4:7]}-{number[7:]}"
    return f"+{number}" if number else ""


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
    """The person reads the code's `user_text`; the words of the error are for the log."""
    log.warning("%s: %s", request.url.path, error)
    request.state.session.code = int(error.code)


async def send_sms(request: Request, number: str, call: Callable[[], Awaitable[Sent]]) -> bool:
    """Makes `call`, which sends an SMS to `number`, unless it is too soon or there were too many."""
    session: Session = request.state.session
    limits: Limits = request.app.state.limits
    source = source_of(request.client.host if request.client else None)
    try:
        with limits.one_sms(session=session.id, number=number, source=source):
            sent = await call()
            # The number belongs to the OTP: whoever types the code is let in as this one, never as one of a form.
            session.otp, session.mobile = sent.to_dict(), number
            # Written before the second of two clicks is told that the first is done.
            changes = {"otp": session.otp, "mobile": number}
            request.app.state.store.change(request.state.cookie, changes, time.time())
    except Refused as refused:
        if not await is_second_click(request, number):
            session.note = f"{refused.reason}:{refused.seconds}"
        return False
    except OtpError as error:
        failed(request, error)
        return False
    return True


async def is_second_click(request: Request, number: str) -> bool:
    """Whether this session asked for this very SMS while this request was under way; waits for the outcome of that."""
    session: Session = request.state.session
    limits: Limits = request.app.state.limits
    deadline = time.monotonic() + PATIENCE
    while limits.is_sending(session=session.id, number=number) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    now = request.app.state.store.load(request.state.cookie, time.time())
    return bool(now and now.otp and now.mobile == number and now.otp != session.otp)


async def send(request: Request, token: Annotated[str, Form()] = "", mobile: Annotated[str, Form()] = "") -> Response:
    session: Session = request.state.session
    if not is_ours(request, token):
        return back()
    session.typed = ""
    try:
        # However it is written, a number is one person's, and counts once.
        number = normalize_mobile(mobile)
    except OtpError as error:
        failed(request, error)
        session.typed = mobile.strip()[:120]
        return back()
    limits: Limits = request.app.state.limits
    is_sent = session.otp and session.mobile == number and limits.pause_left(session=session.id, number=number) > 0
    # The page with the code's field shows the time until another.
    if not is_sent:
        await send_sms(request, number, lambda: request.app.state.otp.request(f"+{number}"))
    return back()


async def resend(request: Request, token: Annotated[str, Form()] = "") -> Response:
    session: Session = request.state.session
    if is_ours(request, token) and session.otp:
        sent = Sent(**session.otp)
        if await send_sms(request, session.mobile, lambda: request.app.state.otp.resend(sent)):
            session.note = "resent"
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
            session.person, session.otp = session.mobile, None
            session.form_token = secrets.token_urlsafe()
            request.state.renew = True
            request.app.state.limits.verified(session.person)
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
