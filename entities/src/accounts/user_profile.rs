//! What a person tells about themselves.

use sea_orm::entity::prelude::*;

/// Claims of a person beyond their name and email: the standard claims of OpenID Connect Core 5.1 and InvenTree's profile.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_profile")]
pub struct Model {
    /// Whose profile.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i32,
    /// `updated_at`: last change of any claim, in seconds since 1970.
    pub updated_at: i64,
    /// `middle_name`.
    pub middle_name: Option<String>,
    /// `nickname`.
    pub nickname: Option<String>,
    /// `profile`: URL of a page about them.
    pub profile: Option<String>,
    /// `picture`: URL of an image.
    pub picture: Option<String>,
    /// `website`.
    pub website: Option<String>,
    /// `gender`.
    pub gender: Option<String>,
    /// `birthdate`: `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
    pub birthdate: Option<String>,
    /// `zoneinfo`: an IANA time zone.
    pub zoneinfo: Option<String>,
    /// InvenTree's `language`, also `locale`: a BCP 47 tag, at most 10 characters.
    pub language: Option<String>,
    /// `phone_number`, E.164.
    pub phone_number: Option<String>,
    /// `phone_number_verified`.
    pub phone_number_verified: bool,
    /// `address.street_address`.
    pub street_address: Option<String>,
    /// `address.locality`.
    pub locality: Option<String>,
    /// `address.region`.
    pub region: Option<String>,
    /// `address.postal_code`.
    pub postal_code: Option<String>,
    /// `address.country`.
    pub country: Option<String>,
    /// JSON of the web client's theme.
    pub theme: Option<String>,
    /// JSON of the web client's dashboard.
    pub widgets: Option<String>,
    /// Chosen display name.
    pub displayname: Option<String>,
    /// Job title.
    pub position: Option<String>,
    /// Status message.
    pub status: Option<String>,
    /// Where they work.
    pub location: Option<String>,
    /// Whether they are working at the moment.
    pub active: bool,
    /// How to reach them.
    pub contact: Option<String>,
    /// InvenTree's `type`: `bot`, `internal`, `external` or `guest`.
    pub kind: String,
    /// Their organisation.
    pub organisation: Option<String>,
    /// Their main group.
    pub primary_group: Option<i32>,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose profile.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
