//! The e-mail address, the password, a second factor, the handle, keys.

texts! {
    email_text: "Codes and news about your account go there." |
        "Les codes et ce qui concerne votre compte y sont envoyés.",
    email_none: "Your account has no e-mail address." | "Votre compte n’a pas d’adresse e-mail.",
    email_confirm_start: "Confirm this address" | "Confirmer cette adresse",
    email_change_start: "Use another address" | "Utiliser une autre adresse",
    email_confirm_title: "Confirm the address" | "Confirmer l’adresse",
    email_change_title: "Another address" | "Une autre adresse",
    email_new: "New e-mail address" | "Nouvelle adresse e-mail",
    email_old_code: "Code from the old address" | "Code reçu à l’ancienne adresse",

    password_text: "A new password signs out all other apps and browsers." |
        "Un nouveau mot de passe déconnecte tous les autres navigateurs et applications.",
    old_password: "Old password" | "Ancien mot de passe",

    factor_setting_title: "Code by e-mail" | "Code par e-mail",
    factor_text: "With this, your password alone is not enough to sign in: a code from your e-mail is needed, too. App passwords still work without one." |
        "Avec cela, votre mot de passe ne suffit plus pour se connecter : il faut aussi un code reçu par e-mail. Les mots de passe d’application s’en passent.",
    factor_is_on<email>: "It is on. Codes go to {email}." | "C’est activé. Les codes vont à {email}.",
    factor_is_off<email>: "It is off. Codes would go to {email}." |
        "C’est désactivé. Les codes iraient à {email}.",
    factor_needs_email: "For this your e-mail address has to be confirmed." |
        "Pour cela, votre adresse e-mail doit être confirmée.",

    handle_now<handle>: "You are {handle}." | "Vous êtes {handle}.",
    handle_text: "You can change your handle at any time. Your posts and followers stay, as they belong to your identifier." |
        "Vous pouvez changer de nom à tout moment. Vos messages et vos abonnés restent, car ils tiennent à votre identifiant.",
    handle_ours: "A name of this server" | "Un nom de ce serveur",
    handle_own: "A domain of your own" | "Un domaine à vous",
    handle_own_text: "It goes with you wherever you move." | "Il vous suit où que vous alliez.",
    own_domain_label: "Your domain" | "Votre domaine",
    own_domain_hint: "Such as alice.example.com, without https://" |
        "Par exemple alice.example.com, sans https://",
    your_domain: "YOUR-DOMAIN" | "VOTRE-DOMAINE",
    handle_prove: "Show that the domain is yours, in one of two ways." |
        "Montrez que le domaine est à vous, d’une de ces deux façons.",
    by_dns: "By DNS" | "Par le DNS",
    dns_name: "Name" | "Nom",
    dns_type: "Type" | "Type",
    dns_value: "Value" | "Valeur",
    by_web: "Or by a file on the web" | "Ou par un fichier sur le web",
    web_address: "Address" | "Adresse",
    web_content: "Content" | "Contenu",
    handle_check_text: "Have it checked. It can take some minutes until a change is seen." |
        "Faites vérifier. Un changement peut mettre quelques minutes à se voir.",
    handle_use: "Use this domain" | "Utiliser ce domaine",
    seen_here<domain>: "{domain} leads to your account." | "{domain} mène à votre compte.",
    seen_nothing<domain>: "{domain} does not lead to an account yet." |
        "{domain} ne mène pas encore à un compte.",
    seen_other<domain, did>: "{domain} leads to another account, {did}." |
        "{domain} mène à un autre compte, {did}.",
    seen_unknown<domain>: "{domain} was not looked at yet." | "{domain} n’a pas encore été vérifié.",

    key_title: "Recovery key" | "Clé de secours",
    key_text: "Your identity stands in a public directory. Who may change it there, keys decide. This server has one, so that it can change your handle and let you move." |
        "Votre identité figure dans un registre public. Des clés disent qui peut l’y modifier. Ce serveur en a une, pour changer votre nom et vous laisser déménager.",
    key_text_why: "With a key of your own you need no server for that: if this one is gone, or locks you out, you take your account elsewhere." |
        "Avec une clé à vous, vous n’avez besoin d’aucun serveur : si celui-ci disparaît ou vous ferme la porte, vous emportez votre compte ailleurs.",
    keys: "Keys of your identity" | "Clés de votre identité",
    key_of_server: "this server’s" | "de ce serveur",
    key_of_owner: "yours" | "à vous",
    key_of_unknown: "not known to us" | "inconnue de nous",
    keys_own: "You have a key of your own." | "Vous avez une clé à vous.",
    keys_none_own: "None of them is known to be yours." | "Aucune n’est connue comme étant à vous.",
    key_add: "Add a key" | "Ajouter une clé",
    key_add_text: "First we send you a code, so that nobody else can add one." |
        "Nous vous envoyons d’abord un code, pour que personne d’autre ne puisse en ajouter.",
    key_make: "Make a key in this browser" | "Créer une clé dans ce navigateur",
    key_made: "Your key is made. Save the private half now: it is nowhere else." |
        "Votre clé est créée. Enregistrez maintenant la moitié privée : elle n’est nulle part ailleurs.",
    key_private: "Private half" | "Moitié privée",
    key_private_hint: "Keep it on paper or in a password manager. Who has it can take your account; this server never gets it." |
        "Gardez-la sur papier ou dans un gestionnaire de mots de passe. Qui l’a peut prendre votre compte ; ce serveur ne la reçoit jamais.",
    key_save: "Save it as a file" | "L’enregistrer dans un fichier",
    key_failed: "This browser cannot make a key. Use another one, or make the key with another program." |
        "Ce navigateur ne sait pas créer de clé. Prenez-en un autre, ou créez la clé avec un autre programme.",
    key_no_script: "Without JavaScript no key can be made here. Make one with another program, and enter its public half." |
        "Sans JavaScript, aucune clé ne peut être créée ici. Créez-en une avec un autre programme et saisissez sa moitié publique.",
    key_public: "Public half" | "Moitié publique",
    key_public_hint: "It begins with did:key:z, of secp256k1 or P-256. This is all that we get." |
        "Elle commence par did:key:z, en secp256k1 ou P-256. C’est tout ce que nous recevons.",
    key_agree: "I have saved the private half" | "J’ai enregistré la moitié privée",
    key_agree_hint: "Nobody can give it to you again." | "Personne ne pourra vous la redonner.",
    key_add_button: "Add the key" | "Ajouter la clé",
    key_not_plc<did>: "Your identity is {did}: a domain decides about it, and no keys. Whoever has the domain has the identity." |
        "Votre identité est {did} : c’est un domaine qui en décide, et non des clés. Qui a le domaine a l’identité.",
}
