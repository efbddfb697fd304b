//! Mail on its way to a mail server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Pds, TestAccount, eventually};

const HOURS: Duration = Duration::from_secs(4 * 60 * 60);

/// What a mail server has heard, and what it answers to the next recipients instead of taking them.
#[derive(Default)]
struct Heard {
    mails: Vec<(String, String)>,
    refusals: VecDeque<&'static str>,
}

/// A mail server.
pub(crate) struct Post {
    pub(crate) url: String,
    heard: Arc<Mutex<Heard>>,
}

impl Post {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Heard::default()));
        let theirs = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let heard = Arc::clone(&theirs);
                tokio::spawn(async move { talk(stream, &heard).await });
            }
        });
        Self { url, heard }
    }

    fn refuse(&self, count: usize, answer: &'static str) {
        self.heard.lock().unwrap().refusals.extend(std::iter::repeat_n(answer, count));
    }

    fn refusals_left(&self) -> usize {
        self.heard.lock().unwrap().refusals.len()
    }

    pub(crate) fn mails(&self) -> Vec<(String, String)> {
        self.heard.lock().unwrap().mails.clone()
    }

    /// Waits for so many mails.
    pub(crate) async fn mails_when(&self, count: usize) -> Vec<(String, String)> {
        eventually(async || Some(self.mails()).filter(|mails| mails.len() >= count)).await
    }

    async fn pds(&self) -> Pds {
        Pds::start_with(|config| {
            config.mail.smtp_url = Some(self.url.as_str().into());
            config.mail.from = Some("Shells <shells@example.com>".to_owned());
        })
        .await
    }
}

async fn talk(stream: TcpStream, heard: &Mutex<Heard>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let (mut to, mut line) = (String::new(), String::new());
    stream.write_all(b"220 here\r\n").await.ok()?;
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let mut answer = "250 good".to_owned();
        match line.get(..4)? {
            "RCPT" => match heard.lock().unwrap().refusals.pop_front() {
                Some(refusal) => answer = refusal.to_owned(),
                None => to = line.trim().trim_end_matches('>').split_once('<')?.1.to_owned(),
            },
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                let mut text = String::new();
                while !text.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut text).await.ok()?;
                }
                heard.lock().unwrap().mails.push((to.clone(), text));
            }
            _ => {}
        }
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

async fn ask_for_code(pds: &Pds, owner: &TestAccount) {
    pds.post("com.atproto.server.requestEmailConfirmation").by(owner).send().await.ok();
}

async fn confirm(pds: &Pds, owner: &TestAccount, mail: &str) {
    let code = mail.lines().find_map(|line| line.strip_prefix("    ")).unwrap().trim();
    // Lines are broken anywhere on their way.
    let whole = mail.replace("=\r\n", "");
    assert!(whole.contains(&format!("<pre>{code}</pre>")), "{mail}");
    let input = json!({ "email": owner.email, "token": code });
    pds.post("com.atproto.server.confirmEmail").by(owner).json(&input).send().await.ok();
}

#[tokio::test]
async fn codes_arrive_by_mail_and_work() {
    let post = Post::open().await;
    let pds = post.pds().await;
    let alice = pds.account("alice").await;
    ask_for_code(&pds, &alice).await;
    let mails = post.mails_when(1).await;
    let (to, text) = &mails[0];
    assert_eq!(*to, alice.email);
    assert!(text.contains("From: Shells <shells@example.com>"), "{text}");
    assert!(text.contains("Subject: Email Confirmation"), "{text}");
    confirm(&pds, &alice, text).await;
    // What was sent is kept no longer.
    eventually(async || pds.mails(&alice.email).await.is_empty().then_some(())).await;
    assert_eq!(post.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_server_that_fails_delays_mail_and_loses_none() {
    let post = Post::open().await;
    post.refuse(3, "451 later");
    let mut pds = post.pds().await;
    let alice = pds.account("alice").await;
    ask_for_code(&pds, &alice).await;
    eventually(async || (post.refusals_left() == 2).then_some(())).await;
    // Between the attempts there is a while, whatever the program does meanwhile.
    pds.restart().await;
    assert_eq!((post.refusals_left(), pds.mails(&alice.email).await.len()), (2, 1));
    for left in [1, 0] {
        pds.advance(Duration::from_secs(61));
        eventually(async || (post.refusals_left() == left).then_some(())).await;
    }
    pds.advance(Duration::from_secs(6 * 60));
    let mails = post.mails_when(1).await;
    confirm(&pds, &alice, &mails[0].1).await;
    assert_eq!(mails.len(), 1);
}

#[tokio::test]
async fn mail_that_nobody_takes_is_given_up_after_a_day() {
    let post = Post::open().await;
    post.refuse(100, "550 no such user");
    let pds = post.pds().await;
    let alice = pds.account("alice").await;
    ask_for_code(&pds, &alice).await;
    let mut left = 100;
    while left > 80 && !pds.mails(&alice.email).await.is_empty() {
        let before = left;
        left = eventually(async || {
            let is_gone = pds.mails(&alice.email).await.is_empty();
            Some(post.refusals_left()).filter(|now| is_gone || *now < before)
        })
        .await;
        pds.advance(HOURS);
    }
    let attempts = 100 - post.refusals_left();
    assert!((6..=9).contains(&attempts), "{attempts}");
    assert!(post.mails().is_empty());
}

#[tokio::test]
async fn mail_is_set_up_whole_or_not_at_all() {
    let outcome = |url: Option<&str>, from: Option<&str>| {
        let mail = server::config::Mail {
            smtp_url: url.map(Into::into),
            from: from.map(str::to_owned),
            ..server::config::Mail::default()
        };
        let config = server::Config { mail, ..server::Config::default() };
        async move { server::check_mail(&config, "alice@example.com", 0).await }
    };
    let from = Some("shells@example.com");
    assert!(outcome(None, None).await.unwrap_err().contains("not set up"));
    assert!(outcome(Some("smtp://localhost"), None).await.unwrap_err().contains("together"));
    let post = Post::open().await;
    outcome(Some(&post.url), from).await.unwrap();
    assert_eq!(post.mails()[0].0, "alice@example.com");
    post.refuse(1, "553 not yours");
    let wrong = outcome(Some(&post.url), from).await.unwrap_err();
    assert!(wrong.contains("553") && wrong.contains("shells@example.com"), "{wrong}");
    let nobody = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let wrong = outcome(Some(&format!("smtp://{nobody}")), from).await.unwrap_err();
    assert!(wrong.contains("nothing listens there"), "{wrong}");
}
