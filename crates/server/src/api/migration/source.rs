//! Where an account comes from and what it is to be here, as a request says it.

use crypto::PublicKey;
use identity::Origin;
use identity::plc::DidKey;
use syntax::{AtIdentifier, Handle, Uri};

use crate::failure::Refusal;
use crate::mover::{Door, Wish};

/// What a request says.
pub(super) struct Given {
    pub(super) from: Option<Uri>,
    pub(super) identifier: String,
    pub(super) password: String,
    pub(super) factor: Option<String>,
    pub(super) handle: Option<Handle>,
    pub(super) email: Option<String>,
    pub(super) invite_code: Option<String>,
    pub(super) own_key: Option<String>,
    pub(super) delete_after_days: Option<u32>,
}

impl Given {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with what is malformed.
    pub(super) fn read(self) -> Result<(Door, Wish), Refusal> {
        let malformed = |what| Refusal::invalid_request(format!("{what} is malformed"));
        let from = self.from.map(|from| Origin::parse(from.as_str())).transpose();
        let identifier = self.identifier.trim().trim_start_matches('@');
        let identifier = AtIdentifier::parse(identifier).map_err(|_| malformed("identifier"))?;
        if let Some(key) = &self.own_key {
            PublicKey::from_did_key(key).map_err(|_| malformed("ownKey"))?;
        }
        let door = Door {
            from: from.map_err(|_| malformed("from"))?,
            identifier,
            password: self.password,
            factor: self.factor,
        };
        let wish = Wish {
            handle: self.handle,
            email: self.email,
            invite_code: self.invite_code,
            own_key: self.own_key.map(DidKey::new),
            delete_after_days: self.delete_after_days,
        };
        Ok((door, wish))
    }
}
