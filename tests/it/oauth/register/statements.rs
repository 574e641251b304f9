//! Software statements: what a registered issuer says counts first.

use serde_json::{Value, json};
use stockade::{config::StatementIssuer, signing::Signing};

use super::{asked, open, refused, register};
use crate::support::{
    App, both,
    elsewhere::{Elsewhere, Page, may_ask_this_machine},
};

const ISSUER: &str = "https://vendor.example";

/// A server that believes the vendor, whose keys are those of the server itself: any key set will do.
async fn believing(app: App, elsewhere: &Elsewhere) -> App {
    let keys = serde_json::to_value(app.ctx.signing.jwks().await.unwrap()).unwrap();
    let jwks_uri = elsewhere.put("/jwks", Page::json(&keys));
    app.reconfigured(|config| {
        open(config);
        may_ask_this_machine(config);
        config.oauth.registration.software_statement_issuers =
            vec![StatementIssuer { issuer: ISSUER.into(), jwks_uri }];
    })
    .await
}

async fn signed(signing: &Signing, claims: &Value) -> String {
    signing.sign(jsonwebtoken::Algorithm::ES256, "JWT", claims).await.unwrap()
}

both! {
    async fn what_is_stated_counts_before_what_is_sent(app: App) {
        let elsewhere = Elsewhere::start().await;
        let app = believing(app, &elsewhere).await;
        let claims = json!({"iss": ISSUER, "client_name": "Vendor's", "software_id": "v-1"});
        let mut body = asked();
        body["software_statement"] = json!(signed(&app.ctx.signing, &claims).await);
        let told = register(&app, body).await.json();
        assert_eq!((&told["client_name"], &told["software_id"]), (&json!("Vendor's"), &json!("v-1")), "{told}");
    }

    async fn a_statement_of_nobody_known_or_that_is_not_theirs_is_refused(app: App) {
        let elsewhere = Elsewhere::start().await;
        let app = believing(app, &elsewhere).await;
        let good = signed(&app.ctx.signing, &json!({"iss": ISSUER})).await;
        let [header, claims, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
        let now = app.ctx.clock.now();
        let unknown = signed(&app.ctx.signing, &json!({"iss": "https://evil.example"})).await;
        let expired = signed(&app.ctx.signing, &json!({"iss": ISSUER, "exp": now - 100})).await;
        for (statement, code) in [
            (json!(unknown), "unapproved_software_statement"),
            (json!(expired), "invalid_software_statement"),
            (json!(format!("{header}.{claims}.{}", signature.replace(|c: char| c.is_ascii_digit(), "A"))), "invalid_software_statement"),
            (json!(format!("eyJhbGciOiJub25lIn0.{claims}.")), "invalid_software_statement"),
            (json!("nonsense"), "invalid_software_statement"),
            (json!(7), "invalid_software_statement"),
        ] {
            let mut body = asked();
            body["software_statement"] = statement;
            refused(&register(&app, body).await, 400, code, "");
        }
    }

    async fn where_a_statement_is_required_nobody_registers_without(app: App) {
        let elsewhere = Elsewhere::start().await;
        let app = believing(app, &elsewhere).await.reconfigured(|config| config.oauth.registration.require_software_statement = true).await;
        refused(&register(&app, asked()).await, 400, "invalid_software_statement", "");
    }
}
