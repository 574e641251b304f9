//! Requests that a person decides elsewhere than where they were made: device authorization and CIBA.

use sea_orm::entity::prelude::*;

/// A request. Pending until `decided`; approved if there is a grant then, else denied.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_decoupled_request")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// `device` (RFC 8628) or `ciba`.
    pub kind: String,
    /// SHA-256 of the `device_code` or `auth_req_id`, hexadecimal.
    #[sea_orm(unique)]
    pub digest: String,
    /// What the person types, without the dash; only of a device.
    #[sea_orm(unique)]
    pub user_code: Option<String>,
    /// Who asks.
    pub application_id: i32,
    /// Who is asked; of a device, whoever decided.
    pub user_id: Option<i32>,
    /// What is asked for, space-delimited; after the decision, what was shown and allowed.
    pub scope: String,
    /// The resource servers that it is for, one a line; empty for this server's API.
    pub resources: String,
    /// What the application wants shown to the person (CIBA).
    pub binding_message: Option<String>,
    /// From where the request came.
    pub address: String,
    /// What the program that sent it calls itself.
    pub user_agent: String,
    /// Seconds between two polls, at least.
    pub interval: i32,
    /// When.
    pub created: i64,
    /// Until when it can be decided and redeemed.
    pub expires: i64,
    /// When the application last asked for the outcome.
    pub polled: Option<i64>,
    /// When the person decided.
    pub decided: Option<i64>,
    /// What came of it, if they approved.
    pub grant_id: Option<i32>,
    /// When the tokens were handed out.
    pub consumed: Option<i64>,
    /// What a ping needs (CIBA), sealed under the server key.
    pub notification: Option<Vec<u8>>,
    /// When the application is to be told of the decision next.
    pub notify_at: Option<i64>,
    /// How often that was tried.
    pub notify_tries: i32,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who asks.
    #[sea_orm(
        belongs_to = "super::application::Entity",
        from = "Column::ApplicationId",
        to = "super::application::Column::Id"
    )]
    Application,
}

impl Related<super::application::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Application.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
