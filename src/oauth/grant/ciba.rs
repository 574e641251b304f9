//! `grant_type=urn:openid:params:grant-type:ciba` (CIBA core section 10.1).

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

/// Exchanges an `auth_req_id` for tokens, once the person has allowed it.
pub(in crate::oauth) async fn redeem(ctx: &Ctx, asking: &Asking) -> Result<Issued, Error> {
    if !asking.application.allows(GrantType::Ciba) {
        return Err(Error::new(Code::UnauthorizedClient, "The client may not use backchannel authentication."));
    }
    let id = asking.form.required("auth_req_id", "The parameter auth_req_id is missing.")?;
    if !Value::AuthReqId.recognises(id) {
        return Err(not_good());
    }
    decided_elsewhere(ctx, asking, Kind::Ciba, id).await
}
