"""Uses the generated client as a Python program would: a token, a create, a lookup, and a number that is refused.

Fails at the first answer that is not what the simulator promises for its test subjects.
"""

import base64
import os
import sys
import time
from pathlib import Path

import jwt

from client import AuthenticatedClient, Client
from client.api.processes import create_process, process
from client.api.tokens import token
from client.models import AccessToken, CreateProcess, ErrorEnvelope, KnownStatus, Process, Subject, TokenRequest

URL, SELFIE = sys.argv[1:]
HOLDER = "52998224725"
MALFORMED = "11111111111"


def access_token():
    """Signs an assertion and exchanges it."""
    now = int(time.time())
    account, tenant = os.environ["IDCLOUD_ACCOUNT"], os.environ["IDCLOUD_TENANT_ID"]
    claims = {
        "iss": f"{account}@{tenant}.iam.acesso.io",
        "aud": os.environ.get("IDCLOUD_IDENTITY_URL", URL),
        "scope": "*",
        "iat": now,
        "exp": now + 3600,
    }
    key = Path(os.environ["IDCLOUD_PRIVATE_KEY_FILE"]).read_text()
    assertion = jwt.encode(claims, key, algorithm="RS256")
    request = TokenRequest(grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=assertion)
    answer = token.sync(client=Client(URL), body=request)
    assert isinstance(answer, AccessToken), answer
    return answer.access_token


def onboarding(code):
    """The body of an identity verification."""
    picture = base64.b64encode(Path(SELFIE).read_bytes()).decode()
    return CreateProcess(subject=Subject(code=code, name="Test Subject"), image_base_64=picture)


client = AuthenticatedClient(URL, token=access_token(), headers={"APIKEY": os.environ["IDCLOUD_API_KEY"]})

created = create_process.sync(client=client, body=onboarding(HOLDER))
assert isinstance(created, Process), created

read = process.sync(created.id, client=client)
assert isinstance(read, Process), read
assert read.id == created.id and read.status == KnownStatus.VALUE_3, read
assert read.unico_id.result == "yes", read

refused = create_process.sync(client=client, body=onboarding(MALFORMED))
assert isinstance(refused, ErrorEnvelope), refused
assert str(refused.error.code) == "20507", refused

print("a token, a create, a lookup and a refused number went as documented")
