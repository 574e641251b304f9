//! People over the API: `/api/user/...`.
