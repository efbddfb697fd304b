//! Everything that a server keeps: the database and the blobs.
//!
//! [`Store::write`] runs a transaction on the one thread that writes and returns when it is durable;
//! [`Store::read`] runs one on a snapshot. Their bodies are straight code. Making and reading
//! repositories has its own door ([`repo`]), because how fast a server is, is decided there.
//!
//! Every line of SQL is in this crate. What may be written is for others to decide.

mod account;
mod answers;
mod app_password;
mod blob;
mod blobs;
mod checkpoint;
mod clock;
mod device;
mod email_token;
mod error;
mod event;
mod fault;
mod identity_seen;
mod invite;
mod job;
mod known;
mod leftover;
mod mail;
mod move_job;
mod oauth_request;
mod oauth_session;
mod plc;
mod preference;
mod readers;
mod reading;
mod recent;
mod refresh_token;
pub mod repo;
mod reserved_handle;
mod reserved_key;
mod schema;
mod setting;
mod store;
mod tx;
mod writer;

pub use crate::account::{Account, AccountId, AccountState, NewAccount, Status};
pub use crate::app_password::AppPassword;
pub use crate::blob::{Blob, MissingBlob};
pub use crate::blobs::{BlobError, BlobLock, Blobs, Received, Upload};
pub use crate::clock::Clock;
pub use crate::device::{Device, DeviceAccount, DeviceId};
pub use crate::email_token::{EmailToken, Purpose};
pub use crate::error::Error;
pub use crate::event::StoredEvent;
pub use crate::fault::{FaultPoint, Faults};
pub use crate::identity_seen::{IdentitySeen, Watched};
pub use crate::invite::{InviteCode, InviteOrder, InviteStanding, InviteUse};
pub use crate::job::Job;
pub use crate::leftover::Leftover;
pub use crate::mail::Mail;
pub use crate::move_job::{MoveBlob, MoveJob, MoveNote, NewMove};
pub use crate::oauth_request::{Granted, OauthRequest};
pub use crate::oauth_session::OauthSession;
pub use crate::plc::PlcEntry;
pub use crate::preference::Preference;
pub use crate::reading::Reading;
pub use crate::refresh_token::RefreshToken;
pub use crate::reserved_key::ReservedKey;
pub use crate::schema::SchemaError;
pub use crate::store::{OpenError, Options, Store};
pub use crate::tx::Tx;
