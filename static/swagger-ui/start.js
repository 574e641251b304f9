'use strict';

// Everything comes from this server: no validator, no fonts, no other host.
window.addEventListener('DOMContentLoaded', () => {
  const root = document.getElementById('swagger-ui');
  const cookie = (name) => {
    const pair = document.cookie.split('; ').find((text) => text.startsWith(name + '='));
    return pair ? decodeURIComponent(pair.slice(name.length + 1)) : '';
  };
  const ui = SwaggerUIBundle({
    url: root.dataset.schema,
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
