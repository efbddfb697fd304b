//! Names that nobody gets by asking: those of roles, of services, and of parts of the protocol.
//!
//! Their holders could be taken for the operator, get mail that is not for them, or stand where a
//! service is looked for.

/// Tells whether a name under one of the server's domains is kept back.
pub(super) fn contains(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

/// In order, each with as many characters as names may have.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "about", "abuse", "accept", "account", "accounts", "activate", "activity", "admin",
    "administrator", "administrators", "admins", "ads", "alert", "alerts", "all", "analytics",
    "announcement", "announcements", "anonymous", "anyone", "api", "app", "appeal", "appeals",
    "apps", "appview", "archive", "atp", "atproto", "auth", "authenticate", "authentication",
    "authorize", "autoconfig", "autodiscover", "backup", "billing", "blob", "blobs", "blog",
    "bluesky", "board", "bot", "bots", "brand", "business", "calendar", "careers", "cdn", "ceo",
    "cert", "certificate", "chat", "checkout", "client", "cloud", "code", "com", "community",
    "compliance", "config", "confirm", "connect", "contact", "cookie", "copyright", "create",
    "customer", "dashboard", "data", "database", "default", "delete", "demo", "deny", "dev",
    "developer", "developers", "did", "directory", "dmca", "dns", "docs", "documentation", "domain",
    "domains", "donate", "download", "email", "emergency", "enterprise", "error", "errors",
    "everyone", "example", "faq", "feed", "feedback", "feeds", "file", "files", "firehose",
    "follow", "forum", "ftp", "gdpr", "get", "group", "groups", "guest", "guests", "handle",
    "handles", "health", "help", "helpdesk", "home", "host", "hosting", "hostmaster", "http",
    "https", "image", "images", "imap", "inbox", "info", "invalid", "invite", "invites", "ipv4",
    "ipv6", "jobs", "labeler", "labelers", "law", "lawyer", "legal", "lexicon", "license", "list",
    "lists", "live", "local", "localhost", "log", "login", "logout", "mail", "mailer",
    "mailer-daemon", "maintainer", "maintenance", "manager", "marketing", "media", "member",
    "members", "message", "messages", "metrics", "mobile", "mod", "moderation", "moderator",
    "moderators", "mods", "monitor", "mtls", "name", "network", "news", "newsletter", "nil",
    "no-reply", "nobody", "noreply", "nsid", "null", "oauth", "office", "official", "onboarding",
    "operations", "operator", "org", "owner", "pagurus", "partner", "partners", "password",
    "patreon", "payment", "payments", "pds", "phishing", "plc", "policy", "pop3", "portal",
    "postmaster", "press", "privacy", "private", "profile", "public", "recovery", "refund",
    "register", "registration", "relay", "repo", "report", "reports", "reset", "robots", "root",
    "sales", "sandbox", "search", "secure", "security", "server", "service", "services", "session",
    "sessions", "settings", "shop", "sign-in", "sign-up", "signin", "signup", "site", "sitemap",
    "smtp", "spam", "ssl", "ssladmin", "ssladministrator", "sslwebmaster", "staff", "staging",
    "stats", "status", "store", "subscribe", "superuser", "support", "suspended", "sysadmin",
    "system", "systems", "tech", "terms", "test", "test-user", "tester", "testing", "tests", "tid",
    "tls", "token", "tos", "trust", "undefined", "unknown", "unsubscribe", "update", "updates",
    "upload", "url", "usenet", "user", "username", "users", "verification", "verified", "verify",
    "video", "void", "webmail", "webmaster", "website", "well-known", "wiki", "work", "wpad", "www",
    "www1", "www2", "xrpc", "your", "yours",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_so_that_they_are_found() {
        assert!(NAMES.is_sorted_by(|a, b| a < b));
        assert!(NAMES.iter().all(|name| contains(name) && *name == name.to_ascii_lowercase()));
        assert!(!contains("alice"));
    }
}
