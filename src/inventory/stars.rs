//! Stars: what a person follows. A star is its person's alone; nobody sees another's.

use entities::inventory::{part_category_star, part_star};
use sea_orm::{
    ActiveValue::Set,
    Condition, DbErr,
    prelude::*,
    sea_query::{OnConflict, SimpleExpr},
};

use crate::{
    access::Principal,
    db::Tx,
    rest::{ApiError, Filter, Kind, invalid},
};

/// What can be followed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Star {
    /// A part.
    Part,
    /// A category of parts.
    Category,
}

impl Star {
    /// Whether the caller follows the row of a query: a column of it, in no statement of its own.
    pub(super) fn column(self, who: &Principal) -> SimpleExpr {
        // The numbers are ours, not the client's text.
        let Some(user) = who.user_id() else { return Expr::cust("1 = 0") };
        Expr::cust(match self {
            Self::Part => {
                format!("EXISTS (SELECT 1 FROM part_star star WHERE star.part = part.id AND star.user_id = {user})")
            }
            Self::Category => format!(
                "EXISTS (SELECT 1 FROM part_category_star star WHERE star.part_category = part_category.id \
                 AND star.user_id = {user})"
            ),
        })
    }

    /// The filter of what the caller follows.
    pub(super) fn filter(self) -> Filter {
        Filter::by("starred", Kind::Bool, move |value, view| {
            let starred = Condition::all().add(self.column(view.who));
            if value.truth() { starred } else { starred.not() }
        })
    }

    /// Follows a thing, or no longer.
    pub(super) async fn set(self, tx: &Tx, who: &Principal, pk: i32, starred: bool) -> Result<(), ApiError> {
        let Some(user) = who.user_id() else {
            return Err(invalid("starred", "Only a person can follow something."));
        };
        self.write(tx, user, pk, starred).await.map_err(Into::into)
    }

    async fn write(self, tx: &Tx, user: i32, pk: i32, starred: bool) -> Result<(), DbErr> {
        match (self, starred) {
            (Self::Part, true) => {
                let row = part_star::ActiveModel { part: Set(pk), user_id: Set(user) };
                let known =
                    OnConflict::columns([part_star::Column::Part, part_star::Column::UserId]).do_nothing().to_owned();
                part_star::Entity::insert(row).on_conflict(known).exec_without_returning(&**tx).await?;
            }
            (Self::Category, true) => {
                let row = part_category_star::ActiveModel { part_category: Set(pk), user_id: Set(user) };
                let known =
                    OnConflict::columns([part_category_star::Column::PartCategory, part_category_star::Column::UserId])
                        .do_nothing()
                        .to_owned();
                part_category_star::Entity::insert(row).on_conflict(known).exec_without_returning(&**tx).await?;
            }
            (Self::Part, false) => _ = part_star::Entity::delete_by_id((pk, user)).exec(&**tx).await?,
            (Self::Category, false) => _ = part_category_star::Entity::delete_by_id((pk, user)).exec(&**tx).await?,
        }
        Ok(())
    }
}
