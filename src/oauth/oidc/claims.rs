//! What a person's claims are, and which scope shows which (`OpenID` Connect Core 5.1, 5.4).

use entities::accounts::{user, user_profile};
use sea_orm::{DbErr, EntityTrait as _};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    ctx::Ctx,
    oauth::{application::Application, subject},
    scope::{Scope, Scopes},
};

mod request;

pub use request::{Claim, Request};

/// The standard claims that a person has, as far as an application may see them. What is empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are the claims of OpenID Connect Core 5.1")]
pub struct Claims {
    pub sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
}

/// The `address` claim (`OpenID` Connect Core 5.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are the members of OpenID Connect Core 5.1.1")]
pub struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// The claims of each scope, for `claims_supported`.
pub const NAMES: [(Scope, &[&str]); 5] = [
    (Scope::OpenId, &["sub"]),
    (
        Scope::Profile,
        &[
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    (Scope::Email, &["email", "email_verified"]),
    (Scope::Address, &["address"]),
    (Scope::Phone, &["phone_number", "phone_number_verified"]),
];

/// The claims of a person that these scopes show, and those of these names as far as the application may be granted the
/// scope that shows them. Always with `sub`.
pub async fn of(
    ctx: &Ctx,
    application: &Application,
    user: &user::Model,
    scopes: &Scopes,
    asked: impl Iterator<Item = &str>,
) -> Result<Map<String, Value>, DbErr> {
    let allowed = application.scope();
    let scope_of = |name: &str| NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(scope, _)| *scope);
    let asked: Vec<&str> = asked.filter(|name| scope_of(name).is_some_and(|scope| allowed.contains(scope))).collect();
    let wanted: Scopes = scopes.iter().chain(asked.iter().filter_map(|name| scope_of(name))).collect();
    let needs_profile = wanted.iter().any(|scope| NAMES.iter().any(|(own, _)| *own == scope && scope != Scope::OpenId));
    // Most ID tokens tell nothing more than who it is, and cost no statement.
    let profile =
        if needs_profile { user_profile::Entity::find_by_id(user.id).one(ctx.db.reader()).await? } else { None };
    let sub = subject::of(ctx, application, user);
    let Ok(Value::Object(mut claims)) = serde_json::to_value(select(sub, user, profile.as_ref(), &wanted)) else {
        return Ok(Map::new());
    };
    let shown = |name: &str| scope_of(name).is_none_or(|scope| scope == Scope::OpenId || scopes.contains(scope));
    claims.retain(|name, _| shown(name) || asked.contains(&name.as_str()));
    Ok(claims)
}

fn select(sub: String, user: &user::Model, profile: Option<&user_profile::Model>, scopes: &Scopes) -> Claims {
    let mut claims = Claims { sub, ..Claims::default() };
    if scopes.contains(Scope::Profile) {
        let full = format!("{} {}", user.first_name, user.last_name);
        claims.name = given(full.trim()).or_else(|| given(&user.username));
        claims.given_name = given(&user.first_name);
        claims.family_name = given(&user.last_name);
        claims.preferred_username = given(&user.username);
        claims.updated_at = Some(profile.map_or(user.date_joined, |profile| profile.updated_at));
    }
    if scopes.contains(Scope::Email) {
        claims.email = given(&user.email);
        claims.email_verified = claims.email.as_ref().map(|_| user.email_verified);
    }
    if let Some(profile) = profile {
        of_profile(&mut claims, profile, scopes);
    }
    claims
}

fn of_profile(claims: &mut Claims, profile: &user_profile::Model, scopes: &Scopes) {
    if scopes.contains(Scope::Profile) {
        claims.middle_name = some(&profile.middle_name);
        claims.nickname = some(&profile.nickname);
        claims.profile = some(&profile.profile);
        claims.picture = some(&profile.picture);
        claims.website = some(&profile.website);
        claims.gender = some(&profile.gender);
        claims.birthdate = some(&profile.birthdate);
        claims.zoneinfo = some(&profile.zoneinfo);
        claims.locale = some(&profile.language);
    }
    if scopes.contains(Scope::Address) {
        let address = Address {
            formatted: None,
            street_address: some(&profile.street_address),
            locality: some(&profile.locality),
            region: some(&profile.region),
            postal_code: some(&profile.postal_code),
            country: some(&profile.country),
        };
        claims.address = formatted(address);
    }
    if scopes.contains(Scope::Phone) {
        claims.phone_number = some(&profile.phone_number);
        claims.phone_number_verified = claims.phone_number.as_ref().map(|_| profile.phone_number_verified);
    }
}

/// The address with its mailing-label form, or none where nothing is known.
fn formatted(address: Address) -> Option<Address> {
    if address == Address::default() {
        return None;
    }
    let town = [&address.postal_code, &address.locality].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let lines = [address.street_address.clone(), given(&town), address.region.clone(), address.country.clone()];
    let formatted = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
    Some(Address { formatted: Some(formatted), ..address })
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[expect(clippy::ref_option, reason = "called with the fields of a row")]
fn some(text: &Option<String>) -> Option<String> {
    text.as_deref().and_then(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann() -> (user::Model, user_profile::Model) {
        let user = user::Model {
            id: 1,
            sub: "s1".into(),
            username: "ann".into(),
            password: String::new(),
            first_name: "Ann".into(),
            last_name: "Other".into(),
            email: "ann@example.org".into(),
            email_verified: false,
            is_active: true,
            is_staff: false,
            is_superuser: false,
            date_joined: 5,
            last_login: None,
            credentials_changed_at: 5,
            totp: None,
            totp_step: 0,
        };
        let text = |text: &str| Some(text.to_owned());
        let profile = user_profile::Model {
            user_id: 1,
            updated_at: 9,
            middle_name: text("M"),
            nickname: text("Annie"),
            profile: text("https://a.example/"),
            picture: text("https://a.example/p.png"),
            website: text("https://w.example/"),
            gender: text("female"),
            birthdate: text("0000-02-03"),
            zoneinfo: text("Europe/Berlin"),
            language: text("de"),
            phone_number: text("+49301234"),
            phone_number_verified: true,
            street_address: text("Road 1"),
            locality: text("Town"),
            region: None,
            postal_code: text("12345"),
            country: text("DE"),
            theme: None,
            widgets: None,
            displayname: None,
            position: None,
            status: None,
            location: None,
            active: true,
            contact: None,
            kind: "internal".into(),
            organisation: None,
            primary_group: None,
        };
        (user, profile)
    }

    fn names(scopes: &str) -> Vec<String> {
        let (user, profile) = ann();
        let claims = select("s1".into(), &user, Some(&profile), &Scopes::parse(scopes).unwrap());
        serde_json::to_value(claims).unwrap().as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn a_scope_shows_its_own_claims_and_no_other() {
        for (scope, own) in NAMES {
            let mut expected: Vec<&str> = own.to_vec();
            if scope != Scope::OpenId {
                expected.insert(0, "sub");
            }
            assert_eq!(names(&format!("openid {scope}")), expected, "{scope}");
        }
        assert_eq!(names("g:read r:view:part"), ["sub"]);
    }

    #[test]
    fn an_unknown_claim_is_left_out_and_not_null() {
        let (mut user, _) = ann();
        user.email = String::new();
        user.first_name = String::new();
        user.last_name = String::new();
        let claims = select("s1".into(), &user, None, &Scopes::all());
        assert_eq!(
            serde_json::to_value(claims).unwrap(),
            serde_json::json!({"sub": "s1", "name": "ann", "preferred_username": "ann", "updated_at": 5})
        );
    }

    #[test]
    fn an_address_is_an_object_with_its_lines_formatted() {
        let (user, profile) = ann();
        let claims = select("s1".into(), &user, Some(&profile), &Scopes::all());
        assert_eq!(claims.address.unwrap().formatted.unwrap(), "Road 1\n12345 Town\nDE");
    }
}
