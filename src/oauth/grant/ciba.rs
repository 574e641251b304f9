//! `grant_type=urn:openid:params:grant-type:ciba` (CIBA core section 10.1).

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

/// Exchanges an `auth_req_id` for tokens, once the person has allowed it.
pub(in crate::oauth) async fn redeem(ctx: &Ctx, asking: &Asking) -> Result<Issued, Error> {
    if !asking.application.allows(GrantType::Ciba) {
        return Err(Error::new(Code::UnauthorizedClient, "The client may not use backchannel authentication."));
    }
    let id = asking.form.required("auth_req_id", "The parameter auth_req_id is missing.")?;
    if !Value::AuthReqId.recognises(id) {
        return Err(not_good());
    }
    let digest = secret::digest(id);
    let asked = resource::asked(ctx, &asking.form).await?;
    let asked = asked.as_slice();
    ctx.db
        .write(|tx| async move {
            match decoupled::poll(ctx, &tx, &asking.application, Kind::Ciba, &digest, asked).await? {
                Ok(approved) => tokens_of(ctx, &tx, asking, approved).await,
                Err(refused) => Ok(Err(refused)),
            }
        })
        .await?
}
