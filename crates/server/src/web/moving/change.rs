//! What a move changes in the identity, as texts for a page.

use identity::plc::{self, DidKey, Difference};
use pages::Id;
use repo::data::json;

use crate::mover::{self, Seen};

/// What a change consists of, as texts.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) head: Option<String>,
    pub(super) differences: Vec<Changed>,
    pub(super) kept: Vec<String>,
    pub(super) dropped: Vec<String>,
    pub(super) may_undo: Vec<String>,
    /// What the owner may sign or has to publish, as JSON.
    pub(super) document: String,
}

impl Parts {
    pub(super) fn of(seen: &Seen) -> Self {
        match &seen.change {
            Some(change @ mover::Change::Plc { head, switch, operation }) => Self {
                head: Some(head.to_string()),
                differences: change.differences().into_iter().map(Changed::of).collect(),
                kept: names(&switch.kept),
                dropped: names(&switch.dropped),
                may_undo: names(change.may_undo()),
                document: pretty(operation),
            },
            Some(mover::Change::Web(document)) => {
                Self { document: pretty(document), ..Self::default() }
            }
            None => Self::default(),
        }
    }
}

/// Writes JSON in lines, for people.
fn pretty(json: &json::Json) -> String {
    let text = json::encode(&json.0);
    let value: Result<serde_json::Value, _> = serde_json::from_str(&text);
    value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or(text)
}

fn names(keys: &[DidKey]) -> Vec<String> {
    keys.iter().map(|key| key.as_str().to_owned()).collect()
}

pub(super) fn ids(texts: &[String]) -> Vec<Id<'_>> {
    texts.iter().map(Id::from).collect()
}

/// Something that changes in the identity, before and after.
pub(super) struct Changed {
    what: What,
    before: Vec<String>,
    after: Vec<String>,
}

enum What {
    Keys,
    Names,
    Signing(String),
    Service(String),
}

impl Changed {
    fn of(difference: Difference) -> Self {
        let key = |key: Option<DidKey>| key.iter().map(|key| key.as_str().to_owned()).collect();
        let service = |service: Option<plc::Service>| {
            service.into_iter().map(|service| service.endpoint).collect()
        };
        match difference {
            Difference::RotationKeys { before, after } => {
                Self { what: What::Keys, before: names(&before), after: names(&after) }
            }
            Difference::AlsoKnownAs { before, after } => Self { what: What::Names, before, after },
            Difference::VerificationMethod { fragment, before, after } => {
                Self { what: What::Signing(fragment), before: key(before), after: key(after) }
            }
            Difference::Service { fragment, before, after } => Self {
                what: What::Service(fragment),
                before: service(before),
                after: service(after),
            },
        }
    }

    /// Returns what was, and what will be.
    pub(super) fn lists(&self) -> (Vec<Id<'_>>, Vec<Id<'_>>) {
        (ids(&self.before), ids(&self.after))
    }

    /// Returns it as a page shows it.
    pub(super) fn shown<'a>(
        &'a self,
        (before, after): &'a (Vec<Id<'a>>, Vec<Id<'a>>),
    ) -> pages::moving::Difference<'a> {
        let (was, will) = (before.first().copied(), after.first().copied());
        match &self.what {
            What::Keys => pages::moving::Difference::Keys { before, after },
            What::Names => pages::moving::Difference::Names { before, after },
            What::Signing(fragment) => pages::moving::Difference::Signing {
                fragment: fragment.into(),
                before: was,
                after: will,
            },
            What::Service(fragment) => pages::moving::Difference::Service {
                fragment: fragment.into(),
                before: was,
                after: will,
            },
        }
    }
}
