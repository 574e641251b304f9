"""What a Python service does with Authlib: logs a person in, verifies the ID token, refreshes, revokes.

Arguments: the issuer, a client_id, its secret, its redirect URI, the API. It prints `open URL` for the person's browser and
reads the address where the browser ended."""
import os
import sys
import time

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

issuer, client_id, secret, redirect_uri, api = sys.argv[1:]
session = OAuth2Session(
    client_id, secret, scope="openid profile email offline_access g:read", redirect_uri=redirect_uri,
    code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic",
)
session.trust_env = False
session.verify = os.environ["SSL_CERT_FILE"]
metadata = session.get(f"{issuer}/.well-known/openid-configuration", withhold_token=True).json()
assert metadata["issuer"] == issuer, metadata["issuer"]

verifier, nonce = generate_token(48), generate_token(20)
url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
print("open", url, flush=True)
callback = sys.stdin.readline().strip()
token = session.fetch_token(metadata["token_endpoint"], authorization_response=callback, state=state, code_verifier=verifier)

keys = KeySet.import_key_set(session.get(metadata["jwks_uri"], withhold_token=True).json())
decoded = jwt.decode(token["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])
claims = CodeIDToken(
    decoded.claims, decoded.header, options={"iss": {"value": issuer}, "aud": {"value": client_id}},
    params={"nonce": nonce, "client_id": client_id, "access_token": token["access_token"]},
)
claims.validate(now=time.time(), leeway=10)

person = session.get(metadata["userinfo_endpoint"]).json()
assert (person["sub"], person["preferred_username"]) == (claims["sub"], "admin"), person
assert session.get(f"{api}user/me/").json()["username"] == "admin"

before = session.token["access_token"]
session.refresh_token(metadata["token_endpoint"])
assert session.token["access_token"] != before
assert session.get(f"{api}user/me/").status_code == 200
session.revoke_token(metadata["revocation_endpoint"], token=session.token["refresh_token"], token_type_hint="refresh_token")
assert session.get(f"{api}user/me/").status_code == 401
print("all is well")
