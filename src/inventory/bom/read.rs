//! A line, as clients read it.

use std::collections::{BTreeSet, HashMap};

use entities::{
    exact::{Exact as _, Quantity},
    inventory::{bom_item, bom_substitute},
};
use poem_openapi::Object;
use sea_orm::{QueryOrder as _, prelude::*};
use serde::Serialize;

use super::{Lines, Row, checked::bill, filters::TABLE, links, substitute::SubstituteRead};
use crate::{
    inventory::{
        part::{Parts, brief},
        stock::{self, Numbers, StockItems},
    },
    rest::{
        ApiError, Params, Purpose, Resource as _, View,
        field::{Key, Number, Shown},
    },
};

/// A line of a bill of material, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "BomItem")]
pub(in crate::inventory) struct BomItemRead {
    /// What is built
    part: Key<links::Part>,
    /// What goes into it
    sub_part: Key<links::Part>,
    /// Where it goes
    reference: String,
    /// How much, as it was written
    raw_amount: String,
    /// How much, in the unit of what goes in
    quantity: Number<Quantity>,
    /// How many pieces of that much
    piece_count: i32,
    /// Variants of what goes in will do, too
    allow_variants: bool,
    /// Variants of what is built have this line, too
    inherited: bool,
    /// It can be left out
    optional: bool,
    /// It is used without being counted
    consumable: bool,
    /// How much is lost setting up
    setup_quantity: Number<Quantity>,
    /// How many percent are lost
    attrition: Number<Quantity>,
    /// In what multiples it is taken
    rounding_multiple: Option<Number<Quantity>>,
    /// Note
    note: String,
    /// Primary key
    pk: i32,
    /// Lowest price of one; with `pricing`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    pricing_min: Shown<Option<f64>>,
    /// Highest price of one; with `pricing`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    pricing_max: Shown<Option<f64>>,
    /// Lowest price of all; with `pricing`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    pricing_min_total: Shown<Option<f64>>,
    /// Highest price of all; with `pricing`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    pricing_max_total: Shown<Option<f64>>,
    /// When the prices were computed; with `pricing`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    pricing_updated: Shown<Option<String>>,
    /// What may go in instead; with `substitutes`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    substitutes: Shown<Vec<SubstituteRead>>,
    /// Whether somebody checked it, and it still is what it was then
    validated: bool,
    /// In stock and not promised
    available_stock: f64,
    /// Of its substitutes
    available_substitute_stock: f64,
    /// Of its variants
    available_variant_stock: f64,
    /// In stock elsewhere
    external_stock: f64,
    /// On order
    on_order: f64,
    /// Being built
    building: f64,
    /// How many could be built of what is there; with `can_build`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    can_build: Shown<f64>,
    /// What is built; with `part_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    part_detail: Shown<Option<brief::PartBrief>>,
    /// What goes in; with `sub_part_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    sub_part_detail: Shown<Option<brief::PartBrief>>,
}

/// From rows to lines, in a fixed number of statements.
pub(super) async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<BomItemRead>, ApiError> {
    // A detail of another model is for those who may view that model.
    let details = view.who.may(Parts::VIEW);
    let with_part = details && view.shows(&TABLE, "part_detail");
    let with_sub_part = details && view.shows(&TABLE, "sub_part_detail");
    let with_substitutes = view.shows(&TABLE, "substitutes");
    let with_pricing = view.shows(&TABLE, "pricing");
    let can_build = view.shows(&TABLE, "can_build");

    // The numbers of stock count substitutes whether or not they are shown.
    let with_stock = view.who.may(StockItems::VIEW);
    let found = if with_substitutes || with_stock { instead(view, &rows).await? } else { Vec::new() };
    let stock = if with_stock {
        let keys = rows.iter().map(|row| row.item.sub_part).chain(found.iter().map(|row| row.part));
        stock::of_parts(view.ctx, keys.collect()).await?
    } else {
        HashMap::new()
    };
    let mut keys = BTreeSet::new();
    if with_part {
        keys.extend(rows.iter().map(|row| row.item.part));
    }
    if with_sub_part {
        keys.extend(rows.iter().map(|row| row.item.sub_part));
    }
    if details && with_substitutes {
        keys.extend(found.iter().map(|row| row.part));
    }
    let parts = brief::of(view, keys).await?;
    let mut substitutes: HashMap<i32, Vec<SubstituteRead>> = HashMap::new();
    let mut instead: HashMap<i32, Quantity> = HashMap::new();
    for row in found {
        let own = stock.get(&row.part).map_or(Quantity::ZERO, |numbers| numbers.own);
        let sum = instead.entry(row.bom_item).or_default();
        *sum = [*sum, own].into_iter().sum();
        substitutes.entry(row.bom_item).or_default().push(SubstituteRead::of(&row, &parts));
    }
    let read = |Row { item }: Row| {
        let mut read = plain(item);
        let own = stock.get(&read.sub_part.0).copied().unwrap_or_default();
        read.count(own, instead.get(&read.pk).copied().unwrap_or_default());
        read.part_detail = Shown(with_part.then(|| parts.get(&read.part.0).cloned()));
        read.sub_part_detail = Shown(with_sub_part.then(|| parts.get(&read.sub_part.0).cloned()));
        read.substitutes = Shown(with_substitutes.then(|| substitutes.remove(&read.pk).unwrap_or_default()));
        read.can_build = Shown(can_build.then(|| read.buildable()));
        if with_pricing {
            read.pricing_min = Shown(Some(None));
            read.pricing_max = Shown(Some(None));
            read.pricing_min_total = Shown(Some(None));
            read.pricing_max_total = Shown(Some(None));
            read.pricing_updated = Shown(Some(None));
        }
        read
    };
    Ok(rows.into_iter().map(read).collect())
}

/// How many of an assembly could be built of what is there: as many as by the line that allows fewest. What is consumed
/// without being counted limits nothing, and without lines there is nothing to build of.
pub(in crate::inventory) async fn can_build(view: &View<'_>, part: i32) -> Result<f64, ApiError> {
    if !view.who.may(Lines::VIEW) {
        return Ok(0.0);
    }
    let bill = bill(view.ctx.db.reader(), part).await?;
    let rows = bill.into_iter().filter(|item| !item.consumable).map(|item| Row { item }).collect();
    let params = Params::default();
    let lines = show(&View { params: &params, purpose: Purpose::List, ..*view }, rows).await?;
    let least = lines.iter().map(BomItemRead::buildable).reduce(f64::min);
    // No part of an assembly is one.
    Ok(least.unwrap_or_default().floor())
}

impl BomItemRead {
    /// What there is of what goes in, and of what may go in instead. Nothing is promised to anybody yet.
    fn count(&mut self, numbers: Numbers, substitutes: Quantity) {
        self.available_stock = numbers.own.to_f64();
        self.external_stock = numbers.external.to_f64();
        self.available_substitute_stock = substitutes.to_f64();
        if self.allow_variants {
            self.available_variant_stock = numbers.variants.to_f64();
        }
    }

    /// How many could be built of that, as far as this line goes.
    fn buildable(&self) -> f64 {
        let there = self.available_stock + self.available_variant_stock + self.available_substitute_stock;
        let each = self.quantity.0.to_f64() * (1.0 + self.attrition.0.to_f64() / 100.0);
        if each > 0.0 { ((there - self.setup_quantity.0.to_f64()) / each).max(0.0) } else { 0.0 }
    }
}

async fn instead(view: &View<'_>, rows: &[Row]) -> Result<Vec<bom_substitute::Model>, DbErr> {
    let mut query = bom_substitute::Entity::find().order_by_asc(bom_substitute::Column::Id);
    if rows.len() <= 5000 {
        query = query.filter(bom_substitute::Column::BomItem.is_in(rows.iter().map(|row| row.item.id)));
    }
    query.all(view.ctx.db.reader()).await
}

fn plain(item: bom_item::Model) -> BomItemRead {
    let bom_item::Model {
        id,
        part,
        sub_part,
        quantity,
        raw_amount,
        piece_count,
        reference,
        note,
        allow_variants,
        inherited,
        optional,
        consumable,
        setup_quantity,
        attrition,
        rounding_multiple,
        checksum: _,
        validated,
    } = item;
    BomItemRead {
        part: Key::from(part),
        sub_part: Key::from(sub_part),
        reference,
        raw_amount,
        quantity: Number(quantity),
        piece_count,
        allow_variants,
        inherited,
        optional,
        consumable,
        setup_quantity: Number(setup_quantity),
        attrition: Number(attrition),
        rounding_multiple: rounding_multiple.map(Number),
        note,
        pk: id,
        pricing_min: Shown(None),
        pricing_max: Shown(None),
        pricing_min_total: Shown(None),
        pricing_max_total: Shown(None),
        pricing_updated: Shown(None),
        substitutes: Shown(None),
        validated,
        available_stock: 0.0,
        available_substitute_stock: 0.0,
        available_variant_stock: 0.0,
        external_stock: 0.0,
        on_order: 0.0,
        building: 0.0,
        can_build: Shown(None),
        part_detail: Shown(None),
        sub_part_detail: Shown(None),
    }
}
