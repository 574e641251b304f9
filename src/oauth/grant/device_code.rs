//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 section 3.4).

use super::{Asking, not_good, tokens_of};
use crate::{
    ctx::Ctx,
    oauth::{
        application::GrantType,
        decoupled::{self, Kind},
        error::{Code, Error},
        issue::Issued,
        resource,
    },
    secret::{self, Kind as Value},
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
    let digest = secret::digest(code);
    let asked = resource::asked(ctx, &asking.form).await?;
    let asked = asked.as_slice();
    ctx.db
        .write(|tx| async move {
            match decoupled::poll(ctx, &tx, &asking.application, Kind::Device, &digest, asked).await? {
                Ok(approved) => tokens_of(ctx, &tx, asking, approved).await,
                Err(refused) => Ok(Err(refused)),
            }
        })
        .await?
}
