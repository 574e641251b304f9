//! Who is here, and whether that login is recent enough (`OpenID` Connect Core 3.1.2.1, 3.1.2.3, 3.1.2.6).
//!
//! "Log in again" must be provable: the address to which the login leads back carries a note, signed under the server
//! key, of which session there was when the request came. Only another, later session satisfies it, so that going back
//! without logging in does not.

use poem::Request;
use sea_orm::DbErr;

use super::{Asked, Parameters, Refusal, Target, parameters::RELOGIN};
use crate::{
    accounts::{
        self,
        session::{self, Login},
    },
    ctx::Ctx,
    oauth::{
        error::{Code, Error},
        oidc::acr::Acr,
        subject,
    },
    secret::{self, Purpose},
};

/// What the application wants shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// Nothing.
    None,
    /// The login, although there is one.
    Login,
    /// The consent, although there is one.
    Consent,
    /// The choice of an account: here, the login.
    SelectAccount,
}

/// The values of `prompt`, for the metadata too.
pub const PROMPTS: [(&str, Prompt); 4] = [
    ("none", Prompt::None),
    ("login", Prompt::Login),
    ("consent", Prompt::Consent),
    ("select_account", Prompt::SelectAccount),
];

/// Whether nothing may be shown; asked before the prompt is known to be valid.
pub(super) fn is_silent(parameters: &Parameters) -> bool {
    parameters.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "none"))
}

/// How long a login for this very request counts as recent, in seconds: the way back from the login page, and the reading
/// of the consent. An address from before, opened again later, needs another login.
const JUST_NOW: i64 = 600;

/// Who the browser's session says is here.
pub(super) struct Presence(Option<Login>);

impl Presence {
    pub(super) async fn of(ctx: &Ctx, request: &Request) -> Result<Self, DbErr> {
        session::current(ctx, request).await.map(Self)
    }

    pub(super) const fn is_anonymous(&self) -> bool {
        self.0.is_none()
    }

    /// The login, if it is what was asked for; else the person goes to the login page, or the application is told.
    pub(super) fn satisfying(
        self,
        ctx: &Ctx,
        target: &Target,
        asked: &Asked,
        parameters: &Parameters,
    ) -> Result<Login, Refusal> {
        let note = Note::of(ctx, parameters);
        match self.0 {
            Some(login) if suffices(ctx, target, &login, asked, note.as_ref()) => strong_enough(target, asked, login),
            // "An error is returned if an End-User is not already Authenticated."
            _ if asked.is_silent() => {
                Err(target.refuse(&Error::new(Code::LoginRequired, "The person has to log in first.")))
            }
            login => {
                let next = Note::at(ctx, login.as_ref()).onto(ctx, parameters);
                let hint = parameters.get("login_hint");
                Err(Refusal::Elsewhere(accounts::login_url(&next, hint)))
            }
        }
    }
}

/// `OpenID` Connect Core 5.5.1.1: an essential `acr` that cannot be met is "treated as a failed authentication attempt";
/// RFC 9470 section 5 names its error. A voluntary one is met as far as it can be.
fn strong_enough(target: &Target, asked: &Asked, login: Login) -> Result<Login, Refusal> {
    let acr = Acr::of(&login.session.amr);
    if asked.acr.is_met_by(acr) || !asked.acr.is_essential {
        return Ok(login);
    }
    let text = "The person cannot log in as strongly as the application requires.";
    Err(target.refuse(&Error::new(Code::UnmetAuthenticationRequirements, text)))
}

fn suffices(ctx: &Ctx, target: &Target, login: &Login, asked: &Asked, note: Option<&Note>) -> bool {
    // "The Authorization Server MUST NOT reply with an ID Token or Access Token for a different user."
    if asked.expected.as_ref().is_some_and(|sub| *sub != subject::of(ctx, &target.application, &login.user)) {
        return false;
    }
    let age = ctx.clock.now() - login.session.auth_time;
    let anew = age <= JUST_NOW && note.is_some_and(|note| note.is_satisfied_by(login));
    let again = asked.prompts.contains(&Prompt::Login)
        || asked.prompts.contains(&Prompt::SelectAccount)
        || asked.max_age == Some(0);
    if again && !anew {
        return false;
    }
    // Whoever has just logged in for this request is not sent round again, however small `max_age` is.
    asked.max_age.is_none_or(|max| age <= max || anew)
}

/// When the person was sent to the login, and which session they had then.
struct Note {
    at: i64,
    session: i32,
}

impl Note {
    fn at(ctx: &Ctx, login: Option<&Login>) -> Self {
        Self { at: ctx.clock.now(), session: login.map_or(0, |login| login.session.id) }
    }

    /// The note in an address, if it is ours and for this very request.
    fn of(ctx: &Ctx, parameters: &Parameters) -> Option<Self> {
        let (fields, mac) = parameters.note(RELOGIN)?.rsplit_once('.')?;
        let (at, session) = fields.split_once('.')?;
        let note = Self { at: at.parse().ok()?, session: session.parse().ok()? };
        secret::same(mac, &note.mac(ctx, parameters)).then_some(note)
    }

    /// The request's address with this note.
    fn onto(&self, ctx: &Ctx, parameters: &Parameters) -> String {
        let mac = self.mac(ctx, parameters);
        let request = parameters.query(&[RELOGIN]);
        format!("{}?{request}&{RELOGIN}={}.{}.{mac}", super::PATH, self.at, self.session)
    }

    fn mac(&self, ctx: &Ctx, parameters: &Parameters) -> String {
        let (at, session) = (self.at.to_string(), self.session.to_string());
        ctx.key.mac_text(Purpose::Form, &["relogin", &at, &session, &parameters.query(&[RELOGIN])])
    }

    fn is_satisfied_by(&self, login: &Login) -> bool {
        login.session.id != self.session && login.session.auth_time >= self.at
    }
}
