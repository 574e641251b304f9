'use strict';

// The authorization server's answer, handed to the window that asked (RFC 6749 section 4.1.2).
(() => {
  const waiting = window.opener && window.opener.swaggerUIRedirectOauth2;
  if (!waiting) {
    return;
  }
  const answer = new URLSearchParams(window.location.search);
  const issuer = answer.get('iss');
  const refuse = (message) => waiting.errCb({ authId: waiting.auth.name, source: 'auth', level: 'error', message });
  if (answer.get('state') !== waiting.state) {
    refuse('The answer does not belong to this request.');
  } else if (issuer !== null && issuer !== window.location.origin + '/o') {
    // RFC 9207 section 2.4: mix-up.
    refuse('The answer comes from another server.');
  } else if (answer.get('code')) {
    delete waiting.state;
    waiting.auth.code = answer.get('code');
    waiting.callback({ auth: waiting.auth, redirectUrl: waiting.redirectUrl });
  } else {
    refuse(answer.get('error_description') || answer.get('error') || 'No code was received.');
  }
  window.close();
})();
