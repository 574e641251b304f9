//! Currencies: the codes in which prices may be.

use crate::rest::{ApiError, invalid};

/// The currency of prices that name none.
pub(super) const DEFAULT: &str = "USD";

/// The codes; what the setting `CURRENCY_CODES` tells.
const CODES: [&str; 8] = ["AUD", "CAD", "CNY", "EUR", "GBP", "JPY", "NZD", "USD"];

/// A code that was sent, or the default where it is blank.
pub(super) fn currency(sent: &str, field: &str) -> Result<String, ApiError> {
    match sent {
        "" => Ok(DEFAULT.to_owned()),
        code if CODES.contains(&code) => Ok(code.to_owned()),
        code => Err(invalid(field, format!("\"{code}\" is not a valid choice."))),
    }
}
