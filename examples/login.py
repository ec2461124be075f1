"""Confirms a mobile number at the terminal: ``login.py MOBILE``.

The account stands in the environment (ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD, ANTS_OTP_OTC_ID). Type the code from the
SMS, or an empty line to have it sent again.
"""

import sys

from ants_otp import Client, Delivery, OtpError

HINTS = {
    Delivery.NOT_SENT: "Nothing was sent: it is safe to try again.",
    Delivery.ANSWERED: "The service answered.",
    Delivery.UNKNOWN: "An SMS may have gone out: look before you try again.",
}


def login(mobile: str) -> bool:
    verified = False
    with Client() as client:
        otp = client.request(mobile)
        print(f"SMS sent to {mobile}, reference {otp.reference_code}", flush=True)
        for line in sys.stdin:
            if not line.strip():
                otp = client.resend(otp)
                print(f"SMS sent again, reference {otp.reference_code}", flush=True)
            else:
                verification = client.verify(otp, line)
                verified = verified or bool(verification)
                print(f"{verification.status}: {verification.code.user_text()}", flush=True)
    return verified


try:
    sys.exit(0 if login("".join(sys.argv[1:2])) else 1)
except OtpError as error:
    print(error, HINTS[error.delivery], sep="\n", file=sys.stderr)
    sys.exit(2)
