"""The Python runner of the scenarios: one command a line on standard input, tabs between parts; one line of answer."""

from __future__ import annotations

import sys

from ants_otp import Client, Delivery, OtpError, Sent


def connect(url: str, user: str, password: str, otc_id: str) -> Client:
    if user:
        return Client(user, password, base_url=url, otc_id=otc_id or None)
    return Client(token=password, base_url=url, otc_id=otc_id or None)


def sent(otp: Sent) -> list[object]:
    return [0, Delivery.ANSWERED.name, otp.otp_id, otp.reference_code]


def call(client: Client, command: list[str]) -> list[object]:
    match command:
        case ["request", mobile]:
            return sent(client.request(mobile))
        case ["resend", otp_id]:
            return sent(client.resend(otp_id or None))
        case ["verify", otp_id, otp_code]:
            verification = client.verify(otp_id, otp_code)
            return [int(verification.code), Delivery.ANSWERED.name, str(bool(verification)).lower()]
        case ["balance"]:
            account = client.balance()
            return [0, Delivery.ANSWERED.name, account.type, format(account.credit, "f")]
        case _:
            raise ValueError(f"unknown command: {command}")


def answers(command: list[str], client: Client | None) -> tuple[list[object], Client | None]:
    try:
        if command[0] == "client":
            return [0], connect(*command[1:])
        if client is None:
            raise RuntimeError(f"no client for {command}")
        return call(client, command), client
    except OtpError as error:
        if command[0] == "client":
            return [int(error.code)], None
        rest = ["false"] if command[0] == "verify" else ["", ""]
        return [int(error.code), error.delivery.name, *rest], client


def main() -> None:
    client = None
    for line in sys.stdin:
        answer, client = answers(line.rstrip("\n").split("\t"), client)
        print(*answer, sep="\t", flush=True)


if __name__ == "__main__":
    main()
