//! The account at a glance, and who has access to it.

texts! {
    account_title: "My Atmosphere Account" | "Mon compte Atmosphere",
    menu: "Account pages" | "Pages du compte",
    switch_account: "Switch account" | "Changer de compte",
    up_to_account: "My account" | "Mon compte",
    overview: "Overview" | "Vue d’ensemble",
    identifier_did: "Identifier" | "Identifiant",
    since: "Here since" | "Ici depuis",
    records: "Records" | "Enregistrements",
    files: "Files" | "Fichiers",
    advice: "We advise" | "Nous conseillons",
    advice_email: "Confirm your e-mail address" | "Confirmer votre adresse e-mail",
    advice_email_why: "Without it you cannot reset a forgotten password." |
        "Sans elle, impossible de remplacer un mot de passe oublié.",
    advice_key: "Make a recovery key" | "Créer une clé de secours",
    advice_key_why: "With it your account is yours even if this server is gone." |
        "Avec elle, votre compte reste à vous même si ce serveur disparaît.",
    access_group: "Who has access" | "Qui a accès",
    safety_group: "Safety" | "Sécurité",
    identity_group: "Identity" | "Identité",
    leaving_group: "Copies and leaving" | "Copies et départ",
    change: "Change" | "Modifier",
    create: "Create" | "Créer",
    confirm: "Confirm" | "Confirmer",
    revoke: "Revoke" | "Supprimer",
    check: "Check" | "Vérifier",
    download: "Download" | "Télécharger",
    name: "Name" | "Nom",
    on: "on" | "activé",
    off: "off" | "désactivé",
    turn_on: "Turn on" | "Activer",
    turn_off: "Turn off" | "Désactiver",
    none: "none" | "aucune",
    none_here: "There are none." | "Il n’y en a pas.",
    confirmed: "confirmed" | "confirmée",
    not_confirmed: "not confirmed" | "non confirmée",
    own_keys(count): "yours: {count}" | "à vous : {count}",
    own_domain: "your own domain" | "votre propre domaine",
    elsewhere_warning<host>: "Your identity says that this account is now at {host}. What is here is a copy that nobody sees." |
        "Votre identité indique que ce compte est maintenant chez {host}. Ce qui est ici est une copie que personne ne voit.",
    deactivated_warning: "This account is deactivated: nobody sees it, and apps cannot use it." |
        "Ce compte est désactivé : personne ne le voit, et les applications ne peuvent pas l’utiliser.",

    apps_title: "Connected apps" | "Applications connectées",
    apps_text: "These apps can use your account without your password, as far as you have allowed it." |
        "Ces applications peuvent utiliser votre compte sans votre mot de passe, dans les limites que vous avez permises.",
    apps_none: "No app is connected." | "Aucune application n’est connectée.",
    app_may: "What it may do" | "Ce qu’elle peut faire",
    last_used: "Last used" | "Dernière utilisation :",
    access_since: "access since" | "accès depuis le",
    revoke_app: "Disconnect" | "Déconnecter",

    devices_title: "Devices and sessions" | "Appareils et sessions",
    devices_text: "Where you are signed in. If you do not know one of them, sign it out and change your password." |
        "Là où vous êtes connecté. Si l’un d’eux ne vous dit rien, déconnectez-le et changez votre mot de passe.",
    browsers: "Browsers" | "Navigateurs",
    this_device: "this device" | "cet appareil",
    last_seen: "Last seen" | "Vu pour la dernière fois :",
    password_sessions: "Sessions with a password" | "Sessions par mot de passe",
    password_sessions_text: "Apps that you gave a password to. Newer apps do not need one, and are under “Connected apps”." |
        "Les applications à qui vous avez donné un mot de passe. Les plus récentes n’en ont pas besoin et sont dans « Applications connectées ».",
    session_password: "With your password" | "Avec votre mot de passe",
    session_app_password<name>: "With the app password {name}" | "Avec le mot de passe d’application {name}",
    began: "Begun" | "Ouverte :",
    ends_unused: "ends, if unused," | "se termine, sans usage, le",
    end_others: "Sign out all others" | "Déconnecter tous les autres",
    end_others_text: "Everything above but this browser. Connected apps stay." |
        "Tout ce qui précède, sauf ce navigateur. Les applications connectées restent.",

    app_passwords_title: "App passwords" | "Mots de passe d’application",
    app_passwords_text: "For apps that cannot sign in through this page. They can neither change your password nor delete your account." |
        "Pour les applications qui ne savent pas se connecter par cette page. Ils ne permettent ni de changer votre mot de passe, ni de supprimer votre compte.",
    app_password_new: "New app password" | "Nouveau mot de passe d’application",
    app_password_name_hint: "Such as the name of the app" | "Par exemple le nom de l’application",
    app_password_privileged: "Let it read private messages" | "Permettre la lecture des messages privés",
    app_password_privileged_hint: "Leave it unticked if the app has no messages." |
        "Ne cochez pas si l’application n’a pas de messagerie.",
    app_password_made<name>: "The app password {name} is:" | "Le mot de passe d’application {name} est :",
    app_password_once: "Copy it into the app now. It is not shown again." |
        "Copiez-le maintenant dans l’application. Il ne sera plus affiché.",
    privileged: "private messages" | "messages privés",
    made_on: "Made on" | "Créé le",
}
