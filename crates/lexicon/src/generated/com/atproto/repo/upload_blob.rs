//! `com.atproto.repo.uploadBlob`: stores a blob for a record that is about to refer to it.
//!
//! Made from `lexicons/com/atproto/repo/uploadBlob.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::wire::Blob;
use crate::{Method, NoError, RawBody};

/// The method's name.
pub const NSID: &str = "com.atproto.repo.uploadBlob";

/// Stores a blob for a record that is about to refer to it.
#[derive(Debug, Clone, Copy)]
pub struct UploadBlob;

impl Method for UploadBlob {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("*/*");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = RawBody;
    type Output = Output;
    type Error = NoError;
}

/// What [`UploadBlob`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Put it into a record soon: blobs that nothing refers to are dropped.
    pub blob: Blob,
}
