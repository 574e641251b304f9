//! Settings for everybody.

use super::{Kind, Setting, off, on, text};

/// The key of the installation's name.
pub const INSTANCE: &str = "INVENTREE_INSTANCE";

/// The key of the server's address, which is configuration.
pub const BASE_URL: &str = "INVENTREE_BASE_URL";

/// The key of the format of a part's full name.
pub const NAME_FORMAT: &str = "PART_NAME_FORMAT";

/// `IPN | name | revision`, of those that are not empty.
pub const DEFAULT_NAME: &str = "{{ part.IPN if part.IPN }}{{ ' | ' if part.IPN }}{{ part.name }}\
     {{ ' | ' if part.revision }}{{ part.revision if part.revision }}";

/// Every global setting, in the order in which it is listed. A key never moves, because its place is its `pk`: append.
pub const ALL: &[Setting] = &[
    // The installation.
    text(INSTANCE, "Instance name", "What this installation is called.", "").of(Kind::Text(100), ""),
    off("INVENTREE_INSTANCE_TITLE", "Name in title", "Clients show the instance name in their title bar."),
    text("INVENTREE_COMPANY_NAME", "Company", "The company that this installation belongs to.", ""),
    text(BASE_URL, "Address", "The public address of this server; configured as site_url.", "").fixed(),
    off("INVENTREE_RESTRICT_ABOUT", "Restrict about", "Clients show what server this is to superusers only."),
    on("INVENTREE_SHOW_SUPERUSER_BANNER", "Superuser banner", "Clients remind superusers of what they are."),
    off("INVENTREE_SHOW_ADMIN_BANNER", "Admin banner", "Clients show a banner that links to administration."),
    on("INVENTREE_STRICT_URLS", "Strict links", "Links must have a scheme and a full host name.").fixed(),
    text("INVENTREE_UPLOAD_MAX_SIZE", "Upload limit", "The largest file that may be uploaded.", "10")
        .of(Kind::Integer(1, 1000), "10")
        .in_units("MB")
        .fixed(),
    // Money.
    text("INVENTREE_DEFAULT_CURRENCY", "Default currency", "The currency of prices that name none.", "USD").fixed(),
    text(
        "CURRENCY_CODES",
        "Currencies",
        "The currencies that may be used, separated by commas.",
        "AUD,CAD,CNY,EUR,GBP,JPY,NZD,USD",
    )
    .fixed(),
    text("PRICING_DECIMAL_PLACES_MIN", "Fewest decimals", "Decimals that prices are shown with at least.", "0")
        .of(Kind::Integer(0, 4), "0"),
    text("PRICING_DECIMAL_PLACES", "Most decimals", "Decimals that prices are shown with at most.", "6")
        .of(Kind::Integer(2, 6), "6"),
    // Logging in.
    off("LOGIN_ENABLE_REG", "Registration", "People can make their own account.").fixed(),
    off("LOGIN_ENABLE_PWD_FORGOT", "Forgotten password", "People can reset a password by email.").fixed(),
    off("LOGIN_ENABLE_SSO", "Login elsewhere", "People can log in through another identity provider.").fixed(),
    off("LOGIN_ENABLE_SSO_REG", "Registration elsewhere", "Another identity provider can make accounts.").fixed(),
    off("LOGIN_ENFORCE_MFA", "Second factor", "Everybody must log in with a second factor.").fixed(),
    off("DISPLAY_FULL_NAMES", "Full names", "Clients show full names instead of usernames."),
    on("DISPLAY_PROFILE_INFO", "Profiles", "Clients show people's profiles."),
    // Parts.
    on("PART_ENABLE_LOCKING", "Locked parts", "Parts can be locked against changes."),
    on("PART_ENABLE_REVISION", "Revisions", "Parts can be revisions of others."),
    off("PART_REVISION_ASSEMBLY_ONLY", "Revisions of assemblies only", "Only assemblies can have revisions."),
    off("PART_ALLOW_DELETE_FROM_ASSEMBLY", "Delete used parts", "Parts that an assembly uses can be deleted."),
    text("PART_IPN_REGEX", "IPN pattern", "The pattern that internal part numbers must match.", "")
        .of(Kind::Pattern, ""),
    on("PART_ALLOW_DUPLICATE_IPN", "Repeated IPN", "Several parts can have one internal part number."),
    on("PART_ALLOW_EDIT_IPN", "Editable IPN", "Internal part numbers can be changed."),
    on("PART_COPY_BOM", "Copy BOM", "Clients offer to copy the bill of material of a duplicated part."),
    on("PART_COPY_PARAMETERS", "Copy parameters", "Clients offer to copy the parameters of a duplicated part."),
    on("PART_COPY_TESTS", "Copy tests", "Clients offer to copy the tests of a duplicated part."),
    off("PART_TEMPLATE", "Template", "New parts are templates unless they say otherwise."),
    off("PART_ASSEMBLY", "Assembly", "New parts are assemblies unless they say otherwise."),
    on("PART_COMPONENT", "Component", "New parts are components unless they say otherwise."),
    on("PART_PURCHASEABLE", "Purchaseable", "New parts can be bought unless they say otherwise."),
    off("PART_SALABLE", "Salable", "New parts can be sold unless they say otherwise."),
    off("PART_TRACKABLE", "Trackable", "New parts are tracked by serial number unless they say otherwise."),
    off("PART_VIRTUAL", "Virtual", "New parts are virtual unless they say otherwise."),
    on("PART_SHOW_RELATED", "Related parts", "Clients show parts that are related."),
    text("PART_CATEGORY_DEFAULT_ICON", "Category icon", "The icon of categories that have none.", ""),
    on("PARAMETER_ENFORCE_UNITS", "Parameter units", "Parameters must be in the units of their template."),
    off("PART_BOM_ALLOW_ZERO_QUANTITY", "Zero in BOM", "Lines of a bill of material can have quantity zero."),
    // Stock.
    off("SERIAL_NUMBER_GLOBALLY_UNIQUE", "Unique serials", "A serial number exists once among all parts."),
    on("STOCK_DELETE_DEPLETED_DEFAULT", "Delete when empty", "New stock is deleted when used up, by default."),
    on("STOCK_ALLOW_EDIT_SERIAL", "Editable serials", "The serial number of a stock item can be changed."),
    on("STOCK_ALLOW_DELETE_SERIALIZED", "Delete serialized", "Serialized stock can be deleted."),
    off("STOCK_ENABLE_EXPIRY", "Expiry", "Stock can expire."),
    off("STOCK_OWNERSHIP_CONTROL", "Ownership", "Only owners can change what they own."),
    text("STOCK_LOCATION_DEFAULT_ICON", "Location icon", "The icon of locations that have none.", ""),
    off("STOCK_SHOW_INSTALLED_ITEMS", "Installed items", "Clients list items that are installed in others."),
    on("STOCK_ENFORCE_BOM_INSTALLATION", "Check BOM", "Only what the bill of material names can be installed."),
    // Orders.
    text("BUILDORDER_REFERENCE_PATTERN", "Build references", "How references are made.", "BO-{ref:04d}").fixed(),
    text("PURCHASEORDER_REFERENCE_PATTERN", "Purchase references", "How references are made.", "PO-{ref:04d}").fixed(),
    text("SALESORDER_REFERENCE_PATTERN", "Sales references", "How references are made.", "SO-{ref:04d}").fixed(),
    text("RETURNORDER_REFERENCE_PATTERN", "Return references", "How references are made.", "RMA-{ref:04d}").fixed(),
    text("TRANSFERORDER_REFERENCE_PATTERN", "Transfer references", "How references are made.", "TO-{ref:04d}").fixed(),
    off("PURCHASEORDER_EDIT_COMPLETED_ORDERS", "Edit purchases", "Completed orders can be changed.").fixed(),
    off("SALESORDER_EDIT_COMPLETED_ORDERS", "Edit sales", "Completed orders can be changed.").fixed(),
    off("RETURNORDER_EDIT_COMPLETED_ORDERS", "Edit returns", "Completed orders can be changed.").fixed(),
    off("TRANSFERORDER_EDIT_COMPLETED_ORDERS", "Edit transfers", "Completed orders can be changed.").fixed(),
    on("PURCHASEORDER_AUTO_COMPLETE", "Complete purchases", "An order is complete when all of it has come.").fixed(),
    on("PURCHASEORDER_MERGE_LINE_ITEMS", "Merge lines", "Lines for the same part can be merged.").fixed(),
    off("SALESORDER_SHIP_COMPLETE", "Complete sales", "An order is complete when all of it is shipped.").fixed(),
    off("RETURNORDER_ENABLED", "Return orders", "Return orders can be made.").fixed(),
    off("TRANSFERORDER_ENABLED", "Transfer orders", "Transfer orders can be made.").fixed(),
    off("PROJECT_CODES_ENABLED", "Project codes", "Orders can have project codes.").fixed(),
    // What this server does not do.
    on("BARCODE_ENABLE", "Barcodes", "Clients offer to scan barcodes."),
    off("LABEL_ENABLE", "Labels", "Labels can be printed.").fixed(),
    off("REPORT_ENABLE", "Reports", "Reports can be printed.").fixed(),
    text("REPORT_DEFAULT_PAGE_SIZE", "Page size", "The paper of reports that name none.", "A4").fixed(),
    off("STOCKTAKE_ENABLE", "Stocktake", "Stock is counted and recorded on a schedule.").fixed(),
    off("TEST_STATION_DATA", "Test stations", "Clients ask for the station and the times of test results."),
    // How clients show dates.
    text("WEEK_STARTS_ON", "Start of week", "The first day of a week in calendars.", "1").of(Kind::Numbered(DAYS), "1"),
    text("CALENDAR_HORIZON_MONTHS", "Calendar horizon", "How far ahead calendars look.", "12")
        .of(Kind::Integer(1, 120), "12")
        .in_units("months"),
    // Parts, continued.
    text(NAME_FORMAT, "Name format", "How a part's full name is made of its fields.", DEFAULT_NAME)
        .of(Kind::Template, DEFAULT_NAME),
    on(
        "PART_CATEGORY_PARAMETERS",
        "Category parameters",
        "A new part gets the parameters of its category, unless it says otherwise.",
    ),
    // Stock, continued.
    text("STOCK_STALE_DAYS", "Stale", "Stock is stale so long before it expires; never with 0.", "0")
        .of(Kind::Integer(0, 36_500), "0")
        .in_units("days"),
    off("STOCK_ALLOW_EXPIRED_SALE", "Sell expired", "Expired stock can go to customers."),
    off(
        "STOCK_ALLOW_OUT_OF_STOCK_TRANSFER",
        "Move what is out",
        "Stock that is not here can be moved, which brings it back.",
    ),
    off("STOCK_MERGE_ON_TRANSFER", "Merge when moved", "Moved stock merges into matching stock, unless a client says."),
    text("STOCK_BATCH_CODE_TEMPLATE", "Batch codes", "How the batch code of new stock is made.", "")
        .of(Kind::Template, ""),
    off("STOCKTAKE_EXCLUDE_EXTERNAL", "Without external", "Counts of parts leave out stock in external locations."),
    // Barcodes.
    off("BARCODE_STORE_RESULTS", "Keep scans", "What is scanned is kept."),
    text("BARCODE_RESULTS_MAX_NUM", "Scans kept", "So many scans are kept, the newest.", "100")
        .of(Kind::Integer(1, 100_000), "100"),
    text("BARCODE_INPUT_DELAY", "Scanner delay", "How long clients wait for the end of a barcode.", "50")
        .of(Kind::Integer(1, 10_000), "50")
        .in_units("ms"),
    on("BARCODE_WEBCAM_SUPPORT", "Camera", "Clients offer to scan with a camera."),
    off("BARCODE_SHOW_TEXT", "Show text", "Clients show what stands in a barcode."),
    text("INTERNAL_BARCODE_FORMAT", "Barcode format", "How new barcodes refer to things.", "json")
        .of(Kind::Choice(&[("json", "JSON"), ("short", "Short")]), "json"),
    text("SHORT_BARCODE_PREFIX", "Barcode prefix", "How short barcodes begin.", "INV-").of(Kind::Text(10), "INV-"),
];

const DAYS: &[(i64, &str)] =
    &[(0, "Sunday"), (1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"), (6, "Saturday")];
