//! Identities of the AT Protocol: DID documents, did:plc and did:web, handles.
//!
//! [`document`] reads and writes DID documents, [`plc`] makes and judges operations and logs of
//! did:plc, [`rotation_proof`] makes and judges proofs that somebody may change one, and all three only
//! compute. [`resolve`] asks the network, through [`dns`] and [`outbound`]: the HTTP client for all
//! addresses that a stranger can choose. Nothing in here is stored beyond the process, and no clock
//! is read but for how much time has passed.
//!
//! ```
//! use crypto::{Curve, PrivateKey};
//! use pagurus_identity::document::{self, Document};
//! use pagurus_identity::plc::{Content, State};
//!
//! let (rotation, signing) =
//!     (PrivateKey::generate(Curve::Secp256k1), PrivateKey::generate(Curve::Secp256k1));
//! let handle = "alice.example.com".parse()?;
//! let pds = "https://pds.example.com".parse()?;
//! let mut state = State::of_account(&handle, &signing.public_key(), &pds);
//! state.rotation_keys.push((&rotation.public_key()).into());
//!
//! let operation = Content::genesis(state.clone()).sign(&rotation)?;
//! let did = operation.did().expect("it makes a DID");
//! let document = Document::parse(document::write(&did, &state).as_bytes())?;
//! assert_eq!(document.handle(), Some(handle));
//! assert_eq!(document.signing_key(), Some(signing.public_key()));
//! assert_eq!(document.pds_endpoint(), Some(pds));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod dns;
pub mod document;
mod origin;
pub mod outbound;
pub mod plc;
pub mod resolve;
pub mod rotation_proof;

pub use crate::origin::{Origin, OriginError, Scheme};
