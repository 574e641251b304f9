//! Redirect URIs that were refused lately.

use sea_orm::entity::prelude::*;

/// A redirect URI that an application asked for and that is not registered; shown to administrators.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_redirect_mismatch")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The application.
    pub application_id: i32,
    /// What it asked for, cut to 2,000 characters.
    pub redirect_uri: String,
    /// When last.
    pub seen: i64,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The application.
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
