"""What Schemathesis is told about Threekeys: who is asking, and what a refusal has to say."""

import base64
import hmac
import json
import os
import struct
import time
import urllib.error
import urllib.request
import zoneinfo

import schemathesis
from hypothesis import strategies
from schemathesis.auths import CachingAuthProvider
from schemathesis.wfc.escalation import EscalatingAuthProvider

# What the JSON Schema of a body or of a parameter can say. A refusal of what the schema allows has to be about more.
# `required` is not among them: what a schema demands is always there, so it is about a rule between fields.
STRUCTURAL = {
    "unknown_field", "duplicate_field", "wrong_type", "not_null", "too_short", "too_long", "too_few",
    "too_many", "out_of_range", "not_one_of", "invalid_format",
}  # fmt: skip


# Seconds for which a code of an authenticator holds.
STEP = 30

# A format of ours, which no list of formats has.
schemathesis.openapi.format("time-zone", strategies.sampled_from(sorted(zoneinfo.available_timezones())))


def code(seed, now):
    """What an authenticator shows at a time (RFC 6238)."""
    key = base64.b32decode(seed.upper() + "=" * (-len(seed) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(now) // STEP), "sha1")
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def sign_in(base, email, password, seed=None):
    """An access token for somebody. The one place in which these runs sign in."""
    for last in [False, False, True]:
        body = {"email": email, "password": password}
        if seed:
            body["code"] = code(seed, time.time())
        request = urllib.request.Request(
            f"{base}/api/v1/sessions",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["access_token"]
        except urllib.error.HTTPError as refused:
            if last or not seed or refused.code != 401:
                raise RuntimeError(f"{email} can't sign in: {refused.code} {refused.read()[:300]}") from None
            # A code counts once: the next one.
            time.sleep(STEP - time.time() % STEP + 0.2)


class SignedIn:
    """Asks as one person; signs in again when the session has ended."""

    def __init__(self, base, who):
        self.who = (base, who["email"], who["password"], who.get("seed"))

    def get(self, case, context):
        return sign_in(*self.who)

    def set(self, case, token, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


@schemathesis.hook
def after_load_schema(context, schema):
    """The persons of this run: who asks, and whose objects the others must not get."""
    run = json.loads(os.environ.get("THREEKEYS_SCHEMATHESIS", "{}"))
    people = run.get("people", {})
    if not people:
        return
    providers = [
        CachingAuthProvider(SignedIn(run["base"], who), refresh_interval=200)
        for who in people.values()
    ]
    names = list(people)
    schema.auth.providers.append(
        EscalatingAuthProvider(providers, names, peers=tuple(run.get("peers", [])), pinned=names[0])
    )


@schemathesis.check
def refusals_are_in_the_schema(ctx, response, case):
    """A body or parameter that its schema allows is never refused for its form."""
    if response.status_code != 422 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    errors = response.json().get("errors", [])
    formal = [error for error in errors if error["code"] in STRUCTURAL]
    assert not formal, f"the schema allows what was refused for its form: {formal}"


@schemathesis.check
def problems_say_where(ctx, response, case):
    """Every refusal is a problem document; 422 for values names each place and each rule."""
    if response.status_code < 400:
        return
    problem = response.json()
    assert problem["status"] == response.status_code, problem
    if problem["code"] == "validation_failed":
        assert problem.get("errors"), f"names no field: {problem}"
        for error in problem["errors"]:
            assert error["code"] and error["message"], error
