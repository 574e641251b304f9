//! Cookies, read straight from the headers: no middleware has to be there for them.

use poem::{
    Request, Response,
    http::{HeaderValue, header},
    web::cookie::Cookie,
};

/// The value of a cookie. Where a name comes twice (one was planted for a longer path, say), the first counts for all.
pub fn get<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let headers = request.headers().get_all(header::COOKIE).into_iter();
    headers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"'))
}

/// Sets a cookie.
pub fn set(response: &mut Response, cookie: &Cookie) {
    if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
