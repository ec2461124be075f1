# type: ignore  # Django has no types of its own
"""Login by mobile number with Django, in one file: ``python login_django.py runserver``.

The account stands in the environment (ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD, ANTS_OTP_OTC_ID), and so may
ANTS_OTP_NOTIFY_URL, where the service posts its delivery reports: this application's /reports/ and REPORT_KEY. Several
server processes share their limits where LOGIN_DATABASE names a file.
"""

import os
import secrets
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from login_web.limits import Limits, Refused, source_of

from ants_otp import BadAnswerError, Client, OtpError, Sent, normalize_mobile, parse_delivery_report

REPORT_KEY = os.environ.get("REPORT_KEY") or secrets.token_urlsafe()
PAGE = "<!doctype html><title>Login</title><p>{}</p>"
FORM = """<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">
<label>{} <input name="{}"></label><button>{}</button></form>"""

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        f"{__name__}.tell_failures",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_hex(),
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
)
delivered: dict[str, str] = {}
client = Client()
limits = Limits(os.environ.get("LOGIN_DATABASE", ":memory:"))


class tell_failures:  # noqa: N801 - Django's way to name middleware
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Tells the person, in Thai too; the error itself is for the log."""
        if isinstance(error, Refused):
            return page(f"กรุณารอ {error.seconds} วินาที / Please wait {error.seconds} seconds", 429)
        if not isinstance(error, OtpError):
            return None
        return page(
            f"{error.code.user_text('th')} / {error.code.user_text('en')}",
            400 if isinstance(error, ValueError) else 503,
        )


def page(text: str, status: int = 200, form: str = "") -> HttpResponse:
    return HttpResponse(format_html(PAGE, text) + form, status=status)


def one_sms(request: HttpRequest, number: str) -> AbstractContextManager[None]:
    source = source_of(request.META.get("REMOTE_ADDR"))
    return limits.one_sms(session=request.session["id"], number=number, source=source)


def code_form(request: HttpRequest) -> str:
    return format_html(FORM, "/verify", get_token(request), "Code", "code", "Log in")


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    session = request.session
    session.setdefault("id", secrets.token_urlsafe())
    if "user" in session:
        return page(f"Welcome, {session['user']}")
    if "otp" in session:
        sent = Sent(**session["otp"])
        state = delivered.get(session["key"], "under way")
        return page(f"Code {sent.reference_code}: {state}", form=code_form(request))
    return page(
        "Please log in", form=format_html(FORM, "/login", get_token(request), "Mobile number", "mobile", "Send")
    )


@require_POST
def login(request: HttpRequest) -> HttpResponse:
    # However it is written, a number is one person's.
    number, key = normalize_mobile(request.POST["mobile"]), secrets.token_urlsafe()
    request.session.setdefault("id", secrets.token_urlsafe())
    with one_sms(request, number):
        sent = client.request(f"+{number}", callback_data=key, notify_url=os.environ.get("ANTS_OTP_NOTIFY_URL"))
    # The number belongs to the OTP: it is taken from here when the code is right, never from a form.
    request.session.update({"otp": sent.to_dict(), "mobile": number, "key": key})
    return redirect("/")


@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    session = request.session
    if "otp" in session:
        with one_sms(request, session["mobile"]):
            session["otp"] = client.resend(Sent(**session["otp"])).to_dict()
    return redirect("/")


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    if "otp" not in request.session:
        return redirect("/")
    verification = client.verify(Sent(**request.session["otp"]), request.POST["code"])
    if not verification:
        return page(verification.code.user_text("th"), 403, code_form(request))
    user = request.session["mobile"]
    limits.verified(user)
    request.session.flush()
    request.session["user"] = user
    return redirect("/")


@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Remembers what became of an SMS, for the page; it lets nobody in."""
    try:
        reports = parse_delivery_report(request.body, request.headers.get("Content-Type", ""))
    except BadAnswerError:
        return HttpResponse(status=400)
    delivered.update({report.callback_data: report.status_name for report in reports})
    return HttpResponse()


urlpatterns = [
    path("", index),
    path("login", login),
    path("resend", resend),
    path("verify", verify),
    path(f"reports/{REPORT_KEY}/", report),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
