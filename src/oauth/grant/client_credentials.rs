//! `grant_type=client_credentials` (RFC 6749 section 4.4): the application acts for itself, with the scopes that a
//! superuser allowed it, narrowed to those it asks for.

use entities::oauth::application;
use sea_orm::{DbErr, EntityTrait as _, QuerySelect as _};

use super::Asking;
use crate::{
    ctx::Ctx,
    oauth::{
        application::GrantType,
        error::{Code, Error},
        issue::{self, Issued, Mint},
        resource,
        token::scope_parameter,
    },
    scope::Scope,
};

/// Issues an access token to the application itself. "A refresh token SHOULD NOT be included."
pub(in crate::oauth) async fn redeem(ctx: &Ctx, asking: &Asking) -> Result<Issued, Error> {
    let Asking { application, form, confirmation } = asking;
    if !application.allows(GrantType::ClientCredentials) {
        return Err(Error::new(Code::UnauthorizedClient, "The client may not use the client credentials grant."));
    }
    let asked = scope_parameter(form)?;
    let nothing_asked = asked.is_none();
    let asked = asked.unwrap_or_else(|| application.default_scope());
    let scopes = asked.narrowed_to(&application.scope()).filtered(is_for_applications);
    if scopes.is_empty() && !nothing_asked {
        return Err(Error::new(Code::InvalidScope, "The client is allowed none of the scopes that it asks for."));
    }
    let audience = resource::lines(&resource::asked(ctx, form).await?);
    let mint =
        Mint { audience: &audience, confirmation: confirmation.as_ref(), ..Mint::new(application, None, &scopes) };
    let access_token = ctx
        .db
        .write(|tx| async move {
            // Locked against being disabled meanwhile, which deletes the tokens that are there by then.
            let row = application::Entity::find_by_id(application.id).lock_shared().one(&*tx).await?;
            match row.filter(|row| row.is_active) {
                Some(_) => issue::access_token(ctx, &tx, mint).await.map(Some),
                None => Ok(None),
            }
        })
        .await
        .map_err(|error: DbErr| Error::from(error))?
        .ok_or_else(|| Error::invalid_client("disabled meanwhile"))?;
    let confirmation = confirmation.clone();
    Ok(Issued { access_token, refresh_token: None, scopes, confirmation, person: None, issued_token_type: None })
}

/// An application is no person: there is nobody to identify, and nobody who could be away.
fn is_for_applications(scope: Scope) -> bool {
    matches!(scope, Scope::Read | Scope::Staff | Scope::Superuser | Scope::Role(..))
}
