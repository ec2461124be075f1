"""The page's own words. What is said of a code is its `user_text` in ants-otp, in the same two languages."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Log in",
        "intro": "We send a code to your mobile phone.",
        "mobile": "Mobile number",
        "mobile_hint": "For example 081-234-5678",
        "send": "Send code",
        "sent_to": "We sent a code to {mobile}.",
        "reference": "Reference in the SMS:",
        "code": "Code from the SMS",
        "log_in": "Log in",
        "resend": "Send again",
        "resend_wait": "Send again in {seconds} s",
        "other_number": "Use another number",
        "welcome": "You are logged in",
        "welcome_text": "as {mobile}.",
        "log_out": "Log out",
        "wait": "Please wait {seconds} seconds before you ask for another SMS.",
        "too_many": "Too many SMS. Please try again in {minutes} minutes.",
        "resent": "We sent a new code. Earlier codes are no longer valid.",
        "form_expired": "This page has expired. Please try again.",
        "logged_out": "You are logged out.",
        "language": "Language",
    },
    "th": {
        "title": "เข้าสู่ระบบ",
        "intro": "เราจะส่งรหัสไปยังโทรศัพท์มือถือของคุณ",
        "mobile": "หมายเลขโทรศัพท์มือถือ",
        "mobile_hint": "เช่น 081-234-5678",
        "send": "ส่งรหัส",
        "sent_to": "เราส่งรหัสไปที่ {mobile} แล้ว",
        "reference": "รหัสอ้างอิง:",
        "code": "รหัสจาก SMS",
        "log_in": "เข้าสู่ระบบ",
        "resend": "ส่งอีกครั้ง",
        "resend_wait": "ส่งอีกครั้งได้ใน {seconds} วินาที",
        "other_number": "ใช้หมายเลขอื่น",
        "welcome": "เข้าสู่ระบบแล้ว",
        "welcome_text": "ด้วยหมายเลข {mobile}",
        "log_out": "ออกจากระบบ",
        "wait": "กรุณารอ {seconds} วินาทีก่อนขอ SMS อีกครั้ง",
        "too_many": "ขอ SMS หลายครั้งเกินไป กรุณาลองใหม่ในอีก {minutes} นาที",
        "resent": "เราส่งรหัสใหม่แล้ว รหัสก่อนหน้านี้ใช้ไม่ได้แล้ว",
        "form_expired": "หน้านี้หมดอายุแล้ว กรุณาลองใหม่อีกครั้ง",
        "logged_out": "ออกจากระบบแล้ว",
        "language": "ภาษา",
    },
}


def chosen(accept_language: str) -> str:
    """Thai where the browser names it before English."""
    for part in accept_language.lower().split(","):
        language = part.split(";")[0].strip()[:2]
        if language in TEXTS:
            return language
    return "en"
