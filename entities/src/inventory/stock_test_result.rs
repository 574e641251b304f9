//! What was found when stock was tested.

use sea_orm::entity::prelude::*;

/// A test's result.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_test_result")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// What was tested.
    pub stock_item: i32,
    /// Which test.
    pub template: i32,
    /// Whether it was passed.
    pub result: bool,
    /// What was measured.
    pub value: String,
    /// The file, below the folder of media.
    pub attachment: Option<String>,
    /// A remark.
    pub notes: String,
    /// Where it was tested.
    pub test_station: String,
    /// When the test began.
    pub started_datetime: Option<i64>,
    /// When it ended.
    pub finished_datetime: Option<i64>,
    /// Who recorded it.
    pub user: Option<i32>,
    /// When it was recorded.
    pub date: i64,
}

/// How this table refers to others.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// What was tested.
    #[sea_orm(
        belongs_to = "super::stock_item::Entity",
        from = "Column::StockItem",
        to = "super::stock_item::Column::Id"
    )]
    StockItem,
    /// Which test.
    #[sea_orm(
        belongs_to = "super::part_test_template::Entity",
        from = "Column::Template",
        to = "super::part_test_template::Column::Id"
    )]
    Template,
}

impl ActiveModelBehavior for ActiveModel {}
