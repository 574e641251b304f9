//! Client ID metadata documents that were fetched.

use sea_orm::entity::prelude::*;

/// How long what a document said may be believed.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_client_document")]
pub struct Model {
    /// The application that the document describes; its `client_id` is the document's address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: i32,
    /// When it was fetched.
    pub fetched: i64,
    /// Until when it need not be fetched again.
    pub fresh_until: i64,
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
