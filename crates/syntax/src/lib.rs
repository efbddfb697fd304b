//! The identifiers of the AT Protocol: parse, print, compare.
//!
//! Each type holds a value that was checked once, when it was made. All are cheap to clone, order
//! like their text (a [`Tid`] like its time, which is the same), and go through serde as text.
//! Nothing in here reads a clock, the network or a file.
//!
//! ```
//! use pagurus_syntax::{AtUri, Did, Tid};
//!
//! let uri: AtUri = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a".parse()?;
//! let did: Did = "did:plc:ewvi7nxzyoun6zhxrhs64oiz".parse()?;
//! assert_eq!(uri.authority().did(), Some(&did));
//! assert!(uri.rkey().is_some_and(|rkey| rkey.as_str().parse::<Tid>().is_ok()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod at_identifier;
mod at_uri;
mod cid;
mod datetime;
mod did;
mod handle;
mod language;
mod nsid;
mod record_key;
mod record_path;
mod text;
mod tid;
mod uri;

pub use crate::at_identifier::{AtIdentifier, AtIdentifierError};
pub use crate::at_uri::{AtUri, AtUriError};
pub use crate::cid::{Cid, CidError, Codec, is_cid_text};
pub use crate::datetime::{Datetime, DatetimeError};
pub use crate::did::{Did, DidError};
pub use crate::handle::{Handle, HandleError};
pub use crate::language::{Language, LanguageError};
pub use crate::nsid::{Nsid, NsidError};
pub use crate::record_key::{RecordKey, RecordKeyError};
pub use crate::record_path::{RecordPath, RecordPathError};
pub use crate::tid::{Tid, TidClock, TidError};
pub use crate::uri::{Uri, UriError};
