//! Permission sets: what apps ask for by name, as whoever has the name publishes it.

use std::collections::HashMap;
use std::sync::Arc;

use ::oauth::error::{ErrorCode, Refusal as Rule};
use ::oauth::scope::Scopes;
use futures_util::future::join_all;
use lexicon::schema::PermissionSet;
use syntax::Nsid;
use thiserror::Error;

use crate::lexicons::Published;
use crate::pds::Pds;

/// A permission set that nobody publishes, or that cannot be had.
#[derive(Debug, Clone, Error)]
#[error("scope has \"include:{0}\", and no permission set of that name can be found")]
pub(crate) struct UnknownSet(pub(crate) Nsid);

impl Rule for UnknownSet {
    fn code(&self) -> ErrorCode {
        ErrorCode::InvalidScope
    }
}

/// Permission sets that were looked up together.
#[derive(Default)]
pub(crate) struct Sets(HashMap<Nsid, Arc<Published>>);

impl Sets {
    /// Looks up all permission sets that scopes name.
    ///
    /// # Errors
    ///
    /// [`UnknownSet`] with the first one that is not there.
    pub(crate) async fn of(pds: &Pds, scopes: &Scopes) -> Result<Self, UnknownSet> {
        let names: Vec<&Nsid> = scopes.includes().map(|include| include.nsid()).collect();
        let found = join_all(names.iter().map(|name| pds.lexicons.published(name))).await;
        let mut sets = HashMap::new();
        for (name, found) in names.into_iter().zip(found) {
            let found = found.ok().filter(|found| found.document.permission_set().is_some());
            sets.insert(name.clone(), found.ok_or_else(|| UnknownSet(name.clone()))?);
        }
        Ok(Self(sets))
    }

    /// Returns a permission set.
    pub(crate) fn get(&self, name: &Nsid) -> Option<&PermissionSet> {
        self.0.get(name)?.document.permission_set()
    }

    /// Returns scopes with what is in permission sets in place of their names.
    pub(crate) fn expand(&self, scopes: &Scopes) -> Scopes {
        scopes.expand(|name| self.get(name))
    }
}
