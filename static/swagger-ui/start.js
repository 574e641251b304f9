'use strict';

// Everything comes from this server: no validator, no fonts, no other host.
window.addEventListener('DOMContentLoaded', async () => {
  const root = document.getElementById('swagger-ui');
  const cookie = (name) => {
    const pair = document.cookie.split('; ').find((text) => text.startsWith(name + '='));
    return pair ? decodeURIComponent(pair.slice(name.length + 1)) : '';
  };
  // The page offers the ways in that a person can use here: their login, or a token or password of theirs. Their session
  // goes along by itself, and an application's own grant is no business of theirs.
  const spec = await (await fetch(root.dataset.schema)).json();
  const { oauth2, cookieAuth, ...others } = spec.components.securitySchemes;
  delete oauth2.flows.clientCredentials;
  spec.components.securitySchemes = { oauth2, ...others };
  const ui = SwaggerUIBundle({
    spec,
    domNode: root,
    deepLinking: true,
    filter: true,
    docExpansion: 'none',
    validatorUrl: null,
    oauth2RedirectUrl: root.dataset.redirect,
    // Somebody who is logged in may try operations with their session.
    requestInterceptor: (request) => {
      if (new URL(request.url, window.location.href).origin === window.location.origin) {
        request.headers['X-CSRFToken'] = cookie('csrftoken');
      }
      return request;
    },
  });
  ui.initOAuth({
    clientId: root.dataset.client,
    scopes: 'g:read',
    usePkceWithAuthorizationCodeGrant: true,
  });
});
