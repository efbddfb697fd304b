//! Sending mail. What is written to owners is put into the database together with what it is about;
//! from there it is sent, and tried again for a day.

mod explain;
mod letter;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::{sendmail, smtp};
use lettre::{
    AsyncSendmailTransport, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
};
use store::Mail;
use thiserror::Error;
use tokio::time::sleep;

use crate::clock::millis;
use crate::config;
use crate::failure::chain;
use crate::html;
use crate::mail::letter::Look;
use crate::pds::Pds;

/// How long the mail server may take for one command.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(30);
/// How many mails are taken from the database at a time.
const MAILS: u64 = 20;
/// How long it is waited between two looks for mail.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// How long it is waited before a mail is tried again, the first times.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
];
/// How long it is waited later.
const PAUSE_MAX: Duration = Duration::from_secs(60 * 60);
/// For how long a mail is tried.
const TRIED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Sends mail by the settings.
pub(crate) struct Mailer {
    /// How mail of the server goes.
    ordinary: Route,
    /// How mail of moderators goes.
    moderation: Route,
    /// How the server shows itself to people.
    look: Look,
}

/// Through what mail goes, and from whom.
#[derive(Clone)]
struct Route {
    transport: Arc<Transport>,
    from: Mailbox,
}

enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Sendmail(AsyncSendmailTransport<Tokio1Executor>),
}

/// Says why mail cannot be sent with the settings.
#[derive(Debug, Error)]
pub enum MailSetupError {
    /// Only one of two settings is there.
    #[error("mail.smtp_url and mail.from are set together or not at all")]
    Half,
    /// Moderators' mail is set up, and other mail is not.
    #[error("mail.moderation_smtp_url and mail.moderation_from need mail.smtp_url and mail.from")]
    OnlyModeration,
    /// A URL is not one that says how mail is sent.
    #[error("mail.{0} is not smtp://USER:PASSWORD@HOST:PORT, smtps://… or smtp:///?sendmail=true")]
    Url(&'static str),
    /// A sender is not an address.
    #[error("mail.{0} is not an address, such as Name <name@example.com>")]
    From(&'static str),
}

/// Says why a mail was not sent.
#[derive(Debug, Error)]
enum SendError {
    /// The mail cannot be written down, such as for its recipient's address.
    #[error("mail is malformed")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The mail server does not take it.
    #[error("mail server did not take it")]
    Smtp(#[from] smtp::Error),
    /// The program that sends mail failed.
    #[error("sendmail failed")]
    Sendmail(#[from] sendmail::Error),
}

/// Says that nobody wrote the mail by hand, so that nobody's absence is announced to us.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Mailer {
    /// Makes what sends mail; nothing if that is not set up.
    ///
    /// # Errors
    ///
    /// [`MailSetupError`] if the settings are not good. Nobody is asked.
    pub(crate) fn new(
        settings: &config::Mail,
        branding: &config::Branding,
        host: &str,
    ) -> Result<Option<Self>, MailSetupError> {
        let other = (&settings.moderation_smtp_url, &settings.moderation_from);
        let (url, from) = match (&settings.smtp_url, &settings.from) {
            (None, None) if matches!(other, (None, None)) => return Ok(None),
            (None, None) => return Err(MailSetupError::OnlyModeration),
            (Some(url), Some(from)) => (url, from),
            _ => return Err(MailSetupError::Half),
        };
        let ordinary = Route {
            transport: Transport::new(url, "smtp_url")?,
            from: from.parse().map_err(|_| MailSetupError::From("from"))?,
        };
        let mut moderation = ordinary.clone();
        if let Some(url) = other.0 {
            moderation.transport = Transport::new(url, "moderation_smtp_url")?;
        }
        if let Some(from) = other.1 {
            moderation.from = from.parse().map_err(|_| MailSetupError::From("moderation_from"))?;
        }
        Ok(Some(Self { ordinary, moderation, look: Look::new(branding, host) }))
    }

    /// Returns how a mail goes.
    fn route(&self, mail: &Mail) -> &Route {
        if mail.of_moderators { &self.moderation } else { &self.ordinary }
    }

    /// Sends a mail.
    async fn send(&self, mail: &Mail, now: SystemTime) -> Result<(), SendError> {
        let message = self.message(mail, now).map_err(SendError::Malformed)?;
        match &*self.route(mail).transport {
            Transport::Smtp(smtp) => drop(smtp.send(message).await?),
            Transport::Sendmail(sendmail) => sendmail.send(message).await?,
        }
        Ok(())
    }

    fn message(
        &self,
        mail: &Mail,
        now: SystemTime,
    ) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
        let from = &self.route(mail).from;
        let message = Message::builder()
            .from(from.clone())
            .to(mail.recipient.parse()?)
            .subject(&mail.subject)
            .date(now)
            // The same each time it is tried: an answer may be lost after the mail was taken.
            .message_id(Some(format!("<{}.{}@{}>", mail.created_at, mail.id, from.email.domain())));
        let (message, text, html) = match mail.of_moderators {
            true => (message, html::plain(&mail.body), mail.body.clone()),
            false => {
                let html = letter::html(&self.look, &mail.subject, &mail.body);
                (message.header(AutoSubmitted), mail.body.clone(), html)
            }
        };
        Ok(message.multipart(MultiPart::alternative_plain_html(text, html))?)
    }
}

impl Transport {
    /// Reads what a setting says of how mail is sent.
    fn new(url: &config::Secret, setting: &'static str) -> Result<Arc<Self>, MailSetupError> {
        let url = url.reveal();
        if url == "smtp:///?sendmail=true" {
            return Ok(Arc::new(Self::Sendmail(AsyncSendmailTransport::new())));
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&with_tls(url));
        let builder = builder.map_err(|_| MailSetupError::Url(setting))?;
        Ok(Arc::new(Self::Smtp(builder.timeout(Some(COMMAND_TIME_MAX)).build())))
    }
}

/// Lets TLS be used wherever it is offered. A URL can ask for more.
fn with_tls(url: &str) -> String {
    if !url.starts_with("smtp:") || url.contains("tls=") {
        return url.to_owned();
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}tls=opportunistic")
}

/// Sends what there is to send until the server stops.
pub(crate) fn start(pds: &Pds) {
    if pds.mailer.is_none() {
        if !pds.config.dev {
            tracing::warn!(
                "mail is not set up: nobody gets codes. Set mail.smtp_url and mail.from"
            );
        }
        return;
    }
    let owned = pds.clone();
    pds.tasks.spawn_until_stop(async move {
        loop {
            if let Err(error) = send_due(&owned).await {
                tracing::error!(error = chain(&error), "mail cannot be read or noted as sent");
            }
            sleep(LOOK_PAUSE).await;
        }
    });
}

/// Sends the mails that are due.
async fn send_due(pds: &Pds) -> Result<(), store::Error> {
    let Some(mailer) = &pds.mailer else { return Ok(()) };
    for mail in pds.store.read(|tx| tx.due_mails(MAILS)).await? {
        let now_ms = pds.clock.now_ms();
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms);
        let (id, mails) = (mail.id, metrics::counter!("pagurus_mails_sent_total"));
        let Err(error) = mailer.send(&mail, now).await else {
            pds.store.write(move |tx| tx.delete_mail(id)).await?;
            tracing::info!(mail = id, "a mail was sent");
            mails.increment(1);
            continue;
        };
        let text = chain(&error);
        let is_malformed = matches!(error, SendError::Malformed(_));
        if is_malformed || now_ms >= mail.created_at + millis(TRIED_FOR) {
            tracing::error!(mail = id, error = text, "a mail is given up");
            pds.store.write(move |tx| tx.delete_mail(id)).await?;
            continue;
        }
        tracing::warn!(mail = id, error = text, attempt = mail.attempts + 1, "a mail was not sent");
        let pause = usize::try_from(mail.attempts).ok().and_then(|tried| PAUSES.get(tried));
        let run_at = now_ms + millis(pause.copied().unwrap_or(PAUSE_MAX));
        pds.store.write(move |tx| tx.postpone_mail(id, run_at, &text)).await?;
        // The others would only wait for the same.
        if !matches!(&error, SendError::Smtp(error) if error.status().is_some()) {
            break;
        }
    }
    Ok(())
}

/// Sends a mail with the settings of a server that need not run, and says in words what is wrong if
/// that fails. `now_ms` is in milliseconds since 1970.
///
/// # Errors
///
/// What is wrong.
pub async fn check_mail(config: &config::Config, to: &str, now_ms: u64) -> Result<(), String> {
    let name = config.public_url.as_ref().map_or("Pagurus", |url| url.host());
    let mailer =
        Mailer::new(&config.mail, &config.branding, name).map_err(|error| error.to_string())?;
    let Some(mailer) = mailer else {
        return Err("mail is not set up: set mail.smtp_url and mail.from".to_owned());
    };
    let mail = Mail {
        id: 0,
        recipient: to.to_owned(),
        subject: "Mail works".to_owned(),
        body: format!("Hello,\n\nthis is a mail to see that {name} can send mail. It can.\n"),
        created_at: now_ms,
        attempts: 0,
        of_moderators: false,
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms);
    let outcome = mailer.send(&mail, now).await;
    outcome.map_err(|error| explain::explain(&error, &mailer.ordinary.from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: Option<&str>, from: Option<&str>) -> config::Mail {
        config::Mail {
            smtp_url: url.map(|url| url.to_owned().into()),
            from: from.map(str::to_owned),
            ..config::Mail::default()
        }
    }

    #[tokio::test]
    async fn settings_say_how_mail_is_sent_or_what_is_wrong_with_them() {
        let made = |url, from| {
            Mailer::new(&settings(url, from), &config::Branding::default(), "example.com")
        };
        assert!(made(None, None).unwrap().is_none());
        let from = Some("Shells <shells@example.com>");
        for url in [
            "smtp://localhost:25",
            "smtp://user:pass%20word@mail.example.com:587?tls=required",
            "smtps://user:password@mail.example.com",
            "smtp:///?sendmail=true",
        ] {
            assert!(made(Some(url), from).unwrap().is_some(), "{url}");
        }
        assert!(matches!(made(Some("http://a.b"), from), Err(MailSetupError::Url("smtp_url"))));
        assert!(matches!(
            made(Some("smtp://a.b"), Some("shells")),
            Err(MailSetupError::From("from"))
        ));
        assert!(matches!(made(None, from), Err(MailSetupError::Half)));
        let with = |url: &str, from: &str| config::Mail {
            moderation_smtp_url: Some(url.to_owned().into()),
            moderation_from: Some(from.to_owned()),
            ..settings(Some("smtp://a.b"), Some("Shells <shells@example.com>"))
        };
        let branding = config::Branding::default();
        let made = |settings: &config::Mail| Mailer::new(settings, &branding, "example.com");
        let good = with("smtp://c.d", "mods@example.com");
        assert!(made(&good).unwrap().is_some());
        let url = made(&with("http://c.d", "mods@example.com"));
        assert!(matches!(url, Err(MailSetupError::Url("moderation_smtp_url"))));
        let from = made(&with("smtp://c.d", "mods"));
        assert!(matches!(from, Err(MailSetupError::From("moderation_from"))));
        let alone = config::Mail { smtp_url: None, from: None, ..good };
        assert!(matches!(made(&alone), Err(MailSetupError::OnlyModeration)));
    }

    #[test]
    fn tls_is_used_where_it_is_offered_unless_more_is_asked_for() {
        assert_eq!(with_tls("smtp://a.b"), "smtp://a.b?tls=opportunistic");
        assert_eq!(with_tls("smtp://a.b?x=1"), "smtp://a.b?x=1&tls=opportunistic");
        for url in ["smtp://a.b?tls=required", "smtps://a.b"] {
            assert_eq!(with_tls(url), url);
        }
    }

    #[tokio::test]
    async fn a_mail_is_written_in_both_forms_with_the_same_name_each_time() {
        let from = Some("Shells <shells@example.com>");
        let settings = settings(Some("smtp://localhost"), from);
        let mailer = Mailer::new(&settings, &config::Branding::default(), "example.com");
        let mailer = mailer.unwrap().unwrap();
        let mail = Mail {
            id: 7,
            recipient: "alice@example.org".to_owned(),
            subject: "A code".to_owned(),
            body: "Hello,\n\n    ABCDE-FGHIJ\n".to_owned(),
            created_at: 1000,
            attempts: 0,
            of_moderators: false,
        };
        let message = mailer.message(&mail, SystemTime::UNIX_EPOCH).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for line in [
            "From: Shells <shells@example.com>",
            "Message-ID: <1000.7@example.com>",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/plain",
            "Content-Type: text/html",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        let bad = Mail { recipient: "nobody".to_owned(), ..mail };
        assert!(mailer.message(&bad, SystemTime::UNIX_EPOCH).is_err());
    }
}
