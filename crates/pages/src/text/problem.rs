//! What was wrong with a form, and what has just been done.

texts! {
    problems: "Please look at this again" | "À revoir",
    problem_sign_in: "That account and that password do not belong together." |
        "Ce compte et ce mot de passe ne vont pas ensemble.",
    problem_password: "The password is not right." | "Le mot de passe n’est pas le bon.",
    problem_code: "The code is not right, or it is too old. Copy it from the newest e-mail, or have another one sent." |
        "Le code n’est pas le bon, ou il a expiré. Copiez-le depuis l’e-mail le plus récent, ou demandez-en un autre.",
    problem_password_short: "The new password needs at least 8 characters." |
        "Le nouveau mot de passe doit compter au moins 8 caractères.",
    problem_password_long: "The new password can have 256 characters at most." |
        "Le nouveau mot de passe peut compter 256 caractères au plus.",
    problem_handle_syntax: "A handle has letters from a to z, digits and hyphens, and begins and ends with a letter or digit." |
        "Un nom d’utilisateur a des lettres de a à z, des chiffres et des tirets, et commence et finit par une lettre ou un chiffre.",
    problem_handle_short: "The handle needs at least 3 characters." |
        "Le nom d’utilisateur doit compter au moins 3 caractères.",
    problem_handle_long: "The handle can have 18 characters at most." |
        "Le nom d’utilisateur peut compter 18 caractères au plus.",
    problem_handle_taken: "Somebody else has this handle." | "Quelqu’un d’autre a ce nom d’utilisateur.",
    problem_handle_kept: "This handle is not given to anybody." | "Ce nom d’utilisateur n’est donné à personne.",
    problem_handle_nowhere: "The domain does not lead to your account yet. It can take some minutes until a change is seen." |
        "Le domaine ne mène pas encore à votre compte. Un changement peut mettre quelques minutes à se voir.",
    problem_handle_other(did): "The domain leads to another account: {did}." |
        "Le domaine mène à un autre compte : {did}.",
    problem_handle_not_claimed: "Your identity is a domain’s, and its document does not name this handle. Change the document first." |
        "Votre identité est celle d’un domaine, et son document ne nomme pas ce nom d’utilisateur. Modifiez d’abord le document.",
    problem_handle_unknown: "There is no account with this handle. Look for a typing error." |
        "Aucun compte n’a ce nom d’utilisateur. Cherchez une faute de frappe.",
    problem_email_syntax: "That is not an e-mail address that we can write to." |
        "Nous ne pouvons pas écrire à cette adresse e-mail.",
    problem_email_taken: "Another account here has this e-mail address." |
        "Un autre compte ici a cette adresse e-mail.",
    problem_email_not_confirmed: "Confirm your e-mail address first." |
        "Confirmez d’abord votre adresse e-mail.",
    problem_invite_needed: "This server wants an invite code." | "Ce serveur demande un code d’invitation.",
    problem_invite_wrong: "The invite code is not right, or was used already." |
        "Le code d’invitation n’est pas le bon, ou il a déjà servi.",
    problem_name_taken: "You have an app password of this name already." |
        "Vous avez déjà un mot de passe d’application de ce nom.",
    problem_name_syntax: "The name needs 1 to 100 characters." | "Le nom doit compter de 1 à 100 caractères.",
    problem_key_syntax: "That is not a public key. It begins with did:key:z." |
        "Ce n’est pas une clé publique. Elle commence par did:key:z.",
    problem_key_there: "Your identity has this key already." | "Votre identité a déjà cette clé.",
    problem_keys_full: "Your identity has as many keys as it can." |
        "Votre identité a autant de clés qu’elle peut en avoir.",
    problem_not_agreed: "Tick the box if you agree." | "Cochez la case si vous êtes d’accord.",
    problem_changed: "Something has changed since you looked. Look again before you agree." |
        "Quelque chose a changé depuis. Regardez de nouveau avant d’accepter.",
    problem_operation: "What was signed is not the change that is shown here." |
        "Ce qui est signé n’est pas le changement affiché ici.",
    problem_form_old: "The page was open too long. Nothing was changed: please send it once more." |
        "La page est restée ouverte trop longtemps. Rien n’a été modifié : recommencez.",
    problem_tries: "There were too many tries. Wait some minutes." |
        "Il y a eu trop d’essais. Attendez quelques minutes.",
    problem_tries_until(until): "There were too many tries. Try again after {until}." |
        "Il y a eu trop d’essais. Réessayez après le {until}.",
    problem_host_silent(host): "{host} does not answer. Try again in a few minutes." |
        "{host} ne répond pas. Réessayez dans quelques minutes.",
    problem_host_says(says): "The other host says: {says}" | "L’autre hébergeur répond : {says}",
    problem_not_let_in(host): "You were not signed in on the pages of {host}, or did not agree there. Nothing has changed. Try again, or sign in with the password." |
        "Vous ne vous êtes pas connecté sur les pages de {host}, ou n’y avez pas donné votre accord. Rien n’a changé. Réessayez, ou connectez-vous avec le mot de passe.",
    problem_let_in_too_little(host, lacking): "What was allowed on the pages of {host} is too little for a move. This is lacking: {lacking}. Try again and allow all of it, or sign in with your main password there." |
        "Ce qui a été permis sur les pages de {host} ne suffit pas pour un déménagement. Il manque : {lacking}. Réessayez en permettant tout, ou connectez-vous avec votre mot de passe principal là-bas.",
    problem_other_signed_in(did): "Another account was signed in on the pages of the old host: {did}. Sign in there with the account that is to move." |
        "Un autre compte s’est connecté sur les pages de l’ancien hébergeur : {did}. Connectez-vous là-bas avec le compte qui déménage.",
    problem_answer_too_old: "This answer of the old host is too old, was used already, or belongs to another browser. Begin signing in once more." |
        "Cette réponse de l’ancien hébergeur est trop ancienne, a déjà servi ou appartient à un autre navigateur. Recommencez la connexion.",
    problem_already_here: "This account is here already. Sign in instead." |
        "Ce compte est déjà ici. Connectez-vous plutôt.",
    problem_broken: "Something is broken here. Try again in a few minutes." |
        "Quelque chose ne marche pas ici. Réessayez dans quelques minutes.",

    missing_identifier: "Say which account it is." | "Indiquez le compte.",
    missing_password: "Enter the password." | "Saisissez le mot de passe.",
    missing_new_password: "Enter a new password." | "Saisissez un nouveau mot de passe.",
    missing_code: "Enter the code from the e-mail." | "Saisissez le code reçu par e-mail.",
    missing_handle: "Enter a handle." | "Saisissez un nom d’utilisateur.",
    missing_email: "Enter an e-mail address." | "Saisissez une adresse e-mail.",
    missing_name: "Enter a name." | "Saisissez un nom.",
    missing_key: "Make a key, or enter one." | "Créez une clé, ou saisissez-en une.",
    missing_operation: "Paste the signed change." | "Collez le changement signé.",

    notice_code_sent(to): "A code is on its way to {to}." | "Un code a été envoyé à {to}.",
    notice_email_confirmed: "Your e-mail address is confirmed." | "Votre adresse e-mail est confirmée.",
    notice_email_changed: "Your e-mail address has changed. Please confirm the new one." |
        "Votre adresse e-mail a changé. Confirmez la nouvelle.",
    notice_handle_changed(to): "Your handle is now {to}. Apps may show the old one for some minutes." |
        "Votre nom d’utilisateur est maintenant {to}. Les applications peuvent afficher l’ancien quelques minutes.",
    notice_password_changed: "Your password has changed. All other apps and browsers were signed out." |
        "Votre mot de passe a changé. Tous les autres navigateurs et applications ont été déconnectés.",
    notice_factor_on: "From now on a code by e-mail is asked for at sign-in." |
        "Désormais, un code par e-mail est demandé à la connexion.",
    notice_factor_off: "No code is asked for at sign-in any more." |
        "Plus aucun code n’est demandé à la connexion.",
    notice_key_added: "The key is in your identity. Keep its other half safe." |
        "La clé est dans votre identité. Gardez bien l’autre moitié.",
    notice_session_ended: "Signed out." | "Déconnecté.",
    notice_others_ended: "All others were signed out." | "Tous les autres ont été déconnectés.",
    notice_app_revoked(app): "{app} has no access any more." | "{app} n’a plus accès.",
    notice_app_password_revoked(name): "The app password “{name}” is gone, and what used it was signed out." |
        "Le mot de passe d’application « {name} » est supprimé, et ce qui l’utilisait est déconnecté.",
    notice_reactivated: "Your account is open again." | "Votre compte est rouvert.",
    notice_signed_out: "You were signed out of this browser." | "Vous êtes déconnecté de ce navigateur.",
    notice_asked_again: "The files are asked for again." | "Les fichiers sont redemandés.",
}
