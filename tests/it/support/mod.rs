//! What tests share: the app on a fresh database of either kind.

pub(crate) mod actors;
pub(crate) mod applications;
pub(crate) mod browser;
pub(crate) mod elsewhere;
pub(crate) mod keys;
pub(crate) mod multipart;
pub(crate) mod oauth;
pub(crate) mod people;
pub(crate) mod shape;
pub(crate) mod signer;

use entities::oauth::signing_key;
use migration::{Migrator, MigratorTrait as _};
use poem::{endpoint::BoxEndpoint, test::TestClient};
use sea_orm::{ConnectionTrait as _, Database, EntityTrait as _, IntoActiveModel, PaginatorTrait as _};
use stockade::{
    clock::{Clock, Rng},
    config::{self, Config},
    ctx::Ctx,
    db::Db,
    secret::{ServerKey, hex},
    server,
};
use tokio::sync::OnceCell;

/// Runs a test on SQLite and on PostgreSQL: `both! { async fn a_rule(app: App) { ... } }`.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: App) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            #[allow(clippy::allow_attributes, unused_imports, reason = "not every test needs its parent's imports")]
            use super::*;

            async fn test($app: $crate::support::App) $body

            #[tokio::test]
            async fn sqlite() {
                test($crate::support::App::sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                test($crate::support::App::postgres().await).await;
            }
        }
    )* };
}
pub(crate) use both;

/// The migrated database of which every test on PostgreSQL gets a copy.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// A server in this process, on a database of its own.
pub(crate) struct App {
    /// Its parts; `ctx.clock.advance` moves its time.
    pub(crate) ctx: Ctx,
    /// Sends requests to it.
    pub(crate) client: TestClient<BoxEndpoint<'static>>,
    /// Holds the SQLite file, and what is uploaded.
    dir: tempfile::TempDir,
}

impl App {
    /// On a SQLite file.
    pub(crate) async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("test.sqlite").display());
        Self::on(&url, dir).await
    }

    /// On a database of the cluster that `tests/run` starts.
    pub(crate) async fn postgres() -> Self {
        let cluster = std::env::var("STOCKADE_TEST_POSTGRES")
            .expect("STOCKADE_TEST_POSTGRES is not set: run the tests by tests/run, or see tests/postgres");
        let template = TEMPLATE
            .get_or_init(|| async {
                // Migrated once a run; a copy of it is a fresh database in some milliseconds.
                let name = format!("template_{}", hex(&Rng.bytes::<6>()));
                sql(&cluster, &format!("CREATE DATABASE {name}")).await;
                let db = Database::connect(format!("{cluster}/{name}")).await.unwrap();
                Migrator::up(&db, None).await.unwrap();
                db.close().await.unwrap();
                name
            })
            .await;
        let name = format!("test_{}", hex(&Rng.bytes::<8>()));
        sql(&cluster, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self::on(&format!("{cluster}/{name}"), tempfile::tempdir().unwrap()).await
    }

    async fn on(url: &str, dir: tempfile::TempDir) -> Self {
        let config = Config {
            data_dir: dir.path().to_owned(),
            // As cheap as Argon2 goes: what is tested is the rule, not the cost.
            password: config::Password { memory_kib: 64, iterations: 1, ..config::Password::default() },
            ..Config::default()
        };
        Self::start(config, Db::connect(url).await.unwrap(), dir).await
    }

    async fn start(config: Config, db: Db, dir: tempfile::TempDir) -> Self {
        let ctx = Ctx::new(config, db, ServerKey::new(&[7; 32]), Clock::default(), Rng).unwrap();
        lend_keys(&ctx).await;
        server::prepare(&ctx).await.unwrap();
        Self { client: TestClient::new(server::app(ctx.clone())), ctx, dir }
    }

    /// A second server on the same database.
    pub(crate) async fn node(other: &Self) -> Self {
        Self::start(other.ctx.config.clone(), other.ctx.db.clone(), tempfile::tempdir().unwrap()).await
    }

    /// Started again on the same database, configured otherwise.
    pub(crate) async fn reconfigured(self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.ctx.config.clone();
        change(&mut config);
        Self::start(config, self.ctx.db.clone(), self.dir).await
    }
}

/// Gives a new database the signing keys of the run's first: making an RSA key is most of what starting a server costs.
async fn lend_keys(ctx: &Ctx) {
    static KEYS: OnceCell<Vec<signing_key::Model>> = OnceCell::const_new();
    Migrator::up(ctx.db.migrator(), None).await.unwrap();
    let keys = KEYS
        .get_or_init(|| async {
            ctx.signing.ensure().await.unwrap();
            signing_key::Entity::find().all(ctx.db.reader()).await.unwrap()
        })
        .await;
    let known = signing_key::Entity::find().count(ctx.db.reader()).await.unwrap();
    if known == 0 {
        let rows = keys.iter().cloned().map(IntoActiveModel::into_active_model);
        signing_key::Entity::insert_many(rows).exec_without_returning(ctx.db.migrator()).await.unwrap();
    }
}

async fn sql(cluster: &str, statement: &str) {
    // `CREATE DATABASE ... TEMPLATE` refuses while another copy is made, so they take turns.
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let db = Database::connect(format!("{cluster}/postgres")).await.unwrap();
    db.execute_unprepared(statement).await.unwrap();
    db.close().await.unwrap();
}
