//! Secrets of confidential applications.

use sea_orm::entity::prelude::*;

/// A `client_secret`; an older one may stay valid for a while beside its successor.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_application_secret")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Whose secret.
    pub application_id: i32,
    /// SHA-256 of the secret, hexadecimal.
    pub digest: String,
    /// When it was made.
    pub created: i64,
    /// When it stops working; none for the current one.
    pub expires: Option<i64>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose secret.
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
