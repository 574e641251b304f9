// What a small library without a framework around it does: `oauth4webapi` with a key instead of a secret (RFC 7523), tokens
// bound to a key (RFC 9449), and the metadata of the API (RFC 9728). Arguments: the site. It registers what it needs by the
// command that it is told to wait for: it prints `register JWKS` and reads a client_id.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import * as oauth from 'oauth4webapi'

const [issuer, api] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer)))
const resource = new URL(api)
const about = await oauth.processResourceDiscoveryResponse(resource, await oauth.resourceDiscoveryRequest(resource))
assert.deepEqual(about.authorization_servers, [issuer])

for (const algorithm of ['ES256', 'PS256', 'Ed25519']) {
  const keys = await oauth.generateKeyPair(algorithm, { extractable: true })
  const jwk = await crypto.subtle.exportKey('jwk', keys.publicKey)
  const kid = `key of ${algorithm}`
  console.log(`register ${JSON.stringify({ keys: [{ ...jwk, kid, use: 'sig', key_ops: undefined, ext: undefined, alg: algorithm === 'Ed25519' ? 'EdDSA' : algorithm }] })}`)
  const client = { client_id: (await lines.next()).value }
  const proof = oauth.PrivateKeyJwt({ key: keys.privateKey, kid })

  const tokens = async (options) => {
    const answer = await oauth.clientCredentialsGrantRequest(as, client, proof, { scope: 'g:read r:view:part' }, options)
    return oauth.processClientCredentialsResponse(as, client, answer)
  }
  const bearer = await tokens()
  assert.equal(bearer.token_type, 'bearer')
  const parts = new URL('part/', api)
  assert.equal((await oauth.protectedResourceRequest(bearer.access_token, 'GET', parts)).status, 200)

  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
  let bound
  try {
    bound = await tokens({ DPoP })
  } catch (error) {
    // The first proof knows no nonce of the server yet.
    if (!oauth.isDPoPNonceError(error)) throw error
    bound = await tokens({ DPoP })
  }
  assert.equal(bound.token_type, 'dpop')
  const ask = () => oauth.protectedResourceRequest(bound.access_token, 'GET', parts, undefined, undefined, { DPoP })
  const answer = await ask().catch((error) => {
    if (!oauth.isDPoPNonceError(error)) throw error
    return ask()
  })
  assert.equal(answer.status, 200)
  // Stolen, without the key, it is worth nothing.
  await assert.rejects(oauth.protectedResourceRequest(bound.access_token, 'GET', parts))

  const refused = await oauth.protectedResourceRequest(bearer.access_token, 'POST', parts, new Headers({ 'content-type': 'application/json' }), '{}').catch((e) => e.response ?? e)
  assert.equal(refused.status, 403)
}
console.log('all is well')
process.exit(0)
