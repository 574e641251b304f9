//! Whether a `sector_identifier_uri` lists the redirect URIs (`OpenID` Connect Dynamic Client Registration 1.0 section 5).

use super::draft::Checked;
use crate::{ctx::Ctx, egress::Limits, web::form::Errors};

/// "The values registered in `redirect_uris` MUST be included in the elements of the array, or registration MUST fail." It
/// is looked at when the application is registered or changed, and not again.
pub(super) async fn verify(ctx: &Ctx, checked: &Checked) -> Result<(), Errors> {
    let uri = &checked.metadata.subject.sector_identifier_uri;
    if uri.is_empty() {
        return Ok(());
    }
    let wrong = |message: &str| Err([("sector_identifier_uri", message)].into_iter().collect());
    let fetched = ctx.egress.get(uri, &Limits::DOCUMENT).await.and_then(crate::egress::Fetched::ok);
    let Ok(body) = fetched else { return wrong("The list cannot be fetched.") };
    let Ok(listed) = serde_json::from_slice::<Vec<String>>(&body) else {
        return wrong("There is no JSON list of addresses.");
    };
    if checked.redirect_uris.iter().all(|own| listed.contains(own)) {
        Ok(())
    } else {
        wrong("It does not list every redirect URI.")
    }
}
