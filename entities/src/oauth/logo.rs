//! Logos of applications, as they were fetched.

use sea_orm::entity::prelude::*;

/// The image behind a `logo_uri`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_logo")]
pub struct Model {
    /// Whose logo.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: i32,
    /// Where it was fetched; another `logo_uri` makes the row stale.
    pub uri: String,
    /// `image/png` or alike; empty where there is no image to be had.
    pub content_type: String,
    /// The bytes.
    pub image: Vec<u8>,
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
