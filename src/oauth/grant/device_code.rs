//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 section 3.4).

use super::{Asking, decided_elsewhere, not_good};
use crate::{
    ctx::Ctx,
    oauth::{
        application::GrantType,
        decoupled::Kind,
        error::{Code, Error},
        issue::Issued,
    },
    secret::Kind as Value,
};

/// Exchanges a device code for tokens, once a person has allowed it.
pub(in crate::oauth) async fn redeem(ctx: &Ctx, asking: &Asking) -> Result<Issued, Error> {
    if !asking.application.allows(GrantType::DeviceCode) {
        return Err(Error::new(Code::UnauthorizedClient, "The client may not use the device authorization grant."));
    }
    let code = asking.form.required("device_code", "The parameter device_code is missing.")?;
    if !Value::DeviceCode.recognises(code) {
        return Err(not_good());
    }
    decided_elsewhere(ctx, asking, Kind::Device, code).await
}
