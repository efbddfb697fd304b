//! The owner of an identity that is hosted elsewhere, or nowhere any more.

use http::StatusCode;
use identity::rotation_proof::{ProofError, RotationProof};
use syntax::Did;

use super::{Caller, Request, Service};
use crate::failure::{Fault, Refusal};

/// Somebody who has proved that an identity is theirs: with a token that their host signed for them,
/// or, where there is no such host, with a proof by one of the identity's rotation keys.
#[derive(Debug, Clone)]
pub(crate) struct Claimant {
    /// The identity.
    pub(crate) did: Did,
}

impl Caller for Claimant {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        let token = request.credentials.bearer()?;
        if !RotationProof::is_one(token) {
            return Service::identify(request).await.map(|Service { did }| Self { did });
        }
        let pds = request.pds;
        let proof = RotationProof::parse(token).map_err(refusal)?;
        proof.check(&pds.did, request.method, pds.clock.now_s()).map_err(refusal)?;
        if proof.did().method() != "plc" {
            return Err(refusal(ProofError::NotRotationKey).into());
        }
        // Asked of the directory itself: a key that was taken away yesterday proves nothing today.
        let state = pds.plc.state(proof.did()).await?;
        proof.verify(&state.rotation_keys).map_err(refusal)?;
        Ok(Self { did: proof.did().clone() })
    }

    fn did(&self) -> Option<&Did> {
        Some(&self.did)
    }
}

/// Says what is wrong with a proof, by the names that are known from tokens for services.
fn refusal(error: ProofError) -> Refusal {
    let name = match error {
        ProofError::Form | ProofError::Time => "BadJwt",
        ProofError::Expired => "JwtExpired",
        ProofError::Audience => "BadJwtAudience",
        ProofError::Method => "BadJwtLexiconMethod",
        ProofError::NotRotationKey => "BadJwtIss",
        ProofError::Signature => "BadJwtSignature",
    };
    let message = match error {
        ProofError::Form => "Not a proof by a rotation key",
        ProofError::Time => "Proof is good for too long, or from the future",
        ProofError::Expired => "Proof has expired",
        ProofError::Audience => "Proof is for another service",
        ProofError::Method => "Proof is not for this method",
        ProofError::NotRotationKey => "Proof's key is not a rotation key of the identity",
        ProofError::Signature => "Proof is not signed by the key that it names",
    };
    Refusal::new(StatusCode::UNAUTHORIZED, name, message)
}
