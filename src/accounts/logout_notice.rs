//! Who has to be told that a session is over. The notice is written in the transaction that ends the session, so that a
//! crash in between loses none; `oauth` delivers it (`OpenID` Connect Back-Channel Logout 1.0 section 2.5).

use std::collections::BTreeSet;

use entities::{
    accounts::session,
    oauth::{application, logout_notice},
};
use sea_orm::{ActiveValue::Set, DbErr, QuerySelect as _, prelude::*};

use crate::{clock::Timestamp, db::Tx};

/// Leaves a notice for each of these applications that wants to be told.
pub(super) async fn leave(
    tx: &Tx,
    session: &session::Model,
    applications: impl Iterator<Item = i32>,
    now: Timestamp,
) -> Result<(), DbErr> {
    let applications: BTreeSet<i32> = applications.collect();
    let wanting = wanting(&**tx, &applications, "backchannel_logout_uri").await?;
    if wanting.is_empty() {
        return Ok(());
    }
    let notices = wanting.into_iter().map(|application_id| logout_notice::ActiveModel {
        application_id: Set(application_id),
        user_id: Set(session.user_id),
        sid: Set(session.sid.clone()),
        created: Set(now),
        attempts: Set(0),
        due: Set(now),
        ..Default::default()
    });
    logout_notice::Entity::insert_many(notices).exec_without_returning(&**tx).await.map(drop)
}

/// Those of some applications whose registration has a member that is not blank. (What a registration means is for
/// `oauth` to say; here it is only whether it says anything.)
pub async fn wanting(db: &impl ConnectionTrait, applications: &BTreeSet<i32>, member: &str) -> Result<Vec<i32>, DbErr> {
    if applications.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i32, String)> = application::Entity::find()
        .select_only()
        .column(application::Column::Id)
        .column(application::Column::Metadata)
        .filter(application::Column::Id.is_in(applications.iter().copied()))
        .filter(application::Column::IsActive.eq(true))
        .into_tuple()
        .all(db)
        .await?;
    let says = |metadata: &str| {
        let metadata: serde_json::Value = serde_json::from_str(metadata).unwrap_or_default();
        metadata.get(member).and_then(serde_json::Value::as_str).is_some_and(|text| !text.is_empty())
    };
    Ok(rows.into_iter().filter(|(_, metadata)| says(metadata)).map(|(id, _)| id).collect())
}
