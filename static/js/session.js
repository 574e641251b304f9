// The frame of OpenID Connect Session Management 1.0, section 3.2: answers an application whether the session is the same.
"use strict";
(() => {
  const state = () => document.cookie.split("; ").find((pair) => pair.startsWith("opbs="))?.slice(5) ?? "";

  const answer = async (origin, text) => {
    const parts = typeof text === "string" ? text.split(" ") : [];
    const [hash, salt, ...rest] = (parts[1] ?? "").split(".");
    if (parts.length !== 2 || !parts[0] || !hash || !salt || rest.length) return "error";
    const bytes = new TextEncoder().encode(`${parts[0]} ${origin} ${state()} ${salt}`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const now = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return now === hash ? "unchanged" : "changed";
  };

  // "The OP iframe MUST enforce that the caller has the same origin as its parent frame." The hash holds the origin, so
  // any other one hears nothing that it could use; the answer goes to the asking origin and to nobody else.
  window.addEventListener("message", async (event) => {
    if (event.source !== window.parent || event.origin === "null" || window.parent === window) return;
    const ancestor = window.location.ancestorOrigins?.[0];
    if (ancestor !== undefined && ancestor !== event.origin) return;
    const word = await answer(event.origin, event.data);
    event.source.postMessage(word, event.origin);
  });
})();
