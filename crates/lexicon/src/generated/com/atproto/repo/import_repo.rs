//! `com.atproto.repo.importRepo`: fills a newly moved account with the repository from its old
//! server.
//!
//! Made from `lexicons/com/atproto/repo/importRepo.json` by `just codegen`.

use crate::schema::MethodKind;
use crate::{Method, NoError, RawBody};

/// The method's name.
pub const NSID: &str = "com.atproto.repo.importRepo";

/// Fills a newly moved account with the repository from its old server.
#[derive(Debug, Clone, Copy)]
pub struct ImportRepo;

impl Method for ImportRepo {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/vnd.ipld.car");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = RawBody;
    type Output = ();
    type Error = NoError;
}
