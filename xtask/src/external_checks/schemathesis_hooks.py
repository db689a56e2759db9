"""What a schema cannot know: values that lead past the first check, so that answers of every kind are held against the document.

Every other request goes out as it was made up. Nothing here judges an answer.
"""

import base64
import itertools
import json
import os
from pathlib import Path

import schemathesis

FOLDER = Path(os.environ["IDCLOUD_SERVED"])
SELFIE = base64.b64encode(Path(os.environ["IDCLOUD_SELFIE"]).read_bytes()).decode()
CODES = [subject["code"] for subject in json.loads((FOLDER / "subjects.json").read_text())]
CAPTURES = (FOLDER / "captures.txt").read_text().split()
created = [("80371b2a-3ac7-432e-866d-57fe37896ac6", CODES[0])]
turns = itertools.count()


def keys():
    """The keys that the simulator wrote down, by their capabilities."""
    found, key = {}, None
    for line in (FOLDER / "credentials" / ".env").read_text().splitlines():
        name, _, value = line.lstrip("# ").partition("=")
        if name == "IDCLOUD_API_KEY":
            key = value
        elif name == "IDCLOUD_CAPABILITIES":
            found.setdefault(value, key)
    return found


KEYS = keys()
ALL_KEYS = list(KEYS.values())


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Gives every request a key, and every other one a person, a picture or a process that is there."""
    turn, untouched = divmod(next(turns), 2)
    path = case.operation.path
    if path == "/oauth2/token":
        return
    # Not an argument of the tool, which would put one and the same over whatever stands here.
    key = KEYS["document"] if path == "/documents/v1" else ALL_KEYS[turn % len(ALL_KEYS)]
    case.headers = {**(case.headers or {}), "APIKEY": key}
    if untouched:
        return
    code = CODES[turn % len(CODES)]
    process, person = created[turn % len(created)]
    if path == "/processes/v1" and isinstance(case.body, dict):
        case.body["subject"] = {"code": code, "name": "Test Subject"}
        case.body["imageBase64"] = CAPTURES.pop() if CAPTURES and turn % 3 == 0 else SELFIE
        if turn % 4 == 0:
            case.body.pop("references", None)
            case.body["referenceProcessId"] = process
        if key == KEYS["document"]:
            case.body["subject"]["code"] = person
            case.body["subject"]["duiType"] = "DUI_TYPE_BR_CPF"
            case.body["document"] = {"purpose": "onboarding", "authProcessId": process, "files": [{"data": SELFIE}]}
    elif case.path_parameters:
        case.path_parameters["processId"] = process
    elif path == "/documents/v1" and case.query:
        case.query["code"] = code


@schemathesis.hook
def after_call(ctx, case, response):
    """Remembers the processes that were created."""
    if case.operation.path == "/processes/v1" and response.status_code == 200:
        created.append((response.json()["id"], case.body["subject"]["code"]))
