//! API tokens (`Authorization: Token`).

use sea_orm::entity::prelude::*;

/// An API token. Its value is derived from this row under the server key, and only its digest is stored.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Whose token.
    pub user_id: i32,
    /// What its owner calls it.
    pub name: String,
    /// Random input of the derivation.
    pub seed: String,
    /// SHA-256 of the value, hexadecimal.
    #[sea_orm(unique)]
    pub digest: String,
    /// The value's first and last characters, for lists.
    pub hint: String,
    /// When it was made.
    pub created: i64,
    /// When it stops working.
    pub expires: i64,
    /// When it was last used, to the day.
    pub last_seen: Option<i64>,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose token.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
