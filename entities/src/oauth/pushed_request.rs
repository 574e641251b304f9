//! Authorization requests that are kept on the server (RFC 9126).

use sea_orm::entity::prelude::*;

/// An authorization request that was pushed, or that came signed.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_pushed_request")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// SHA-256 of the last part of its `request_uri`, hexadecimal.
    #[sea_orm(unique)]
    pub digest: String,
    /// Whose it is.
    pub application_id: i32,
    /// `application/x-www-form-urlencoded`.
    pub parameters: String,
    /// When.
    pub created: i64,
    /// When it stops working.
    pub expires: i64,
    /// When the browser first came with it.
    pub opened: Option<i64>,
    /// When it was answered.
    pub consumed: Option<i64>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose it is.
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
