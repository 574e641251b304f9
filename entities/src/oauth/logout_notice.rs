//! Logouts that applications have to be told.

use sea_orm::entity::prelude::*;

/// A session that ended and an application that took part in it: a logout token that is still to be delivered.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_logout_notice")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Who has to be told.
    pub application_id: i32,
    /// Who was logged in.
    pub user_id: i32,
    /// The session.
    pub sid: String,
    /// When it ended.
    pub created: i64,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next.
    pub due: i64,
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
