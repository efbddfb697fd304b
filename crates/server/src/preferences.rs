//! What clients keep for an account: typed objects of `app.bsky`. Nothing here knows what they mean,
//! but for the birth date, which weak sessions must not see.

use ::oauth::scope::{Method, Need};
use repo::data::json::{self, JsonError};
use repo::data::{Limits, Map, Value};
use store::Preference;
use syntax::{Datetime, Nsid};
use thiserror::Error;

use crate::caller::{Access, Account};
use crate::failure::Refusal;
use crate::pds::Pds;
use crate::token::Scope;

/// The namespace of all preferences.
const NAMESPACE: &str = "app.bsky";
/// What the owner has said of themselves: the birth date.
pub(crate) const PERSONAL: &str = "app.bsky.actor.defs#personalDetailsPref";
/// What follows from the birth date; it is made anew whenever it is read.
pub(crate) const DECLARED_AGE: &str = "app.bsky.actor.defs#declaredAgePref";
/// The ages that clients ask for, in years.
const AGES: [(&str, u32); 3] = [("isOverAge13", 13), ("isOverAge16", 16), ("isOverAge18", 18)];

/// Which preferences a session sees and changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All.
    All,
    /// All but what is personal.
    NotPersonal,
}

/// Says why preferences are refused. `Display` is the message for the client.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum PreferenceError {
    /// They are not a list.
    #[error("Preferences are not a list")]
    NotAList,
    /// One does not say what it is.
    #[error("Preference is missing a $type")]
    NoType,
    /// One is of others.
    #[error("Some preferences are not in the app.bsky namespace")]
    Namespace,
    /// One is not for this session to set.
    #[error("Do not have authorization to set preferences")]
    Personal,
}

impl Reach {
    /// Returns the reach of a session: all of the owner's own, and of apps that were let in to
    /// preferences.
    pub(crate) fn of<A: Access>(caller: &Account<A>) -> Self {
        let is_all = caller.is_app() || caller.scope() == Scope::Access;
        if is_all { Self::All } else { Self::NotPersonal }
    }

    /// Tells whether preferences of a type are within it.
    pub(crate) fn includes(self, name: &str) -> bool {
        self == Self::All || name != PERSONAL
    }
}

/// Refuses an app that may not have the AppView asked for what is answered here in its place.
pub(crate) fn check<A: Access>(
    pds: &Pds,
    caller: &Account<A>,
    method: &str,
) -> Result<(), Refusal> {
    let method = Nsid::parse(method).expect("it is the name of a method");
    let audience = pds.proxy.appview_audience();
    caller.check(&Need::Rpc { method: Method::One(&method), audience: &audience })
}

/// Returns what a session sees of the preferences that are kept, and the ages that follow.
///
/// # Errors
///
/// [`JsonError`] if one that is kept is not JSON.
pub(crate) fn shown(
    stored: &[Preference],
    reach: Reach,
    now: &Datetime,
) -> Result<Vec<Value>, JsonError> {
    let (mut shown, mut ages) = (Vec::new(), None);
    for preference in stored {
        let value = json::decode(preference.json.as_bytes(), &Limits::RECORD)?;
        if preference.name == PERSONAL {
            let birth_date = value.as_map().and_then(|map| map.get("birthDate")?.as_str());
            ages = birth_date.and_then(|date| declared_age(date, now)).or(ages);
        }
        if reach.includes(&preference.name) {
            shown.push(value);
        }
    }
    shown.extend(ages);
    Ok(shown)
}

/// Returns the preferences that a client gives, to be kept.
///
/// # Errors
///
/// [`PreferenceError`] if one is not a preference, or not for the session to set.
pub(crate) fn given(given: Value, reach: Reach) -> Result<Vec<Preference>, PreferenceError> {
    let Value::List(given) = given else { return Err(PreferenceError::NotAList) };
    let mut kept = Vec::with_capacity(given.len());
    for value in given {
        let name = value.as_map().and_then(|map| map.get("$type")?.as_str());
        let name = name.ok_or(PreferenceError::NoType)?.to_owned();
        let after = name.strip_prefix(NAMESPACE).ok_or(PreferenceError::Namespace)?;
        if !after.is_empty() && !after.starts_with('.') {
            return Err(PreferenceError::Namespace);
        }
        if !reach.includes(&name) {
            return Err(PreferenceError::Personal);
        }
        if name != DECLARED_AGE {
            kept.push(Preference { name, json: json::encode(&value) });
        }
    }
    Ok(kept)
}

/// Returns which ages somebody has reached who was born on a date.
fn declared_age(birth_date: &str, now: &Datetime) -> Option<Value> {
    let birth = date(birth_date)?;
    let now = date(&now.to_string())?;
    let mut map = Map::from([("$type", Value::from(DECLARED_AGE))]);
    for (name, years) in AGES {
        map.insert(name, Value::Bool((birth.0 + years, birth.1, birth.2) <= now));
    }
    Some(Value::Map(map))
}

/// Returns year, month and day of a time as it is written.
fn date(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.get(..10)?.splitn(3, '-').map(str::parse);
    let mut next = || parts.next()?.ok();
    Some((next()?, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_reached_on_the_birthday() {
        let now = Datetime::from_unix_ms(1_767_225_600_000);
        let ages = |birth: &str| {
            let value = declared_age(birth, &now)?;
            let map = value.as_map().unwrap().clone();
            Some(AGES.map(|(name, _)| map.get(name) == Some(&Value::Bool(true))))
        };
        assert_eq!(ages("2008-01-01T00:00:00.000Z"), Some([true, true, true]));
        assert_eq!(ages("2008-01-02T00:00:00.000Z"), Some([true, true, false]));
        assert_eq!(ages("2012-12-31"), Some([true, false, false]));
        assert_eq!(ages("2020-06-01"), Some([false; 3]));
        assert_eq!(ages("soon"), None);
    }
}
