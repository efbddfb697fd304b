//! Names that nobody gets by asking: those of roles, of services, of parts of the protocol, and of
//! whom everybody knows.
//!
//! Their holders could be taken for the operator or for somebody else, get mail that is not for them,
//! or stand where a service is looked for.

/// Tells whether a name under one of the server's domains is kept back.
pub(super) fn contains(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok() || FAMOUS.binary_search(&name).is_ok()
}

/// Roles, services, and parts of the protocol, in order, each with as many characters as names may
/// have.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "about", "abuse", "accept", "access", "accessibility", "account", "account-recovery",
    "accounting", "accounts", "acct", "activate", "activity", "add", "address", "adm", "admin",
    "admin-team", "administration", "administrator", "administrators", "admins", "adminteam", "ads",
    "advertise", "advertiser", "advertisers", "advertising", "affiliate", "affiliates", "agent",
    "agreement", "alert", "alerts", "alias", "aliases", "all", "analytics", "announce",
    "announcement", "announcements", "anonymous", "anti-spam", "antispam", "anyone", "api",
    "api-docs", "apikey", "apikeys", "apis", "app", "appeal", "appeals", "application",
    "applications", "apply", "approve", "apps", "appview", "apt", "archive", "archives", "asset",
    "assets", "assist", "assistant", "at-protocol", "at-uri", "atp", "atproto", "atproto-pds",
    "atprotocol", "attach", "audit", "auditor", "auth", "authenticate", "authentication",
    "authorization", "authorize", "authorized", "auto", "autoconfig", "autodiscover", "autoreply",
    "backend", "backup", "backups", "badge", "badges", "bank", "banking", "banned", "banner",
    "banners", "beta", "bgs", "billing", "billings", "bills", "bind", "blob", "blobs", "block",
    "blocked", "blocks", "blog", "blogs", "bluesky", "board", "bot", "bots", "brand", "bugreport",
    "business", "calendar", "cancel", "captcha", "car", "career", "careers", "catalog", "catalogue",
    "cbor", "cdn", "cdn1", "cdn2", "ceo", "cert", "certificate", "certificates", "certification",
    "change", "changelog", "changes", "chat", "checkout", "cli", "client", "cloud", "clusters",
    "cname", "code", "com", "commerce", "commit", "commits", "community", "companies", "company",
    "compliance", "conduct", "conference", "config", "configs", "configuration", "configure",
    "confirm", "confirmation", "connect", "connections", "constellation", "contact", "contacts",
    "contents", "contract", "contributor", "contributors", "control", "controller", "controls",
    "convert", "cookie", "cookies", "coordinator", "copyright", "corporate", "counsel", "cpanel",
    "create", "credential", "credentials", "credit", "credits", "cron", "csrf", "customer",
    "customer-service", "customers", "customerservice", "cvs", "daemon", "dashboard", "dashboards",
    "data", "database", "databases", "debug", "decline", "default", "delegate", "delete", "deleted",
    "deletion", "delivery", "demo", "denied", "deny", "department", "deploy", "deployment",
    "deposit", "design", "designer", "desk", "desktop", "dev", "dev-team", "devel", "developer",
    "developers", "development", "device", "devices", "devs", "dht", "diagnostics", "did",
    "did-plc", "did-web", "didplc", "didweb", "direct", "direct-messages", "directory", "disable",
    "disclaimer", "disclosure", "discuss", "discussion", "dispute", "dmca", "dns", "dns1", "dns2",
    "dnssec", "doc", "docs", "document", "documentation", "documents", "domain", "domains",
    "donate", "download", "download-app", "editorial", "edu", "email", "emergency", "employee",
    "employees", "enable", "encrypt", "enquiries", "enroll", "enterprise", "env", "environment",
    "error", "errors", "escrow", "everyone", "example", "executive", "fact-check", "factcheck",
    "faq", "faqs", "favicon", "federal", "federation", "fediverse", "feed", "feed-generator",
    "feedback", "feeds", "file", "files", "finance", "financial", "firehose", "firewall", "follow",
    "followers", "following", "forbidden", "forget", "forgot", "forgot-password", "forum", "forums",
    "foundation", "founder", "founders", "framework", "fraud", "free", "ftp", "ftpd", "funding",
    "funds", "gdpr", "get", "governance", "government", "graphql", "group", "groups", "guest",
    "guests", "guideline", "guidelines", "handle", "handles", "health", "healthcheck", "healthz",
    "help", "help-center", "help-desk", "helpcenter", "helpdesk", "helper", "helpline", "home",
    "host", "hosting", "hostmaster", "hostname", "hosts", "hotfix", "how-to", "howto", "http",
    "https", "human-resources", "hypertext", "identifier", "identity", "idp", "iframe", "ignore",
    "image", "images", "imap", "imap4", "imprint", "inbox", "incident", "incidents", "indexer",
    "info", "information", "infos", "infosec", "infra", "inquiry", "install", "installer",
    "integration", "integrations", "internet", "invalid", "invitation", "invitations", "invite",
    "invites", "invoice", "invoices", "ios", "iot", "ipv4", "ipv6", "irc", "isatap", "jetstream",
    "jobs", "json", "jwt", "key", "keyserver", "kubernetes", "label", "labeler", "labelers",
    "labels", "law", "lawyer", "ledger", "legal", "lexicon", "licence", "license", "licenses",
    "list", "lists", "listserv", "live", "local", "localhost", "log", "login", "logout",
    "lost-password", "mail", "mailbox", "mailer", "mailer-daemon", "mailerdaemon", "mailing",
    "mailing-list", "mails", "maintainer", "maintenance", "malware", "management", "manager",
    "marketing", "master-admin", "media", "member", "members", "membership", "message", "messages",
    "metrics", "migrate", "migration", "mobile", "mod", "mod-team", "moderate", "moderated",
    "moderation", "moderator", "moderators", "mods", "modteam", "monitor", "monitoring", "move",
    "mst", "mtls", "mutes", "my-account", "myaccount", "mysql", "name", "namespace", "net",
    "netadmin", "network", "new-user", "newbie", "news", "newsfeed", "newsletter", "newsroom",
    "nginx", "nil", "nil-user", "no-reply", "nobody", "noc", "noreply", "notices", "notification",
    "notifications", "notify", "nsid", "ntp", "null", "numbers", "oauth", "oauth2", "observer",
    "offical", "office", "official", "official-account", "officials", "offline", "onboarding",
    "open", "open-source", "opensource", "operation", "operations", "operator", "operators",
    "opt-out", "optout", "org", "organization", "outage", "owner", "owners", "ownership", "ozone",
    "pagurus", "partner", "partners", "partnership", "passkey", "passkeys", "passport", "passwd",
    "password", "passwords", "patreon", "pay", "paying", "payment", "payments", "payroll", "pds",
    "peering", "permissions", "phishing", "php", "ping", "plc", "police", "policies", "policy",
    "pop3", "port", "portal", "postfix", "postgres", "postmaster", "preferences", "presale",
    "president", "press", "press-office", "primary", "privacy", "private", "process", "profile",
    "profiles", "promotion", "promotions", "protect", "protected", "protection", "protocol",
    "provider", "providers", "proxy", "public", "public-relations", "readme", "record", "recover",
    "recovery", "recruiting", "recruitment", "redirect", "redis", "refer", "refund", "refunds",
    "register", "registrar", "registration", "registry", "regulator", "relay", "release", "removed",
    "renew", "renewal", "replies", "reply", "repo", "report", "reports", "repository", "request",
    "requests", "reserved", "reset", "resolve", "resolver", "revoke", "rfc", "roadmap", "robots",
    "role", "roles", "rollback", "root", "rpc", "rss", "safe", "safety", "sales", "sandbox", "scam",
    "sdk", "search", "search-engine", "secret", "secretary", "secrets", "secure", "security",
    "sendmail", "server", "server1", "servers", "service", "service-desk", "servicedesk",
    "services", "session", "sessions", "setting", "settings", "setup", "sftp", "share", "sheriff",
    "shipping", "shop", "shopping", "sid", "sign-in", "sign-up", "signature", "signed", "signin",
    "signing", "signoff", "signout", "signup", "site", "sitemap", "sitemaps", "sites", "slack",
    "smtp", "smtp-relay", "snapshot", "socket", "software", "spam", "sql", "src", "ssh", "ssl",
    "ssl-admin", "ssladmin", "ssladministrator", "sslwebmaster", "sso", "stable", "staff",
    "staging", "starter-pack", "starterpack", "stateless", "stats", "status", "statuspage", "store",
    "subscribe", "subscriber", "subscribers", "subscription", "subscriptions", "sudo",
    "super-admin", "superadmin", "superuser", "supervisor", "support", "support-team",
    "supportteam", "suspend", "suspended", "svn", "swagger", "sysadmin", "syslog", "sysop",
    "system", "systems", "takedown", "takedowns", "team", "teams", "tech", "technical", "telemetry",
    "telnet", "temp", "term", "terms", "terms-of-service", "terms-of-use", "termsofservice", "test",
    "test-user", "tester", "testing", "tests", "tid", "tls", "token", "tos", "trademark",
    "transaction", "transactions", "transfer", "transparency", "treasury", "troubleshoot", "trust",
    "trust-and-safety", "trustandsafety", "trustsafety", "two-factor", "unblock", "undefined",
    "unfollow", "unknown", "unlock", "unmute", "unnamed", "unset", "unsubscribe", "unverified",
    "update", "updates", "upgrade", "upload", "uploads", "uptime", "url", "usenet", "user", "user1",
    "usergroup", "userid", "username", "users", "uucp", "vacancies", "verification",
    "verification-team", "verified", "verifier", "verifiers", "verify", "verify-account", "version",
    "video", "videos", "void", "vpn", "vps", "warning", "warnings", "web-admin", "webadmin",
    "webauthn", "webcam", "webhook", "webhooks", "webinar", "webmail", "webmaster", "webserver",
    "website", "welcome", "well-known", "whistleblower", "white", "whitelist", "whois", "wiki",
    "wikis", "work", "wpad", "www", "www1", "www2", "www3", "www4", "xml", "xmlrpc", "xmpp", "xrpc",
    "yaml", "your", "yourname", "yours", "yourself",
];

/// Companies, institutions and persons whom everybody knows, in order.
#[rustfmt::skip]
const FAMOUS: &[&str] = &[
    "adidas", "adobe", "alibaba", "aljazeera", "alphabet", "amazon", "amd", "amnesty", "apache",
    "apnews", "apple", "arsenal", "associated-press", "at-and-t", "att", "audi", "axios", "baidu",
    "bbc", "bbcnews", "beyonce", "bill-gates", "billgates", "binance", "bing", "bitbucket",
    "blackrock", "bloomberg", "bmw", "boeing", "booking", "britannica", "burgerking", "canon",
    "capitol", "cdc", "cern", "chanel", "chatgpt", "chelsea", "chevron", "cia", "cisco", "citibank",
    "cloudflare", "cnbc", "cnn", "coca-cola", "cocacola", "coinbase", "comcast", "congress",
    "costco", "dell", "deloitte", "deutschebank", "dhl", "discord", "disney", "disneyplus",
    "dogecoin", "dropbox", "duckduckgo", "ebay", "economist", "elon-musk", "elonmusk", "emirates",
    "espn", "ethereum", "etsy", "europarl", "europol", "exxon", "facebook", "fbi", "fedex",
    "ferrari", "fifa", "financialtimes", "firefox", "forbes", "foxnews", "gamestop", "gchq",
    "genshin", "github", "gitlab", "gmail", "gnu", "godaddy", "goldmansachs", "google",
    "greenpeace", "guardian", "gucci", "harvard", "hbo", "heineken", "honda", "hotmail", "hsbc",
    "huawei", "hulu", "ibm", "ikea", "imdb", "imf", "instagram", "intel", "interpol", "intuit",
    "irs", "jaguar", "jpmorgan", "juventus", "kfc", "kickstarter", "kremlin", "lamborghini", "lego",
    "lenovo", "lewishamilton", "linkedin", "linux", "lionelmessi", "liverpool", "loreal",
    "lufthansa", "lvmh", "mastercard", "mastodon", "mcdonalds", "mercedes", "messi", "microsoft",
    "minecraft", "mit", "mlb", "mozilla", "msnbc", "mtv", "nasa", "nato", "nba", "nbc", "netflix",
    "netscape", "newyorker", "nfl", "nhl", "nhs", "nike", "nikon", "nintendo", "nobelprize",
    "nokia", "novartis", "nsa", "nvidia", "nytimes", "obama", "olympics", "openai", "outlook",
    "oxfam", "oxford", "pandora", "parliament", "patagonia", "paypal", "pentagon", "pepsi",
    "pfizer", "philips", "pinterest", "pixar", "playstation", "pokemon", "politico", "porsche",
    "potus", "proton", "protonmail", "qualcomm", "quora", "realmadrid", "red-cross", "redcross",
    "reddit", "redhat", "reuters", "revolut", "rihanna", "robinhood", "roblox", "rolex",
    "rollingstone", "ronaldo", "samsung", "scotus", "sega", "shopify", "siemens", "skynews",
    "skype", "snapchat", "sony", "soundcloud", "spacex", "spotify", "stanford", "starbucks",
    "steam", "stripe", "substack", "target", "taylorswift", "tesla", "theguardian", "threema",
    "tiktok", "toyota", "trump", "tumblr", "twitch", "twitter", "uber", "ubisoft", "ubuntu", "uefa",
    "unesco", "unhcr", "unicef", "united-nations", "unitednations", "ups", "usaid", "usatoday",
    "valve", "vatican", "verizon", "viber", "vice-president", "vimeo", "visa", "vodafone",
    "volkswagen", "volvo", "walmart", "warnerbros", "washingtonpost", "wechat", "wellsfargo",
    "whatsapp", "white-house", "whitehouse", "wikimedia", "wikipedia", "wired", "wordpress",
    "worldbank", "wto", "wwf", "xbox", "yahoo", "yale", "yelp", "youtube", "zelensky", "zoom",
    "zuckerberg",
];

#[cfg(test)]
mod tests {
    use super::super::{NAME_CHARS_MAX, NAME_CHARS_MIN};
    use super::*;

    #[test]
    fn names_are_in_order_so_that_they_are_found() {
        assert!(NAMES.is_sorted_by(|a, b| a < b) && FAMOUS.is_sorted_by(|a, b| a < b));
        for name in NAMES.iter().chain(FAMOUS) {
            assert!(contains(name) && *name == name.to_ascii_lowercase());
            assert!((NAME_CHARS_MIN..=NAME_CHARS_MAX).contains(&name.len()));
        }
        // The reference keeps back 1029, of which 175 are famous.
        assert!(NAMES.len() + FAMOUS.len() >= 1029 && FAMOUS.len() >= 175);
        assert!(!contains("alice"));
    }
}
