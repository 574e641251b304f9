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

/// Which lines.
#[derive(Debug, Clone, Copy)]
pub(in crate::inventory) enum Of {
    /// This one.
    Line(i32),
    /// All on the bill of a part.
    Part(i32),
}

/// The ids of the parts that may go in by some lines: what each names, its variants where those will do, and its
/// substitutes; a statement's part. The numbers are ours, not a client's text.
pub(in crate::inventory) fn fitting_sql(of: Of) -> String {
    let which = match of {
        Of::Line(line) => format!("b.id = {line}"),
        Of::Part(part) => format!("(b.part = {part} OR (b.inherited AND b.part IN ({})))", ancestors_sql(&[part])),
    };
    format!(
        "WITH RECURSIVE variant(id) AS (SELECT p.id FROM part p JOIN bom_item b ON p.variant_of = b.sub_part \
         WHERE b.allow_variants AND {which} UNION SELECT p.id FROM part p JOIN variant ON p.variant_of = variant.id) \
         SELECT b.sub_part AS id FROM bom_item b WHERE {which} UNION SELECT s.part FROM bom_substitute s \
         JOIN bom_item b ON b.id = s.bom_item WHERE {which} UNION SELECT id FROM variant"
    )
}
