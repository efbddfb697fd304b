//! The calls of operators' scripts, as these make them: `pdsadmin`, and goat's `pds admin`

use http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, Answer, Pds};

/// Sends what curl sends for `--user "admin:PASSWORD"`, and for `--data` with a content type.
async fn curl(pds: &Pds, method: &str, path: &str, body: Option<String>) -> Answer {
    let user = data_encoding::BASE64.encode(format!("admin:{ADMIN_PASSWORD}").as_bytes());
    let path = format!("/xrpc/{path}");
    let ask = match method {
        "GET" => pds.get(&path),
        _ => pds.post(&path),
    };
    let ask = ask.header("authorization", &format!("Basic {user}")).header("accept", "*/*");
    match body {
        Some(body) => ask.body("application/json", body).send().await,
        None => ask.send().await,
    }
}

#[tokio::test]
async fn scripts_of_operators_work_unchanged() {
    let pds = Pds::start_with(|config| config.invite_required = true).await;
    // pdsadmin create-invite-code, and account create
    let create = "com.atproto.server.createInviteCode";
    let code = curl(&pds, "POST", create, Some(r#"{"useCount": 1}"#.to_owned())).await.ok();
    let code = code["code"].as_str().unwrap();
    let body = format!(
        r#"{{"email":"alice@example.com", "handle":"alice.test", "password":"pw", "inviteCode":"{code}"}}"#
    );
    let made = pds.post("com.atproto.server.createAccount").body("application/json", body);
    let did = made.send().await.ok()["did"].as_str().unwrap().to_owned();

    // pdsadmin account list
    let listed = curl(&pds, "GET", "com.atproto.sync.listRepos?limit=100", None).await.ok();
    assert_eq!(listed["repos"][0]["did"], json!(did));
    let info = format!("com.atproto.admin.getAccountInfo?did={did}");
    let seen = curl(&pds, "GET", &info, None).await.ok();
    let shown: Vec<&Value> = ["handle", "email", "did"].map(|name| &seen[name]).to_vec();
    assert_eq!(shown, [&json!("alice.test"), &json!("alice@example.com"), &json!(did)]);

    // pdsadmin account takedown, untakedown
    let update = "com.atproto.admin.updateSubjectStatus";
    let subject = format!(r#"{{"$type": "com.atproto.admin.defs#repoRef", "did": "{did}"}}"#);
    let body = format!(
        r#"{{"subject": {subject}, "takedown": {{"applied": true, "ref": "1767225600"}}}}"#
    );
    curl(&pds, "POST", update, Some(body)).await.ok();
    let repo = pds.get("com.atproto.sync.getRepo").param("did", &did).send().await;
    assert_eq!(repo.refusal(), (400, "RepoTakendown".to_owned()));
    let body = format!(r#"{{"subject": {subject}, "takedown": {{"applied": false}}}}"#);
    curl(&pds, "POST", update, Some(body)).await.ok();
    let repo = pds.get("com.atproto.sync.getRepo").param("did", &did).send().await;
    assert_eq!(repo.status, StatusCode::OK);

    // pdsadmin account reset-password
    let reset = "com.atproto.admin.updateAccountPassword";
    let body = format!(r#"{{"did": "{did}", "password": "made-up-by-script"}}"#);
    curl(&pds, "POST", reset, Some(body)).await.ok();
    pds.sign_in("alice.test", "made-up-by-script").await;

    // goat pds admin account update
    let body = format!(r#"{{"account": "{did}", "email": "new@example.com"}}"#);
    curl(&pds, "POST", "com.atproto.admin.updateAccountEmail", Some(body)).await.ok();
    let body = format!(r#"{{"did": "{did}", "handle": "alice-2.test"}}"#);
    curl(&pds, "POST", "com.atproto.admin.updateAccountHandle", Some(body)).await.ok();
    let status = format!("com.atproto.admin.getSubjectStatus?did={did}");
    curl(&pds, "GET", &status, None).await.ok();

    // pdsadmin account delete
    let body = format!(r#"{{"did": "{did}"}}"#);
    curl(&pds, "POST", "com.atproto.admin.deleteAccount", Some(body)).await.ok();
    let listed = curl(&pds, "GET", "com.atproto.sync.listRepos?limit=100", None).await.ok();
    assert_eq!(listed["repos"], json!([]));
}
