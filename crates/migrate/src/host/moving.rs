//! What a host of ours is asked about a move that it carries out, by whoever has the types for it.

use std::time::Duration;

use http::{Method, Request};
use identity::outbound::Limits;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Host, HostError, Owner, Pass, with_json};

/// What an answer may take: before it answers, the host may have looked at much of the other one.
const PATIENT: Limits = Limits::document(Duration::from_secs(10 * 60), 16 << 20);

impl Host {
    /// Calls a procedure that needs no session.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not do it.
    pub async fn procedure<T: DeserializeOwned>(
        &self,
        nsid: &str,
        input: &impl Serialize,
    ) -> Result<T, HostError> {
        let request = with_json(self.request(Method::POST, nsid, &[])?, input)?;
        self.patiently(request, None).await
    }

    async fn patiently<T: DeserializeOwned>(
        &self,
        request: Request<Vec<u8>>,
        pass: Option<&Pass>,
    ) -> Result<T, HostError> {
        let response = self.send(request, pass, &PATIENT).await?;
        let body = response.into_body().bytes().await?;
        serde_json::from_slice(&body).map_err(|_| HostError::Malformed("answer"))
    }
}

impl Owner {
    /// Calls a query that needs no parameters.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not answer.
    pub async fn asked<T: DeserializeOwned>(&self, nsid: &str) -> Result<T, HostError> {
        self.query(nsid, &[]).await
    }

    /// Calls a procedure, with a body if it takes one.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not do it.
    pub async fn procedure<T: DeserializeOwned>(
        &self,
        nsid: &str,
        input: Option<&impl Serialize>,
    ) -> Result<T, HostError> {
        self.answered(|pass| async move {
            let mut request = self.host.request(Method::POST, nsid, &[])?;
            if let Some(input) = input {
                request = with_json(request, input)?;
            }
            self.host.patiently(request, Some(&pass)).await
        })
        .await
    }
}
