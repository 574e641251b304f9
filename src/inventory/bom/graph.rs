//! What is built of what: bills of material have no cycles.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr};

use crate::inventory::part::family::{ancestors_sql, ids, list};

/// Every part that goes into one, directly or not, by the lines that it inherits too. One statement for each level.
pub(in crate::inventory) async fn below(db: &impl ConnectionTrait, part: i32) -> Result<BTreeSet<i32>, DbErr> {
    let (mut found, mut frontier) = (BTreeSet::new(), vec![part]);
    while !frontier.is_empty() {
        let sql = format!(
            "SELECT DISTINCT sub_part AS id FROM bom_item WHERE part IN ({}) OR (inherited AND part IN ({}))",
            list(&frontier),
            ancestors_sql(&frontier)
        );
        frontier = ids(db, sql).await?.into_iter().filter(|id| found.insert(*id)).collect();
    }
    Ok(found)
}

/// Every assembly that one goes into, directly or not.
pub(in crate::inventory) async fn above(db: &impl ConnectionTrait, part: i32) -> Result<BTreeSet<i32>, DbErr> {
    let (mut found, mut frontier) = (BTreeSet::new(), vec![part]);
    while !frontier.is_empty() {
        let sql = format!("SELECT DISTINCT part AS id FROM bom_item WHERE sub_part IN ({})", list(&frontier));
        frontier = ids(db, sql).await?.into_iter().filter(|id| found.insert(*id)).collect();
    }
    Ok(found)
}
