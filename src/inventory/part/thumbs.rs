//! `/api/part/thumbs/`: the pictures that parts have, to choose from.

use std::sync::LazyLock;

use entities::inventory::part;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{ActiveValue::Set, FromQueryResult, QueryOrder as _, QuerySelect as _, prelude::*};
use serde::Serialize;

use super::{Parts, media, tree};
use crate::{
    access::Auth,
    ctx::Ctx,
    rest::{
        ApiError, Body, Json, Listing, Lists, Params, Patched, Purpose, Resource as _, Table, View,
        crud::locked,
        field::{Link, Required, Upload},
        not_found,
    },
};

/// A picture, and how many parts have it.
#[derive(Debug, Object, Serialize)]
struct PartThumb {
    /// Where it is
    image: Option<Link>,
    /// How many parts have it
    count: i64,
}

/// The picture of one part.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "PartThumbSerializerUpdate")]
struct PartPicture {
    /// Where it is
    image: Option<Link>,
}

/// Another picture for a part.
#[derive(Debug, Object)]
#[oai(rename = "PartThumbWrite")]
struct PictureWrite {
    /// A file in a multipart form
    image: Required<Upload>,
}

#[derive(Debug, FromQueryResult)]
struct Used {
    image: String,
    count: i64,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table { search: super::TABLE.search.clone(), ..Table::default() });

/// The operations.
#[derive(Debug)]
pub(in crate::inventory) struct Thumbs;

impl Lists for Thumbs {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("part_thumbs_list", &TABLE)]
    }
}

#[OpenApi]
impl Thumbs {
    /// The pictures that parts have, the most used first
    #[oai(path = "/part/thumbs", method = "get", operation_id = "part_thumbs_list")]
    async fn list(
        &self,
        #[oai(scope = "Parts::VIEW")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<PartThumb>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        // Each picture once, in memory: they are few beside the parts, and counting groups takes them all anyway.
        let query = TABLE.narrow(part::Entity::find(), &view).await?;
        let used: Vec<Used> = query
            .filter(part::Column::Image.is_not_null())
            .select_only()
            .column(part::Column::Image)
            .expr_as(Expr::cust("COUNT(*)"), "count")
            .group_by(part::Column::Image)
            .order_by_desc(Expr::cust("COUNT(*)"))
            .order_by_asc(part::Column::Image)
            .into_model()
            .all(ctx.db.reader())
            .await?;
        let shown =
            used.into_iter().map(|Used { image, count }| PartThumb { image: Some(Link(media::url(&image))), count });
        Ok(Listing::of(&view, shown.collect()))
    }

    /// The picture of a part
    #[oai(path = "/part/thumbs/:pk", method = "get", operation_id = "part_thumbs_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Parts::VIEW")] _who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
    ) -> Result<Json<PartPicture>, ApiError> {
        let found = part::Entity::find_by_id(pk.0).select_only().column(part::Column::Image);
        let image: Option<String> = found.into_tuple().one(ctx.db.reader()).await?.ok_or(not_found(Parts::KIND))?;
        Ok(Json(PartPicture { image: image.map(|image| Link(media::url(&image))) }))
    }

    /// Gives a part another picture
    #[oai(path = "/part/thumbs/:pk", method = "put", operation_id = "part_thumbs_update")]
    async fn replace(
        &self,
        #[oai(scope = "Parts::CHANGE")] _who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
        body: Body<PictureWrite>,
    ) -> Result<Json<PartPicture>, ApiError> {
        set(&ctx, pk.0, body.0).await.map(Json)
    }

    /// Gives a part another picture
    #[oai(path = "/part/thumbs/:pk", method = "patch", operation_id = "part_thumbs_partial_update")]
    async fn change(
        &self,
        #[oai(scope = "Parts::CHANGE")] _who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
        body: Patched<PictureWrite>,
    ) -> Result<Json<PartPicture>, ApiError> {
        set(&ctx, pk.0, body.0).await.map(Json)
    }
}

async fn set(ctx: &Ctx, pk: i32, sent: PictureWrite) -> Result<PartPicture, ApiError> {
    let stored = match sent.image.0 {
        Some(upload) => Some(media::store(ctx, "image", upload).await?),
        None => None,
    };
    let image = ctx.db.write(|tx| async move {
        tree::lock::<entities::inventory::part_category::Entity>(&tx, false).await?;
        let row = locked::<Parts>(&tx, pk).await?;
        let Some(stored) = stored else { return Ok::<_, ApiError>(row.image) };
        let change = part::ActiveModel { id: Set(pk), image: Set(Some(stored)), ..Default::default() };
        Ok(change.update(&*tx).await?.image)
    });
    Ok(PartPicture { image: image.await?.map(|image| Link(media::url(&image))) })
}
