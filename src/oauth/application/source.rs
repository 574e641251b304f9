//! Where a registration comes from, and what is kept of that beside the application, in the same transaction.

use entities::oauth::{client_document, registration};
use sea_orm::{ActiveValue::Set, EntityTrait as _};

use super::{Origin, Refused};
use crate::{clock::Timestamp, db::Tx, oauth::register::initial};

/// See the module.
#[derive(Debug)]
pub enum Source {
    /// An administrator, or the command line.
    Administrator,
    /// The application itself (RFC 7591).
    Dynamic {
        /// What is kept; the application's id is put in.
        registration: registration::ActiveModel,
        /// The initial access token of which this is one use.
        token: Option<i32>,
    },
    /// A document at its `client_id`.
    Document {
        /// The address of the document.
        client_id: String,
        /// When it was fetched.
        fetched: Timestamp,
        /// Until when it is believed.
        fresh_until: Timestamp,
    },
}

impl Source {
    pub(super) const fn origin(&self) -> Origin {
        match self {
            Self::Administrator => Origin::Administrator,
            Self::Dynamic { .. } => Origin::Dynamic,
            Self::Document { .. } => Origin::Document,
        }
    }

    pub(super) async fn keep(self, tx: &Tx, application_id: i32, now: Timestamp) -> Result<(), Refused> {
        match self {
            Self::Administrator => {}
            Self::Dynamic { mut registration, token } => {
                // The last use of a token is one registration's only.
                if let Some(token) = token
                    && !initial::spend(tx, token, now).await?
                {
                    return Err(Refused::Missing);
                }
                registration.application_id = Set(application_id);
                registration::Entity::insert(registration).exec_without_returning(&**tx).await?;
            }
            Self::Document { fetched, fresh_until, .. } => {
                let row = client_document::ActiveModel {
                    application_id: Set(application_id),
                    fetched: Set(fetched),
                    fresh_until: Set(fresh_until),
                };
                client_document::Entity::insert(row).exec_without_returning(&**tx).await?;
            }
        }
        Ok(())
    }
}
