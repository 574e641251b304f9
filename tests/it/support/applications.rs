//! Applications, and what people gave them, for tests.

use entities::{
    accounts::user,
    oauth::{access_token, authorization_code, consent, grant, refresh_token},
};
use sea_orm::{ActiveValue::Set, DbErr, prelude::*};
use stockade::{
    oauth::application::{self, Application, Draft, Grantor, Stored},
    secret::{self, Kind},
};

use super::App;

/// A confidential application that logs people in and may act for itself.
pub(crate) fn draft(name: &str) -> Draft {
    Draft {
        name: name.into(),
        redirect_uris: "https://app.example/callback".into(),
        grant_types: ["authorization_code", "refresh_token", "client_credentials"].map(str::to_owned).into(),
        scope: ["openid", "profile", "g:read", "r:view:part"].map(str::to_owned).into(),
        ..Draft::default()
    }
}

/// A public application that logs people in.
pub(crate) fn public_draft(name: &str) -> Draft {
    Draft {
        client_type: "public".into(),
        grant_types: ["authorization_code", "refresh_token"].map(str::to_owned).into(),
        ..draft(name)
    }
}

/// Tokens of one grant, alive for an hour.
pub(crate) struct Given {
    /// The grant.
    pub(crate) grant_id: i32,
}

impl App {
    /// Registers an application.
    pub(crate) async fn register(&self, draft: &Draft) -> Stored {
        application::register(&self.ctx, &Grantor::operator(), draft).await.unwrap()
    }

    /// A grant of a person with a consent, a code, an access token and a refresh token.
    pub(crate) async fn give(&self, person: &user::Model, application: &Application, scope: &str) -> Given {
        let (now, user_id, application_id) = (self.ctx.clock.now(), person.id, application.id);
        let scope = scope.to_owned();
        let value = |kind: Kind| secret::digest(&kind.generate(self.ctx.rng));
        let digests = [Kind::AccessToken, Kind::RefreshToken, Kind::AuthorizationCode].map(value);
        let [access, refresh, code] = digests;
        let grant_id = self
            .ctx
            .db
            .write(|tx| async move {
                let grant = grant::ActiveModel {
                    application_id: Set(application_id),
                    user_id: Set(user_id),
                    sid: Set("sid".into()),
                    scope: Set(scope.clone()),
                    auth_time: Set(now),
                    amr: Set("pwd".into()),
                    created: Set(now),
                    last_used: Set(now),
                    ..Default::default()
                };
                let grant_id = grant.insert(&*tx).await?.id;
                let token = access_token::ActiveModel {
                    digest: Set(access),
                    application_id: Set(application_id),
                    grant_id: Set(Some(grant_id)),
                    user_id: Set(Some(user_id)),
                    scope: Set(scope.clone()),
                    created: Set(now),
                    expires: Set(now + 3600),
                    ..Default::default()
                };
                token.insert(&*tx).await?;
                let token = refresh_token::ActiveModel {
                    digest: Set(refresh),
                    grant_id: Set(grant_id),
                    created: Set(now),
                    expires: Set(now + 3600),
                    ..Default::default()
                };
                token.insert(&*tx).await?;
                let code = authorization_code::ActiveModel {
                    digest: Set(code),
                    grant_id: Set(grant_id),
                    redirect_uri: Set("https://app.example/callback".into()),
                    created: Set(now),
                    expires: Set(now + 60),
                    ..Default::default()
                };
                code.insert(&*tx).await?;
                let remembered = consent::Entity::find_by_id((user_id, application_id)).one(&*tx).await?;
                if remembered.is_none() {
                    let consent = consent::ActiveModel {
                        user_id: Set(user_id),
                        application_id: Set(application_id),
                        scope: Set(scope),
                        updated: Set(now),
                    };
                    consent.insert(&*tx).await?;
                }
                Ok::<_, DbErr>(grant_id)
            })
            .await
            .unwrap();
        Given { grant_id }
    }

    /// A token that the application got for itself.
    pub(crate) async fn give_itself(&self, application: &Application) {
        let (now, application_id) = (self.ctx.clock.now(), application.id);
        let digest = secret::digest(&Kind::AccessToken.generate(self.ctx.rng));
        let token = access_token::ActiveModel {
            digest: Set(digest),
            application_id: Set(application_id),
            scope: Set("r:view:part".into()),
            created: Set(now),
            expires: Set(now + 3600),
            ..Default::default()
        };
        self.ctx.db.write(|tx| async move { token.insert(&*tx).await }).await.unwrap();
    }

    /// How many access tokens of the application there are.
    pub(crate) async fn access_tokens(&self, application: &Application) -> u64 {
        let theirs = access_token::Column::ApplicationId.eq(application.id);
        access_token::Entity::find().filter(theirs).count(self.ctx.db.reader()).await.unwrap()
    }

    /// Whether the grant, and with it every code and refresh token of it, is revoked.
    pub(crate) async fn is_revoked(&self, given: &Given) -> bool {
        let row = grant::Entity::find_by_id(given.grant_id).one(self.ctx.db.reader()).await.unwrap();
        row.is_none_or(|row| row.revoked.is_some())
    }

    /// Whether the person is remembered to have allowed the application something.
    pub(crate) async fn is_remembered(&self, person: &user::Model, application: &Application) -> bool {
        let row = consent::Entity::find_by_id((person.id, application.id));
        row.one(self.ctx.db.reader()).await.unwrap().is_some()
    }
}
