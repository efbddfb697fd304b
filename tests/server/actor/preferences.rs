//! `app.bsky.actor.getPreferences`, `putPreferences`

use serde_json::{Value, json};

use crate::harness::{Answer, Pds};

const GET: &str = "app.bsky.actor.getPreferences";
const PUT: &str = "app.bsky.actor.putPreferences";

fn pref(name: &str, more: Value) -> Value {
    let mut pref = json!({ "$type": format!("app.bsky.actor.defs#{name}") });
    pref.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    pref
}

async fn put(pds: &Pds, token: &str, preferences: Value) -> Answer {
    let input = json!({ "preferences": preferences });
    pds.post(PUT).token(token).json(&input).send().await
}

async fn get(pds: &Pds, token: &str) -> Value {
    pds.get(GET).token(token).send().await.ok()["preferences"].clone()
}

#[tokio::test]
async fn preferences_are_kept_as_they_were_put() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    assert_eq!(get(&pds, &alice.access).await, json!([]));
    let adult = pref("adultContentPref", json!({ "enabled": true }));
    let unknown = json!({ "$type": "app.bsky.later#pref", "x": [1, { "y": "z" }] });
    put(&pds, &alice.access, json!([adult, unknown, adult])).await.ok();
    assert_eq!(get(&pds, &alice.access).await, json!([adult, unknown, adult]));
    put(&pds, &alice.access, json!([unknown])).await.ok();
    assert_eq!(get(&pds, &alice.access).await, json!([unknown]));

    let cases = [
        json!([{ "enabled": true }]),
        json!([{ "$type": "com.example.pref" }]),
        json!([{ "$type": "app.bskyx.pref" }]),
        json!({ "$type": "app.bsky.pref" }),
        json!([adult, { "$type": "com.example.pref" }]),
    ];
    for case in cases {
        let refusal = put(&pds, &alice.access, case.clone()).await.refusal();
        assert_eq!(refusal, (400, "InvalidRequest".to_owned()), "{case}");
    }
    assert_eq!(get(&pds, &alice.access).await, json!([unknown]));
    assert_eq!(pds.get(GET).send().await.refusal().0, 401);
}

#[tokio::test]
async fn app_passwords_see_ages_and_not_the_birth_date() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let input = json!({ "name": "app" });
    let made = pds.post("com.atproto.server.createAppPassword").by(&alice).json(&input);
    let password = made.send().await.ok()["password"].as_str().unwrap().to_owned();
    let weak = pds.sign_in(&alice.handle, &password).await["accessJwt"].clone();
    let weak = weak.as_str().unwrap();

    let born = pref("personalDetailsPref", json!({ "birthDate": "2010-06-01T00:00:00.000Z" }));
    let adult = pref("adultContentPref", json!({ "enabled": false }));
    let ages = json!({ "isOverAge13": true, "isOverAge16": false, "isOverAge18": false });
    let ages = pref("declaredAgePref", ages);
    put(&pds, &alice.access, json!([born, adult])).await.ok();
    assert_eq!(get(&pds, &alice.access).await, json!([born, adult, ages]));
    assert_eq!(get(&pds, weak).await, json!([adult, ages]));

    // What clients got, they put back: the ages are dropped, the birth date is not touched.
    put(&pds, weak, json!([ages])).await.ok();
    assert_eq!(get(&pds, &alice.access).await, json!([born, ages]));
    let refusal = put(&pds, weak, json!([born])).await.refusal();
    assert_eq!(refusal, (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn accounts_that_left_may_still_take_their_preferences_along() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.post("com.atproto.server.deactivateAccount").by(&alice).json(&json!({})).send().await.ok();
    let adult = pref("adultContentPref", json!({ "enabled": true }));
    put(&pds, &alice.access, json!([adult])).await.ok();
    assert_eq!(get(&pds, &alice.access).await, json!([adult]));
}
