//! Sessions that began with a password.

use pagurus_store::{AccountId, RefreshToken};

use crate::room::{Room, START_US};

const HOUR_MS: u64 = 60 * 60 * 1000;
const NOW_MS: u64 = START_US / 1000;

fn token(account: AccountId, id: &str, next_id: Option<&str>, hours: u64) -> RefreshToken {
    RefreshToken {
        account,
        id: id.to_owned(),
        expires_at: NOW_MS + hours * HOUR_MS,
        next_id: next_id.map(str::to_owned),
        app_password: (id == "app").then(|| "phone".to_owned()),
        began_at: Some(NOW_MS + hours),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_listed_once_and_ends_with_all_its_tokens() {
    let room = Room::new();
    let (account, other) = (room.writer("alice").await.account, room.writer("bob").await.account);
    let found = room.store.write(move |tx| {
        for token in [
            token(account, "old", Some("new"), 1),
            token(account, "new", None, 3),
            token(account, "app", None, 2),
            token(other, "new", None, 3),
        ] {
            tx.put_refresh_token(&token)?;
        }
        tx.put_refresh_token(&RefreshToken { expires_at: 1, ..token(account, "over", None, 0) })?;
        let listed = tx.refresh_tokens(account)?;
        assert_eq!(listed, [token(account, "new", None, 3), token(account, "app", None, 2)]);
        tx.delete_refresh_tokens_to(account, "new")?;
        assert_eq!(tx.refresh_token(account, "old")?, None, "it would lead to the same session");
        assert_eq!(tx.refresh_tokens(account)?, [token(account, "app", None, 2)]);
        assert_eq!(tx.refresh_tokens(other)?.len(), 1);
        Ok::<_, pagurus_store::Error>(())
    });
    found.await.unwrap();
}
