"""Login by mobile number with Flask in one file: ``flask --app login_flask run``.

The account stands in the environment (ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD, ANTS_OTP_OTC_ID), and so may
ANTS_OTP_NOTIFY_URL, where the service posts its delivery reports: this application's /reports/ and REPORT_KEY. Several
server processes share their limits where LOGIN_DATABASE names a file.
"""

import os
import secrets
from contextlib import AbstractContextManager

from flask import Flask, Response, redirect, render_template_string, request, session
from login_web.limits import Limits, Refused, source_of
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response as Redirect

from ants_otp import Client, DeliveryReport, OtpError, Sent, normalize_mobile
from ants_otp.web import wsgi_receiver

REPORT_KEY = os.environ.get("REPORT_KEY") or secrets.token_urlsafe()
PAGE = """<!doctype html><title>Login</title><p>{{ text }}</p>
{% if step == "mobile" %}
<form method="post" action="/login"><label>Mobile number <input name="mobile"></label><button>Send</button></form>
{% elif step == "code" %}
<form method="post" action="/verify"><label>Code <input name="code"></label><button>Log in</button></form>
<form method="post" action="/resend"><button>Again</button></form>
{% endif %}"""

delivered: dict[str, str] = {}
limits = Limits(os.environ.get("LOGIN_DATABASE", ":memory:"))


def note(report: DeliveryReport) -> None:
    """Remembers what became of an SMS, for the page; it lets nobody in."""
    delivered[report.callback_data] = report.status_name


app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_hex()
app.config.update(SESSION_COOKIE_SAMESITE="Strict")
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {f"/reports/{REPORT_KEY}": wsgi_receiver(note)})  # type: ignore[method-assign]
# Made before the server forks its workers: it works on in each of them.
client = Client()


def page(text: str, step: str = "", status: int = 200) -> Response:
    return Response(render_template_string(PAGE, text=text, step=step), status)


@app.errorhandler(OtpError)
def failed(error: OtpError) -> Response:
    """Tells the person, in Thai too; `error` itself is for the log."""
    status = 400 if isinstance(error, ValueError) else 503
    return page(f"{error.code.user_text('th')} / {error.code.user_text('en')}", status=status)


@app.errorhandler(Refused)
def refused(refusal: Refused) -> Response:
    return page(f"กรุณารอ {refusal.seconds} วินาที / Please wait {refusal.seconds} seconds", status=429)


def one_sms(number: str) -> AbstractContextManager[None]:
    return limits.one_sms(session=session["id"], number=number, source=source_of(request.remote_addr))


@app.get("/")
def index() -> Response:
    session.setdefault("id", secrets.token_urlsafe())
    if "user" in session:
        return page(f"Welcome, {session['user']}")
    if "otp" in session:
        sent = Sent(**session["otp"])
        return page(f"Code {sent.reference_code}: {delivered.get(session['key'], 'under way')}", "code")
    return page("Please log in", "mobile")


@app.post("/login")
def login() -> Redirect:
    # However it is written, a number is one person's.
    number, key = normalize_mobile(request.form["mobile"]), secrets.token_urlsafe()
    session.setdefault("id", secrets.token_urlsafe())
    with one_sms(number):
        sent = client.request(f"+{number}", callback_data=key, notify_url=os.environ.get("ANTS_OTP_NOTIFY_URL"))
    # The number belongs to the OTP: it is taken from here when the code is right, never from a form.
    session.update(otp=sent.to_dict(), mobile=number, key=key)
    return redirect("/", 303)


@app.post("/resend")
def resend() -> Redirect:
    if "otp" in session:
        with one_sms(session["mobile"]):
            session["otp"] = client.resend(Sent(**session["otp"])).to_dict()
    return redirect("/", 303)


@app.post("/verify")
def verify() -> Response | Redirect:
    if "otp" not in session:
        return redirect("/", 303)
    verification = client.verify(Sent(**session["otp"]), request.form["code"])
    if not verification:
        return page(verification.code.user_text("th"), "code", 403)
    user = session["mobile"]
    limits.verified(user)
    session.clear()
    session["user"] = user
    return redirect("/", 303)
