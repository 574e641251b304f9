//! What hangs on everything: parameters, attachments, tags, metadata, pictures in notes; and the shared lists that they use.
//!
//! Such a row names what it hangs on by the model's name and its key, as InvenTree does, so no foreign key can take it away.
//! Triggers do, whichever way the object goes: by itself, with what it belonged to, or among thousands.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::{index, owned_by, reference, unique};

/// See the module.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// Tables on whose rows something may hang, and what InvenTree calls them.
const HOLDERS: &[(&str, &str)] = &[
    ("part", "part"),
    ("part_category", "partcategory"),
    ("part_test_template", "parttesttemplate"),
    ("part_related", "partrelated"),
    ("bom_item", "bomitem"),
    ("bom_substitute", "bomitemsubstitute"),
    ("stock_item", "stockitem"),
    ("stock_test_result", "stockitemtestresult"),
    ("stock_location", "stocklocation"),
    ("stock_location_type", "stocklocationtype"),
    ("company", "company"),
    ("contact", "contact"),
    ("address", "address"),
    ("supplier_part", "supplierpart"),
    ("manufacturer_part", "manufacturerpart"),
    ("parameter_template", "parametertemplate"),
    ("parameter", "parameter"),
    ("category_parameter", "partcategoryparametertemplate"),
    ("attachment", "attachment"),
    ("project_code", "projectcode"),
];

/// Tables whose rows hang on others.
const HANGERS: [&str; 5] = ["parameter", "attachment", "tagged_item", "object_metadata", "notes_image"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        lists(manager).await?;
        parameters(manager).await?;
        attachments(manager).await?;
        tags(manager).await?;
        rest(manager).await?;
        triggers(manager).await
    }
}

/// Selection lists, project codes, units.
async fn lists(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create();
    table.table("selection_list");
    table
        .col(pk_auto("id"))
        .col(text("name"))
        .col(text("description"))
        .col(boolean("active"))
        .col(boolean("locked"))
        .col(text("source_string"))
        .col(integer_null("default_entry"))
        .col(big_integer("created"))
        .col(big_integer("last_updated"));
    manager.create_table(table).await?;
    manager.create_index(unique("selection_list", &["name"])).await?;

    let mut table = Table::create();
    table.table("selection_entry");
    table
        .col(pk_auto("id"))
        .col(integer("list"))
        .col(text("value"))
        .col(text("label"))
        .col(text("description"))
        .col(boolean("active"))
        .foreign_key(&mut owned_by("selection_entry", "list", "selection_list"));
    manager.create_table(table).await?;
    manager.create_index(unique("selection_entry", &["list", "value"])).await?;

    let mut table = Table::create();
    table.table("project_code");
    table
        .col(pk_auto("id"))
        .col(text("code"))
        .col(text("description"))
        .col(boolean("active"))
        .col(integer_null("responsible"))
        .foreign_key(&mut reference("project_code", "responsible", "owner", ForeignKeyAction::SetNull));
    manager.create_table(table).await?;
    manager.create_index(unique("project_code", &["code"])).await?;

    let mut table = Table::create();
    table.table("custom_unit");
    table.col(pk_auto("id")).col(text("name")).col(text("symbol")).col(text("definition"));
    manager.create_table(table).await?;
    manager.create_index(unique("custom_unit", &["name"])).await
}

async fn parameters(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create();
    table.table("parameter_template");
    table
        .col(pk_auto("id"))
        .col(text("name"))
        .col(text("folded"))
        .col(text("units"))
        .col(text("description"))
        .col(text_null("model_type"))
        .col(boolean("checkbox"))
        .col(text("choices"))
        .col(integer_null("selectionlist"))
        .col(boolean("enabled"))
        .col(integer("unique"))
        .foreign_key(&mut reference(
            "parameter_template",
            "selectionlist",
            "selection_list",
            ForeignKeyAction::SetNull,
        ));
    manager.create_table(table).await?;
    manager.create_index(unique("parameter_template", &["folded"])).await?;
    for column in ["name", "units", "selectionlist"] {
        manager.create_index(index("parameter_template", &[column])).await?;
    }

    let mut table = Table::create();
    table.table("parameter");
    table
        .col(pk_auto("id"))
        .col(integer("template"))
        .col(text("model_type"))
        .col(integer("model_id"))
        .col(text("data"))
        .col(double_null("data_numeric"))
        .col(text("note"))
        .col(big_integer_null("updated"))
        .col(integer_null("updated_by"))
        .foreign_key(&mut owned_by("parameter", "template", "parameter_template"))
        .foreign_key(&mut reference("parameter", "updated_by", "user", ForeignKeyAction::SetNull));
    manager.create_table(table).await?;
    manager.create_index(unique("parameter", &["model_type", "model_id", "template"])).await?;
    for columns in [&["template", "data_numeric"][..], &["template", "data"], &["updated"], &["updated_by"]] {
        manager.create_index(index("parameter", columns)).await?;
    }

    let mut table = Table::create();
    table.table("category_parameter");
    table
        .col(pk_auto("id"))
        .col(integer("category"))
        .col(integer("template"))
        .col(text("default_value"))
        .foreign_key(&mut owned_by("category_parameter", "category", "part_category"))
        .foreign_key(&mut owned_by("category_parameter", "template", "parameter_template"));
    manager.create_table(table).await?;
    manager.create_index(unique("category_parameter", &["category", "template"])).await?;
    manager.create_index(index("category_parameter", &["template"])).await
}

async fn attachments(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create();
    table.table("attachment");
    table
        .col(pk_auto("id"))
        .col(text("model_type"))
        .col(integer("model_id"))
        .col(text("filename"))
        .col(text_null("stored"))
        .col(text_null("link"))
        .col(text("comment"))
        .col(boolean("is_image"))
        .col(boolean("has_thumbnail"))
        .col(date("upload_date"))
        .col(integer_null("upload_user"))
        .col(big_integer("file_size"))
        .foreign_key(&mut reference("attachment", "upload_user", "user", ForeignKeyAction::SetNull));
    manager.create_table(table).await?;
    manager.create_index(index("attachment", &["model_type", "model_id", "filename"])).await?;
    for column in ["upload_user", "upload_date", "file_size"] {
        manager.create_index(index("attachment", &[column])).await?;
    }

    // Files that no row names any more, until they are removed.
    let mut table = Table::create();
    table.table("orphan_file").col(pk_auto("id")).col(text("stored"));
    manager.create_table(table).await
}

/// One table for the tags of everything, in place of the one for parts.
async fn tags(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create();
    table.table("tagged_item");
    table
        .col(pk_auto("id"))
        .col(text("model_type"))
        .col(integer("model_id"))
        .col(integer("tag"))
        .foreign_key(&mut owned_by("tagged_item", "tag", "tag"));
    manager.create_table(table).await?;
    manager.create_index(unique("tagged_item", &["model_type", "model_id", "tag"])).await?;
    manager.create_index(index("tagged_item", &["tag"])).await?;
    manager
        .get_connection()
        .execute_unprepared(
            "INSERT INTO tagged_item (model_type, model_id, tag) SELECT 'part', part, tag FROM part_tag",
        )
        .await?;
    let mut old = Table::drop();
    old.table("part_tag");
    manager.drop_table(old).await?;
    for column in ["name", "slug"] {
        manager.create_index(index("tag", &[column])).await?;
    }
    Ok(())
}

/// Metadata, and pictures in notes.
async fn rest(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create();
    table
        .table("object_metadata")
        .col(text("model_type"))
        .col(integer("model_id"))
        .col(text("value"))
        .primary_key(Index::create().col("model_type").col("model_id"));
    manager.create_table(table).await?;

    let mut table = Table::create();
    table.table("notes_image");
    table
        .col(pk_auto("id"))
        .col(text("image"))
        .col(integer_null("user"))
        .col(big_integer("date"))
        .col(text_null("model_type"))
        .col(integer_null("model_id"))
        .foreign_key(&mut reference("notes_image", "user", "user", ForeignKeyAction::SetNull));
    manager.create_table(table).await?;
    for columns in [&["image"][..], &["user"], &["model_type", "model_id"]] {
        manager.create_index(index("notes_image", columns)).await?;
    }
    Ok(())
}

/// What hung on a row goes when it goes.
async fn triggers(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let sqlite = manager.get_database_backend() == DbBackend::Sqlite;
    let deletions = |model: &str| {
        let delete = |table| format!("DELETE FROM {table} WHERE model_type = {model} AND model_id = OLD.id; ");
        HANGERS.map(delete).concat()
    };
    let orphan = "INSERT INTO orphan_file (stored) VALUES (OLD.stored)";
    if sqlite {
        for (table, model) in HOLDERS {
            let body = deletions(&format!("'{model}'"));
            let create = format!("CREATE TRIGGER \"{table}-hangers\" AFTER DELETE ON {table} BEGIN {body} END");
            db.execute_unprepared(&create).await?;
        }
        let create = format!(
            "CREATE TRIGGER \"attachment-file\" AFTER DELETE ON attachment WHEN OLD.stored IS NOT NULL BEGIN {orphan}; END"
        );
        db.execute_unprepared(&create).await?;
        return Ok(());
    }
    let function = |name: &str, body: &str| {
        format!("CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
    };
    db.execute_unprepared(&function("hangers_go", &deletions("TG_ARGV[0]"))).await?;
    db.execute_unprepared(&function("file_is_orphan", &format!("{orphan};"))).await?;
    for (table, model) in HOLDERS {
        let create = format!(
            "CREATE TRIGGER \"{table}-hangers\" AFTER DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION hangers_go('{model}')"
        );
        db.execute_unprepared(&create).await?;
    }
    let create = "CREATE TRIGGER \"attachment-file\" AFTER DELETE ON attachment FOR EACH ROW \
         WHEN (OLD.stored IS NOT NULL) EXECUTE FUNCTION file_is_orphan()";
    db.execute_unprepared(create).await.map(drop)
}
