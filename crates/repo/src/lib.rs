//! AT Protocol repositories: the data model, the Merkle search tree, commits, proofs, CAR files.
//!
//! Everything in here is computation: no clock, no network, no database. Trees ask a
//! [`mst::NodeSource`] for the nodes that they need; large files go through a [`car::Spool`] whose
//! temporary file the caller opens. What comes from outside never panics, never recurses beyond
//! known bounds, and never makes room for more than is there.
//!
//! ```
//! use crypto::{Curve, PrivateKey};
//! use pagurus_repo::data::{Limits, cbor, json};
//! use pagurus_repo::draft::{Draft, Record};
//! use pagurus_repo::mst::{Key, NoSource, Tree};
//! use pagurus_repo::slice::Slice;
//! use syntax::{Did, Tid};
//!
//! let post = br#"{"$type": "app.bsky.feed.post", "text": "hello", "createdAt": "2026-01-01T00:00:00Z"}"#;
//! let record = Record::new(cbor::encode(&json::decode(post, &Limits::RECORD)?)?);
//!
//! let mut draft = Draft::new(&Tree::empty(), &NoSource);
//! let path = Key::parse("app.bsky.feed.post/3jzfcijpj2z2a")?;
//! draft.put(&path, record.clone())?;
//! let key = PrivateKey::generate(Curve::Secp256k1);
//! let did = Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz")?;
//! let signed = draft.sign(&did, Tid::new(1_767_225_600_000_000, 0), &key)?;
//!
//! // What a stranger can tell from the slice that is sent out:
//! let slice = Slice::decode(&signed.slice)?;
//! slice.commit().verify(&key.public_key())?;
//! assert_eq!(slice.record(&path)?, Some((record.cid, record.bytes)));
//! assert_eq!(slice.invert(&signed.ops)?, Tree::empty().root());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Spec: <https://atproto.com/specs/repository>

pub mod archive;
pub mod car;
pub mod commit;
pub mod data;
pub mod draft;
pub mod event;
pub mod mst;
pub mod slice;
pub mod survey;
