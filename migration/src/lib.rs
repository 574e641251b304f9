//! The database's history, oldest first. A released migration is never edited.

pub use sea_orm_migration::prelude::*;

mod m0001_accounts;
mod m0002_oauth;
mod m0003_inventory;
mod m0004_settings;
mod m0005_oauth_metadata;
mod m0006_pushed_requests;
mod m0007_replay;
mod m0008_grants;
mod m0009_registration;
mod m0020_part_extras;
mod m0021_part_relatives;
mod m0022_bom;
mod m0030_second_factor;
mod m0040_company;
mod m0041_stock;
mod m0042_stock_test;
mod m0043_custom_state;
mod m0044_barcode;
mod m0050_common;

/// Brings a database up to date.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_oauth::Migration),
            Box::new(m0003_inventory::Migration),
            Box::new(m0004_settings::Migration),
            Box::new(m0005_oauth_metadata::Migration),
            Box::new(m0006_pushed_requests::Migration),
            Box::new(m0007_replay::Migration),
            Box::new(m0008_grants::Migration),
            Box::new(m0009_registration::Migration),
            Box::new(m0020_part_extras::Migration),
            Box::new(m0021_part_relatives::Migration),
            Box::new(m0022_bom::Migration),
            Box::new(m0030_second_factor::Migration),
            Box::new(m0040_company::Migration),
            Box::new(m0041_stock::Migration),
            Box::new(m0042_stock_test::Migration),
            Box::new(m0043_custom_state::Migration),
            Box::new(m0044_barcode::Migration),
            Box::new(m0050_common::Migration),
        ]
    }
}

/// A unique index whose name lists the columns, as `db::violation` reads it on PostgreSQL.
fn unique(table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = index(table, columns);
    index.unique();
    index
}

/// A plain index.
fn index(table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}-{}", columns.join("-"))).table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}

/// A reference whose rows go with the row that they refer to.
fn owned_by(table: &str, column: &str, target: &str) -> ForeignKeyCreateStatement {
    reference(table, column, target, ForeignKeyAction::Cascade)
}

/// A reference to a table's `id`.
fn reference(table: &str, column: &str, target: &str, on_delete: ForeignKeyAction) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.name(format!("{table}-{column}-fk"))
        .from(Alias::new(table), Alias::new(column))
        .to(Alias::new(target), Alias::new("id"))
        .on_delete(on_delete);
    key
}
