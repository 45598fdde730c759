"""The token with which a deployed function lets its deployer call it, for each kind of account."""

import base64
import json
import os
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fivetran_tools.deployment.identity import identity_token
from fivetran_tools.errors import CommandError
from tests.support.fake_gcloud import fake_gcloud
from tests.support.google_apis import needs_gcloud, pointed_nowhere

URL = "https://hed-abc-uc.a.run.app"
DEPLOYER = "deployer@dev-project.iam.gserviceaccount.com"
NO_TOKEN = "ERROR: (gcloud.auth.print-identity-token) No identity token can be obtained from the current credentials.\n"


@pytest.fixture
def gcloud(tmp_path, monkeypatch):
    monkeypatch.delenv("FUNCTION_ID_TOKEN", raising=False)
    made = fake_gcloud(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(made.folder), prepend=os.pathsep)
    return made


def test_a_token_that_somebody_gave_is_taken(gcloud, monkeypatch):
    monkeypatch.setenv("FUNCTION_ID_TOKEN", " given \n")
    assert identity_token(URL) == "given"
    assert gcloud.asked == []


def test_a_persons_account_is_asked_without_an_audience_which_it_cannot_have(gcloud):
    gcloud.answers("get-value", stdout="a@example.org\n")
    gcloud.answers("print-identity-token", stdout="tok\n")
    assert identity_token(URL) == "tok"
    assert gcloud.asked[1:] == [["auth", "print-identity-token", "--quiet"]]


def test_a_service_accounts_token_is_for_the_function(gcloud):
    gcloud.answers("get-value", stdout=f"{DEPLOYER}\n")
    gcloud.answers("print-identity-token", f"--audiences={URL}", stdout="tok\n")
    assert identity_token(URL) == "tok"


def test_a_federated_account_impersonates_itself(gcloud):
    gcloud.answers("get-value", stdout=f"{DEPLOYER}\n")
    gcloud.answers("print-identity-token", stderr=NO_TOKEN, code=1)
    gcloud.answers(f"--impersonate-service-account={DEPLOYER}", f"--audiences={URL}", "--include-email", stdout="tok\n")
    assert identity_token(URL) == "tok"


@pytest.mark.parametrize(
    ("account", "advice"),
    [
        (DEPLOYER, f"grant {DEPLOYER} roles/iam.serviceAccountTokenCreator on itself"),
        ("a@example.org", "run `gcloud auth login`"),
        ("", "run `gcloud auth login`"),
    ],
)
def test_where_there_is_no_token_the_line_says_what_the_account_lacks(gcloud, account, advice):
    gcloud.answers("get-value", stdout=account)
    gcloud.answers("print-identity-token", stderr=NO_TOKEN, code=1)
    with pytest.raises(CommandError) as caught:
        identity_token(URL)
    assert str(caught.value) == f"gcloud gives no identity token: {advice}, or put a token into FUNCTION_ID_TOKEN"


def jwt(claims):
    parts = ({"alg": "none"}, claims, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def claims_of(token):
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def id_token(audience):
    return jwt({"aud": audience, "exp": int(time.time()) + 3600})


def answer(path, body):
    """What Google's endpoints for tokens answer: of IAM credentials, of OAuth for a key, of STS for a federation."""
    if path.endswith(":generateIdToken"):
        return {"token": id_token(json.loads(body)["audience"])}
    if path.endswith(":generateAccessToken"):
        return {"accessToken": "made-up", "expireTime": "2099-01-01T00:00:00Z"}
    if "assertion" in (form := parse_qs(body)):
        audience = claims_of(form["assertion"][0]).get("target_audience")
        return {"access_token": "made-up", "id_token": id_token(audience), "expires_in": 3600}
    kind = "urn:ietf:params:oauth:token-type:access_token"
    return {"access_token": "made-up", "issued_token_type": kind, "token_type": "Bearer", "expires_in": 3600}


@contextmanager
def token_endpoints():
    """Serve them on loopback; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            content = json.dumps(answer(self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def google(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("CLOUDSDK_", "GOOGLE_", "FUNCTION_"))]:
        monkeypatch.delenv(name)
    for name, value in pointed_nowhere(tmp_path).items():
        monkeypatch.setenv(name, value)
    with token_endpoints() as url:
        monkeypatch.setenv("CLOUDSDK_AUTH_TOKEN_HOST", f"{url}/token")
        monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS", f"{url}/")
        yield url


def log_in(folder, credentials):
    file = folder / "credentials.json"
    file.write_text(json.dumps(credentials))
    subprocess.run(["gcloud", "auth", "login", f"--cred-file={file}", "--quiet"], check=True, capture_output=True)


@needs_gcloud
@pytest.mark.slow
def test_the_real_gcloud_gives_a_service_account_with_a_key_its_token(tmp_path, google):
    key = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    log_in(
        tmp_path,
        {
            "type": "service_account", "token_uri": f"{google}/token", "client_email": DEPLOYER, "client_id": "1",
            "private_key": key.decode(), "private_key_id": "1",
        },
    )  # fmt: skip
    assert claims_of(identity_token(URL))["aud"] == URL


@needs_gcloud
@pytest.mark.slow
def test_the_real_gcloud_gives_a_federated_service_account_its_token(tmp_path, google):
    (tmp_path / "oidc").write_text("made-up")
    pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/ci"
    log_in(
        tmp_path,
        {
            "type": "external_account", "audience": pool, "token_url": f"{google}/sts",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "credential_source": {"file": str(tmp_path / "oidc")},
            "service_account_impersonation_url":
                f"{google}/v1/projects/-/serviceAccounts/{DEPLOYER}:generateAccessToken",
        },
    )  # fmt: skip
    assert claims_of(identity_token(URL))["aud"] == URL
