//! What commands end with, beside 0 (all is as it should be) and 2 (they could not be carried out).

/// It goes as it should and needs a person.
pub(crate) const PERSON_NEEDED: u8 = 10;
/// It goes on by itself, or may work later.
pub(crate) const LATER: u8 = 20;
/// It does not go on, or something is wrong; the account is where it was.
pub(crate) const FAILED: u8 = 30;
/// It does not go on, and the identity may have changed.
pub(crate) const FAILED_AFTER_SWITCH: u8 = 40;
