//! `com.atproto.server.describeServer`: says who runs the server and what new accounts need.
//!
//! Lexicon: `lexicons/com/atproto/server/describeServer.json`.

use lexicon::com::atproto::server::describe_server::{Contact, Links, Output};

use crate::caller::Public;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with what the operator has set.
pub(super) async fn describe_server(pds: Pds, _: Public) -> Result<Output, Failure> {
    let config = &pds.config;
    Ok(Output {
        did: pds.did.clone(),
        available_user_domains: pds.handle_domains.clone(),
        invite_code_required: Some(config.invite_required),
        blob_upload_limit: i64::try_from(config.limits.blob_bytes).ok(),
        contact: Some(Contact { email: config.contact_email.clone() }),
        links: Some(Links {
            privacy_policy: config.privacy_policy_url.clone(),
            terms_of_service: config.terms_of_service_url.clone(),
        }),
        phone_verification_required: None,
    })
}
