"""The sandbox of the OTP service, for the tests of programs that use this library.

::

    from ants_otp.testing import Sandbox

    with Sandbox() as sandbox, sandbox.client() as client:
        otp = client.request("081-234-5678")
        assert client.verify(otp, sandbox.last_code("081-234-5678"))

No SMS is sent and no credit spent. pytest finds the fixtures `otp_sandbox` and `otp_client` by itself. The service's
program comes with ``pip install 'ants-otp[testing]'``.
"""

from ants_otp._program import ProgramNotFoundError
from ants_otp.testing.sandbox import Message, Sandbox

__all__ = ["Message", "ProgramNotFoundError", "Sandbox"]
