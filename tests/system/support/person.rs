//! A person without a browser: keeps cookies, follows links, fills in forms. For tests of what clients do, where the
//! pages are only the way there.
