//! What the server says of itself over the API: `/api/`, version, flags, settings.
