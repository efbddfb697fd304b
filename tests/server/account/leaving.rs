//! Copies, moving away, closing.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Desk, signed_in};
use crate::harness::Answer;
use crate::harness::oauth::App;

/// Downloads a file as the owner's browser does when somebody presses the link.
async fn download(desk: &Desk, step: &str) -> Answer {
    let cookie = desk.browser.cookie("pagurus-browser").unwrap();
    let ask = desk.pds.get(&desk.at(step)).header("cookie", &format!("pagurus-browser={cookie}"));
    let ask = ask.header("sec-fetch-mode", "no-cors").header("sec-fetch-dest", "empty");
    ask.header("sec-fetch-site", "same-origin").send().await
}

/// Uploads a file and writes a record that refers to it.
async fn upload(desk: &Desk, rkey: &str, kind: &str, bytes: &'static [u8]) -> String {
    let upload = desk.pds.post("com.atproto.repo.uploadBlob").by(&desk.alice);
    let blob = upload.body(kind, Bytes::from_static(bytes)).send().await.ok()["blob"].clone();
    let cid = blob["ref"]["$link"].as_str().unwrap().to_owned();
    let record = json!({ "$type": "com.example.note", "file": blob });
    desk.pds.put(&desk.alice, "com.example.note", rkey, record).await;
    cid
}

/// Takes a tape archive apart: names and bytes.
fn files_of(mut tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    loop {
        let (header, rest) = tar.split_at(512);
        if header.iter().all(|byte| *byte == 0) {
            assert!(
                rest.len() == 512 && rest.iter().all(|byte| *byte == 0),
                "the end is two blocks"
            );
            return files;
        }
        let text = |at: std::ops::Range<usize>| {
            let bytes = header[at].iter().copied().take_while(|byte| *byte != 0);
            String::from_utf8(bytes.collect()).unwrap()
        };
        let size = usize::from_str_radix(&text(124..136), 8).unwrap();
        files.push((text(0..100), rest[..size].to_vec()));
        tar = &rest[size.next_multiple_of(512)..];
    }
}

#[tokio::test]
async fn all_that_an_account_has_can_be_downloaded() {
    let mut desk = Desk::new().await;
    let page = desk.see("/export").await;
    assert!(!page.html.contains("files.tar"), "there are no files");
    let one = upload(&desk, "one", "image/png", b"\x89PNG\r\n\x1a\n one").await;
    let two = upload(&desk, "two", "application/x-odd+thing", &[7; 1024]).await;
    let page = desk.see("/export").await;
    let links = page.attributes("a", "href");
    for step in ["/export/records.car", "/export/files.tar", "/export/files.json"] {
        assert!(links.contains(&desk.at(step)), "{step}: {links:?}");
    }

    let car = download(&desk, "/export/records.car").await;
    assert_eq!(car.header("content-type"), Some("application/vnd.ipld.car"));
    assert_eq!(
        car.header("content-disposition"),
        Some("attachment; filename=\"alice.test-records.car\"")
    );
    assert_eq!(car.header("cache-control"), Some("no-store"));
    let public = desk.pds.get("com.atproto.sync.getRepo").param("did", &desk.alice.did);
    assert_eq!(car.body, public.send().await.body);

    let mut expected = vec![
        (format!("{one}.png"), b"\x89PNG\r\n\x1a\n one".to_vec()),
        (two.clone(), vec![7; 1024]),
    ];
    expected.sort();
    let mut found = files_of(&download(&desk, "/export/files.tar").await.body);
    found.sort();
    assert_eq!(found, expected);

    let list = download(&desk, "/export/files.json").await.ok();
    assert_eq!(list["did"], json!(desk.alice.did));
    let mut cids: Vec<&Value> = list["files"].as_array().unwrap().iter().collect();
    cids.sort_by_key(|file| file["size"].as_u64());
    assert_eq!(*cids[0], json!({ "cid": one, "mimeType": "image/png", "size": 12 }));
    assert_eq!(cids[1]["cid"], json!(two));
}

#[tokio::test]
async fn preferences_are_for_the_owner_alone() {
    let desk = Desk::new().await;
    let preferences = json!([{ "$type": "app.bsky.actor.defs#adultContentPref", "enabled": true }]);
    let put = desk.pds.post("app.bsky.actor.putPreferences").by(&desk.alice);
    put.json(&json!({ "preferences": preferences })).send().await.ok();
    let downloaded = download(&desk, "/export/preferences.json").await.ok();
    assert_eq!(downloaded, json!({ "preferences": preferences }));
    let step = desk.at("/export/preferences.json");
    let stranger = desk.pds.get(&step).send().await;
    let location = stranger.header("location").unwrap();
    assert!(location.starts_with("/account/sign-in?next="), "{location}");
    // A page of somebody else's cannot make the browser fetch it.
    let cookie = desk.browser.cookie("pagurus-browser").unwrap();
    let ask = desk.pds.get(&step).header("cookie", &format!("pagurus-browser={cookie}"));
    for site in ["cross-site", "same-site"] {
        let ask = desk.pds.get(&step).header("cookie", &format!("pagurus-browser={cookie}"));
        assert_eq!(ask.header("sec-fetch-site", site).send().await.status, 403);
    }
    assert_eq!(ask.send().await.status, 200, "old browsers do not say");
}

#[tokio::test]
async fn a_deactivated_account_is_opened_again_by_its_owner_only() {
    let mut desk = Desk::new().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&desk.pds, &desk.alice).await;
    let page = desk.see("/deactivate").await;
    let refused = desk.refused(&page, "/deactivate", &[("password", "wrong")]).await;
    assert!(refused.text().contains("The password is not right."), "{}", refused.text());
    let password = desk.alice.password.clone();
    let page = desk.send(&page, "/deactivate", &[("password", &password)]).await;
    assert!(page.text().contains("Nobody sees alice.test any more."), "{}", page.text());
    let status = || desk.pds.get("com.atproto.sync.getRepoStatus").param("did", &desk.alice.did);
    assert_eq!(status().send().await.ok()["status"], json!("deactivated"));
    assert_eq!(app.standing(&desk.pds, &tokens.access).await, 401);
    // The owner still has their copies, which nobody else has.
    let public = desk.pds.get("com.atproto.sync.getRepo").param("did", &desk.alice.did);
    assert_eq!(public.send().await.status, 400);
    assert_eq!(download(&desk, "/export/records.car").await.status, 200);

    let page = desk.see("/deactivate").await;
    let page = desk.browser.submit(&page, "/account/reactivate", &[]).await;
    assert_eq!((page.status.as_u16(), page.at.as_str()), (200, &*desk.at("")));
    let status = desk.pds.get("com.atproto.sync.getRepoStatus").param("did", &desk.alice.did);
    assert_eq!(status.send().await.ok()["active"], json!(true));
    assert_eq!(app.standing(&desk.pds, &tokens.access).await, 401, "it has to ask anew");
    assert_ne!(app.refresh(&desk.pds, &tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn an_account_is_deleted_with_a_code_and_the_password() {
    let mut desk = Desk::new().await;
    let page = desk.see("/delete").await;
    assert!(!page.has_form(&desk.at("/delete")));
    let page = desk.send(&page, "/delete/send", &[]).await;
    let (code, password) = (desk.code().await, desk.alice.password.clone());
    for (code, password, agree, problem) in [
        ("AAAAA-AAAAA", &*password, "on", "The code is not right"),
        (&*code, "wrong", "on", "The password is not right."),
        (&*code, &*password, "", "Tick the box if you agree."),
    ] {
        let fields = [("code", code), ("password", password), ("agree", agree)];
        let page = desk.refused(&page, "/delete", &fields).await;
        assert!(page.text().contains(problem), "{problem}: {}", page.text());
    }
    let mut other = signed_in(&desk.pds, &desk.alice).await;
    let before = desk.browser.cookie("pagurus-browser").unwrap().to_owned();
    let fields = [("code", &*code), ("password", &*password), ("agree", "on")];
    let page = desk.send(&page, "/delete", &fields).await;
    assert!(page.text().contains("alice.test is gone"), "{}", page.text());
    assert_ne!(desk.browser.cookie("pagurus-browser"), Some(&*before));
    for browser in [&mut desk.browser, &mut other] {
        let page = browser.get(&format!("/account/u/{}", desk.alice.did)).await;
        assert_eq!(page.path(), "/account/sign-in");
    }
    let status = desk.pds.get("com.atproto.sync.getRepoStatus").param("did", &desk.alice.did);
    assert_eq!(status.send().await.refusal(), (400, "RepoNotFound".to_owned()));
    desk.pds.account("alice").await;
}

#[tokio::test]
async fn the_code_for_moving_away_needs_the_password() {
    let mut desk = Desk::new().await;
    let page = desk.see("/leave").await;
    assert!(page.text().contains("You have none."), "{}", page.text());
    assert!(page.attributes("a", "href").contains(&"/moving".to_owned()));
    desk.refused(&page, "/leave/send", &[("password", "wrong")]).await;
    assert!(desk.pds.mails(&desk.alice.email).await.is_empty());
    let password = desk.alice.password.clone();
    let page = desk.send(&page, "/leave/send", &[("password", &password)]).await;
    assert!(page.text().contains("A code is on its way"), "{}", page.text());
    // It is the code that the new host asks for.
    let input = json!({ "token": desk.code().await });
    let sign = desk.pds.post("com.atproto.identity.signPlcOperation").by(&desk.alice);
    sign.json(&input).send().await.ok();
}
