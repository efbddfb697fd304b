//! `com.atproto.identity.getRecommendedDidCredentials`

use serde_json::json;

use super::{did, directory};
use crate::harness::Pds;

#[tokio::test]
async fn a_new_account_has_what_is_recommended() {
    let recovery = "did:key:zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg";
    let pds = Pds::start_with(|config| config.recovery_did_key = Some(recovery.to_owned())).await;
    let alice = pds.account("alice").await;
    let recommended = pds.get("com.atproto.identity.getRecommendedDidCredentials").by(&alice);
    let recommended = recommended.send().await.ok();
    assert_eq!(recommended["alsoKnownAs"], json!(["at://alice.test"]));
    assert_eq!(recommended["rotationKeys"][0], recovery);
    assert_eq!(recommended["rotationKeys"].as_array().unwrap().len(), 2);
    let service = &recommended["services"]["atproto_pds"];
    assert_eq!(service["type"], "AtprotoPersonalDataServer");
    assert_eq!(service["endpoint"], pds.public_url());
    let state = directory(&pds).state(&did(&alice)).await.unwrap();
    assert_eq!(serde_json::to_value(state).unwrap(), recommended);
}

#[tokio::test]
async fn nobody_is_recommended_nothing() {
    let pds = Pds::start().await;
    let refused = pds.get("com.atproto.identity.getRecommendedDidCredentials").send().await;
    assert_eq!(refused.refusal().0, 401);
}
