//! `/moving`: how accounts come here and how they leave, for people. A page without scripts or styles.

use axum::body::Body;
use axum::extract::State;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response};

use crate::html::escaped;
use crate::pds::Pds;

const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
];

/// What is in braces is filled in: see [`page`].
const PAGE: &str = r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Moving to and from {host}</title>
</head>
<body>
<h1>Moving to and from {host}</h1>
<p>Your identity is not your host. An account moves with its posts, likes, follows, pictures and
preferences, and keeps its followers. Nobody here can keep you from leaving, and nothing is asked of you
but your password and one code.</p>
<ul>
<li><a href="#here">Moving here</a></li>
<li><a href="#away">Moving away</a></li>
<li><a href="#stays">What does not move</a></li>
<li><a href="#back">Changing your mind</a></li>
</ul>

<h2 id="here">Moving here</h2>
<p><a href="{url}/move">Move here in your browser</a>. This server does the work; you can close the browser
meanwhile, and use the account at its old host.</p>
<p>The same with the program <code>pagurus</code>, on any machine:</p>
<ol>
<li>Look at what the move would meet. Nothing is changed.
<pre><code>pagurus migrate plan --account YOUR-OLD-HANDLE --to {url}</code></pre></li>
<li>Begin. You are asked for the main password at the old host, and for a new one.{invite}
<pre><code>pagurus migrate start --account YOUR-OLD-HANDLE --to {url} \
    --handle {handle}{invite_option} --watch</code></pre></li>
<li>When all has come, look at what changes in your identity and at each file that the old host does not
give, and agree.
<pre><code>pagurus migrate approve</code></pre></li>
<li>The old host then mails you a code. It lasts some minutes;
<code>pagurus migrate resume</code> gets another one.
<pre><code>pagurus migrate confirm --code CODE --watch</code></pre></li>
<li>Keep the report, which says what was at the old host and what is here.
<pre><code>pagurus migrate report --out report.json</code></pre></li>
</ol>
<p>Other tools work, too, such as <code>goat account migrate</code>.</p>

<h2 id="away">Moving away</h2>
<ol>
<li>Begin at the new host, with the tool that it recommends, or with the steps above if it runs Pagurus.
The tool asks for your password here. Use the main password: app passwords may not move accounts.</li>
<li>When all has been copied and not before, the tool has this server mail you a code, which lets your
identity be changed. Give it to nobody who is not moving your account for you.</li>
<li>Check the new host from outside. This reads every record and every file there, whatever the host says
that it has, compares them with what is here, and says what to do next:
<pre><code>pagurus migrate leave --from {url} --to NEW-HOST --account YOUR-DID</code></pre>
It changes nothing. Set <code>PAGURUS_OLD_PASSWORD</code> to your password here: once the account is
closed, it is shown to you alone.</li>
<li>Close the account here, if the tool has not. Delete it when the check is green and 72 hours have
passed since your identity was changed.</li>
</ol>
<p><strong>A closed account stays readable to you.</strong> Until it is deleted you can sign in with your
password here and fetch all records (<code>com.atproto.sync.getRepo</code>), all files
(<code>com.atproto.sync.getBlob</code>) and your preferences. If files are missing at the new host, fetch
them from here. An account that was to be deleted at a certain time is kept if your identity still points
here then.</p>
<p>Your records in one file, at any time while the account is open:</p>
<pre><code>curl -o repo.car "{url}/xrpc/com.atproto.sync.getRepo?did=YOUR-DID"
pagurus repo verify repo.car --did YOUR-DID</code></pre>

<h2 id="stays">What does not move</h2>
<ul>
<li>Passwords, app passwords, sessions and the permissions of apps: sign in anew everywhere.</li>
<li>Handles under the name of the old host. A domain of your own can stay.</li>
<li>Files that no record refers to.</li>
<li>Chats, mutes and bookmarks are kept by other services under your identity, and stay as they are.</li>
</ul>

<h2 id="back">Changing your mind</h2>
<ul>
<li>Before the change of the identity, nothing has happened to your account: stop. A move to here is
cancelled on <a href="{url}/move">its page</a> or with <code>pagurus migrate cancel</code>, and leaves
nothing.</li>
<li>Up to 72 hours after it, a move to here is undone on the same page or with
<code>pagurus migrate undo</code>, and the password of the old host.</li>
<li>You can come back at any time: an account that was closed here and not deleted is opened again when
you move to here.</li>
<li>With a rotation key of your own in your identity you need no host to move, not even one that is
gone.</li>
</ul>
{contact}</body>
</html>
"##;

/// Answers with the page.
pub(super) async fn moving(State(pds): State<Pds>) -> Response<Body> {
    let mut response = Response::new(Body::from(page(&Filling::of(&pds))));
    response.headers_mut().extend(HEADERS);
    response
}

/// What is filled in.
struct Filling<'a> {
    url: String,
    host: &'a str,
    domain: Option<&'a str>,
    is_invite_required: bool,
    contact: Option<&'a str>,
}

impl<'a> Filling<'a> {
    fn of(pds: &'a Pds) -> Self {
        Self {
            url: pds.url.to_string(),
            host: pds.url.host(),
            domain: pds.handle_domains.first().map(String::as_str),
            is_invite_required: pds.config.invite_required,
            contact: pds.config.contact_email.as_deref(),
        }
    }
}

fn page(filling: &Filling<'_>) -> String {
    let handle = format!("YOUR-NAME{}", filling.domain.unwrap_or(".YOUR-DOMAIN"));
    let (invite, invite_option) = match filling.is_invite_required {
        true => (" This server wants an invite code.", " --invite-code CODE"),
        false => ("", ""),
    };
    let contact = filling.contact.map_or(String::new(), |contact| {
        format!("<p>Questions: <code>{}</code></p>\n", escaped(contact))
    });
    PAGE.replace("{url}", &escaped(&filling.url))
        .replace("{host}", &escaped(filling.host))
        .replace("{handle}", &escaped(&handle))
        .replace("{invite}", invite)
        .replace("{invite_option}", invite_option)
        .replace("{contact}", &contact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_stays_text() {
        let strange = "\"'><script>alert(1)</script>&";
        let page = page(&Filling {
            url: format!("https://pds.example.com/{strange}"),
            host: strange,
            domain: Some(strange),
            is_invite_required: true,
            contact: Some(strange),
        });
        assert!(!page.contains("<script") && !page.contains(strange), "{page}");
        assert!(page.contains("&lt;script&gt;"));
        let open = page.find('{').map(|at| page[at..].chars().take(20).collect::<String>());
        assert_eq!(open, None, "something is not filled in");
    }
}
