//! Templates and their variants, and theirs.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

#[derive(Debug, FromQueryResult)]
struct Id {
    id: i32,
}

/// The ids of a part's variants, and theirs; a statement's part. The number is ours, not a client's text.
pub(in crate::inventory) fn descendants_sql(pk: i32) -> String {
    format!(
        "WITH RECURSIVE below(id) AS (SELECT id FROM part WHERE variant_of = {pk} UNION \
         SELECT part.id FROM part JOIN below ON part.variant_of = below.id) SELECT id FROM below"
    )
}

/// The ids of the templates above some parts; a statement's part.
pub(in crate::inventory) fn ancestors_sql(pks: &[i32]) -> String {
    format!(
        "WITH RECURSIVE above(id) AS (SELECT variant_of FROM part WHERE id IN ({}) AND variant_of IS NOT NULL UNION \
         SELECT part.variant_of FROM part JOIN above ON part.id = above.id WHERE part.variant_of IS NOT NULL) \
         SELECT id FROM above",
        list(pks)
    )
}

/// Numbers as SQL lists them; none is a list of nothing that there is.
pub(in crate::inventory) fn list(pks: &[i32]) -> String {
    if pks.is_empty() {
        return "NULL".to_owned();
    }
    pks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What a statement finds.
pub(in crate::inventory) async fn ids(db: &impl ConnectionTrait, sql: String) -> Result<Vec<i32>, DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Ok(Id::find_by_statement(statement).all(db).await?.into_iter().map(|row| row.id).collect())
}

/// The template at the top of a part's family, or the part itself.
pub(in crate::inventory) async fn root(db: &impl ConnectionTrait, pk: i32) -> Result<i32, DbErr> {
    let sql = format!(
        "WITH RECURSIVE above(id, up) AS (SELECT id, variant_of FROM part WHERE id = {pk} UNION \
         SELECT part.id, part.variant_of FROM part JOIN above ON part.id = above.up) \
         SELECT id FROM above WHERE up IS NULL"
    );
    Ok(ids(db, sql).await?.first().copied().unwrap_or(pk))
}
