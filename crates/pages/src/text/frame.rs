//! What stands around every page, and words that many pages have.

texts! {
    skip: "Skip to the content" | "Aller au contenu",
    support: "Help" | "Aide",
    privacy: "Privacy" | "Confidentialité",
    terms: "Terms" | "Conditions",

    account: "Account" | "Compte",
    password: "Password" | "Mot de passe",
    new_password: "New password" | "Nouveau mot de passe",
    new_password_hint: "At least 8 characters. A few words in a row are good." |
        "Au moins 8 caractères. Quelques mots à la suite font l’affaire.",
    email: "E-mail address" | "Adresse e-mail",
    handle: "Handle" | "Nom d’utilisateur",
    code: "Code" | "Code",
    code_hint: "From the e-mail. It is good for 15 minutes." |
        "Il est dans l’e-mail et vaut 15 minutes.",
    code_again: "Send another code" | "Envoyer un autre code",
    send_code: "Send a code" | "Envoyer un code",

    sign_in: "Sign in" | "Se connecter",
    sign_out: "Sign out" | "Se déconnecter",
    go_on: "Continue" | "Continuer",
    cancel: "Cancel" | "Annuler",
    details: "Details" | "Détails",
    technical: "Technical details" | "Détails techniques",
    warning: "Careful:" | "Attention :",
    browser_on(browser, system): "{browser} on {system}" | "{browser} sur {system}",
    browser_unknown: "Unknown browser" | "Navigateur inconnu",
}
