//! Settings of people that differ from their default.

use sea_orm::entity::prelude::*;

/// A person's setting that they changed; what is not here has its default.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_setting")]
pub struct Model {
    /// Whose setting.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i32,
    /// Its key, in capitals.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Its value as text, in the spelling of its type.
    pub value: String,
    /// When it was changed.
    pub updated: i64,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose setting.
    #[sea_orm(
        belongs_to = "crate::accounts::user::Entity",
        from = "Column::UserId",
        to = "crate::accounts::user::Column::Id"
    )]
    User,
}

impl Related<crate::accounts::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
