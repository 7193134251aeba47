// A real OpenID Connect provider for the live tests, over TLS, which can be told to make wrong tokens.
//
//   node provider.mjs FOLDER
//
// FOLDER holds cert.pem, key.pem and secret. It prints its port, reads one line with the address that
// codes go back to, prints "ready" and serves. GET /twist/HOW makes every token from then on wrong in
// that way; GET /twist/no makes them right again.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import { UnsecuredJWT, SignJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const folder = process.argv[2];
const read = (name) => readFileSync(`${folder}/${name}`, 'utf8').trim();
const secret = read('secret');

const own = await generateKeyPair('RS256', { extractable: true });
const strange = await generateKeyPair('RS256');
const kid = 'of-the-shire';
const jwk = { ...(await exportJWK(own.privateKey)), kid, use: 'sig', alg: 'RS256' };

const sign = (claims, key = own.privateKey, header = { alg: 'RS256', kid }) =>
  new SignJWT(claims).setProtectedHeader(header).sign(key);
const shared = new TextEncoder().encode(secret.padEnd(32, '0'));

// What can be wrong with a token, each signed as well as it can be.
const twists = {
  none: (claims) => new UnsecuredJWT(claims).encode(),
  shared: (claims) => sign(claims, shared, { alg: 'HS256' }),
  audience: (claims) => sign({ ...claims, aud: 'another' }),
  audiences: (claims) => sign({ ...claims, aud: [claims.aud, 'another'] }),
  party: (claims) => sign({ ...claims, azp: 'another' }),
  nonce: (claims) => sign({ ...claims, nonce: 'another' }),
  nameless: ({ nonce, ...claims }) => sign(claims),
  issuer: (claims) => sign({ ...claims, iss: 'https://elsewhere.example' }),
  expired: (claims) => sign({ ...claims, exp: Math.floor(Date.now() / 1000) - 1 }),
  forged: (claims) => sign(claims, strange.privateKey),
  unknown: (claims) => sign(claims, strange.privateKey, { alg: 'RS256', kid: 'never-heard-of' }),
};
let twist = 'no';

const line = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const server = createServer({ cert: read('cert.pem'), key: read('key.pem') });
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  console.log(port);
  const redirect = (await line.next()).value;
  const provider = new Provider(`https://localhost:${port}`, {
    clients: [{
      client_id: 'caseweave',
      client_secret: secret,
      redirect_uris: [redirect],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    }],
    cookies: { keys: ['of no importance'] },
    jwks: { keys: [jwk] },
    pkce: { required: () => true },
  });
  provider.use(async (ctx, next) => {
    await next();
    if (twist !== 'no' && ctx.path === '/token' && ctx.body?.id_token) {
      ctx.body.id_token = await twists[twist](decodeJwt(ctx.body.id_token));
    }
  });
  const serve = provider.callback();
  server.on('request', (request, response) => {
    const asked = /^\/twist\/(\w+)$/.exec(request.url);
    if (!asked) return serve(request, response);
    twist = asked[1];
    response.end(twist);
  });
  console.log('ready');
});
// Whoever started this has gone.
process.stdin.on('end', () => process.exit(0));
