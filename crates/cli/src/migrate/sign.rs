//! Signing the change of an identity with a key of the owner's, after a look at what it is.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use identity::Origin;
use identity::plc::{Content, DidKey, Operation, Update};
use lexicon::social::pagurus::migration::defs::Job;
use serde_json::Value;

use crate::migrate::approve::consent;
use crate::{client, output, secret, terminal};

/// Signs the change that a move waits for. What changes is told by the directory, not by the new
/// host.
pub(crate) async fn sign(
    job: &Job,
    to: &Origin,
    file: &Path,
    plc: Origin,
    is_agreed: bool,
) -> anyhow::Result<Operation> {
    let operation = job.change.as_ref().and_then(|change| change.operation.as_ref());
    let operation = operation.context("the move has no change to be signed")?;
    let update = read(serde_json::to_value(operation)?)?;
    let key = secret::private_key(file)?;
    let directory = client::directory(&plc);
    let last = directory.last_operation(&job.did).await.with_context(|| plc.to_string())?;
    check(&update, &last, &DidKey::from(&key.public_key()), to)?;
    let before = last.state().context("the identity has ended")?;
    if !is_agreed {
        ensure!(terminal::has_person(), "nobody is here to agree: look at it, and say --yes");
        for difference in before.differences(&update.state) {
            output::line(&difference.to_string());
        }
        let question = "To sign this, type the handle that the account will have";
        consent(question, job.handle.as_str())?;
    }
    Ok(Content::Update(update).sign(&key)?)
}

/// Reads an operation without a signature. What would be lost from under the signature is refused.
fn read(value: Value) -> anyhow::Result<Update> {
    let content: Content = serde_json::from_value(value.clone()).context("the change")?;
    ensure!(serde_json::to_value(&content)? == value, "the change has fields that nobody knows");
    match content {
        Content::Update(update) => Ok(update),
        Content::Tombstone { .. } | Content::LegacyCreate(_) => bail!("that is no change"),
    }
}

/// Refuses what an owner should not sign, whatever the new host says.
fn check(update: &Update, last: &Operation, key: &DidKey, to: &Origin) -> anyhow::Result<()> {
    ensure!(
        update.prev == Some(last.cid()),
        "the identity has changed since: look at what changes again"
    );
    let before = last.state().context("the identity has ended")?;
    ensure!(
        before.rotation_keys.contains(key),
        "{} is not a rotation key of the identity",
        key.as_str()
    );
    ensure!(
        update.state.rotation_keys.contains(key),
        "the change takes the key away that is to sign it"
    );
    ensure!(update.state.leads_to(to), "the change leads to another host than {to}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crypto::{Curve, PrivateKey};
    use identity::plc::State;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_owner_signs_what_moves_the_account_and_nothing_else() {
        let [own, old, stranger] = [(); 3].map(|()| PrivateKey::generate(Curve::Secp256k1));
        let did_key = |key: &PrivateKey| DidKey::from(&key.public_key());
        let origin = |name: &str| Origin::parse(&format!("https://{name}.example.com")).unwrap();
        let handle = "alice.example.com".parse().unwrap();
        let mut before = State::of_account(&handle, &old.public_key(), &origin("old"));
        before.rotation_keys = vec![did_key(&own), did_key(&old)];
        let last = Content::genesis(before.clone()).sign(&old).unwrap();
        let mut after = before;
        after.set_pds(&origin("new"));
        after.rotation_keys = vec![did_key(&own), did_key(&stranger)];
        let good = Update { state: after, prev: Some(last.cid()) };
        let (key, to) = (did_key(&own), origin("new"));
        assert!(check(&good, &last, &key, &to).is_ok());

        let mut value = json!(Content::Update(good.clone()));
        assert_eq!(read(value.clone()).unwrap(), good);
        value["more"] = json!(1);
        assert!(read(value).is_err());
        assert!(read(json!(Content::tombstone(&last))).is_err());

        let late = Update { prev: None, ..good.clone() };
        assert!(check(&late, &last, &key, &to).is_err());
        assert!(check(&good, &last, &did_key(&stranger), &to).is_err());
        assert!(check(&good, &last, &key, &origin("other")).is_err());
        let mut without = good;
        without.state.rotation_keys.remove(0);
        assert!(check(&without, &last, &key, &to).is_err());
    }
}
