//! Settings that a person chooses for themselves. All of them are for clients to act on.

use super::{Kind, Setting, off, on, text};

/// Every setting of a person, in the order in which it is listed. A key never moves, because its place is its `pk`: append.
pub const ALL: &[Setting] = &[
    on("LABEL_INLINE", "Labels in browser", "Show labels in the browser instead of saving them."),
    off("REPORT_INLINE", "Reports in browser", "Show reports in the browser instead of saving them."),
    off("BARCODE_IN_FORM_FIELDS", "Scan into forms", "Offer the barcode scanner in form fields."),
    on("SEARCH_PREVIEW_SHOW_PARTS", "Search parts", "The search preview shows parts."),
    on("SEARCH_PREVIEW_SHOW_SUPPLIER_PARTS", "Search supplier parts", "The search preview shows supplier parts."),
    on(
        "SEARCH_PREVIEW_SHOW_MANUFACTURER_PARTS",
        "Search manufacturer parts",
        "The search preview shows manufacturer parts.",
    ),
    off("SEARCH_HIDE_INACTIVE_PARTS", "Hide inactive parts", "The search preview leaves out inactive parts."),
    off("SEARCH_PREVIEW_SHOW_CATEGORIES", "Search categories", "The search preview shows part categories."),
    on("SEARCH_PREVIEW_SHOW_STOCK", "Search stock", "The search preview shows stock items."),
    off("SEARCH_PREVIEW_HIDE_UNAVAILABLE_STOCK", "Hide used stock", "The search preview leaves out used-up stock."),
    off("SEARCH_PREVIEW_SHOW_LOCATIONS", "Search locations", "The search preview shows stock locations."),
    on("SEARCH_PREVIEW_SHOW_COMPANIES", "Search companies", "The search preview shows companies."),
    on("SEARCH_PREVIEW_SHOW_BUILD_ORDERS", "Search builds", "The search preview shows build orders."),
    on("SEARCH_PREVIEW_SHOW_PURCHASE_ORDERS", "Search purchases", "The search preview shows purchase orders."),
    on(
        "SEARCH_PREVIEW_EXCLUDE_INACTIVE_PURCHASE_ORDERS",
        "Hide inactive purchases",
        "The search preview leaves out inactive purchase orders.",
    ),
    on("SEARCH_PREVIEW_SHOW_SALES_ORDERS", "Search sales", "The search preview shows sales orders."),
    on(
        "SEARCH_PREVIEW_EXCLUDE_INACTIVE_SALES_ORDERS",
        "Hide inactive sales",
        "The search preview leaves out inactive sales orders.",
    ),
    on("SEARCH_PREVIEW_SHOW_SALES_ORDER_SHIPMENTS", "Search shipments", "The search preview shows shipments."),
    on("SEARCH_PREVIEW_SHOW_RETURN_ORDERS", "Search returns", "The search preview shows return orders."),
    on(
        "SEARCH_PREVIEW_EXCLUDE_INACTIVE_RETURN_ORDERS",
        "Hide inactive returns",
        "The search preview leaves out inactive return orders.",
    ),
    text("SEARCH_PREVIEW_RESULTS", "Search results", "How many results each section of the preview shows.", "10")
        .of(Kind::Integer(1, 100), "10"),
    off("SEARCH_RESULTS_PREVIEW_PANEL", "Result panel", "Show a panel about the selected search result."),
    off("SEARCH_REGEX", "Search patterns", "Searches are regular expressions."),
    off("SEARCH_WHOLE", "Search whole words", "Searches match whole words only."),
    off("SEARCH_NOTES", "Search notes", "Searches look into notes, too."),
    off("FORMS_CLOSE_USING_ESCAPE", "Escape closes forms", "The escape key closes a form."),
    off("STICKY_HEADER", "Fixed bar", "The navigation bar stays at the top."),
    off("STICKY_TABLE_HEADER", "Fixed table heads", "The head of a table stays at the top."),
    on("SHOW_SPOTLIGHT", "Spotlight", "Offer quick navigation by keyboard."),
    off("ICONS_IN_NAVBAR", "Icons in bar", "Show icons in the navigation bar."),
    text("DATE_DISPLAY_FORMAT", "Dates", "How dates are written.", "YYYY-MM-DD").of(Kind::Choice(DATES), "YYYY-MM-DD"),
    off("ENABLE_PREVIEW_PANEL", "Table panel", "Show a panel about the selected row of a table."),
    on("DISPLAY_STOCKTAKE_TAB", "Stock history", "Show the history of a part's stock."),
    off("ENABLE_LAST_BREADCRUMB", "Whole path", "Show the present page at the end of its path."),
    off("SHOW_EXTRA_MODEL_INFO", "More details", "Show more about the objects in lists."),
    off("SHOW_FULL_LOCATION_IN_TABLES", "Whole location", "Tables show the whole path of a location."),
    off("SHOW_FULL_CATEGORY_IN_TABLES", "Whole category", "Tables show the whole path of a category."),
    on("SHOW_BOM_SUBASSEMBLY_LEVELS", "Subassemblies", "Show the parts of parts in bills of material."),
    off("DISPLAY_ITEMS_FINAL_LEVEL", "Items at the end", "Show items only at the end of a tree."),
    on("USE_TABLE_NAVIGATION", "Step through tables", "Step from one row's page to the next."),
];

const DATES: &[(&str, &str)] = &[
    ("YYYY-MM-DD", "2022-02-22"),
    ("YYYY/MM/DD", "2022/02/22"),
    ("DD-MM-YYYY", "22-02-2022"),
    ("DD/MM/YYYY", "22/02/2022"),
    ("MM-DD-YYYY", "02-22-2022"),
    ("MM/DD/YYYY", "02/22/2022"),
    ("MMM DD YYYY", "Feb 22 2022"),
];
