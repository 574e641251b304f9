// What a Node.js service does with `openid-client`: every way to start and to receive an authorization, refresh, introspect,
// revoke. Arguments: the issuer, a client_id, its secret, its redirect URI, and the same of one that acts by DPoP and PAR.
// It prints `open URL` for the person's browser and reads the address where the browser ended.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import * as client from 'openid-client'

const [issuer, clientId, clientSecret, redirectUri, api] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

async function visit(url) {
  console.log(`open ${url.href}`)
  return new URL((await lines.next()).value)
}

async function logIn(config, start, options = {}) {
  const verifier = client.randomPKCECodeVerifier()
  const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() }
  const parameters = {
    redirect_uri: redirectUri,
    scope: 'openid profile email offline_access g:read',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
  }
  const here = await visit(await start(config, parameters, options))
  const tokens = await client.authorizationCodeGrant(config, here, checks, undefined, options)
  const claims = tokens.claims()
  assert.equal(claims.nonce, checks.expectedNonce)
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub, options)
  assert.equal(person.preferred_username, 'admin')
  const answer = await client.fetchProtectedResource(config, tokens.access_token, new URL('user/me/', api), 'GET', undefined, undefined, options)
  assert.equal((await answer.json()).username, 'admin')
  const again = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, options)
  assert.notEqual(again.access_token, tokens.access_token)
  assert.equal(again.claims().sub, claims.sub)
  return again
}

const config = await client.discovery(new URL(issuer), clientId, undefined, client.ClientSecretBasic(clientSecret))

// The code in the query; then introspection and revocation.
const tokens = await logIn(config, client.buildAuthorizationUrl)
assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, true)
await client.tokenRevocation(config, tokens.access_token)
assert.deepEqual(await client.tokenIntrospection(config, tokens.access_token), { active: false })

// The request pushed over the back channel (RFC 9126), the secret in the body.
const posting = await client.discovery(new URL(issuer), clientId, undefined, client.ClientSecretPost(clientSecret))
await logIn(posting, client.buildAuthorizationUrlWithPAR)

// Tokens bound to a key (RFC 9449), with the server's nonces.
const handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
const bound = await logIn(config, client.buildAuthorizationUrlWithPAR, { DPoP: handle })
assert.equal(bound.token_type, 'dpop')
await assert.rejects(client.fetchProtectedResource(config, bound.access_token, new URL('user/me/', api), 'GET'))

// The answer in a signed token (JARM).
const signed = await client.discovery(new URL(issuer), clientId, undefined, client.ClientSecretBasic(clientSecret))
client.useJwtResponseMode(signed)
await logIn(signed, client.buildAuthorizationUrl)

console.log('all is well')
process.exit(0)
